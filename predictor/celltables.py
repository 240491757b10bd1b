"""Partitions as tables and as maps: our own CSV, the tables of published models, GeoJSON.

Ours has a header and a row for each cell: token, photos, latitude, longitude (the mean of its photos where that is
known, otherwise its middle). Tokens are text, even '47e63', which programs like to read as a number.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictor.cells import Partition
from predictor.places import Places
from predictor.s2 import from_tokens, polygon, tokens

_HEADER = ["token", "photos", "latitude", "longitude"]
_PUBLISHED = ["class_label", "hex_id", "imgs_per_cell", "latitude_mean", "longitude_mean"]  # GeoEstimation's, 2018


@dataclass(frozen=True, eq=False)
class CellTable:
    """A partition and what a table tells of its cells, in the partition's order."""

    partition: Partition
    points: Places  # a place that stands for each cell, (n,) each
    photos: NDArray[np.int64] | None = None  # (n,)
    # The row of the table that each cell came from, (n,): the class of a published model.
    classes: NDArray[np.int64] | None = None


def write(path: Path, table: CellTable) -> None:
    """Write our own table."""
    photos: Sequence[Any] = [""] * len(table.partition) if table.photos is None else table.photos.tolist()
    names, (lat, lng) = tokens(table.partition.cell_ids), table.points
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_HEADER)
        rows.writerows(
            (name, number, f"{y:.6f}", f"{x:.6f}") for name, number, y, x in zip(names, photos, lat, lng, strict=True)
        )


def read(path: Path) -> CellTable:
    """Read our own table or a published one: GeoEstimation's CSV, with its preamble or without, or LocationNet's TSV.

    Raises ValueError for anything else, with the line.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    start = next((k for k, line in enumerate(lines[:5]) if line.split(",") in (_HEADER, _PUBLISHED)), None)
    if start is not None:
        names = lines[start].split(",")
        rows = list(csv.reader(io.StringIO("\n".join(lines[start + 1 :]))))
        wanted = [names.index(_HEADER[k] if names == _HEADER else _PUBLISHED[k + 1]) for k in range(4)]
    else:
        rows, wanted, start = [line.split("\t") for line in lines], [0, -1, 1, 2], -1
    found = []
    for number, row in enumerate(rows, start=start + 2):
        try:
            token, photos, lat, lng = (row[k] if k >= 0 else "" for k in wanted)
            found.append((int(from_tokens([token])[0]), int(photos or -1), float(lat), float(lng)))
        except (IndexError, ValueError) as error:
            raise ValueError(f"Line {number} of {path} is no row of a table of cells: {error}") from error
    if not found:
        raise ValueError(f"{path} is a table without cells")
    ids = np.array([row[0] for row in found], dtype=np.uint64)
    held = np.array([row[1] for row in found], dtype=np.int64)
    lats, lngs = np.array([row[2:] for row in found], dtype=np.float64).T
    order = np.argsort(ids)
    known = held[order] if (held >= 0).all() else None
    return CellTable(Partition(ids[order]), (lats[order], lngs[order]), known, order)


def geojson(table: CellTable) -> dict[str, Any]:
    """The cells as a FeatureCollection (RFC 7946): longitude first, cut in two at the date line."""
    from shapely import box, union_all
    from shapely.affinity import translate
    from shapely.geometry import Polygon, mapping

    features = []
    names = tokens(table.partition.cell_ids)
    for k, (name, cell_id) in enumerate(zip(names, table.partition.cell_ids.tolist(), strict=True)):
        outline = Polygon([(lng, lat) for lat, lng in polygon(cell_id)])
        turns = (translate(outline, 360 * turn).intersection(box(-180, -90, 180, 90)) for turn in (-1, 0, 1))
        shape = union_all([part for part in turns if part.area > 0])  # of the two halves of a polar face, too
        facts = {"token": name} | ({} if table.photos is None else {"photos": int(table.photos[k])})
        features.append({"type": "Feature", "id": name, "properties": facts, "geometry": mapping(shape)})
    return {"type": "FeatureCollection", "features": features}
