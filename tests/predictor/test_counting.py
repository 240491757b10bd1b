"""Counting collections in pieces gives what counting them at once gives, and says what is wrong with a file."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="predictor/requirements.txt is not installed")
import pyarrow.csv
import pyarrow.parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor import counting, places
from predictor.cells import Counts, Partition, cut
from predictor.s2 import FACES, children
from tests.predictor.test_cells import crowd


def parquet(path: Path, lat: np.ndarray, lng: np.ndarray, rows: int = 100) -> Path:
    table = pa.table({"uploader": ["x"] * len(lat), "longitude": lng, "latitude": lat})  # longitude first, as some have
    pyarrow.parquet.write_table(table, path, row_group_size=rows)
    return path


def collection(folder: Path) -> tuple[list[Path], Counts]:
    """A Parquet file of many row groups and a CSV, and what they hold at level 30."""
    lat, lng = crowd(2, 3000)
    lat[500:900], lng[500:900] = lat[0], lng[0]
    table = pa.table({"name": ["a, b"] * 1000, "LAT": lat[2000:], "LON": lng[2000:]})
    pyarrow.csv.write_csv(table, folder / "rest.csv")
    return [parquet(folder / "most.parquet", lat[:2000], lng[:2000]), folder / "rest.csv"], Counts.of(lat, lng)


def same(one: Counts, other: Counts) -> bool:
    return np.array_equal(one.cell_ids, other.cell_ids) and np.array_equal(one.photos, other.photos)


@pytest.mark.parametrize("at_once", [64, 1000, counting.AT_ONCE])
def test_processes_count_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(places, "_PIECE_ROWS", 300)
    files, whole = collection(tmp_path)
    pieces = places.pieces(files)
    assert len(pieces) == 8
    found = counting.by_processes(pieces, tmp_path / "counts", workers=2, at_once=at_once)
    assert same(found.counts, whole)
    assert (found.placed, found.lost) == (3000, 0)
    assert cut(found.counts, 100, 10).digest == cut(whole, 100, 10).digest
    assert sorted(path.name for path in (tmp_path / "counts").iterdir()) == ["level-30.cells", "level-30.photos"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.integers(2, 500), st.integers(1, 6))
def test_runs_add_up_whatever_memory_there_is(
    tmp_path_factory: pytest.TempPathFactory, seed: int, level: int, at_once: int, batches: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    lat, lng = crowd(seed, 400)
    part = np.random.default_rng(seed).integers(batches, size=400)
    some = [(lat[part == k], lng[part == k]) for k in range(batches)]
    written = counting.runs(some, level, folder, "run", at_once)
    assert same(counting.merge(written, folder, "all", level, at_once).counts(), Counts.of(lat, lng, level))
    assert len(list(folder.iterdir())) == 2


def test_ranges_keep_to_memorys_share(tmp_path: Path) -> None:
    parts = [Counts.of(*crowd(seed, 2000)) for seed in range(4)]
    runs = [counting.write([part], tmp_path, str(k), 30) for k, part in enumerate(parts)]
    ranges = list(counting._ranges(runs, 300))
    assert max(len(each.cell_ids) for each in ranges) <= 300
    assert sum(each.total for each in ranges) == 8000
    assert all(a.cell_ids[-1] < b.cell_ids[0] for a, b in pairwise(ranges))


@pytest.mark.slow
def test_two_dask_workers_count_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed", reason="predictor/requirements.txt is not installed")
    monkeypatch.setattr(places, "_PIECE_ROWS", 300)
    files, whole = collection(tmp_path)
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        assert len(client.scheduler_info()["workers"]) == 2
        found = counting.by_dask(places.pieces(files), 30)
    assert same(found.counts, whole)
    assert found.placed == 3000


def test_an_empty_collection_counts_nothing(tmp_path: Path) -> None:
    found = counting.by_processes(places.pieces([parquet(tmp_path / "a.parquet", np.zeros(0), np.zeros(0))]), tmp_path)
    assert (found.counts.total, found.placed) == (0, 0)
    with pytest.raises(ValueError, match="smaller t2"):
        cut(found.counts, 10, 1)


def test_text_that_is_no_number_is_named(tmp_path: Path) -> None:
    table = pa.table({"lat": ["1.5", "north"], "lng": ["2", "3"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a.parquet cannot be read: .*north"):
        list(places.read(places.pieces([tmp_path / "a.parquet"])[0]))


def test_a_file_without_rows_is_a_piece_of_nothing(tmp_path: Path) -> None:
    with pyarrow.parquet.ParquetWriter(tmp_path / "a.parquet", pa.schema({"lat": pa.float64(), "lng": pa.float64()})):
        pass
    pieces = places.pieces([tmp_path / "a.parquet"])
    assert counting.by_dask(pieces, 30).counts.total == counting.by_processes(pieces, tmp_path).counts.total == 0


def test_means_of_cells_lie_on_the_sphere(quarters: Partition) -> None:
    lat, lng = np.array([10.0, 10.0, -20.0]), np.array([179.0, -179.0, 30.0])
    own = quarters.assign(lat, lng)
    north, east = counting.means([(lat[:2], lng[:2]), (lat[2:], lng[2:])], quarters)
    assert (north[own[2]], east[own[2]]) == pytest.approx((-20, 30))
    assert (north[own[0]], east[own[0]]) == pytest.approx((10, 179))
    empty = np.setdiff1d(np.arange(24), own)
    assert np.array_equal(north[empty], quarters.centres()[0][empty])


def test_rows_without_a_place_are_left_out_and_counted(tmp_path: Path) -> None:
    lines = ["1.0,2.0"] * 300 + [",", "nan,3", "91.0,3", "5,inf"]
    (tmp_path / "a.csv").write_text("Latitude,Longitude\n" + "\n".join(lines) + "\n")
    found = counting.by_processes(places.pieces([tmp_path / "a.csv"]), tmp_path / "counts", workers=1)
    assert (found.placed, found.lost, found.counts.total) == (300, 4, 300)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lat,lon\n120.5,7\n-33,151\n", "swapped"),
        ("x,y\n1,2\n", "no columns latitude and longitude .* it has x, y"),
        ("lat,lng\n1,zwei\n", "cannot be read"),
        ("lat,lng\n1,2,3\n", "cannot be read"),
        ("", "no columns"),
    ],
)
def test_a_file_that_is_no_collection_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=says):
        list(places.read(places.Piece(tmp_path / "a.csv")))


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither"):
        places.pieces([tmp_path / "photos.xlsx"])
    (tmp_path / "photos.parquet").write_text("no Parquet")
    with pytest.raises(ValueError, match=r"photos.parquet cannot be read"):
        places.pieces([tmp_path / "photos.parquet"])
    with pytest.raises(FileNotFoundError):
        places.pieces([tmp_path / "photos.csv"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 40))
def test_drawn_places_are_photos_of_their_cell_each_once(seed: int, batches: int, most: int) -> None:
    quarters = Partition(np.sort(children(FACES)))
    lat, lng = crowd(seed, 200)
    parts = np.array_split(np.arange(200), batches)
    drawn = np.stack(counting.drawn([(lat[part], lng[part]) for part in parts], quarters, most, seed))
    assert np.array_equal(drawn, counting.drawn([(lat, lng)], quarters, most, seed), equal_nan=True)
    photos = np.bincount(quarters.assign(lat, lng), minlength=24)
    assert np.isfinite(drawn[0]).sum(axis=1).tolist() == np.minimum(photos, most).tolist()
    cell, _ = np.nonzero(np.isfinite(drawn[0]))
    found = drawn[:, np.isfinite(drawn[0])]
    assert quarters.assign(*found).tolist() == cell.tolist()
    assert len(set(zip(*found.tolist(), strict=True))) == found.shape[1]
    assert set(zip(*found.tolist(), strict=True)) <= set(zip(lat.tolist(), lng.tolist(), strict=True))


def test_every_photo_of_a_cell_is_drawn_as_often_as_another(quarters: Partition) -> None:
    lat, lng = np.full(10, 10.0), np.arange(10.0)
    often = np.zeros(10, int)
    for seed in range(400):
        _, east = counting.drawn([(lat, lng)], quarters, 3, seed)
        often += np.bincount(east[np.isfinite(east)].astype(int), minlength=10)
    assert often.sum() == 1200
    assert abs(often - 120).max() < 45  # five standard deviations
