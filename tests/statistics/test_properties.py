"""What must hold whatever was guessed."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geogame.statistics.duels import Duels, outcomes
from geogame.statistics.errors import THRESHOLDS_KM
from geogame.statistics.intervals import bootstrap
from geogame.statistics.report import figures, report
from geogame.statistics.resampling import share_name
from geogame.statistics.significance import sign_flips, sign_test, units, wilcoxon
from tests.statistics.worlds import INF, unhurried

KM = st.one_of(st.sampled_from([0.0, 10.0, 10.0004, 750.0, INF]), st.floats(0, 20015))


@st.composite
def rooms(draw: st.DrawFn, km: st.SearchStrategy[float] = KM) -> Duels:
    """People before shared exhibits; not everybody meets every one."""
    met = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=36, unique=True))
    machine_km = draw(st.lists(km, min_size=7, max_size=7))
    person_km = draw(st.lists(km, min_size=len(met), max_size=len(met)))
    person, exhibit = (np.array(each) for each in zip(*met, strict=True))
    return Duels(person, exhibit, exhibit, np.array(person_km), np.array(machine_km)[exhibit])


@st.composite
def papers(draw: st.DrawFn) -> Duels:
    """People with exhibits of their own."""
    each = draw(st.lists(st.integers(1, 3), min_size=1, max_size=9))
    person = np.repeat(np.arange(len(each)), each)
    n = len(person)
    person_km, machine_km = (np.array(draw(st.lists(KM, min_size=n, max_size=n))) for _ in range(2))
    return Duels(person, np.arange(n), np.arange(n), person_km, machine_km)


def swapped(world: Duels) -> Duels:
    return Duels(world.person, world.exhibit, world.round, world.machine_km, world.person_km)


@unhurried
@given(st.one_of(rooms(), rooms(st.sampled_from([5.0, INF])), papers()), st.randoms())
def test_neither_order_nor_names_change_a_digit_of_what_does_not_look_at_time(world: Duels, random: Random) -> None:
    order = np.arange(len(world))
    random.shuffle(order)
    codes = (renamed(each, random) for each in (world.person, world.exhibit, world.round))
    other = Duels(*codes, world.person_km, world.machine_km).take(order)
    told, again = (report(each, seed=1, draws=20).as_dict() for each in (world, other))
    assert told | {"watched": None} == again | {"watched": None}


def renamed(codes: np.ndarray, random: Random) -> np.ndarray:
    names = random.sample(range(1000), int(codes.max()) + 1)
    return np.array(names)[codes]


@unhurried
@given(papers())
def test_people_and_machine_in_each_others_place_mirror_every_figure(world: Duels) -> None:
    one, other = figures(world), figures(swapped(world))
    assert (one.counts.people_won, one.counts.ties) == (other.counts.machine_won, other.counts.ties)
    assert one.win_rate == pytest.approx(1 - other.win_rate, nan_ok=True)
    assert one.win_rate_ties_half == pytest.approx(1 - other.win_rate_ties_half, nan_ok=True)
    assert one.people_median_km == pytest.approx(other.machine_median_km, nan_ok=True)
    assert one.difference_of_medians_km == pytest.approx(-other.difference_of_medians_km, nan_ok=True)
    assert one.median_of_paired_differences_km == pytest.approx(-other.median_of_paired_differences_km, nan_ok=True)


@unhurried
@given(papers())
def test_people_and_machine_in_each_others_place_mirror_tests_and_intervals(world: Duels) -> None:
    one, other = units(world), units(swapped(world))
    assert one.lead.tolist() == (-other.lead).tolist()
    assert sign_flips(one.lead) == pytest.approx(sign_flips(other.lead))
    assert wilcoxon(one.difference_km) == pytest.approx(wilcoxon(other.difference_km))
    mine, theirs = bootstrap(world, 1, 60), bootstrap(swapped(world), 1, 60)
    for name in ("difference_of_medians_km", "median_of_paired_differences_km"):
        ends, mirrored = mine[name], theirs[name]
        assert (ends.low, ends.high) == pytest.approx((-mirrored.high, -mirrored.low), nan_ok=True)
    for one_name, other_name in (("people_median_km", "machine_median_km"), *zip(*named(), strict=True)):
        ends, same = mine[one_name], theirs[other_name]
        assert (ends.low, ends.high) == pytest.approx((same.low, same.high), nan_ok=True)


def named() -> list[list[str]]:
    return [[share_name(side, km) for km in THRESHOLDS_KM] for side in ("people", "machine")]


def at_most(less: float, more: float) -> bool:
    return np.isnan(less) or np.isnan(more) or less <= more + 1e-9


@unhurried
@given(st.one_of(rooms(), papers()), st.integers(0, 15))
def test_a_missing_answer_never_improves_a_person(world: Duels, which: int) -> None:
    silent = world.person_km.copy()
    silent[which % len(world)] = INF
    before = figures(world)
    after = figures(Duels(world.person, world.exhibit, world.round, silent, world.machine_km))
    assert at_most(after.win_rate, before.win_rate)
    assert at_most(after.win_rate_ties_half, before.win_rate_ties_half)
    assert at_most(before.people_median_km, after.people_median_km)
    assert at_most(before.difference_of_medians_km, after.difference_of_medians_km)
    assert at_most(before.median_of_paired_differences_km, after.median_of_paired_differences_km)
    assert all(at_most(after.within[name], before.within[name]) for name in named()[0])
    assert before.machine_median_km == after.machine_median_km


@unhurried
@given(rooms(), st.integers(0, 3))
def test_a_missing_answer_never_improves_the_machine(world: Duels, which: int) -> None:
    silent = np.where(world.exhibit == which, INF, world.machine_km)
    before = figures(world)
    after = figures(Duels(world.person, world.exhibit, world.round, world.person_km, silent))
    assert at_most(before.win_rate, after.win_rate)
    assert at_most(before.machine_median_km, after.machine_median_km)
    assert at_most(after.difference_of_medians_km, before.difference_of_medians_km)
    assert at_most(after.median_of_paired_differences_km, before.median_of_paired_differences_km)
    assert all(at_most(after.within[name], before.within[name]) for name in named()[1])


@unhurried
@given(papers())
def test_a_tie_more_changes_no_sign_test(world: Duels) -> None:
    tied = Duels(
        np.append(world.person, 99),
        np.append(world.exhibit, 99),
        np.append(world.round, 99),
        np.append(world.person_km, 5.0),
        np.append(world.machine_km, 5.0004),
    )
    before, after = (units(each).lead for each in (world, tied))
    assert len(after) == len(before) + 1
    assert sign_flips(after) == pytest.approx(sign_flips(before))
    assert sign_test((after > 0).sum(), (after < 0).sum()) == sign_test((before > 0).sum(), (before < 0).sum())


@unhurried
@given(st.integers(0, 40), st.integers(0, 40))
def test_a_p_value_is_a_probability_and_the_same_from_either_side(won: int, lost: int) -> None:
    assert 0 < sign_test(won, lost) == sign_test(lost, won) <= 1


@unhurried
@given(KM, KM)
def test_one_metre_is_the_finest_difference(mine: float, theirs: float) -> None:
    (who,) = outcomes([mine], [theirs])
    if np.isfinite(mine) and np.isfinite(theirs) and abs(mine - theirs) > 0.001:
        assert who == np.sign(theirs - mine)
    if mine == theirs:
        assert who == 0
