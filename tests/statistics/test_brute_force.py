"""Everything tried out, where it is few enough: the short ways and the long way agree."""

import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geogame.statistics.duels import Duels
from geogame.statistics.errors import median, median_of_paired_differences
from geogame.statistics.intervals import bootstrap, enclose, wilson
from geogame.statistics.report import figures
from geogame.statistics.resampling import STATISTICS, draw, sample, seen, weighed_figures
from geogame.statistics.sequential import anytime
from geogame.statistics.significance import sign_flips, sign_test, wilcoxon
from tests.statistics.worlds import INF, by_hand, duels, own, paper, unhurried

KM = st.sampled_from([0.0, 0.5, 3.0, 25.0, 25.0004, 400.0, 2600.0, INF])


def some(what: st.SearchStrategy[Any], count: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(what, min_size=count, max_size=count)


@unhurried
@given(st.lists(st.integers(-5, 5), max_size=9))
def test_flipping_all_signs_one_after_another_gives_the_same_p(lead: list[int]) -> None:
    sums = [sum(s * size for s, size in zip(signs, lead, strict=True)) for signs in product((-1, 1), repeat=len(lead))]
    assert sign_flips(lead) == pytest.approx(np.mean([abs(each) >= abs(sum(lead)) for each in sums]))


@unhurried
@given(st.lists(st.integers(1, 40), min_size=1, max_size=9, unique=True), st.data())
def test_all_ways_to_sign_the_ranks_give_the_same_p(sizes: list[int], data: st.DataObject) -> None:
    signs = data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(sizes), max_size=len(sizes)))
    ranks = np.argsort(np.argsort(sizes)) + 1
    middle = ranks.sum() / 2
    off = abs(ranks[np.array(signs) > 0].sum() - middle)
    ways = [abs((np.array(way) > 0) @ ranks - middle) >= off for way in product((-1, 1), repeat=len(sizes))]
    assert wilcoxon(np.array(signs) * sizes) == pytest.approx(np.mean(ways))


def test_sign_flips_of_single_duels_are_the_sign_test() -> None:
    assert sign_flips([1] * 300 + [-1] * 241 + [0] * 7) == pytest.approx(sign_test(300, 241))


def test_very_many_people_by_way_of_fourier_agree_with_the_normal_distribution() -> None:
    rng = np.random.default_rng(3)
    leads = rng.integers(-5, 6, 30_000)
    z = abs(leads.sum()) / np.sqrt((leads**2).sum())
    assert sign_flips(leads) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.01)


def repeated(world: Duels, people: dict[int, int], exhibits: dict[int, int] | None) -> dict[str, float]:
    """The figures of a world in which people and exhibits really occur so many times."""
    of_exhibit = exhibits or {}
    times = [
        people[p] * (1 if exhibits is None else of_exhibit[e]) for p, e in zip(world.person, world.exhibit, strict=True)
    ]
    copies = world.take(np.repeat(np.arange(len(world)), times))
    owner = dict(zip(world.exhibit.tolist(), world.person.tolist(), strict=True))
    machine: list[float] = []
    for code in np.unique(world.exhibit).tolist():
        count = people[owner[code]] if exhibits is None else of_exhibit[code]
        machine += [float(world.machine_km[world.exhibit == code].min())] * count
    who = np.sign(np.rint(copies.machine_km / 0.001).clip(max=1e12) - np.rint(copies.person_km / 0.001).clip(max=1e12))
    won, lost = (who > 0).sum(), (who < 0).sum()
    return {
        "win_rate": won / (won + lost) if won + lost else float("nan"),
        "people_median_km": median(copies.person_km),
        "machine_median_km": median(machine),
        "median_of_paired_differences_km": median_of_paired_differences(copies),
        "machine_within_25_km": np.mean(np.array(machine) <= 25) if machine else float("nan"),
        "people_within_25_km": np.mean(copies.person_km <= 25) if len(copies) else float("nan"),
    }


