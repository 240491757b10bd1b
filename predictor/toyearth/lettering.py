"""Lettering: real text on a plane of the world, shaped as its script wants it, in the Noto fonts.

Arabic joins its letters and runs from right to left, Devanagari hangs from its line: skia's paragraphs (HarfBuzz, ICU)
know that. The fonts are the system's (Debian: fonts-noto-core, fonts-noto-cjk); without them painting is refused,
for empty boxes on a sign would teach a reader nonsense.
"""

import os
from dataclasses import dataclass
from functools import lru_cache

import skia
from skia import textlayout

from predictor.toyearth.colour import Colour

LEGIBLE_PX = 4.0  # lower letters are left out: nobody could read them
_SIZE = 40.0  # of the letters when they are shaped; they are scaled to where they stand
# Scripts (ISO 15924) whose letters Noto Sans itself does not hold, and the family that does.
_FAMILIES = {
    "Arab": "Noto Sans Arabic", "Armn": "Noto Sans Armenian", "Beng": "Noto Sans Bengali",
    "Deva": "Noto Sans Devanagari", "Ethi": "Noto Sans Ethiopic", "Geor": "Noto Sans Georgian",
    "Gujr": "Noto Sans Gujarati", "Guru": "Noto Sans Gurmukhi", "Hans": "Noto Sans CJK SC", "Hant": "Noto Sans CJK TC",
    "Hebr": "Noto Sans Hebrew", "Jpan": "Noto Sans CJK JP", "Khmr": "Noto Sans Khmer", "Knda": "Noto Sans Kannada",
    "Kore": "Noto Sans CJK KR", "Laoo": "Noto Sans Lao", "Mlym": "Noto Sans Malayalam", "Mymr": "Noto Sans Myanmar",
    "Orya": "Noto Sans Oriya", "Sinh": "Noto Sans Sinhala", "Taml": "Noto Sans Tamil", "Telu": "Noto Sans Telugu",
    "Thaa": "Noto Sans Thaana", "Thai": "Noto Sans Thai", "Tibt": "Noto Serif Tibetan",
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A line of text: what it says, its script (ISO 15924) and what it is, for whoever scores reading."""

    text: str
    script: str
    role: str  # "street", "direction", "shop", "plate", "phone", "website", "poster"


class MissingFonts(RuntimeError):
    """The system lacks the fonts that signs are lettered in."""


@lru_cache(maxsize=1)
def _fonts() -> textlayout.FontCollection:
    # fontconfig prefers other families under a Chinese locale; the same seed must give the same bytes everywhere.
    os.environ["FC_LANG"] = "en"
    manager = skia.FontMgr()
    missing = [name for name in ("Noto Sans", "Noto Sans CJK JP") if not manager.matchFamily(name).count()]
    if missing:
        raise MissingFonts(
            f"{' and '.join(missing)}: not installed (Debian: apt install fonts-noto-core fonts-noto-cjk)"
        )
    collection = textlayout.FontCollection()
    collection.setDefaultFontManager(manager)
    return collection


def require_fonts() -> None:
    """Raise MissingFonts, with what to install, where signs could not be lettered."""
    _fonts()


@lru_cache(maxsize=2048)
def _shaped(text: str, script: str, colour: int) -> textlayout.Paragraph:
    style = textlayout.TextStyle()
    style.setFontSize(_SIZE)
    style.setFontStyle(skia.FontStyle.Bold())
    style.setFontFamilies([family for family in (_FAMILIES.get(script), "Noto Sans") if family])
    style.setColor(colour)
    builder = textlayout.ParagraphBuilder(textlayout.ParagraphStyle(), _fonts(), skia.Unicodes.ICU.Make())
    builder.pushStyle(style)
    builder.addText(text)
    paragraph = builder.Build()
    paragraph.layout(4000)
    return paragraph


def write(
    canvas: skia.Canvas, text: str, script: str, where: skia.Rect, colour: Colour, mirrored: bool = False
) -> None:
    """Write a line of text as large as it fits into a rectangle of a plane whose second axis points up.

    `mirrored` is for a plane whose first axis runs to the left as the camera sees it.
    """
    paragraph = _shaped(text, script, skia.Color4f(*colour, 1.0).toColor())
    wide, high = paragraph.LongestLine, paragraph.Height
    scale = min(where.width() / wide, where.height() / high)
    canvas.save()
    canvas.translate(where.centerX(), where.centerY())
    canvas.scale(-scale if mirrored else scale, -scale)
    paragraph.paint(canvas, -wide / 2, -high / 2)
    canvas.restore()
