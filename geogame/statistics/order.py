"""People and exhibits in an order that their own answers give: what they are called, and when they came, is nothing."""

import numpy as np
from numpy.typing import NDArray

from geogame.statistics.duels import Duels, Floats, Ints
from geogame.statistics.resampling import has_own_exhibits

_DIGITS = 3  # of km
Marks = NDArray[np.uint64]  # of people, of exhibits, of answers: different ones, but by a chance of 2^-64


def in_own_order(duels: Duels) -> Duels:
    """Number people and exhibits by what they answered and met, and bring the duels into that order, to the metre.

    Lots are drawn by number. If numbers hung on names, whoever gives the names could choose what is drawn: a release
    has names of its own each time, and errors to the metre. So everybody has a mark, made of their errors and of the
    marks of what they met (Weisfeiler and Leman 1968), and so has every exhibit; the numbers are those of the marks in
    order. Those whose marks are still alike could stand for each other, but in worlds that are made up for it.
    """
    person_km, machine_km = (np.round(errors_km, _DIGITS) for errors_km in (duels.person_km, duels.machine_km))
    person, exhibit = (np.unique(codes, return_inverse=True)[1] for codes in (duels.person, duels.exhibit))
    answers = _mixed(_mixed(_bits(person_km)) + _bits(machine_km))
    people, exhibits = _sums(person, answers), _sums(exhibit, answers)
    if not has_own_exhibits(duels):
        people, exhibits = _told_apart(person, exhibit, answers, people, exhibits)
    person, exhibit = _places(people)[person], _places(exhibits)[exhibit]
    order = np.lexsort((machine_km, person_km, exhibit, person))
    return Duels(person, exhibit, duels.round, person_km, machine_km).take(order)


def _told_apart(person: Ints, exhibit: Ints, answers: Marks, people: Marks, exhibits: Marks) -> tuple[Marks, Marks]:
    """Mark people and exhibits until no two exhibits are alike: of those that cannot be told apart one is set apart."""
    while True:
        people, exhibits = _refined(person, exhibit, answers, people, exhibits)
        marks, first, count = np.unique(exhibits, return_index=True, return_counts=True)
        if len(marks) == len(exhibits):
            return people, exhibits
        exhibits[first[count > 1][0]] ^= _SET_APART


def _refined(person: Ints, exhibit: Ints, answers: Marks, people: Marks, exhibits: Marks) -> tuple[Marks, Marks]:
    """Let marks tell of the marks of what was met, and of who met it, as long as that tells more of them apart."""
    before, now = 0, 1
    while now > before:
        before = now
        people, exhibits = (
            _mixed(people) + _sums(person, _mixed(answers + exhibits[exhibit])),
            _mixed(exhibits) + _sums(exhibit, _mixed(answers + people[person])),
        )
        now = len(np.unique(people)) + len(np.unique(exhibits))
    return people, exhibits


def _sums(groups: Ints, marks: Marks) -> Marks:
    """Add up the marks of each group, in whatever order they come."""
    total = np.zeros(groups.max(initial=-1) + 1, dtype=np.uint64)
    np.add.at(total, groups, marks)
    return total


def _places(marks: Marks) -> Ints:
    """The place of each mark among all."""
    places = np.empty(len(marks), dtype=np.int64)
    places[np.argsort(marks, kind="stable")] = np.arange(len(marks))
    return places


def _bits(errors_km: Floats) -> Marks:
    return (errors_km + 0.0).view(np.uint64)  # -0.0 becomes 0.0


_SET_APART = np.uint64(1)
_GOLDEN, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def _mixed(marks: Marks) -> Marks:
    """Scatter marks over all 64 bits: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    marks = marks + _GOLDEN
    marks = (marks ^ (marks >> np.uint64(30))) * _FIRST
    marks = (marks ^ (marks >> np.uint64(27))) * _SECOND
    return np.asarray(marks ^ (marks >> np.uint64(31)))
