"""python -m predictor, as an operator types it."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from predictor import __main__ as commands
from predictor import cells, celltables, checkpoint, counting, evaluate, floors, s2, toyearth
from predictor.geo import distance_km


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["predictor", *map(str, words)])
    return commands.main()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "toy.jpg"
    Image.fromarray(toyearth.picture("new_place", 1, 0, 64).image).save(path)
    return path


def test_locate_tells_place_and_cells(
    picture: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "locate", picture, "--weights", weights, "--top", 3, "--json") == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["file"] == str(picture)
    assert len(answer["cells"]) == 3
    shares = [each["probability"] for each in answer["cells"]]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    assert run(monkeypatch, "locate", picture, "--weights", weights) == 0
    assert f"{picture}: {answer['lat']:.3f}, {answer['lng']:.3f} (" in capsys.readouterr().out


def test_an_unreadable_file_is_named_and_the_others_answered(
    picture: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "words.jpg").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(picture.read_bytes()[:900])
    files = [tmp_path / "words.jpg", picture, tmp_path / "cut.jpg", tmp_path / "nowhere.jpg"]
    assert run(monkeypatch, "locate", *files, "--weights", weights, "--json") == 1
    answers = json.loads(capsys.readouterr().out)
    refused = {Path(answer["file"]).name: answer["error"] for answer in answers if "error" in answer}
    assert list(refused) == ["words.jpg", "cut.jpg", "nowhere.jpg"]
    assert all("cannot be read as a picture" in reason for reason in refused.values())
    assert "lat" in answers[1]


def test_wrong_weights_end_in_a_sentence(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"12345678")
    assert run(monkeypatch, "locate", picture, "--weights", tmp_path / "w.safetensors") == 2
    assert "is not a whole checkpoint" in capsys.readouterr().err


def test_evaluate_stands_beside_floors_and_ceiling(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "REFERENCE_COUNT", 60)
    assert run(monkeypatch, "evaluate", "--count", 40, "--weights", weights, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["exams"]) == {"new_picture", "new_place"}
    for split in told["exams"].values():
        assert split["n"] == 40
        assert set(split["floors"]) == {"constant", "prior", "mean_colour", "colour_knn"}
        assert set(split["estimates"]) == {"argmax", "distance", "score"}
        for row in (split, split["ceiling"], *split["floors"].values(), *split["estimates"].values()):
            assert list(row["accuracy"]) == ["1", "25", "200", "750", "2500"]
            assert list(row["accuracy"].values()) == sorted(row["accuracy"].values())
            assert 0 < row["median_km"] < 20100
        assert split["ceiling"]["median_km"] < split["median_km"]
        assert split["floors"]["constant"]["median_km"] < split["floors"]["prior"]["median_km"]
    assert run(monkeypatch, "evaluate", "--count", 4, "--weights", weights) == 0
    assert "colour_knn" in capsys.readouterr().out


def test_weights_of_another_painter_are_refused(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(toyearth, "PAINTER_VERSION", toyearth.PAINTER_VERSION + 1)
    assert run(monkeypatch, "evaluate", "--count", 4, "--weights", weights) == 2
    assert "another world, so the figures would mean nothing" in capsys.readouterr().err


def test_ceilings_rise_with_finer_cells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(evaluate.ceilings, "__defaults__", ((40, 200), 3000, 200))
    assert run(monkeypatch, "ceilings", "--cells", 40, 200, "--count", 3000) == 0
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [row[1] for row in rows] == ["new_picture", "new_place"] * 2
    coarse, fine = (float(rows[k][-1].split()[0]) for k in (0, 2))
    assert fine < coarse
    assert abs(int(rows[0][0]) - 40) < 15


def test_the_constant_is_the_best_of_the_known_places() -> None:
    lat, lng = np.array([0.0, 1.0, 2.0, 50.0, -50.0]), np.array([0.0, 0.0, 0.0, 100.0, -100.0])
    assert floors.best_constant((lat, lng)) == (1.0, 0.0)


def test_the_neighbour_in_colour_is_found() -> None:
    colours = (250, 0, 0), (90, 140, 250), (20, 160, 30)
    red, sky, leaf = (np.full((8, 8, 3), colour, dtype=np.uint8) for colour in colours)
    for describe in (floors.colour_histogram, floors.mean_colour):
        assert floors.nearest([leaf, red], [red, sky, leaf, leaf], describe).tolist() == [2, 0]


def test_the_ceiling_takes_the_nearest_cell_where_there_is_none() -> None:
    europe = cells.Partition(s2.FACES[:1])
    lat, lng = floors.right_cells(europe, (np.array([10.0, 0.0]), np.array([10.0, 180.0])))
    assert distance_km(lat, lng, 0, 0).max() < 1e-6


def test_partition_writes_nested_tables_and_maps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wishes = ("--count", 300, "--t1", 60, 20, "--t2", 3, "--max-level", 13, "--geojson")
    assert run(monkeypatch, "partition", "--out", tmp_path, *wishes) == 0
    coarse, fine = (celltables.read(tmp_path / f"cells-{t1}-3.csv") for t1 in (60, 20))
    told = capsys.readouterr().out
    for table in (coarse, fine):
        assert f"{len(table.partition)} cells hold" in told
        assert table.partition.assign(*table.points).tolist() == list(range(len(table.partition)))
    assert (coarse.partition.holding(fine.partition.cell_ids) >= 0).all()
    shapes = json.loads((tmp_path / "cells-20-3.geojson").read_text())["features"]
    assert [shape["id"] for shape in shapes] == s2.tokens(fine.partition.cell_ids)


def test_partition_reads_collections_and_finds_piles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["a,1.0,2.0", "b,1.5,2.0", "c,-70,3", "d,,"] + ["e,1.0,2.0"] * 1200
    (tmp_path / "places.csv").write_text("filename,latitude,longitude\n" + "\n".join(rows) + "\n")
    wishes = ("--places", tmp_path / "places.csv", "--t2", 2, "--t1", 5000, "--means")
    assert run(monkeypatch, "partition", "--out", tmp_path / "out", *wishes) == 0
    told = capsys.readouterr().out
    assert "1 of 1204 rows have no place" in told
    assert re.search(r"[0-9a-f]{16}: 1201 photos at 1.000000, 2.000000", told)
    (row,) = (tmp_path / "out" / "cells-5000-2.csv").read_text().splitlines()[1:]
    assert row == "1,1202,1.000416,2.000000"


def test_spread_writes_places_and_changes_nothing_else(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "spread.safetensors"
    assert run(monkeypatch, "spread", "--weights", weights, "--out", out, "--count", 300) == 0
    assert f"weights {checkpoint.digest(out)}" in capsys.readouterr().out
    before, after = load_file(weights), load_file(out)
    assert after.keys() - before.keys() == {"partition.places"}
    assert all(np.array_equal(after[name], tensor) for name, tensor in before.items())
    (config, bare), (same, known) = (checkpoint.read_header(path) for path in (weights, out))
    assert (config, bare.digest) == (same, known.digest)
    assert known.places is not None
    assert 200 < np.isfinite(known.places[0]).sum() <= 300


def test_spread_reads_the_places_of_a_collection(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "places.csv").write_text("latitude,longitude\n" + "48.9,2.3\n" * 100)
    out = tmp_path / "spread.safetensors"
    assert run(monkeypatch, "spread", "--weights", weights, "--out", out, "--places", tmp_path / "places.csv") == 0
    places = checkpoint.read_header(out)[1].places
    assert places is not None
    assert np.isfinite(places[0]).sum() == counting.MOST_PLACES


def test_weights_of_the_real_world_are_not_told_toy_earths_places(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config, partition = checkpoint.read_header(weights)
    real = tmp_path / "real.safetensors"
    checkpoint.save(real, replace(config, domain="real", painter=0), partition, {})
    assert run(monkeypatch, "spread", "--weights", real, "--out", tmp_path / "out.safetensors") == 2
    assert "name the places of its training photos" in capsys.readouterr().err


def test_no_cells_end_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "partition", "--out", tmp_path, "--count", 5, "--t2", 50) == 2
    assert "choose a smaller t2" in capsys.readouterr().err
