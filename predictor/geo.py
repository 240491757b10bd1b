"""Sphere maths on NumPy arrays. Degrees in and out, float64; radians stay inside each function."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_KM = 6371.0088  # mean radius (IUGG); the same number everywhere in this project


class Point(NamedTuple):
    """A place: degrees north, degrees east."""

    lat: float
    lng: float


def wrap_longitude(lng: ArrayLike) -> NDArray[np.float64]:
    """Wrap degrees into [-180, 180).

    >>> float(wrap_longitude(190.0)), float(wrap_longitude(180.0))
    (-170.0, -180.0)
    """
    wrapped = (np.asarray(lng, dtype=np.float64) + 180.0) % 360.0 - 180.0
    return np.where(wrapped >= 180.0, -180.0, wrapped)  # a tiny negative number modulo 360 rounds up to 360


def distance_km(lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike) -> NDArray[np.float64]:
    """Great-circle distance in km, broadcasting. Exact to millimetres for neighbours and for antipodes alike.

    >>> round(float(distance_km(0, 0, 0, 180)), 1)
    20015.1
    """
    phi1, phi2 = np.radians(np.asarray(lat1, dtype=np.float64)), np.radians(np.asarray(lat2, dtype=np.float64))
    turn = np.radians(np.asarray(lng2, dtype=np.float64) - np.asarray(lng1, dtype=np.float64))
    sin1, cos1, sin2, cos2 = np.sin(phi1), np.cos(phi1), np.sin(phi2), np.cos(phi2)
    cos_turn = np.cos(turn)
    across = np.sqrt((cos2 * np.sin(turn)) ** 2 + (cos1 * sin2 - sin1 * cos2 * cos_turn) ** 2)
    along = sin1 * sin2 + cos1 * cos2 * cos_turn
    return EARTH_RADIUS_KM * np.arctan2(across, along)  # not arccos: it loses the last kilometre


def unit_vectors(lat: ArrayLike, lng: ArrayLike) -> NDArray[np.float64]:
    """Points on the unit sphere, (..., 3)."""
    phi, theta = np.radians(np.asarray(lat, dtype=np.float64)), np.radians(np.asarray(lng, dtype=np.float64))
    return np.stack(np.broadcast_arrays(np.cos(theta) * np.cos(phi), np.sin(theta) * np.cos(phi), np.sin(phi)), axis=-1)


def latlng(xyz: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of vectors (..., 3) of any length but zero."""
    x, y, z = np.moveaxis(np.asarray(xyz, dtype=np.float64), -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def on_the_globe(lat: NDArray[np.float64], lng: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell whether numbers are of a place, and not the 0, 0 of a receiver without a fix."""
    return np.asarray((np.abs(lat) <= 90) & (np.abs(lng) <= 180) & ((lat != 0) | (lng != 0)))
