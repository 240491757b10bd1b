"""Whether a place is in the sea, and what it is near. For the worker: what is loaded stays, some 140 MB.

Land is that of the game's own base map (Natural Earth 1:10 million, `static/geo`); names of places are GeoNames'.
"""

import json
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from geogame.rules.sphere import Point, distance_km

Found = dict[str, Any]  # a town as reverse_geocode tells it
SIDE = 8192  # pixels of the world in Web Mercator: 4.9 km each at the equator
MAX_LAT = 85.05112878  # where Web Mercator ends: no ship goes further
EQUATOR_KM = 40_075.0
TOWN = 50_000  # people: a place's name, not that of one of its quarters
NEAR_KM, FAR_KM = 100.0, 500.0  # so far a large town names a place, and so far a village: else nothing does
OFF_SHORE_KM = 5.0  # piers, boats at anchor, reefs and islands too small for the map are nearer than that


@lru_cache(maxsize=1)
def _land() -> NDArray[np.uint8]:
    """Return the land, packed: one bit for each pixel, shape (SIDE, SIDE / 8), north at the top."""
    shapes = json.loads((settings.BASE_DIR / "static" / "geo" / "fine.json").read_text())
    drawn = Image.new("1", (SIDE, SIDE))
    pen = ImageDraw.Draw(drawn)
    for steps in shapes["land"]:
        ring = np.cumsum(np.array(steps, dtype=np.float64).reshape(-1, 2), axis=0) * (SIDE / shapes["units"])
        if len(ring) > 2:
            pen.polygon(ring.ravel().tolist(), fill=1, outline=1)
    return np.packbits(np.asarray(drawn), axis=1)


def at_sea(lat: Sequence[float], lng: Sequence[float]) -> NDArray[np.bool_]:
    """Tell of each place (degrees) whether no land is within five kilometres. Lakes are land: people go there."""
    return np.array([_is_at_sea(*place) for place in zip(lat, lng, strict=True)], dtype=bool)


def _is_at_sea(lat: float, lng: float) -> bool:
    if abs(lat) >= MAX_LAT:
        return lat > 0  # the Arctic is a sea, the Antarctic is none
    phi = math.radians(lat)
    row = int((0.5 - math.asinh(math.tan(phi)) / (2 * math.pi)) * SIDE)
    column = int((lng / 360 + 0.5) * SIDE)
    reach = math.ceil(OFF_SHORE_KM / (EQUATOR_KM / SIDE * math.cos(phi)))
    land = np.unpackbits(_land()[max(0, row - reach) : row + reach + 1], axis=1)
    return not land.take(range(column - reach, column + reach + 1), axis=1, mode="wrap").any()


def near(lat: Sequence[float], lng: Sequence[float]) -> list[tuple[str, str]]:
    """Return of each place (degrees) a town's name and its country's code (ISO 3166-1 alpha-2).

    The town is the nearest large one, or the nearest of any size where that is far or abroad; where all are far both
    are empty. The nearest may lie behind a border: this is for showing, not for truth.
    """
    import reverse_geocode  # here, since it takes a second and only the worker needs it

    if not len(lat):
        return []
    places = [Point(float(a), float(b)) for a, b in zip(lat, lng, strict=True)]
    towns, villages = (reverse_geocode.search(places, min_population=least) for least in (TOWN, 0))
    return [_named(*each) for each in zip(places, towns, villages, strict=True)]


def _named(place: Point, town: Found, village: Found) -> tuple[str, str]:
    to_town, to_village = (distance_km(place, Point(each["latitude"], each["longitude"])) for each in (town, village))
    if to_village > FAR_KM:
        return "", ""
    is_near = to_town <= NEAR_KM and town.get("country_code") == village.get("country_code")
    return (town if is_near else village).get("city", ""), village.get("country_code", "")
