"""Toy Earth: the same world for everybody, on land, and no neighbourhood on both sides of an examination."""

import csv
import subprocess
import sys
import time
from random import Random

import numpy as np
import pytest
import s2sphere
from PIL import Image

from predictor import toyearth
from predictor.toyearth import land
from predictor.toyearth.character import TREES, character
from predictor.toyearth.painter import paint

CONTINENTS = {  # rough boxes: south, north, west, east
    "Europe": (36, 70, -10, 40),
    "Asia": (5, 60, 60, 140),
    "Africa": (-34, 30, -15, 40),
    "North America": (15, 60, -125, -65),
    "South America": (-50, 8, -80, -35),
    "Australia": (-40, -12, 113, 154),
}


def blocks_of(split: str, count: int) -> set[int]:
    """The S2 cells of level 10 that a split's places fall in."""
    lats, lngs = toyearth.places(split, 7, count)
    points = (s2sphere.LatLng.from_degrees(lat, lng) for lat, lng in zip(lats, lngs, strict=True))
    return {s2sphere.CellId.from_lat_lng(point).parent(10).id() for point in points}


def trees_at(lat: float, lng: float, picks: int = 200) -> set[str]:
    """The kinds of tree that grow at a place."""
    here = character(lat, lng)
    return {here.tree(Random(k)) for k in range(picks)}


def test_the_same_arguments_paint_the_same_bytes():
    first, again = (toyearth.picture("new_place", 3, 14, 96) for _ in range(2))
    assert first.image.tobytes() == again.image.tobytes()
    assert (first.lat, first.lng, first.title) == (again.lat, again.lng, again.title)


def test_another_process_paints_the_same_bytes():
    here = toyearth.picture("train", 3, 14, 64).image
    code = (
        "import sys; from predictor.toyearth import picture as p; sys.stdout.buffer.write(p('train', 3, 14, 64).image)"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert there == here.tobytes()


@pytest.mark.parametrize("other", [("train", 3, 15), ("train", 4, 14), ("new_place", 3, 14)])
def test_split_seed_and_index_each_lead_elsewhere(other: tuple[str, int, int]):
    assert toyearth.place(*other) != toyearth.place("train", 3, 14)


def test_a_place_does_not_depend_on_how_many_are_asked_for():
    lats, lngs = toyearth.places("train", 5, 12)
    assert toyearth.place("train", 5, 7) == (lats[7], lngs[7])
    assert toyearth.places("train", 5, 0)[0].shape == (0,)


@pytest.mark.parametrize("size", [64, 129])
def test_a_picture_is_square_bytes_at_its_place(size: int):
    shown = toyearth.picture("train", 1, 2, size)
    assert shown.image.shape == (size, size, 3)
    assert shown.image.dtype == np.uint8
    assert (shown.lat, shown.lng) == toyearth.place("train", 1, 2)
    assert shown.title.startswith("Toy Earth: near ")


def test_a_small_picture_is_the_large_one_scaled_down():
    small, large = (toyearth.picture("train", 1, 5, size).image.astype(float) for size in (64, 256))
    shrunk = large.reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))
    other = toyearth.picture("train", 1, 6, 64).image.astype(float)
    assert np.abs(small - shrunk).mean() < 8
    assert np.abs(small - other).mean() > 25


def test_no_block_is_in_two_splits():
    train, new = blocks_of("train", 3000), blocks_of("new_place", 1500)
    assert len(train) > 1000
    assert len(new) > 300
    assert not train & new


def test_blocks_are_those_of_s2():
    rng = np.random.default_rng(0)
    lats, lngs = np.degrees(np.arcsin(rng.uniform(-1, 1, 500))), rng.uniform(-180, 180, 500)
    seen: dict[int, tuple[int, int, int]] = {}
    for lat, lng in zip(lats, lngs, strict=True):
        cell = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lng))
        face, i, j, _ = cell.to_face_ij_orientation()
        seen[cell.parent(10).id()] = land.block(lat, lng)
        assert land.block(lat, lng) == (face, i >> 20, j >> 20)
    assert len(set(seen.values())) == len(seen)


