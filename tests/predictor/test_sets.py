"""Folders of pictures: what the game imports, and the sets that ship."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.predictor import painting

painting.needed()

from predictor import opponents, toyearth
from predictor.checkpoint import read_header
from predictor.toyearth import sets, trips

STARTER = Path(__file__).resolve().parents[2] / "geogame" / "starter"


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "predictor.toyearth", *map(str, words)], capture_output=True, text=True, check=False
    )


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "photos.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def manifest_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def test_render_writes_pictures_that_tell_nothing_and_tables_that_tell_all(tmp_path: Path) -> None:
    done = command("render", "--count", 3, "--size", 80, "--seed", 4, "--split", "new_picture", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    rows, told = rows_of(tmp_path), manifest_of(tmp_path)
    assert sorted(row["filename"] for row in rows) == sorted(path.name for path in tmp_path.glob("*.jpg"))
    assert [row["filename"] for row in rows] == [line["file"] for line in told]
    for index, (row, line) in enumerate(zip(rows, told, strict=True)):
        lat, lng = toyearth.place("new_picture", 4, index)
        assert float(row["latitude"]) == pytest.approx(lat, abs=1e-6)
        assert float(row["longitude"]) == pytest.approx(lng, abs=1e-6)
        assert (row["credit"], row["licence"]) == ("Toy Earth", "CC0-1.0")
        assert row["painter"] == str(toyearth.PAINTER_VERSION)
        assert (line["latitude"], line["painter"]) == (round(lat, 6), toyearth.PAINTER_VERSION)
        with Image.open(tmp_path / row["filename"]) as image:
            assert image.size == (80, 80)
            assert not image.getexif()


def test_albums_share_a_name_and_keep_their_order(tmp_path: Path) -> None:
    assert command("render", "--albums", 2, "--size", 48, "--seed", 4, "--out", tmp_path).returncode == 0
    albums: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(tmp_path):
        albums.setdefault(row["album"], []).append(row)
    assert len(albums) == 2
    for index, rows in enumerate(albums.values()):
        stops = trips.trip("new_place", 4, index)
        assert [float(row["latitude"]) for row in rows] == pytest.approx([stop.at[0] for stop in stops], abs=1e-6)


def test_the_same_seed_renders_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert command("render", "--count", 2, "--size", 64, "--seed", 9, "--out", tmp_path / name).returncode == 0
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def test_sheet_writes_one_image_of_twenty_places(tmp_path: Path) -> None:
    assert command("sheet", "--size", 40, "--out", tmp_path / "sheet.png").returncode == 0
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size == (5 * 42 + 2, 4 * 42 + 2)


def test_clues_prints_a_table(tmp_path: Path) -> None:
    done = command("clues", "--count", 12, "--size", 64)
    assert done.returncode == 0
    assert "| 5000 km | wall_hue |" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("render", "--count", "0", "--out", "x"), ("render", "--count", "many", "--out", "x"),
        ("render", "--out", "x"),
        ("render", "--count", "1", "--seed", "-1", "--out", "x"),
        ("render", "--count", "1", "--size", "3", "--out", "x"),
        ("sheet", "--out", "sheet.xyz"), ("sheet", "--out", "/nowhere/sheet.jpg"), ("paint",),
    ],
)  # fmt: skip
def test_a_wrong_command_is_answered_with_its_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    done = command(*words)
    assert done.returncode == 2
    assert "usage" in done.stderr
    assert not Path("x").exists()


def test_a_folder_with_other_pictures_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    assert command("render", "--count", 1, "--size", 48, "--seed", 1, "--out", tmp_path).returncode == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = command("render", "--count", 1, "--size", 48, "--seed", 2, "--out", tmp_path)
    assert done.returncode == 2
    assert "holds 1 other pictures" in done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert command("render", "--count", 1, "--size", 48, "--seed", 1, "--out", tmp_path).returncode == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "photos", "albums"), [("first-steps", 100, 0), ("trips", None, 30), ("the-fifty", 50, 0)]
)
def test_the_sets_that_ship_are_whole_and_of_the_painter_that_the_weights_know(
    name: str, photos: int | None, albums: int
) -> None:
    rows, told = rows_of(STARTER / name), manifest_of(STARTER / name)
    assert photos in (None, len(rows))
    assert len({row["album"] for row in rows} - {""}) == albums
    assert {row["filename"] for row in rows} == {path.name for path in (STARTER / name).glob("*.jpg")}
    known = read_header(opponents.SHIPPED_WEIGHTS)[0].painter
    assert {row["painter"] for row in rows} == {str(known)}
    assert {line["painter"] for line in told} == {known} == {toyearth.PAINTER_VERSION}


def test_the_sets_that_ship_are_not_too_large() -> None:
    assert sum(path.stat().st_size for path in STARTER.rglob("*") if path.is_file()) < 40e6


def test_the_shipped_pictures_are_what_the_painter_paints_today() -> None:
    """Not byte by byte: JPEG encoders differ; but nobody changed the painter without a new version."""
    for index, row in enumerate(rows_of(STARTER / "the-fifty")[:3]):
        (stop,) = sets.single("new_place", sets.STARTER_SEED, index).stops
        painted = trips.take(stop, sets.STARTER_PX).image.astype(float)
        with Image.open(STARTER / "the-fifty" / row["filename"]) as image:
            assert np.abs(np.asarray(image, dtype=float) - painted).mean() < 6
