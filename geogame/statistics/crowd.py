"""How many people make one machine? The middle of several people's guesses, against the machine's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geogame.rules.sphere import EARTH_RADIUS_KM
from geogame.statistics.duels import Floats, Ints, outcomes
from geogame.statistics.errors import median

_STEPS = 50  # of walking towards the middle, at most
_SETTLED = 1e-6  # radians, 6 m: a step that is not worth another
_SAME = 1e-6  # radians, 6 m: whoever is that near a guess stands on it, or the walk would stick there
_LENGTHENED = 1.7  # steps of up to twice the length still lead there (Ostresh, Operations Research 1978), and sooner
_MOST = 30  # people, where nobody says: the work grows with the cube
_AT_ONCE = 100_000  # guesses held at once


@dataclass(frozen=True)
class Crowd:
    """So many people together, against the machine."""

    people: int
    median_km: float  # of the crowd's errors, the mean over draws
    win_share: float  # crowd's wins among wins and losses, over all draws and exhibits; NaN where there are none


@dataclass(frozen=True)
class Crowds:
    """Crowds of one, two, … people before the same exhibits."""

    crowds: list[Crowd]
    exhibits: int  # that enough people guessed at
    left_out: int  # exhibits with fewer guesses
    machine_median_km: float
    make_one: int | None  # the fewest people who win at least half of what is decided; None where none do


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
    place, walking = best.copy(), np.arange(len(flat))
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
    lat: ArrayLike,
    lng: ArrayLike,
    truth_lat: ArrayLike,
    truth_lng: ArrayLike,
    machine_km: ArrayLike,
    seed: int,
    draws: int = 100,
    most: int | None = None,
) -> Crowds:
    """Tell how many people, put together, do as well as the machine.

    For each exhibit some people are drawn at random, without repetition, and the middle of their guesses is taken as
    the crowd's answer. Its error is compared with the machine's as in any duel. This is repeated many times, for one
    person, two, three and so on. Only guesses that were given take part. All sizes are tried on the same exhibits,
    those that the greatest crowd can be drawn for; the others are left out and counted. The middle is the geometric
    median.

    exhibit (n,) is each guess's number into truth_lat, truth_lng and machine_km (m,); degrees, and km with +inf for a
    missing answer. most is the greatest crowd; left out, it is what half of the exhibits have guesses for, up
    to 30.
    """
    numbers, truths = np.asarray(exhibit, dtype=np.int64), _vectors(truth_lat, truth_lng)
    sizes = np.bincount(numbers, minlength=len(truths))
    most = most or min(_MOST, int(np.median(sizes[sizes > 0]))) if len(numbers) else 0
    kept = np.flatnonzero(sizes >= max(1, most))
    machine = np.asarray(machine_km, dtype=np.float64)[kept]
    table = _table(numbers, _vectors(lat, lng), sizes, kept)
    errors_km = _crowd_errors(table, sizes[kept], truths[kept], most, draws, np.random.default_rng(seed))
    found = [_against(people, errors_km[people - 1], machine) for people in range(1, most + 1)]
    enough = [each.people for each in found if each.win_share >= 0.5]
    return Crowds(found, len(kept), int((sizes > 0).sum()) - len(kept), median(machine), min(enough, default=None))


def _table(numbers: Ints, guesses: Floats, sizes: Ints, kept: Ints) -> Floats:
    """The guesses of each kept exhibit in a row, filled up with zeros: (exhibits, widest, 3)."""
    order = np.argsort(numbers, kind="stable")
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    table = np.zeros((len(sizes), int(sizes.max(initial=0)), 3))
    table[numbers[order], place] = guesses[order]
    return table[kept]


def _crowd_errors(
    table: Floats, sizes: Ints, truths: Floats, most: int, draws: int, rng: np.random.Generator
) -> Floats:
    """Errors of crowds of 1 … most, in km: (most, draws, exhibits). Each crowd is the one before and one more."""
    errors_km = np.empty((most, draws, len(table)))
    rows = np.arange(len(table))[:, None]
    at_once = max(1, _AT_ONCE // max(1, table.shape[0] * table.shape[1]))
    for start in range(0, draws if len(table) else 0, at_once):
        lots = rng.random((min(at_once, draws - start), *table.shape[:2]))
        lots[:, np.arange(table.shape[1]) >= sizes[:, None]] = np.inf
        drawn = table[rows, np.argsort(lots, axis=-1)[..., :most]]  # (draws, exhibits, most, 3)
        for people in range(1, most + 1):
            middle = _middle(drawn[..., :people, :])
            errors_km[people - 1, start : start + len(lots)] = _apart_km(middle, truths)
    return errors_km


def _against(people: int, errors_km: Floats, machine_km: Floats) -> Crowd:
    who = outcomes(errors_km, np.broadcast_to(machine_km, errors_km.shape))
    won, lost = int((who > 0).sum()), int((who < 0).sum())
    middle = float(np.median(errors_km, axis=1).mean()) if errors_km.size else float("nan")
    return Crowd(people, middle, won / (won + lost) if won + lost else float("nan"))
