"""WebDataset shards: tar files with, for each photo, a picture and a JSON of the same name that tells its place.

They hold photos at the size that training needs, so that it waits for nothing. Written and read with tarfile: shards on
the disk can be read at any point, so that training can go on where it was broken off.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from predictor import images, places
from predictor.collection import Collection, on_the_globe
from predictor.data import die_with_parent

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
UPLOADERS = ("uploader", "user", "author", "creator")  # names of who took it, in any case of letters
EACH = 2000  # photos in a file: some thirty megabytes
_QUALITY = 92  # of JPEGs without chroma subsampling: signs are small and coloured
_SAMPLE_BYTES = 1 << 20  # a JSON that is longer than this is no description of a photo


@dataclass(frozen=True, eq=False)
class Shards(Collection):
    """WebDataset shards on the disk: tar files with, for each photo, a picture and a JSON of the same name."""

    paths: Sequence[Path]
    where: NDArray[np.int64]  # (n, 3): which file, at which byte, how many bytes

    @classmethod
    def of(cls, paths: Sequence[Path]) -> "Shards":
        """Read where the photos lie. Raises ValueError for what are no such files."""
        rows = [
            (number, *row)
            for number, path in enumerate(tqdm(paths, desc="reading shards", unit="file", leave=False))
            for row in _samples(path)
        ]
        if not rows:
            raise ValueError(f"No photo of {paths[0]} has a picture and a JSON with latitude and longitude")
        number, offset, size, lat, lng, uploader, painter = (np.array(column) for column in zip(*rows, strict=True))
        if (painter != painter[0]).any():
            raise ValueError("These shards hold pictures of different kinds: several versions of Toy Earth, or photos")
        return cls(lat, lng, uploader, int(painter[0]), paths, np.stack([number, offset, size], axis=1))

    def picture(self, index: int, size: int) -> images.Picture:
        number, offset, length = self.where[index].tolist()
        with self.paths[number].open("rb") as file:
            file.seek(offset)
            return images.loaded(io.BytesIO(file.read(length)), size)


def _samples(path: Path) -> Iterator[tuple[int, int, float, float, str, int]]:
    """Yield offset, size, latitude, longitude, uploader and painter of each photo of a shard."""
    try:
        with tarfile.open(path) as tar:
            key, picture, told = "", None, None
            for member in tar:
                name, _, extension = member.name.partition(".")
                if name != key:
                    key, picture, told = name, None, None
                if f".{extension.lower()}" in PICTURES:
                    picture = member
                elif extension.lower() == "json" and member.size <= _SAMPLE_BYTES and (file := tar.extractfile(member)):
                    told = json.loads(file.read())
                if picture is not None and told is not None:
                    if (at := _place_told(told)) is not None:
                        who = next((str(told[name]) for name in UPLOADERS if told.get(name)), "")
                        yield picture.offset_data, picture.size, *at, who, int(told.get("painter", 0))
                    picture = told = None
    except (tarfile.TarError, json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is no shard that can be read: {error}") from error


def _place_told(told: dict[str, Any]) -> tuple[float, float] | None:
    for north, east in places.COLUMNS:
        if north in told and east in told:
            lat, lng = float(told[north]), float(told[east])
            return (lat, lng) if on_the_globe(np.array(lat), np.array(lng)) else None
    return None


class _Written(Dataset[tuple[int, int]]):
    """Asking for a shard writes it; returns its number and how many photos could not be read."""

    def __init__(self, photos: Collection, out: Path, size: int) -> None:
        self.photos, self.out, self.size = photos, out, size

    def path(self, number: int) -> Path:
        return self.out / f"photos-{number:06d}.tar"

    def __getitem__(self, number: int) -> tuple[int, int]:
        unfinished, unread = self.path(number).with_suffix(".part"), 0
        with tarfile.open(unfinished, "w") as tar:
            for index in range(number * EACH, min((number + 1) * EACH, len(self.photos))):
                try:
                    square = images.middle_square(self.photos.picture(index, self.size), self.size)
                except (OSError, ValueError):
                    unread += 1
                    continue
                picture = io.BytesIO()
                Image.fromarray(square).save(picture, "JPEG", quality=_QUALITY, subsampling=0)
                _add(tar, f"{index:09d}.jpg", picture.getvalue())
                _add(tar, f"{index:09d}.json", json.dumps(self._told(index)).encode())
        os.replace(unfinished, self.path(number))
        return number, unread

    def _told(self, index: int) -> dict[str, Any]:
        told = {"latitude": float(self.photos.lat[index]), "longitude": float(self.photos.lng[index])}
        who, painter = str(self.photos.uploader[index]), self.photos.painter
        return {**told, **({"uploader": who} if who else {}), **({"painter": painter} if painter else {})}


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def write(photos: Collection, out: Path, size: int, workers: int) -> int:
    """Write the middle squares of photos, size pixels a side; return how many could not be read.

    Shards that are there already are kept, so that the same command goes on after a kill.
    """
    out.mkdir(parents=True, exist_ok=True)
    shards = _Written(photos, out, size)
    missing = [number for number in range(-(-len(photos) // EACH)) if not shards.path(number).exists()]
    loader = DataLoader(shards, batch_size=None, sampler=missing, num_workers=workers, worker_init_fn=die_with_parent)
    return sum(unread for _, unread in tqdm(loader, total=len(missing), desc="writing", unit="shard"))
