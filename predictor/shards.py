"""WebDataset shards: tar files with, for each photo, a picture and a JSON of the same name that tells its place.

They hold photos at the size that training needs, so that it waits for nothing. Written and read with tarfile: shards on
the disk can be read at any point, so that training can go on where it was broken off.
"""

import io
import json
import logging
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
from predictor.collection import Collection
from predictor.data import die_with_parent
from predictor.geo import on_the_globe

log = logging.getLogger(__name__)

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
        rows, seen = list[tuple[Any, ...]](), 0
        for which, path in enumerate(tqdm(paths, desc="reading shards", unit="file", leave=False)):
            for row in _samples(path):
                seen += 1
                rows += [(which, *row)] if row else []
        if not rows:
            raise ValueError(f"No photo of {paths[0]} has a picture and a JSON with latitude and longitude")
        if len(rows) < seen:
            log.warning("%d of %d pictures in shards have no JSON beside them that tells a place, and are left out",
                        seen - len(rows), seen)  # fmt: skip
        number, offset, size, lat, lng, uploader, painter = (np.array(column) for column in zip(*rows, strict=True))
        if (painter != painter[0]).any():
            raise ValueError("These shards hold pictures of different kinds: several versions of Toy Earth, or photos")
        return cls(lat, lng, uploader, int(painter[0]), paths, np.stack([number, offset, size], axis=1))

    def picture(self, index: int, size: int) -> images.Picture:
        number, offset, length = self.where[index].tolist()
        with self.paths[number].open("rb") as file:
            file.seek(offset)
            return images.loaded(io.BytesIO(file.read(length)), size)


def _samples(path: Path) -> Iterator[tuple[int, int, float, float, str, int] | None]:
    """Yield offset, size, latitude, longitude, uploader and painter of each picture of a shard; None without a place.

    As in WebDataset, what belongs together has one name up to the first dot of the last part of its path. It need not
    stand together here.
    """
    pictures: dict[str, tarfile.TarInfo] = {}
    tellings: dict[str, Any] = {}
    try:
        with tarfile.open(path, "r:") as tar:  # photos are read at their byte, which a compressed file does not have
            for member in tar:
                folder, _, name = member.name.rpartition("/")
                stem, _, extension = name.partition(".")
                key = f"{folder}/{stem}"
                if f".{extension.lower()}" in PICTURES:
                    pictures[key] = member
                elif extension.lower() == "json" and member.size <= _SAMPLE_BYTES and (file := tar.extractfile(member)):
                    tellings[key] = _told_by(file.read())
    except tarfile.TarError as error:
        raise ValueError(f"{path} is no shard that can be read, a tar file that is not compressed: {error}") from error
    for key, picture in pictures.items():
        told = tellings.get(key, {})
        at = _place_told(told)
        if at is None:
            yield None
            continue
        who = next((str(told[name]) for name in UPLOADERS if told.get(name)), "")
        painter = told.get("painter", 0)
        yield picture.offset_data, picture.size, *at, who, painter if isinstance(painter, int) else 0


def _told_by(text: bytes) -> dict[str, Any]:
    """Return what a JSON tells, by names in small letters; nothing where it is no JSON object."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {str(name).lower(): value for name, value in told.items()} if isinstance(told, dict) else {}


def _place_told(told: dict[str, Any]) -> tuple[float, float] | None:
    for north, east in places.COLUMNS:
        if north in told and east in told:
            try:
                lat, lng = float(told[north]), float(told[east])
            except (TypeError, ValueError):
                return None
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

    Shards that are there already are kept, so that the same command goes on after a kill. Raises ValueError for a
    folder with shards of other photos, or of another size.
    """
    out.mkdir(parents=True, exist_ok=True)
    _refuse_others(out, {"photos": photos.digest(), "count": len(photos), "size": size})
    shards = _Written(photos, out, size)
    missing = [number for number in range(-(-len(photos) // EACH)) if not shards.path(number).exists()]
    loader = DataLoader(shards, batch_size=None, sampler=missing, num_workers=workers, worker_init_fn=die_with_parent)
    for _ in tqdm(loader, total=len(missing), desc="writing", unit="shard"):
        pass
    return len(photos) - sum(1 for path in sorted(out.glob("photos-*.tar")) for row in _samples(path) if row)


def _refuse_others(out: Path, these: dict[str, Any]) -> None:
    """Note which photos these shards hold. Raises ValueError where the folder holds shards of others."""
    note = out / "shards.json"
    try:
        others = json.loads(note.read_text()) != these if note.exists() else any(out.glob("photos-*.tar"))
    except ValueError:
        others = True
    if others:
        raise ValueError(f"{out} holds shards of other photos, or of another size; give another --out")
    note.write_text(json.dumps(these))