@unhurried
@given(some(KM, 9), some(KM, 3), some(st.integers(0, 3), 6))
def test_weighing_is_repeating_where_exhibits_are_shared(
    person_km: list[float], machine_km: list[float], times: list[int]
) -> None:
    world = duels(*((i // 3, i % 3, person_km[i], machine_km[i % 3]) for i in range(9)))
    people, exhibits = np.array([times[:3]], dtype=np.int32), np.array([times[3:]], dtype=np.int32)
    found = weighed_figures(sample(world), people, exhibits)
    expected = repeated(world, dict(enumerate(times[:3])), dict(enumerate(times[3:])))
    assert {name: found[name][0] for name in expected} == pytest.approx(expected, nan_ok=True)


@unhurried
@given(some(KM, 6), some(KM, 6), some(st.integers(0, 3), 3))
def test_weighing_is_repeating_where_people_take_exhibits_along(
    person_km: list[float], machine_km: list[float], times: list[int]
) -> None:
    world = own(person_km, machine_km, each=2)
    found = weighed_figures(sample(world), np.array([times], dtype=np.int32), np.empty((1, 0), dtype=np.int32))
    expected = repeated(world, dict(enumerate(times)), None)
    assert {name: found[name][0] for name in expected} == pytest.approx(expected, nan_ok=True)


def test_two_people_and_two_exhibits_are_drawn_as_often_as_they_should_be() -> None:
    world = duels((0, 0, 1.0, 8.0), (0, 1, 30.0, 20.0), (1, 0, 9.0, 8.0), (1, 1, 4.0, 20.0))
    draws = 40_000
    found = draw(sample(world), seed=5, draws=draws)
    picks = [{0: 2, 1: 0}, {0: 1, 1: 1}, {0: 1, 1: 1}, {0: 0, 1: 2}]  # all four ways to draw two of two
    ways = [repeated(world, people, exhibits) for people in picks for exhibits in picks]
    for name in ("win_rate", "people_median_km", "machine_median_km", "median_of_paired_differences_km"):
        exact = np.array([way[name] for way in ways])
        for value in np.unique(exact):
            expected = (exact == value).mean()
            spread = np.sqrt(expected * (1 - expected) / draws)
            assert (found[name] == value).mean() == pytest.approx(expected, abs=5 * spread + 1e-12)


@pytest.mark.parametrize("world", [paper(), by_hand()], ids=["own", "shared"])
def test_each_figure_is_the_same_weighed_and_unweighed(world: Duels) -> None:
    plain = figures(world)
    expected = {name: plain.within[name] if name in plain.within else getattr(plain, name) for name in STATISTICS}
    assert seen(sample(world)) == pytest.approx(expected, nan_ok=True)


def test_the_same_seed_gives_the_same_intervals_and_another_gives_others() -> None:
    assert bootstrap(paper(), 4, 300) == bootstrap(paper(), 4, 300)
    assert bootstrap(paper(), 4, 300) != bootstrap(paper(), 5, 300)


def test_drawing_in_pieces_makes_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geogame.statistics.resampling._AT_ONCE", 120)  # two draws of fifty duels
    found = draw(sample(paper()), seed=1, draws=7)
    assert all(values.shape == (7,) and np.isfinite(values).all() for values in found.values())


def test_a_draw_without_a_value_lies_beyond_both_ends() -> None:
    values = np.concatenate([np.full(100, np.nan), np.linspace(0, 1, 900)])
    found = enclose(values, 0.5, units=1000, level=0.95)
    assert (found.low, found.high, found.undefined) == (-INF, INF, 0.1)


def test_a_share_that_no_draw_changes_gets_wilsons_interval() -> None:
    world = own([1.0] * 12, [2.0] * 12, each=2)
    found = bootstrap(world, 1, 200)["win_rate"]
    assert (found.low, found.high) == pytest.approx((0.6097, 1.0), abs=1e-4)  # six people, all of whom won all


def test_the_ends_of_a_share_of_few_people_are_no_nearer_than_students_t() -> None:
    world = own([1.0, 1.0, 9.0, 9.0, 9.0] * 5 + [1.0] * 5, [5.0] * 30)  # five of six won two of five, one won all
    values, found = draw(sample(world), 1, 400)["win_rate"], bootstrap(world, 1, 400)["win_rate"]
    reach = stats.t.ppf(0.975, 5) * math.sqrt(6 / 5) * values.std()
    assert found.low == pytest.approx(0.5 - reach)
    assert found.low < values.min()
    assert found.high > 0.5 + reach  # on that side the draws reach farther


def test_the_machine_answers_each_shared_exhibit_once_so_its_shares_are_wilsons() -> None:
    world = duels(*((person, exhibit, 50.0, 10.0 + 30 * (exhibit % 2)) for person in range(4) for exhibit in range(10)))
    assert bootstrap(world, 1, 50)["machine_within_25_km"] == wilson(5, 10)


def struck_off(values: list[float], mean: float, level: float) -> bool:
    """The bets one after another, as the source writes them: has either gambler ever been rich enough?"""
    up = down = 1.0
    seen_before = [0.5]
    variance_sum = 0.25
    for t, x in enumerate(values, start=1):
        stake = np.sqrt(2 * np.log(2 / (1 - level)) / (variance_sum / t * t * np.log(1 + t)))
        up *= 1 + min(stake, 0.5 / mean) * (x - mean)
        down *= 1 - min(stake, 0.5 / (1 - mean)) * (x - mean)
        seen_before.append(x)
        variance_sum += (x - np.mean(seen_before)) ** 2
        if max(up, down) / 2 >= 1 / (1 - level):
            return True
    return False


@unhurried
@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0]), min_size=1, max_size=40))
def test_the_anytime_interval_holds_the_means_that_no_gambler_got_rich_against(values: list[float]) -> None:
    found = anytime(values)
    for mean in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95):
        if min(abs(mean - found.low), abs(mean - found.high)) > 1e-5:
            assert struck_off(values, mean, 0.95) == (not found.low <= mean <= found.high)


@unhurried
@given(st.lists(st.floats(0, 1), max_size=60))
def test_the_anytime_interval_only_narrows(values: list[float]) -> None:
    ends = [anytime(values[:k]) for k in range(0, len(values) + 1, 7)]
    assert (ends[0].low, ends[0].high) == (0, 1)
    assert all(a.low <= b.low and b.high <= a.high for a, b in pairwise(ends))


def test_units_that_are_no_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        anytime([0.5, 1.5])
