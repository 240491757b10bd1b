"""Where photos to learn from come from: Toy Earth, a table of files, a folder of photos with EXIF, shards."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from predictor import exif, images, places, toyearth
from predictor.collection import Collection
from predictor.geo import on_the_globe, wrap_longitude
from predictor.s2 import Floats
from predictor.shards import PICTURES, UPLOADERS, Shards

log = logging.getLogger(__name__)

FILES = ("filename", "file", "path", "image")  # names of the column of files, in any case of letters


@dataclass(frozen=True, eq=False)
class ToyEarth(Collection):
    """Painted when asked for: no picture is ever seen twice, and nothing lies on the disk."""

    split: str
    seed: int

    @classmethod
    def of(cls, split: str, seed: int, count: int, kept: Path | None = None) -> "ToyEarth":
        """The first count pictures; `kept` is a file that spares the second run the looking for their places."""
        if kept is not None and kept.exists():
            with np.load(kept) as file:
                if len(file["lat"]) == count and int(file["seed"]) == seed:
                    return cls._at(file["lat"], file["lng"], split, seed)
        lat, lng = toyearth.places(split, seed, count)
        if kept is not None:
            np.savez(kept, lat=lat, lng=lng, seed=seed)
        return cls._at(lat, lng, split, seed)

    @classmethod
    def _at(cls, lat: Floats, lng: Floats, split: str, seed: int) -> "ToyEarth":
        return cls(lat, lng, np.full(lat.size, ""), toyearth.PAINTER_VERSION, split, seed)

    def picture(self, index: int, size: int) -> images.Picture:
        return toyearth.picture(self.split, self.seed, index, size).image


@dataclass(frozen=True, eq=False)
class Files(Collection):
    """Files on the disk."""

    paths: Sequence[Path]

    def picture(self, index: int, size: int) -> images.Picture:
        return images.loaded(self.paths[index], size)

    @classmethod
    def of_table(cls, path: Path) -> "Files":
        """Read a CSV or Parquet table of files, which lie beside it or below. Raises ValueError for what is no such."""
        table = _table(path)
        lat, lng, file, uploader = (table[name] for name in ("lat", "lng", "file", "uploader"))
        good = on_the_globe(lat, lng)
        _tell_lost(path, good)
        paths = [path.parent / str(name) for name in file[good]]
        return cls(lat[good], wrap_longitude(lng[good]), uploader[good], 0, paths)

    @classmethod
    def of_folder(cls, folder: Path) -> "Files":
        """All pictures below a folder whose EXIF tells a place. Who took them is not known."""
        found: list[tuple[Path, float, float]] = []
        names = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
        for path in tqdm(names, desc="reading EXIF", unit="photo", leave=False):
            try:
                with Image.open(path) as image:
                    found.append((path, *exif.position(image.getexif())))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                continue  # told below, by their number
        lat, lng = np.array([each[1] for each in found]), np.array([each[2] for each in found])
        good = on_the_globe(lat, lng)
        _tell_lost(folder, np.append(good, np.zeros(len(names) - len(found), bool)))
        paths = [each[0] for each, kept in zip(found, good, strict=True) if kept]
        return cls(lat[good], wrap_longitude(lng[good]), np.full(len(paths), ""), 0, paths)


def _table(path: Path) -> dict[str, NDArray[Any]]:
    """Read lat, lng (NaN where there is none), file and uploader of a table, (n,) each."""
    import pyarrow as pa  # late: playing does not need it
    import pyarrow.csv
    import pyarrow.parquet

    try:
        names = _column_names(path)
        lat, lng = places.columns(names, path)
        file, uploader = _named(names, FILES), _named(names, UPLOADERS)
        if file is None:
            raise ValueError(f"{path} has no column {' or '.join(FILES)}; it has {', '.join(names)[:200]}")
        wanted = {"lat": (lat, pa.float64()), "lng": (lng, pa.float64()), "file": (file, pa.string())}
        if uploader is not None:
            wanted["uploader"] = (uploader, pa.string())
        types = dict(wanted.values())
        if path.suffix == ".parquet":
            table = pyarrow.parquet.read_table(path, columns=list(types))
        else:
            options = pyarrow.csv.ConvertOptions(include_columns=list(types), column_types=types)
            table = pyarrow.csv.read_csv(path, convert_options=options)
        columns = {name: table[column].cast(kind) for name, (column, kind) in wanted.items()}
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a table of photos: {error}") from error
    numbers = {name: columns[name].to_numpy() for name in ("lat", "lng")}
    texts = {name: np.asarray(columns[name].fill_null("").to_pylist(), str) for name in columns if name not in numbers}
    return {"uploader": np.full(table.num_rows, ""), **numbers, **texts}


def _column_names(path: Path) -> list[str]:
    import pyarrow.parquet  # late, as above

    if path.suffix == ".parquet":
        return list(pyarrow.parquet.read_schema(path).names)
    with path.open(encoding="utf-8-sig") as file:
        return [name.strip('"') for name in file.readline().rstrip("\r\n").split(",")]


def _named(names: Iterable[str], wanted: Iterable[str]) -> str | None:
    known = {name.lower(): name for name in names}
    return next((known[name] for name in wanted if name in known), None)


def _tell_lost(where: Path, good: NDArray[np.bool_]) -> None:
    if not good.any():
        raise ValueError(f"No photo of {where} has a place on the globe")
    if not good.all():
        log.info("%d of %d photos of %s have no place on the globe and are left out", (~good).sum(), good.size, where)


def opened(paths: Sequence[Path]) -> Collection:
    """Open photos: one table (.csv, .parquet), one folder of photos, or shards (.tar, or a folder of them).

    Raises ValueError for what is none of these, OSError for what is not there.
    """
    first = paths[0]
    shards = sorted(first.glob("*.tar")) if first.is_dir() else [path for path in paths if path.suffix == ".tar"]
    if shards and (first.is_dir() or len(shards) == len(paths)):
        return Shards.of(shards)
    if len(paths) > 1:
        raise ValueError("Several paths must all be .tar files; otherwise give one table or one folder")
    if first.is_dir():
        return Files.of_folder(first)
    if first.suffix in (".csv", ".parquet"):
        return Files.of_table(first)
    raise ValueError(f"{first} is neither a .csv or .parquet table, nor a folder, nor a .tar of photos")
