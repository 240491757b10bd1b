"""What must hold of the reader, whatever bytes it is given: asked by the fuzzer of all, by the suite of some."""

import io
import math

from PIL import Image

from geogame import pictures, positions
from geogame.pictures import Developed, Unusable
from geogame.positions import Told

MAX_PIXELS = 1_000_000  # small pictures tell as much, in less time
OF_PLACE = {"no-place", "place-odd"}


def check_file(data: bytes) -> Developed | None:
    """A file is a photo that can be served, or refused with a sentence. Return the photo."""
    try:
        developed = pictures.develop(data, MAX_PIXELS)
    except Unusable:
        return None
    for made in (developed.picture.jpeg, *developed.smaller.values()):
        check_picture(made)
    assert 0 <= developed.phash < 1 << 64
    assert math.isfinite(developed.spread)
    check_told(Told(developed.position, developed.offered, developed.oddities))
    return developed


def check_picture(made: bytes) -> None:
    image = Image.open(io.BytesIO(made))
    assert image.mode == "RGB"
    assert max(image.size) <= pictures.MAX_SIDE_PX
    assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)


def check_exif(data: bytes) -> None:
    """An EXIF block tells a place or that there is none."""
    told = Image.Exif()
    try:
        told.load(data)
    except Exception:  # as `pictures` takes it: there is none
        return
    check_told(positions.found(Image.new("L", (1, 1)), told))
    positions.taken_at(told)


def check_words(data: bytes) -> None:
    """XMP or a JPEG's comments tell a place or that there is none."""
    of_xmp, of_comments = Image.new("L", (1, 1)), Image.new("L", (1, 1))
    of_xmp.info["xmp"] = data
    of_comments.applist = [("COM", line) for line in data.split(b"\0")]  # type: ignore[attr-defined]
    for image in (of_xmp, of_comments):
        check_told(positions.found(image, Image.Exif()))


def check_told(told: Told) -> None:
    place = (told.position.lat, told.position.lng) if told.position else None
    assert (place is None) == bool(OF_PLACE & {each.kind for each in told.oddities})
    assert place is None or told.offered is None
    for lat, lng in filter(None, (place, told.offered)):
        assert abs(lat) <= 90
        assert abs(lng) <= 180
        assert (lat, lng) != (0, 0)
    if told.position and told.position.precision_m is not None:
        assert 0 < told.position.precision_m < 200_000
