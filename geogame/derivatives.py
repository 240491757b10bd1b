"""The sizes and formats of a photo that are served: made once when it comes in, chosen for each browser. Pillow only.

The kept JPEG stays what the machine sees. What else there is lies beside it, and its name follows from it.
"""

import io
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from PIL import Image

Key = tuple[int, str]  # width in pixels and format

# A large AVIF costs too much. At 320 WebP would save an eighth of 16 kB, AVIF two fifths for a tenth more work.
WIDTHS = {"jpeg": (1280, 640, 320), "webp": (2048, 1280, 640), "avif": (1280, 640)}
SMALL = 640  # pixels across: less would hardly be a smaller file
SAVING = {
    "jpeg": {"quality": 82, "progressive": True},
    "webp": {"quality": 80, "method": 2},
    "avif": {"quality": 60, "speed": 8, "max_threads": 1},
}
TYPES = {"jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
ENDINGS = {"jpeg": "jpg", "webp": "webp", "avif": "avif"}
LIGHTEST = ("avif", "webp", "jpeg")  # first, of one width


def made(image: Image.Image) -> dict[Key, bytes]:
    """Return a picture (upright sRGB, without metadata) in all sizes and formats, by width and format.

    None is larger than the picture itself, which is made in WebP and AVIF too where it is smaller than their largest.
    One that is small by itself is served as it is.
    """
    found: dict[Key, bytes] = {}
    if image.width <= SMALL:
        return found
    widest = {form: min(widths[0], image.width) for form, widths in WIDTHS.items()}
    wanted = sorted({each for widths in WIDTHS.values() for each in widths} | set(widest.values()), reverse=True)
    for width in (each for each in wanted if each <= image.width):
        if width < image.width:
            size = (width, max(1, round(image.height * width / image.width)))
            image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        for form, widths in WIDTHS.items():
            if width in widths or (form != "jpeg" and width == widest[form]):
                found[width, form] = _saved(image, form)
    return found


def _saved(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.info = {}  # AVIF would keep a colour profile
    image.save(out, form.upper(), **SAVING[form])
    return out.getvalue()


def name(file_name: str, width: int, form: str) -> str:
    """Return the storage name of a derivative of a photo's file.

    >>> name("ab/abcd.jpg", 1280, "webp")
    'ab/abcd-1280.webp'
    """
    path = PurePosixPath(file_name)
    return str(path.with_name(f"{path.stem}-{width}.{ENDINGS[form]}"))


def best(sizes: Sequence[Key], width: int | None, accepted: Collection[str]) -> Key:
    """Return which of the sizes that lie in storage a browser gets: the narrowest that is wide enough.

    `width` is how many pixels across are wanted, None for all there are; `accepted` are the media types that the
    browser names. JPEG, which all of them show, is among the sizes.

    >>> lie = [(2048, "jpeg"), (1280, "jpeg"), (2048, "webp"), (1280, "webp"), (1280, "avif")]
    >>> best(lie, 1000, {"image/avif", "image/webp"}), best(lie, None, {"image/avif", "image/webp"}), best(lie, 900, ())
    ((1280, 'avif'), (2048, 'webp'), (1280, 'jpeg'))
    """
    shown = [(across, form) for across, form in sizes if form == "jpeg" or TYPES[form] in accepted]
    widest = max(across for across, _ in shown)
    wanted = widest if width is None else min(width, widest)
    enough = [each for each in shown if each[0] >= wanted]
    return min(enough, key=lambda each: (each[0], LIGHTEST.index(each[1])))