def test_about_a_tenth_of_the_blocks_is_new():
    rng = np.random.default_rng(1)
    points = zip(np.degrees(np.arcsin(rng.uniform(-1, 1, 4000))), rng.uniform(-180, 180, 4000), strict=True)
    share = np.mean([land.split_of(lat, lng) == "new_place" for lat, lng in points])
    assert 0.08 < share < 0.12


@pytest.mark.parametrize("split", land.SPLITS)
def test_places_are_on_land_all_over_the_world(split: str):
    lats, lngs = toyearth.places(split, 2, 1500)
    assert all(land.is_land(lat, lng) for lat, lng in zip(lats, lngs, strict=True))
    assert lats.min() > -60
    assert (lngs >= -180).all()
    assert (lngs < 180).all()
    for south, north, west, east in CONTINENTS.values():
        assert ((lats > south) & (lats < north) & (lngs > west) & (lngs < east)).sum() >= 3  # Australia has few towns


def test_the_mask_knows_land_from_sea():
    assert land.is_land(48.85, 2.35)
    assert land.is_land(-1.29, 36.82)
    assert not land.is_land(0.0, -30.0)
    assert not land.is_land(30.0, -150.0)
    assert not land.is_land(-80.0, 0.0)


def test_neighbours_share_their_look_and_strangers_do_not():
    """Turns are angles: compare them round the circle, over many places."""
    lats, lngs = toyearth.places("train", 9, 200)
    here = [character(lat, lng).turns for lat, lng in zip(lats, lngs, strict=True)]
    near = [character(lat + 0.5, lng).turns for lat, lng in zip(lats, lngs, strict=True)]

    def apart(a: list[dict[str, float]], b: list[dict[str, float]]) -> float:
        gaps = np.array([[x[name] - y[name] for name in x] for x, y in zip(a, b, strict=True)])
        return float(np.abs((gaps + 0.5) % 1 - 0.5).mean())

    assert apart(here, near) < 0.12
    assert apart(here, here[1:] + here[:1]) > 0.2


def test_plants_know_the_climate():
    for lng in (25.0, 60.0, 130.0, -110.0):
        assert not trees_at(65.0, lng) & {"palm", "umbrella", "baobab", "cactus", "cypress"}
    assert not trees_at(1.0, 20.0) & {"conifer", "birch"}
    assert trees_at(1.0, 20.0) <= set(TREES)


def test_the_same_place_is_seen_in_many_ways():
    views = [paint(48.2, 16.4, np.random.SeedSequence([1, k]), 48).astype(float) for k in range(6)]
    assert min(np.abs(a - b).mean() for i, a in enumerate(views) for b in views[:i]) > 10


def test_choosing_a_place_is_cheap():
    toyearth.places("new_place", 1, 10)
    start = time.process_time()
    toyearth.places("new_place", 1, 300)
    assert (time.process_time() - start) / 300 < 0.002  # 0.2 ms when nothing else runs


def test_an_unknown_split_is_named():
    with pytest.raises(ValueError, match="no split 'test'; it has train and new_place"):
        toyearth.place("test", 1, 0)


def test_render_writes_pictures_that_tell_nothing_and_a_table_that_tells_all(tmp_path):
    out = tmp_path / "starter"
    command = [sys.executable, "-m", "predictor.toyearth", "render", "--count", "3", "--size", "80", "--seed", "4"]
    subprocess.run([*command, "--split", "new_place", "--out", out], check=True, capture_output=True)
    with (out / "photos.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["filename"] for row in rows) == sorted(path.name for path in out.glob("*.jpg"))
    assert len(rows) == 3
    for index, row in enumerate(rows):
        lat, lng = toyearth.place("new_place", 4, index)
        assert float(row["latitude"]) == pytest.approx(lat, abs=1e-6)
        assert float(row["longitude"]) == pytest.approx(lng, abs=1e-6)
        assert (row["credit"], row["licence"]) == ("Toy Earth", "CC0-1.0")
        with Image.open(out / row["filename"]) as image:
            assert image.size == (80, 80)
            assert not image.getexif()


def test_sheet_writes_one_image(tmp_path):
    out = tmp_path / "sheet.png"
    command = [sys.executable, "-m", "predictor.toyearth", "sheet", "--columns", "2", "--rows", "1", "--size", "40"]
    subprocess.run([*command, "--out", out], check=True, capture_output=True)
    with Image.open(out) as image:
        assert image.size == (98, 52)
