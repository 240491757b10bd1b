"""Pixels and metadata of one uploaded file: what may be kept of it, and what it tells of itself. Pillow only."""

import io
import struct
from dataclasses import dataclass
from datetime import datetime

import pillow_heif
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps, ImageStat

from geogame import blurring, derivatives, fingerprints, positions
from geogame.positions import Oddity, Position
from geogame.rules.refusals import BadInput, gettext_noop

# MPO is two JPEGs in one file, and opened by the JPEG reader. TIFF and MPO may hold more pictures: the first is taken.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF")
SEVERAL = frozenset({"MPO", "TIFF", "HEIF"})
MAX_SIDE_PX = 2048  # what is kept; larger uploads are scaled down
MIN_SIDE_PX = 100
MAX_ASPECT = 6.0
JPEG_QUALITY = 88
NARROW = 0.05  # share of sixteen bits that a thermal camera uses: it is stretched, or all would be black
BLANK = 6.0  # grey levels (standard deviation): less is fog
MISSING = 128, 2  # grey level, and what colour management may have made of it: a JPEG's where its scan is missing
LOST = 0.05  # share of the rows
GAP = bytes(1 << 16)  # longer than a segment of metadata can be, and never within coded pixels
# Pixels of screens, upright: what has exactly that size and was written by no camera may be a picture of one.
SCREENS = frozenset(
    {
        (640, 1136), (750, 1334), (828, 1792), (1080, 1920), (1080, 2160), (1080, 2220), (1080, 2280), (1080, 2340),
        (1080, 2400), (1125, 2436), (1170, 2532), (1179, 2556), (1242, 2208), (1242, 2688), (1284, 2778), (1290, 2796),
        (1440, 2560), (1440, 2960), (1440, 3040), (1440, 3200), (1536, 2048), (1620, 2160), (1640, 2360), (1668, 2388),
        (2048, 2732), (720, 1280), (768, 1366), (800, 1280), (900, 1440), (1050, 1680), (1200, 1920), (1600, 2560),
        (1800, 2880), (2160, 3840),
    }
)  # fmt: skip

pillow_heif.register_heif_opener()


class Unusable(BadInput):
    """This file cannot become a photo; the sentence says why."""


@dataclass(frozen=True)
class Picture:
    """A photo fit to be kept: upright sRGB JPEG without metadata, its size in pixels and its average colour."""

    jpeg: bytes
    width: int
    height: int
    colour: str  # "#rrggbb"


@dataclass(frozen=True)
class Developed:
    """All that is made of one file: the picture, its smaller ones, and what the file tells."""

    picture: Picture
    smaller: dict[derivatives.Key, bytes]
    phash: int  # 64 bits without a sign
    spread: float  # grey levels, see `fingerprints.of`
    taken_at: datetime | None
    position: Position | None
    offered: tuple[float, float] | None  # an odd reading of its place, never used by itself
    oddities: tuple[Oddity, ...]
    faces: int | None = None  # that were blurred; None where nobody looked for any


def develop(data: bytes, max_pixels: int, blurs: bool = False) -> Developed:
    """Decode a file, and make of it all that is kept and served; the size is checked before a pixel is decoded.

    With `blurs` no face is left in any of it. Raises Unusable.
    """
    image, told, size = _decoded(data, max_pixels)
    odd = [*_odd_file(image, data), *_of_a_screen(image.format, size, told)]
    place = positions.found(image, told)
    bare = _bare(image, told)
    bare, faces = blurring.without_faces(bare) if blurs else (bare, None)
    phash, spread = fingerprints.of(bare)
    oddities = [*odd, *place.oddities]
    if (lost := _lost(image)) >= LOST:
        oddities.append(Oddity("damaged", {"percent": round(100 * lost)}))
    if _is_blank(bare):
        oddities.append(Oddity("blank", {}))
    return Developed(
        picture=_picture(bare),
        smaller=derivatives.made(bare),
        phash=phash,
        spread=spread,
        taken_at=positions.taken_at(told),
        position=place.position,
        offered=place.offered,
        oddities=tuple(oddities),
        faces=faces,
    )


def _decoded(data: bytes, max_pixels: int) -> tuple[Image.Image, Image.Exif, tuple[int, int]]:
    """Return a picture, decoded and no larger than is needed, with its EXIF and the size that it has in the file."""
    image = _open(data)
    _check_size(image, max_pixels)
    told, size = _exif(image), image.size
    try:
        if image.format in ("JPEG", "MPO"):
            image.draft(None, (MAX_SIDE_PX, MAX_SIDE_PX))  # decode half of it where half is enough
        image.load()
    except MemoryError as error:
        raise Unusable(gettext_noop("The picture needs more memory than is allowed.")) from error
    except Exception as error:  # see _open
        raise Unusable(gettext_noop("The file is cut short or damaged.")) from error
    return image, told, size


def _bare(image: Image.Image, told: Image.Exif) -> Image.Image:
    """Return the pixels alone: small enough, upright, 8-bit sRGB; Pillow carries all else along in `info`."""
    info, image = image.info, _resizable(image)
    image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=3.0)
    image.info = info  # the colour profile
    bare = _to_srgb(_turn_upright(image, told))
    bare.info = {}
    return bare


