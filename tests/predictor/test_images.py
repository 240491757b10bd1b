"""How a photo becomes a tensor."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from predictor import images
from predictor.checkpoint import Config

CONFIG = Config(n_cells=24, size=16, mean=(0.5, 0.4, 0.3), std=(0.25, 0.2, 0.1))


def half_and_half(width: int, height: int) -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def test_shape_type_and_normalisation() -> None:
    tensor = images.batch([Image.new("RGB", (50, 40), (255, 102, 0))], CONFIG)
    assert tensor.shape == (1, 3, 16, 16)
    assert tensor.dtype == torch.float32
    assert tensor[0, :, 3, 5].tolist() == pytest.approx([2.0, 0.0, -3.0], abs=1e-6)


def test_nothing_is_flipped_or_turned() -> None:
    tensor = images.batch([half_and_half(64, 64)], CONFIG)[0]
    red, blue = tensor[0], tensor[2]
    assert (red[:, :7] > red[:, 9:]).all()
    assert (blue[:, 9:] > blue[:, :7]).all()


def test_the_middle_square_is_seen() -> None:
    wide = Image.new("RGB", (300, 100), (0, 255, 0))
    wide.paste((255, 0, 0), (100, 0, 200, 100))
    for image in (wide, wide.rotate(90, expand=True)):
        seen = images.middle_square(image, 16)[1:-1, 1:-1]  # at the rim, scaling mixes in the pixels beyond
        assert (seen == (255, 0, 0)).all()


def test_an_array_and_an_image_of_it_are_the_same() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert torch.equal(images.batch([pixels], CONFIG), images.batch([Image.fromarray(pixels)], CONFIG))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_any_mode_is_read(mode: str) -> None:
    assert images.batch([Image.new("RGB", (20, 20), (200, 200, 200)).convert(mode)], CONFIG).shape == (1, 3, 16, 16)


def test_a_photo_taken_sideways_is_set_upright() -> None:
    sideways = half_and_half(64, 64).rotate(90)  # red below, blue above
    sideways.getexif()[0x0112] = 6  # orientation: turn by 90 degrees clockwise
    assert np.array_equal(images.middle_square(sideways, 16), images.middle_square(half_and_half(64, 64), 16))


def test_scaling_down_is_antialiased() -> None:
    stripes = np.zeros((160, 160, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(images.middle_square(stripes, 16).astype(int) - 127).max() < 20


@pytest.mark.parametrize("format", ["WEBP", "PNG"])
def test_a_photo_with_damaged_exif_data_is_looked_at_as_it_is(tmp_path: Path, format: str) -> None:
    Image.new("RGB", (90, 60), "red").save(tmp_path / "a", format, exif=b"Exif\0\0garbage")
    with Image.open(tmp_path / "a") as picture:
        assert images.middle_square(picture, 30).shape == (30, 30, 3)
