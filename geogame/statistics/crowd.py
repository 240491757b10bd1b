"""How many people make one machine? The middle of several people's guesses, against the machine's."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geogame.rules.sphere import EARTH_RADIUS_KM
from geogame.statistics.duels import Bools, Floats, Ints, outcomes
from geogame.statistics.errors import median
from geogame.statistics.intervals import FEWEST, LEAST_WORTH, Interval, of_share
from geogame.statistics.resampling import Times, effective, times

_STEPS = 200  # of walking towards the middle, at most: nearly all guesses take few, those along a line many
_SETTLED = 1e-6  # radians, 6 m: a step that is not worth another
_SAME = 1e-6  # radians, 6 m: whoever is that near a guess stands on it, or the walk would stick there
_LENGTHENED = 1.7  # steps of up to twice the length still lead there (Ostresh, Operations Research 1978), and sooner
_MOST = 30  # people, where nobody says: the work grows with the cube
_AT_ONCE = 100_000  # guesses held at once
MOST_EXHIBITS = 300  # of more, so many are drawn by lot: an interval takes hundreds of crowds before each
ANEW = 200  # times that people and exhibits are drawn for the interval
_EACH_TIME = 200  # crowds of each size at least, each time


@dataclass(frozen=True)
class Crowd:
    """So many people together, against the machine."""

    people: int
    median_km: float  # of the crowds' errors, all draws and exhibits together; +inf where it falls on a missing answer
    win_share: float  # crowd's wins among wins and losses, over all draws and exhibits; NaN where there are none
    interval: Interval  # of that share, at one look; NaN ends where it was not asked for


@dataclass(frozen=True)
class Crowds:
    """Crowds of one, two, … people before the same exhibits."""

    crowds: list[Crowd]
    people: int  # that crowds were drawn from
    exhibits: int  # that enough people met, and that were drawn
    left_out: int  # exhibits that fewer people met
    not_drawn: int  # exhibits that enough people met: of very many, some are drawn by lot
    machine_median_km: float
    make_one: int | None  # the fewest people who win at least half of what is decided; None where none do
    at_least: int | None  # what that number may be: not fewer, None where none of these may be enough;
    at_most: int | None  # and not more, None where none of these is surely enough


def geometric_median(lat: ArrayLike, lng: ArrayLike) -> tuple[Floats, Floats]:
    """Find the point from which the way to all guesses together is shortest.

    It is the middle of several points on the globe, as the median is that of several numbers: one guess that is far
    off hardly moves it. Distances are great circles. It is found by walking from the mean of the guesses, or from the
    guess that is nearest to all, in ever smaller steps. Where guesses lie around the whole globe there may be several
    such points, and one of them is taken; of two guesses it is the point halfway. Source: Weiszfeld, Tohoku
    Mathematical Journal 1937; on the sphere: Fletcher and others, NeuroImage 2009.

    Degrees, (…, k) in and (…) out, for many crowds at once.
    """
    guesses = _vectors(np.asarray(lat, dtype=np.float64), np.asarray(lng, dtype=np.float64))  # (…, k, 3)
    return _degrees(_middle(guesses))


def _middle(guesses: Floats) -> Floats:
    """The geometric medians (…, 3) of unit vectors (…, k, 3)."""
    flat = guesses.reshape(-1, *guesses.shape[-2:])
    nearest, least = _nearest_guess(flat)
    mean = _mean(flat, nearest)
    best, total = _less((nearest, least + _SAME), (mean, _total(flat, mean)))  # of two guesses the mean is the middle
    place, walking = mean.copy(), np.arange(len(flat))  # not from a guess: where several are near, all steps are short
    for _ in range(_STEPS):
        there, way = _step(flat[walking], place[walking])
        place[walking] = there
        found = _less((best[walking], total[walking]), (there, _total(flat[walking], there)))
        best[walking], total[walking] = found
        walking = walking[way[:, 0] > _SETTLED]
    best, _ = _less((best, total), (nearest, least + _SAME))  # the walk towards a guess is slow at its end
    return best.reshape(*guesses.shape[:-2], 3)


def _less(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Of two places (…, 3) that with the shorter way to all guesses (…)."""
    shorter = other[1] < one[1]
    return np.where(shorter[..., None], other[0], one[0]), np.where(shorter, other[1], one[1])