def _resizable(image: Image.Image) -> Image.Image:
    """Return a picture in a mode that can be made smaller without harm to it: palettes and single bits cannot."""
    if _is_deep(image):
        return _eight_bits(image)
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in {"1", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("L" if image.mode == "1" else "RGBA")
    return image


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith("I;16") or image.mode in {"I", "F"}


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return 16 bits of grey in 8; where they use a small part of their range, as a thermal camera does, stretched."""
    levels = image.convert("F")
    if (narrow := _narrow(levels)) is None:
        return levels.point(lambda value: value / 256).convert("L")
    low, high = narrow
    return levels.point(lambda value: (value - low) * (255 / (high - low))).convert("L")


def _narrow(levels: Image.Image) -> tuple[float, float] | None:
    """Return the least and the largest grey level where they are next to each other, as 16 bits go; else None."""
    low, high = (float(each) for each in levels.getextrema())  # type: ignore[arg-type, union-attr]
    return (low, high) if low < high < low + NARROW * 65_536 else None


def _holds_several(data: bytes) -> bool:
    """Tell whether there is more than the first picture. To count them moves on from it: hence in a copy."""
    try:
        return getattr(Image.open(io.BytesIO(data), formats=FORMATS), "n_frames", 1) > 1
    except Exception:  # what comes after the first is damaged
        return True


def _odd_file(image: Image.Image, data: bytes) -> list[Oddity]:
    found = []
    if image.format in SEVERAL and _holds_several(data):
        found.append(Oddity("odd-file", {"why": gettext_noop("it holds several pictures; the first was taken.")}))
    if image.format in ("JPEG", "MPO") and _has_a_gap(data):
        found.append(Oddity("odd-file", {"why": gettext_noop("it has a gap of zeros: part of it may be lost.")}))
    if _is_deep(image) and _narrow(image.convert("F")):  # big-endian levels can be measured in no other way
        found.append(Oddity("odd-file", {"why": gettext_noop("it uses few of its 16 bits, and was stretched.")}))
    return found


def _has_a_gap(data: bytes) -> bool:
    """Tell whether part of a JPEG is zeros. Some cameras fill their files up with them, behind the picture's end."""
    bare = data.rstrip(b"\0")
    return GAP in bare or (len(data) - len(bare) >= len(GAP) and not bare.endswith(b"\xff\xd9"))


def _of_a_screen(form: str | None, size: tuple[int, int], told: Image.Exif) -> list[Oddity]:
    """Return whether a file seems to be a picture of a screen. Phones and computers save theirs as PNG."""
    short, long = sorted(size)
    if (short, long) not in SCREENS or told.get(ExifTags.Base.Make) or told.get(ExifTags.Base.Model):
        return []
    if form != "PNG" and 4 * short == 3 * long:  # services make photos of this shape as large as a tablet's screen
        return []
    return [Oddity("screenshot", {"why": f"{size[0]} × {size[1]}, {form}"}, is_light=form != "PNG")]


def _lost(image: Image.Image) -> float:
    """Return the share of a picture's last rows, as they are stored, that are one mid-grey: there the file was cut.

    Decoders of JPEG give that where a file ends well before its picture does. Nearly always one row says no.
    """
    width, height = image.size
    grey, more = MISSING
    if image.mode not in {"L", "RGB", "CMYK"}:
        return 0.0
    last = image.crop((0, height - 1, width, height)).histogram()  # 256 levels of each band
    levels = [level % 256 for level, count in enumerate(last) if count]
    if len(levels) != len(image.getbands()) or max(abs(level - grey) for level in levels) > more:
        return 0.0
    flat = Image.merge(image.mode, [Image.new("L", image.size, level) for level in levels])
    differs = [band.getbbox() for band in ImageChops.difference(image, flat).split()]
    return 1 - max((box[3] for box in differs if box), default=height) / height  # all of it is grey: that is blank


def _is_blank(image: Image.Image) -> bool:
    small = image.reduce(max(1, max(image.size) // 256)).convert("L")
    return ImageStat.Stat(small).stddev[0] < BLANK


def _picture(bare: Image.Image) -> Picture:
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=JPEG_QUALITY, progressive=True)
    return Picture(out.getvalue(), bare.width, bare.height, _average_colour(bare))


def _open(data: bytes) -> Image.Image:
    if not data:
        raise Unusable(gettext_noop("The file is empty."))
    if _is_cut_short(data):  # the reader would give a picture with black in the place of what is missing
        raise Unusable(gettext_noop("The file is cut short or damaged."))
    Image.init()  # Pillow knows only some formats until it is asked to look for the others
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        moves = image.format not in SEVERAL and getattr(image, "n_frames", 1) > 1
    except Image.DecompressionBombError as error:
        raise Unusable(gettext_noop("The picture claims more pixels than are allowed.")) from error
    except Exception as error:  # decoders raise nearly anything on hostile headers; all of it means the same
        raise Unusable(
            gettext_noop("This is not a JPEG, PNG, WebP, AVIF, HEIC or TIFF picture, or its header is damaged.")
        ) from error
    if moves:
        raise Unusable(gettext_noop("This is an animation, not a photo."))
    return image


def _is_cut_short(data: bytes) -> bool:
    """Tell whether a HEIC or AVIF file ends before its boxes do (ISO/IEC 14496-12, 4.2); others tell themselves."""
    if data[4:8] != b"ftyp":
        return False
    at = 0
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
        if size == 0:  # to the end
            return False
        if size < 8:
            return True
        at += size
    return at != len(data)


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
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, "white")  # which is white in every profile
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the plain conversion below is what viewers show too
    return image.convert("RGB")


def _average_colour(image: Image.Image) -> str:
    red, green, blue = ImageOps.fit(image, (1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"
