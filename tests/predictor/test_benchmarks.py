"""The benchmarks tell the truth about goals; how fast things are is not a test's business."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import cells, collections, distances
from benchmarks.collections import Cut
from benchmarks.measure import Result, seconds
from predictor import places

FAST = Result("walking", 12.5, "times as fast", "crawling: 3 s", goal=10)
SLOW = Result("waiting", 9.0, "ms", "an empty task: 8 ms", goal=8.5, higher_is_better=False)


def run(monkeypatch: pytest.MonkeyPatch, results: list[Result], *words: str) -> int:
    monkeypatch.setattr(benchmarks, "ALL", tuple(lambda result=each: result for each in results))
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    return benchmarks.main()


def test_json_has_what_scripts_rely_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, [FAST], "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert set(told) == {"name", "value", "unit", "reference", "goal", "higher_is_better"}


def test_a_missed_goal_is_said_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, [FAST, SLOW]) == 1
    walking, _, waiting, _ = capsys.readouterr().out.splitlines()
    assert walking == "walking: 12.5 times as fast (goal: at least 10)"
    assert waiting == "waiting: 9.0 ms (goal: at most 8.5)  MISSED"


def test_a_benchmark_may_tell_several_things(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks, "LARGE", (lambda: [FAST, FAST],))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--large", "--json"])
    assert benchmarks.main() == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_the_stopwatch_takes_the_best_round() -> None:
    counted: list[int] = []
    assert 0 <= seconds(lambda: counted.append(1), 3) < 1
    assert len(counted) == 3


def test_baselines_and_ours_agree_on_a_small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "POINTS", 800)
    monkeypatch.setattr(cells, "PARTITION_POINTS", 800)
    monkeypatch.setattr(distances, "PAIRS", 500)
    for benchmark in (cells.leaf_ids, cells.leaf_ids_by_the_c_library, cells.partition, distances.distances):
        assert benchmark().value > 0


def test_assignment_and_its_parts_agree_on_a_small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MANY", 16_000)
    monkeypatch.setattr(cells, "_world", cells._world.__wrapped__)
    assert all(each.value > 0 for each in (cells.lookup(), *cells.assignment()))


def test_a_wrong_id_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "POINTS", 800)
    monkeypatch.setattr(cells, "by_s2sphere", lambda lat, lng: [0] * len(lat))
    with pytest.raises(AssertionError, match="disagree"):
        cells.leaf_ids()


def test_time_and_memory_are_compared_with_proportion() -> None:
    time, memory = collections.compared(Cut(10, 3, 2.0, 100.0), Cut(100, 9, 30.0, 200.0))
    assert (time.value, time.reached()) == (1.5, False)
    assert (memory.value, memory.reached()) == (0.2, True)
    assert "exponent 1.18" in time.reference


def test_a_made_up_collection_can_be_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "AT_A_TIME", 300)
    collections.write(tmp_path, 1_000)
    (piece,) = places.pieces([tmp_path / "photos.parquet"])
    assert sum(len(lat) for (lat, _lng), lost in places.read(piece) if lost == 0) == 1_000