def _nearest_guess(guesses: Floats) -> tuple[Floats, Floats]:
    """The guess that is nearest to all others (…, 3), and the way from it to all (…) in radians."""
    between = np.arccos(np.clip(guesses @ np.swapaxes(guesses, -1, -2), -1, 1)).sum(-1)  # (…, k)
    return np.take_along_axis(guesses, between.argmin(-1)[..., None, None], axis=-2)[..., 0, :], between.min(-1)


def _mean(guesses: Floats, otherwise: Floats) -> Floats:
    """The mean direction (…, 3); opposite guesses have none."""
    total = guesses.sum(-2)
    length = np.linalg.norm(total, axis=-1, keepdims=True)
    return np.where(length > _SAME, total / np.maximum(length, _SAME), otherwise)


def _step(guesses: Floats, place: Floats) -> tuple[Floats, Floats]:
    """Walk to where the pulls of all guesses lead; from a guess only if the others pull harder than it holds.

    Returns the new places (…, 3) and the distance gone in radians (…, 1).
    """
    cosines = np.clip(np.einsum("...kc,...c->...k", guesses, place), -1, 1)
    sines = np.sqrt(1 - cosines**2)
    apart = sines > _SAME
    inverse = np.divide(1, sines, out=np.zeros_like(sines), where=apart)
    pull = np.einsum("...k,...kc->...c", inverse, guesses) - (inverse * cosines).sum(-1, keepdims=True) * place
    strength = np.linalg.norm(pull, axis=-1, keepdims=True)
    held = (~apart & (cosines > 0)).sum(-1, keepdims=True)  # guesses that lie here
    slowness = np.divide(1, np.arccos(cosines), out=np.zeros_like(sines), where=apart).sum(-1, keepdims=True)
    free = np.maximum(0, strength - held)  # Vardi and Zhang, PNAS 2000
    way = _LENGTHENED * free / np.maximum(slowness, _SAME)
    moved = np.cos(way) * place + np.sin(way) * pull / np.maximum(strength, _SAME)
    return moved / np.linalg.norm(moved, axis=-1, keepdims=True), way


def _vectors(lat: ArrayLike, lng: ArrayLike) -> Floats:
    """Unit vectors (…, 3) of degrees (…)."""
    north, east = np.radians(np.asarray(lat, dtype=np.float64)), np.radians(np.asarray(lng, dtype=np.float64))
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def _degrees(places: Floats) -> tuple[Floats, Floats]:
    lat = np.degrees(np.arctan2(places[..., 2], np.hypot(places[..., 0], places[..., 1])))
    return lat, np.degrees(np.arctan2(places[..., 1], places[..., 0]))


def _total(guesses: Floats, place: Floats) -> Floats:
    """The way to all guesses together, in radians (…)."""
    return np.asarray(np.arccos(np.clip(np.einsum("...kc,...c->...k", guesses, place), -1, 1)).sum(-1))


def _apart_km(a: Floats, b: Floats) -> Floats:
    """Great-circle distances of unit vectors (…, 3), exact for near ones also."""
    half_chord = np.linalg.norm(a - b, axis=-1) / 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1, half_chord)))


