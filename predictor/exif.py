"""Where a photo says it was taken: the GPS block of its EXIF data. Pillow only."""

import math
from enum import Enum
from typing import Any

from PIL import ExifTags, Image


class Fault(Enum):
    """Why a photo has no place."""

    DAMAGED = "its GPS block is damaged"
    MISSING = "it has no GPS position"
    UNREADABLE = "its GPS position cannot be read"
    NO_NUMBER = "its GPS position is not a number"
    NO_HEMISPHERE = "its GPS position does not say which hemisphere it means"


class NoPosition(ValueError):
    """There is no place to trust in this EXIF data; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def position(exif: Image.Exif) -> tuple[float, float]:
    """Latitude and longitude in degrees, as they are written there: perhaps beyond a pole. Raises NoPosition."""
    try:
        block: dict[int, Any] = dict(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except Exception as error:  # a damaged EXIF block raises anything from struct.error to RecursionError
        raise NoPosition(Fault.DAMAGED) from error
    if ExifTags.GPS.GPSLatitude not in block or ExifTags.GPS.GPSLongitude not in block:
        raise NoPosition(Fault.MISSING)
    lat = _degrees(block[ExifTags.GPS.GPSLatitude], block.get(ExifTags.GPS.GPSLatitudeRef), "N", "S")
    lng = _degrees(block[ExifTags.GPS.GPSLongitude], block.get(ExifTags.GPS.GPSLongitudeRef), "E", "W")
    return lat, lng


def _degrees(parts: Any, reference: Any, positive: str, negative: str) -> float:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise NoPosition(Fault.UNREADABLE) from error
    if not all(math.isfinite(part) for part in (degrees, minutes, seconds)):
        raise NoPosition(Fault.NO_NUMBER)
    if reference not in {positive, negative}:
        raise NoPosition(Fault.NO_HEMISPHERE)
    if degrees < 0 or not 0 <= minutes < 60 or not 0 <= seconds < 60:
        raise NoPosition(Fault.UNREADABLE)
    return (degrees + minutes / 60 + seconds / 3600) * (1 if reference == positive else -1)
