"""Whichever way a camera was held: the browser and the machine see the same pixels."""

import base64
import io

import numpy as np
import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Page

from geogame.pictures import develop
from predictor.images import middle_square

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What a camera stores of the upright picture, by the orientation tag that says so.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
PIXELS = """
async (data) => {
  const image = new Image();
  image.src = `data:image/jpeg;base64,${data}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const { width, height } = canvas;
  return { width, height, pixels: [...pen.getImageData(0, 0, width, height).data] };
}
"""


def upright() -> Image.Image:
    """A picture of four corners that are all different, wider than it is high."""
    picture = Image.new("RGB", (240, 160))
    for number, colour in enumerate(((220, 30, 30), (30, 180, 60), (40, 60, 220), (230, 220, 40))):
        picture.paste(colour, (number % 2 * 120, number // 2 * 80, number % 2 * 120 + 120, number // 2 * 80 + 80))
    return picture


def photographed(orientation: int) -> bytes:
    turn = STORED[orientation]
    stored = upright() if turn is None else upright().transpose(turn)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    out = io.BytesIO()
    stored.save(out, "JPEG", exif=exif, quality=95, subsampling=0)
    return out.getvalue()


def seen(page: Page, data: bytes) -> np.ndarray:
    """Return what a browser shows of a file, shape (height, width, 3)."""
    told = page.evaluate(PIXELS, base64.b64encode(data).decode())
    return np.array(told["pixels"], dtype=np.int16).reshape(told["height"], told["width"], 4)[:, :, :3]


def test_browser_and_machine_see_the_same_pixels_of_every_orientation(chromium: Browser) -> None:
    """The photo that is served, in the browser, is the upright one; so is what the machine is shown of it."""
    page = chromium.new_page()
    wanted = np.asarray(upright(), dtype=np.int16)
    for orientation in STORED:
        original = photographed(orientation)
        kept = develop(original, 10_000_000).picture.jpeg
        shown = seen(page, kept)
        assert shown.shape == wanted.shape, orientation
        assert np.abs(shown - wanted).mean() < 3, orientation
        assert np.abs(seen(page, original) - shown).mean() < 3, orientation  # as the camera's own viewer has it
        machine = np.asarray(Image.open(io.BytesIO(kept)).convert("RGB"), dtype=np.int16)  # as its task reads it
        assert np.abs(machine - shown).max() <= 3, orientation
        square = middle_square(Image.open(io.BytesIO(kept)), 160).astype(np.int16)
        assert np.abs(square - shown[:, 40:200]).mean() < 3, orientation
    page.close()
