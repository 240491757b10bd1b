"""What arrives together is done together: every result to whom it belongs, and nothing done twice."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from geogame.together import Together


class Work:
    """Doubles numbers; the first batch waits at a gate, so that others can come meanwhile."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.begun, self.gate = threading.Event(), threading.Event()

    def __call__(self, key: str, items: Sequence[int]) -> list[int]:
        self.batches.append((key, list(items)))
        self.begun.set()
        assert self.gate.wait(60)
        if 13 in items:
            raise ValueError("unlucky")
        return [2 * item for item in items]


@pytest.fixture
def work() -> Work:
    return Work()


def at_once(work: Work, rest: Sequence[int]) -> tuple[object, list[object]]:
    """Let 1 be at work alone, then all the rest come, then the gate open; return what each got."""
    together = Together(work)

    def ask(item: int) -> object:
        try:
            return together("k", item)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(20) as threads:
        first = threads.submit(ask, 1)
        assert work.begun.wait(60)
        others = [threads.submit(ask, item) for item in rest]
        while len(together._waiting.get("k", [])) < len(rest):
            pass
        work.gate.set()
        return first.result(60), [each.result(60) for each in others]


def test_who_comes_while_somebody_works_is_done_in_one_batch_and_gets_their_own(work: Work) -> None:
    first, others = at_once(work, range(2, 12))
    assert (first, others) == (2, [2 * item for item in range(2, 12)])
    assert len(work.batches) == 2
    assert sorted(work.batches[1][1]) == list(range(2, 12))


def test_an_error_is_everybodys_of_that_batch_and_nobody_elses(work: Work) -> None:
    first, others = at_once(work, (12, 13, 14))
    assert (first, others) == (2, ["unlucky"] * 3)


def test_other_keys_are_other_work(work: Work) -> None:
    work.gate.set()
    together = Together(work)
    assert (together("a", 1), together("b", 2)) == (2, 4)
    assert work.batches == [("a", [1]), ("b", [2])]
    assert not together._waiting
