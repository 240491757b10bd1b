"""Where the photos of a collection were taken: Parquet and CSV files, read in pieces that fit any memory.

A collection is cut into pieces that processes can read side by side: some row groups of a Parquet file, or a whole CSV.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from predictor.geo import on_the_globe
from predictor.s2 import Floats

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = (("latitude", "longitude"), ("lat", "lng"), ("lat", "lon"))  # in any case of letters
_AT_ONCE = 1 << 20  # rows
_PIECE_ROWS = 1 << 22  # of a Parquet file, about
_FAR_FROM_A_FEW = 0.01  # of the rows: so many impossible latitudes are no slips of the pen

Places = tuple[Floats, Floats]  # latitudes and longitudes in degrees


@dataclass(frozen=True)
class Piece:
    """A part of a collection."""

    path: Path
    row_groups: tuple[int, ...] | None = None  # of a Parquet file; None: the whole CSV


def pieces(paths: Sequence[Path]) -> list[Piece]:
    """Cut files into pieces. Raises ValueError for what is neither Parquet nor CSV, OSError for what is not there."""
    found: list[Piece] = []
    for path in paths:
        if path.suffix == ".parquet":
            found += _row_groups(path)
        elif path.suffix == ".csv":
            path.stat()
            found.append(Piece(path))
        else:
            raise ValueError(f"{path} is neither a .parquet nor a .csv file")
    return found


def _row_groups(path: Path) -> Iterator[Piece]:
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    except pyarrow.ArrowException as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    held: list[int] = []
    if not rows:
        yield Piece(path, ())
    for group in range(len(rows)):
        held.append(group)
        if sum(rows[each] for each in held) >= _PIECE_ROWS or group == len(rows) - 1:
            yield Piece(path, tuple(held))
            held = []


def read(piece: Piece) -> Iterator[tuple[Places, int]]:
    """Yield, a million rows at a time, the places, and how many rows had none that is on the globe.

    Raises ValueError for a file that is no table, has no such columns, or whose latitudes are mostly not latitudes.
    """
    import pyarrow

    rows = lost = 0
    try:
        for table in _tables(piece):
            lat, lng = (column.cast("float64").to_numpy(zero_copy_only=False) for column in table.columns)
            good = on_the_globe(lat, lng)
            rows, lost = rows + lat.size, lost + int((np.abs(lat) > 90).sum())
            yield (lat[good], lng[good]), int((~good).sum())
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(f"{piece.path} cannot be read: {error}") from error
    if lost > _FAR_FROM_A_FEW * rows:
        raise ValueError(
            f"{lost} of {rows} latitudes in {piece.path} lie beyond a pole: are latitude and longitude swapped?"
        )


def _tables(piece: Piece) -> Iterator["pa.RecordBatch"]:
    """Yield record batches of two float64 columns, latitude and longitude."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    if piece.row_groups is not None:
        with pyarrow.parquet.ParquetFile(piece.path) as file:
            names = columns(file.schema_arrow.names, piece.path)
            for batch in file.iter_batches(_AT_ONCE, piece.row_groups, columns=names):
                yield batch.select(names)  # iter_batches keeps the file's order
        return
    with piece.path.open(encoding="utf-8-sig") as file:
        names = columns([name.strip('"') for name in file.readline().rstrip("\r\n").split(",")], piece.path)
    wanted = pyarrow.csv.ConvertOptions(include_columns=names, column_types=dict.fromkeys(names, pa.float64()))
    with pyarrow.csv.open_csv(piece.path, convert_options=wanted) as reader:
        yield from reader


def columns(names: list[str], path: Path) -> list[str]:
    """Find the names of the two columns. Raises ValueError where there are none."""
    known = {name.lower(): name for name in names}
    for pair in COLUMNS:
        if all(each in known for each in pair):
            return [known[each] for each in pair]
    wanted = " or ".join(" and ".join(pair) for pair in COLUMNS)
    raise ValueError(f"{path} has no columns {wanted}; it has {', '.join(names)[:200]}")
