"""Tables of cells, ours and published ones, and maps."""

import json
from pathlib import Path

import numpy as np
import pytest

from predictor import celltables, s2
from predictor.cells import Partition
from predictor.celltables import CellTable

PUBLISHED = (
    "num_images: 4723695\nmin_concept_probability: ---\n"
    "class_label,hex_id,imgs_per_cell,latitude_mean,longitude_mean\n"
    "0,8747c,827,38.67,-109.49\n1,47e63,51,49.1,2.0\n2,1abc,60,1.0,30.0\n"
)


def test_our_table_can_be_read_back(tmp_path: Path, quarters: Partition) -> None:
    table = CellTable(quarters, quarters.centres(), np.arange(24))
    celltables.write(tmp_path / "cells.csv", table)
    again = celltables.read(tmp_path / "cells.csv")
    assert again.partition.digest == quarters.digest
    assert again.photos is not None
    assert again.photos.tolist() == list(range(24))
    assert np.allclose(again.points, table.points, atol=1e-6)
    assert again.classes is not None
    assert again.classes.tolist() == list(range(24))


def test_a_table_without_counts_has_none(tmp_path: Path, quarters: Partition) -> None:
    celltables.write(tmp_path / "cells.csv", CellTable(quarters, quarters.centres()))
    assert celltables.read(tmp_path / "cells.csv").photos is None


@pytest.mark.parametrize("preamble", [True, False])
def test_geoestimations_table_is_read(tmp_path: Path, preamble: bool) -> None:
    text = PUBLISHED if preamble else PUBLISHED.split("\n", 2)[2]
    (tmp_path / "cells_50_5000.csv").write_text(text)
    table = celltables.read(tmp_path / "cells_50_5000.csv")
    assert s2.tokens(table.partition.cell_ids) == ["1abc", "47e63", "8747c"]
    assert (table.photos.tolist(), table.classes.tolist()) == ([60, 51, 827], [2, 1, 0])
    assert table.points[0].tolist() == [1.0, 49.1, 38.67]


def test_locationnets_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "grids.txt").write_text("8644b594\t30.28\t-97.72\n47e63\t49.1\t2.0\n")
    table = celltables.read(tmp_path / "grids.txt")
    assert s2.tokens(table.partition.cell_ids) == ["47e63", "8644b594"]
    assert (table.photos, table.classes.tolist(), table.points[1].tolist()) == (None, [1, 0], [2.0, -97.72])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("token,photos,latitude,longitude\n47e63,1,49,2\n4.7e+64,1,49,2\n", "Line 3 .* no S2 token"),
        ("47e63\t49\n", "Line 1 "),
        ("", "without cells"),
        ("token,photos,latitude,longitude\n1,1,0,0\n14,1,0,0\n", "overlap"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "cells.csv").write_text(text)
    with pytest.raises(ValueError, match=says):
        celltables.read(tmp_path / "cells.csv")


@pytest.mark.parametrize("level", [0, 2])
def test_a_map_is_cut_at_the_date_line_and_covers_the_earth(level: int) -> None:
    shapely = pytest.importorskip("shapely", reason="predictor/requirements.txt is not installed")
    ids = s2.FACES if level == 0 else np.sort(s2.children(s2.children(s2.FACES)))
    features = celltables.geojson(CellTable(Partition(ids), s2.middles(ids)))["features"]
    json.dumps(features)
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert all(shape.is_valid and shape.bounds >= (-180, -90, -180, -90) and shape.bounds[2] <= 180 for shape in shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(360 * 180, rel=1e-3)  # edges are drawn by chords
    assert (shapes[3].geom_type == "MultiPolygon") == (level == 0)  # face 3 lies on the date line
    for shape, lat, lng in zip(shapes, *s2.middles(ids), strict=True):
        assert shape.distance(shapely.Point(lng, lat)) < 1e-9  # a pole, and the date line, lie on the map's rim