def crowds(
    exhibit: ArrayLike,
    person: ArrayLike,
    lat: ArrayLike,
    lng: ArrayLike,
    truth_lat: ArrayLike,
    truth_lng: ArrayLike,
    machine_km: ArrayLike,
    seed: int,
    draws: int = 100,
    most: int | None = None,
    anew: int = ANEW,
) -> Crowds:
    """Tell how many people, put together, do as well as the machine.

    For each exhibit some of the people who met it are drawn at random, without repetition, and the middle of their
    guesses (the geometric median) is taken as the crowd's answer. Its error is compared with the machine's as in any
    duel. This is repeated many times, for one person, two, three and so on; the fewest who win at least half of what is
    decided make one machine. Who gave no answer is drawn like anybody: as a guess on the far side of the Earth from the
    place, and where half of a crowd or more are silent it has no answer, which loses against any. (A guess that pulls
    another way may do a single crowd still more harm; on average over guesses anywhere on Earth silence does more.) An
    interval is shown of finished experiments only, since it holds for one look; of everything else anybody may look
    again and again, and what was seen so far stands there alone.

    All sizes are tried before the same exhibits, those that enough people for the greatest crowd met; the others are
    left out and counted, and of very many exhibits 300 are drawn by lot. Each size's share has an interval: people and
    exhibits are drawn anew as for the other figures, and crowds from those who were drawn. A crowd with somebody twice
    in it does worse than one of different people, so all these shares are moved until their middle is the share that
    was seen. The number of people is then at least the first size whose interval reaches one half, and at most the
    first whose interval lies wholly from one half on; where there is none, it is not reached with these people. It is
    assumed that more people do no worse. In simulations of 9 to 20 people before 20 to 60 shared exhibits (100 runs
    each) these intervals held the true share in 96 to 100 % of runs: they are rather too wide than too narrow. As in
    all intervals here, fewer than six people or exhibits say nothing of others.

    exhibit (n,) is the number into truth_lat, truth_lng and machine_km (m,) of what each person (n,) met; degrees, NaN
    for a missing guess, and km with +inf for a missing answer. most is the greatest crowd; left out, it is what half of
    the exhibits were met by, up to 30. anew is how often people and exhibits are drawn; 0 gives no intervals, and is
    much faster. The same rows in any order and the same seed give the same result.
    """
    rng = np.random.default_rng(seed)
    numbers, codes = np.asarray(exhibit, dtype=np.int64), np.asarray(person, dtype=np.int64)
    machine, truths = np.asarray(machine_km, dtype=np.float64), _vectors(truth_lat, truth_lng)
    sizes = np.bincount(numbers, minlength=len(truths))
    most = most or min(_MOST, int(np.median(sizes[sizes > 0]))) if len(numbers) else 0
    enough = np.flatnonzero(sizes >= max(1, most))
    kept = np.sort(rng.permutation(enough)[:MOST_EXHIBITS])
    chosen = np.isin(numbers, kept)
    north, east = (np.asarray(each, dtype=np.float64)[chosen] for each in (lat, lng))
    here = np.searchsorted(kept, numbers[chosen])
    met = _Met(here, codes[chosen], north, east, truths[kept], machine[kept])
    found = list(_found(met, most, draws, anew, rng)) if len(kept) else []
    return Crowds(
        crowds=found,
        people=met.people,
        exhibits=len(kept),
        left_out=int((sizes > 0).sum()) - len(enough),
        not_drawn=len(enough) - len(kept),
        machine_median_km=median(machine[kept]),
        make_one=_first(found, [each.win_share for each in found]),
        at_least=_first(found, [each.interval.high for each in found]),
        at_most=_first(found, [each.interval.low for each in found]),
    )


def _first(found: list[Crowd], shares: list[float]) -> int | None:
    """The fewest people whose share is one half or more."""
    return next((each.people for each, share in zip(found, shares, strict=True) if share >= 0.5), None)


class _Met:
    """Who met what, and where they guessed: tables (exhibits, widest), filled up with nobody."""

    def __init__(
        self, exhibit: Ints, person: Ints, lat: Floats, lng: Floats, truths: Floats, machine_km: Floats
    ) -> None:
        self.truths, self.machine_km = truths, machine_km
        people, number = np.unique(person, return_inverse=True)
        order = np.lexsort((number, exhibit))  # by person, so that the order of rows is nothing
        sizes = np.bincount(exhibit, minlength=len(truths))
        place = exhibit[order], np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        shape = len(truths), int(sizes.max(initial=0))
        self.people, self.own = len(people), bool((sizes <= 1).all())
        self.each = np.bincount(number)  # how much each person met
        self.person = np.full(shape, self.people)  # nobody
        self.person[place] = number[order]
        silent = np.isnan(lat[order])
        self.silent = np.zeros(shape, dtype=bool)
        self.silent[place] = silent
        self.guess = np.zeros((*shape, 3))
        self.guess[place] = np.where(silent[:, None], -truths[exhibit[order]], _vectors(lat[order], lng[order]))

    def units(self) -> tuple[int, float]:
        """How many independent units there are, and what they are worth: people, or the scarcer of both sides."""
        people, worth = self.people, max(LEAST_WORTH, effective(self.each))
        exhibits = len(self.truths)
        return (people, worth) if self.own else (min(people, exhibits), max(LEAST_WORTH, min(worth, exhibits)))


def _found(met: _Met, most: int, draws: int, anew: int, rng: np.random.Generator) -> Iterator[Crowd]:
    """Each size of crowd, with what it did and how sure that is."""
    exhibits = len(met.truths)
    once = np.ones((1, met.people), dtype=np.int32)
    errors_km, _ = _errors(met, once, np.tile(np.arange(exhibits), (1, draws)), most, rng)
    shares = _shares(errors_km, np.tile(met.machine_km, (1, draws)))[:, 0]
    intervals = _intervals(met, shares, anew, rng) if anew else [Interval(math.nan, math.nan)] * most
    for size, (share, interval) in enumerate(zip(shares.tolist(), intervals, strict=True), start=1):
        yield Crowd(size, median(errors_km[size - 1].ravel()), share, interval)


