"""Pixels and metadata of one uploaded file: what may be kept of it, and where it says it was taken. Pillow only."""

import io
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageCms, ImageOps

from geogame.rules.refusals import BadInput, gettext_noop
from geogame.rules.sphere import Point, point
from predictor import exif

FORMATS = ("JPEG", "PNG", "WEBP")  # the JPEG reader also opens MPO, two pictures in one file
MAX_SIDE_PX = 2048  # what is kept; larger uploads are scaled down
MIN_SIDE_PX = 100
MAX_ASPECT = 6.0
JPEG_QUALITY = 88


class Unusable(BadInput):
    """This file cannot become a photo; the sentence says why."""


@dataclass(frozen=True)
class Picture:
    """A photo fit to be kept: upright sRGB JPEG without metadata, its size in pixels and its average colour."""

    jpeg: bytes
    width: int
    height: int
    colour: str  # "#rrggbb"


def read(data: bytes, max_pixels: int) -> tuple[Picture, Image.Exif]:
    """Decode an upload and re-encode what may be kept; return it with the EXIF it came with.

    The size is checked before a pixel is decoded. Raises Unusable.
    """
    image = _open(data)
    _check_size(image, max_pixels)
    told = _exif(image)
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError) as error:
        raise Unusable(gettext_noop("The file is cut short or damaged.")) from error
    upright = _to_srgb(_turn_upright(image, told))
    upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return Picture(out.getvalue(), upright.width, upright.height, _average_colour(upright)), told


def _open(data: bytes) -> Image.Image:
    if not data:
        raise Unusable(gettext_noop("The file is empty."))
    Image.init()  # Pillow knows only some formats until it is asked to look for the others
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        moves = image.format != "MPO" and getattr(image, "n_frames", 1) > 1
    except Image.DecompressionBombError as error:
        raise Unusable(gettext_noop("The picture claims more pixels than are allowed.")) from error
    except Exception as error:  # decoders raise nearly anything on hostile headers; all of it means the same
        raise Unusable(gettext_noop("This is not a JPEG, PNG or WebP picture, or its header is damaged.")) from error
    if moves:
        raise Unusable(gettext_noop("This is an animation, not a photo."))
    return image


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    size = {"width": width, "height": height}
    if width * height > max_pixels:
        raise Unusable(
            gettext_noop("The picture has %(width)d × %(height)d pixels; at most %(limit)d million are allowed."),
            limit=max_pixels // 1_000_000,
            **size,
        )
    if min(width, height) < MIN_SIDE_PX:
        raise Unusable(gettext_noop("The picture is too small to play with: %(width)d × %(height)d pixels."), **size)
    if max(width, height) / min(width, height) > MAX_ASPECT:
        raise Unusable(gettext_noop("The picture is too long and narrow: %(width)d × %(height)d pixels."), **size)


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except Exception:  # a damaged EXIF block raises anything from struct.error to RecursionError; then there is none
        return Image.Exif()


def _turn_upright(image: Image.Image, told: Image.Exif) -> Image.Image:
    """Apply the orientation tag by hand: Pillow's helper also rewrites the EXIF, which fails on damaged blocks."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    try:
        turn = turns.get(told.get(ExifTags.Base.Orientation, 1))
    except Exception:  # see _exif
        turn = None
    return image if turn is None else image.transpose(turn)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert to 8-bit sRGB on white, through the picture's colour profile where it has a sound one."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return _without_metadata(converted)
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the plain conversion below is what viewers show too
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        flat = Image.new("RGB", rgba.size, "white")
        flat.paste(rgba, mask=rgba.getchannel("A"))
        return flat
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.point(lambda value: value / 256).convert("L")
    return _without_metadata(image.convert("RGB"))


def _without_metadata(image: Image.Image) -> Image.Image:
    """Return a copy of the pixels alone: Pillow carries EXIF, comments and profiles along in `info`."""
    bare = image.copy()
    bare.info = {}
    return bare


def _average_colour(image: Image.Image) -> str:
    red, green, blue = ImageOps.fit(image, (1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"


_NO_PLACE = {
    exif.Fault.DAMAGED: gettext_noop("The GPS block in its EXIF data is damaged."),
    exif.Fault.MISSING: gettext_noop("It has no GPS position in its EXIF data, and no coordinates came with it."),
    exif.Fault.UNREADABLE: gettext_noop("The GPS position in its EXIF data cannot be read."),
    exif.Fault.NO_NUMBER: gettext_noop("The GPS position in its EXIF data is not a number."),
    exif.Fault.NO_HEMISPHERE: gettext_noop("The GPS position in its EXIF data does not say which hemisphere it means."),
}


def gps(data: Image.Exif) -> Point:
    """Return the place in the EXIF GPS block; raise Unusable with the reason where there is none to trust."""
    try:
        return plausible(*exif.position(data))
    except exif.NoPosition as error:
        raise Unusable(_NO_PLACE[error.fault]) from error


def plausible(lat: float, lng: float) -> Point:
    """Check the coordinates of a photo (degrees): in range, and not the 0/0 of a receiver without a fix."""
    if lat == 0 and lng == 0:
        raise Unusable(gettext_noop("Its position is 0, 0: the mark of a receiver that had no fix."))
    if abs(lat) > 90 and abs(lng) <= 90:
        raise Unusable(
            gettext_noop("Latitude %(lat)s is out of range; are latitude and longitude swapped?"), lat=f"{lat:g}"
        )
    if not abs(lng) <= 180:
        raise Unusable(gettext_noop("Longitude %(lng)s is not between -180 and 180."), lng=f"{lng:g}")
    try:
        return point(lat, lng)
    except BadInput as error:
        raise Unusable(error.sentence, **error.values) from error
