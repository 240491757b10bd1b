"""Points on the Earth and the distance between two of them, in plain floats: degrees in, kilometres out."""

import math
from typing import NamedTuple

from geogame.rules.refusals import BadInput, gettext_noop

EARTH_RADIUS_KM = 6371.0088  # the IUGG mean radius, everywhere in this project
MAX_TURNS_DEG = 3600.0  # a map can be panned around the world some times; beyond that it is no longitude


class Point(NamedTuple):
    """A place: latitude in [-90, 90], longitude in [-180, 180), both in degrees."""

    lat: float
    lng: float


def wrap_longitude(lng: float) -> float:
    """Bring a longitude into [-180, 180).

    >>> wrap_longitude(370.0), wrap_longitude(180.0), wrap_longitude(-179.5)
    (10.0, -180.0, -179.5)
    """
    if -180.0 <= lng < 180.0:
        return lng  # to the last digit
    wrapped = math.fmod(lng + 180.0, 360.0)
    return wrapped - 180.0 if wrapped >= 0 else wrapped + 180.0


def point(lat: object, lng: object) -> Point:
    """Make a Point of two numbers from outside; raise BadInput with a sentence for anything else."""
    for value in (lat, lng):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadInput(gettext_noop("A place is two numbers: latitude and longitude."))
    latitude, longitude = _finite(lat), _finite(lng)
    if not -90.0 <= latitude <= 90.0:
        raise BadInput(gettext_noop("Latitude %(lat)s is not between -90 and 90."), lat=f"{latitude:g}")
    if abs(longitude) > MAX_TURNS_DEG:
        raise BadInput(gettext_noop("Longitude %(lng)s is not on the map."), lng=f"{longitude:g}")
    return Point(latitude, wrap_longitude(longitude))


def _finite(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:  # an integer of a thousand digits
        number = math.inf
    if not math.isfinite(number):
        raise BadInput(gettext_noop("A place is two finite numbers: latitude and longitude."))
    return number


def distance_km(a: Point, b: Point) -> float:
    """Return the great-circle distance in kilometres (haversine formula).

    >>> round(distance_km(Point(0, 179.9), Point(0, -179.9)), 1)
    22.2
    """
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lng = (lat_b - lat_a) / 2, math.radians(b.lng - a.lng) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lng) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, h)))