def _intervals(met: _Met, shares: Floats, anew: int, rng: np.random.Generator) -> list[Interval]:
    """The interval of each size's share (most,), by drawing people and exhibits so often."""
    exhibits, most, none = len(met.truths), len(shares), Interval(math.nan, math.nan)
    units, worth = met.units()
    if units < FEWEST:
        return [none] * most
    repeated = max(1, _EACH_TIME // exhibits)
    people = times(rng, anew, met.people)
    shown = np.tile(np.arange(exhibits), (anew, 1)) if met.own else rng.integers(0, exhibits, (anew, exhibits))
    shown = np.tile(shown, (1, 1 if met.own else repeated))
    again_km, drawn = _errors(met, people, shown, most, rng)
    values = _shares(again_km, met.machine_km[shown], drawn if met.own else np.minimum(drawn, 1))
    middles = [median(again[~np.isnan(again)]) for again in values]
    return [  # around the share that was seen, see crowds: the same person twice is no help
        none if math.isnan(share) else of_share(again + share - middle, share, worth)
        for share, again, middle in zip(shares.tolist(), values, middles, strict=True)
    ]


def _errors(met: _Met, people: Times, shown: Ints, most: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Draw crowds before each exhibit shown, of people as often as they were drawn: each is the last and one more.

    people (b, people) and shown (b, j) of b records. Returns the errors of crowds of 1 … most in km, (most, b, j), and
    how many guesses there were to draw from, (b, j): where none, the errors are not to be used.
    """
    record, exhibit = np.repeat(np.arange(len(shown)), shown.shape[1]), shown.ravel()
    padded = np.column_stack([people, np.zeros(len(people), dtype=people.dtype)])  # nobody is never drawn
    errors_km = np.full((most, exhibit.size), math.inf)
    sizes = np.zeros(exhibit.size, dtype=np.int64)
    step = max(1, _AT_ONCE // met.person.shape[1])
    for start in range(0, exhibit.size, step):
        rows = slice(start, start + step)
        copies = padded[record[rows, None], met.person[exhibit[rows]]]
        sizes[rows] = copies.sum(axis=1)
        some = np.flatnonzero(sizes[rows])
        guess, silent = _drawn(met, exhibit[rows][some], copies[some], most, rng)
        for size in range(1, most + 1):
            there = np.flatnonzero(2 * silent[:, :size].sum(axis=1) < size)
            middle = _middle(guess[there, :size])
            errors_km[size - 1, start + some[there]] = _apart_km(middle, met.truths[exhibit[rows][some[there]]])
    return errors_km.reshape(most, *shown.shape), sizes.reshape(shown.shape)


def _drawn(met: _Met, exhibit: Ints, copies: Times, most: int, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """Put the copies (r, widest) before each exhibit (r,) in an order by lot and take the first: guesses (r, most, 3).

    Fewer than are wanted, who may be left where people were drawn anew, are taken over again.
    """
    row = np.repeat(np.arange(len(copies)), copies.sum(axis=1))
    slot = np.repeat(np.tile(np.arange(copies.shape[1]), len(copies)), copies.ravel())
    slot = slot[np.argsort(row + rng.random(len(row)))]
    sizes = copies.sum(axis=1)
    taken = slot[(np.cumsum(sizes) - sizes)[:, None] + np.arange(most) % np.maximum(1, sizes)[:, None]]
    return met.guess[exhibit[:, None], taken], met.silent[exhibit[:, None], taken]


def _shares(errors_km: Floats, machine_km: Floats, weights: Ints | None = None) -> Floats:
    """The crowds' wins among wins and losses: (most, b) of errors (most, b, j), against the machine's (b, j)."""
    who = outcomes(errors_km, np.broadcast_to(machine_km, errors_km.shape))
    counts = np.ones(machine_km.shape) if weights is None else weights
    won, lost = ((who == side).astype(float) * counts for side in (1, -1))
    decided = (won + lost).sum(axis=-1)
    return np.divide(won.sum(axis=-1), decided, out=np.full(decided.shape, np.nan), where=decided > 0)
