"""Photos to learn from, as training sees them: a list by number, each with a place and, where known, who took it.

A photo is read when it is asked for, by its number alone, so that an order that was broken off goes on where it was.
Where photos come from: sources.py, shards.py.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor import images
from predictor.plan import Plan
from predictor.s2 import Floats, leaf_ids, parents

FEW_UPLOADERS = 20  # of so few a share may well hold none
SPLIT_LEVEL = 10  # S2 cells of about ten kilometres: a place is on one side of the split or on the other


@dataclass(frozen=True, eq=False)
class Collection:
    """Photos and where they were taken. `painter` is the version of Toy Earth's painter; 0: these are photographs."""

    lat: Floats  # (n,), degrees
    lng: Floats  # (n,)
    uploader: NDArray[np.str_]  # (n,); empty where it is not known
    painter: int

    def __len__(self) -> int:
        return self.lat.size

    def digest(self) -> str:
        """Return what tells these photos from others: a digest of their places and of who took them."""
        found = hashlib.blake2b(digest_size=16)
        for column in (self.lat, self.lng):
            found.update(np.ascontiguousarray(column, dtype="<f8").tobytes())
        found.update("\n".join(self.uploader.tolist()).encode())
        return found.hexdigest()

    def picture(self, index: int, size: int) -> images.Picture:
        """A photo, at least size pixels a side if it can be. Raises OSError or ValueError where it cannot be read."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Part(Collection):
    """Some photos of a collection."""

    whole: Collection
    indices: NDArray[np.int64]

    @classmethod
    def of(cls, whole: Collection, indices: NDArray[np.int64]) -> "Part":
        lat, lng, uploader = whole.lat[indices], whole.lng[indices], whole.uploader[indices]
        return cls(lat, lng, uploader, whole.painter, whole, indices)

    def picture(self, index: int, size: int) -> images.Picture:
        return self.whole.picture(int(self.indices[index]), size)


@dataclass(frozen=True)
class Split:
    """Which photos to learn from and which to be examined on; `left_out` are in neither."""

    train: Part
    held_out: Part
    left_out: int

    def watched(self) -> Part:
        """Held-out photos to watch a training by and to fit its temperature on: about half of them, by place."""
        return self._half(True)

    def judged(self) -> Part:
        """The other half, which nothing was fitted on: what a checkpoint is judged on."""
        return self._half(False)

    def _half(self, wanted: bool) -> Part:
        cells = parents(leaf_ids(self.held_out.lat, self.held_out.lng), SPLIT_LEVEL)
        in_first = _drawn(np.char.add("half ", cells.astype(str)), 0.5)
        if in_first.all() or not in_first.any():  # one cell, or nearly: there are no two sides
            in_first = np.arange(len(cells)) % 2 == 0
        return Part.of(self.held_out.whole, self.held_out.indices[in_first == wanted])


def split(photos: Collection, share: float = Plan.held_share) -> Split:
    """Part a collection by place and by uploader, never by photo.

    A share of the cells of level 10 and of the uploaders is not trained on. What is examined are the photos of these
    that share neither cell nor uploader with any training photo; the others are left out. Raises ValueError where a
    side is empty.
    """
    cells, known = parents(leaf_ids(photos.lat, photos.lng), SPLIT_LEVEL), photos.uploader != ""
    kept = ~_drawn(cells, share) & ~(known & _drawn(photos.uploader, share))
    acquainted = np.isin(cells, cells[kept]) | (known & np.isin(photos.uploader, photos.uploader[kept]))
    held_out = ~kept & ~acquainted
    is_parted = kept.any() and held_out.sum() > 1
    if not is_parted and known.all() and np.unique(photos.uploader).size < FEW_UPLOADERS and np.unique(cells).size > 1:
        raise ValueError(
            f"{len(photos)} photos cannot be parted by uploader: too few have taken them. Leave the column `uploader` "
            "out to part them by place alone"
        )
    if not is_parted:
        raise ValueError(f"{len(photos)} photos cannot be parted by place and uploader: more places are needed")
    train, exam = (Part.of(photos, np.flatnonzero(side)) for side in (kept, held_out))
    return Split(train, exam, int((~kept & acquainted).sum()))


def _drawn(names: NDArray, share: float) -> NDArray[np.bool_]:
    """Which of these names fall in the share: the same on every machine and in every collection."""
    each, index = np.unique(names, return_inverse=True)
    digests = (hashlib.blake2b(str(name).encode(), digest_size=8).digest() for name in each.tolist())
    return np.array([int.from_bytes(digest, "little") < share * 2**64 for digest in digests])[index]
