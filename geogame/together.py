"""What arrives at the same time is done at once: of two hundred guesses in a second each would else wait for a
transaction of its own, one after the other, since all of them lock the same round."""

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")
LOCKS = 64


class _Waiting(Generic[T, R]):
    def __init__(self, item: T) -> None:
        self.item = item
        self.result: R
        self.error: BaseException | None = None
        self.done = False


class Together(Generic[K, T, R]):
    """A function of one item, made of one that takes several of the same key: group commit.

    Whoever finds nobody at work does the work of all that have come by then; the others get their results from there.
    An error of the work is everybody's who was part of it.
    """

    def __init__(self, work: Callable[[K, Sequence[T]], Sequence[R]]) -> None:
        self._work = work
        self._waiting: dict[K, list[_Waiting[T, R]]] = {}
        self._adding = threading.Lock()
        self._working = [threading.Lock() for _ in range(LOCKS)]  # keys that share one wait for each other: no harm

    def __call__(self, key: K, item: T) -> R:
        mine = _Waiting[T, R](item)
        with self._adding:
            self._waiting.setdefault(key, []).append(mine)
        with self._working[hash(key) % LOCKS]:
            if not mine.done:
                with self._adding:
                    batch = self._waiting.pop(key)
                self._do(key, batch)
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _do(self, key: K, batch: Sequence[_Waiting[T, R]]) -> None:
        try:
            results = self._work(key, [each.item for each in batch])
            for each, result in zip(batch, results, strict=True):
                each.result = result
        except BaseException as error:
            for each in batch:
                each.error = error
        finally:
            for each in batch:
                each.done = True
