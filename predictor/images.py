"""How a photo becomes a tensor: the one definition, for training and for inference.

Upright, the middle square, scaled with antialiasing, normalised. Never flipped: text and the driving side are clues.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from predictor.checkpoint import Config

Picture = Image.Image | NDArray[np.uint8]  # an array is (height, width, 3)


def loaded(file: Path | BinaryIO, size: int) -> Image.Image:
    """Read a photo that will be shown at size pixels a side. Raises OSError or ValueError where it cannot be read.

    A JPEG is decoded at a half, a quarter or an eighth of its size where that leaves twice the pixels that are needed:
    several times as fast, and within a grey level or two of the same.
    """
    try:
        with Image.open(file) as image:
            image.draft("RGB", (2 * size, 2 * size))
            image.load()
            return image
    except (SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{error}") from error


def middle_square(picture: Picture, size: int) -> NDArray[np.uint8]:
    """The largest square in the middle, (size, size, 3)."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else _upright(picture)
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return square(image.convert("RGB"), (left, top, left + side, top + side), size)


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # EXIF data can be anything, and Pillow trips over it in many ways; the pixels are whole
        return picture


def square(image: Image.Image, box: tuple[float, float, float, float], size: int) -> NDArray[np.uint8]:
    """A square part of an RGB image, scaled, (size, size, 3)."""
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


def normalised(squares: NDArray[np.uint8], config: Config) -> torch.Tensor:
    """(n, size, size, 3) uint8 to (n, 3, size, size) float32, in channels-last memory order."""
    mean, std = torch.tensor(config.mean), torch.tensor(config.std)
    pixels = torch.from_numpy(np.array(squares)).float() / 255.0
    return ((pixels - mean) / std).permute(0, 3, 1, 2)


def batch(pictures: Sequence[Picture], config: Config) -> torch.Tensor:
    """Whole pictures to what the network takes, (n, 3, size, size)."""
    return normalised(np.stack([middle_square(each, config.size) for each in pictures]), config)
