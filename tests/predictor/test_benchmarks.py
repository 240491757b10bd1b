"""The benchmarks tell the truth about goals; how fast things are is not a test's business."""

import json
import sys

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import cells, distances
from benchmarks.measure import Result, seconds

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


def test_the_stopwatch_takes_the_best_round() -> None:
    counted: list[int] = []
    assert 0 <= seconds(lambda: counted.append(1), 3) < 1
    assert len(counted) == 3


def test_baselines_and_ours_agree_on_a_small_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "POINTS", 800)
    monkeypatch.setattr(cells, "PARTITION_POINTS", 800)
    monkeypatch.setattr(distances, "PAIRS", 500)
    for benchmark in (cells.leaf_ids, cells.partition, distances.distances):
        assert benchmark().value > 0


def test_a_wrong_id_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "POINTS", 800)
    monkeypatch.setattr(cells, "by_s2sphere", lambda lat, lng: [0] * len(lat))
    with pytest.raises(AssertionError, match="disagree"):
        cells.leaf_ids()
