"""Numbers that are known beforehand: the paper's, and some worked out by hand."""

import itertools
import json

import numpy as np
import pytest

from geogame.statistics.duels import Counts, Duels, counts, machine_once, win_rate, win_rate_ties_half
from geogame.statistics.errors import (
    THRESHOLDS_KM,
    curve,
    difference_of_medians,
    median,
    median_answered,
    median_of_paired_differences,
    share_within,
)
from geogame.statistics.intervals import bootstrap, wilson
from geogame.statistics.paper import PAPER
from geogame.statistics.report import report
from geogame.statistics.resampling import SHARES, effective, share_name
from geogame.statistics.sequential import settled_shares, shares_won
from geogame.statistics.significance import is_too_small, sign_flips, sign_test, units
from tests.statistics.worlds import INF, by_hand, duels, own, paper


def test_the_papers_fifty_rounds_come_out_as_printed() -> None:
    found = report(paper(), seed=1, draws=200)
    figures, counted = found.figures, found.figures.counts
    assert (counted.duels, counted.people, counted.rounds) == (50, 10, 50)
    assert (counted.machine_won, counted.people_won) == (28, 22)
    assert (figures.machine_median_km, figures.people_median_km) == (1131.7, 2320.75)
    assert figures.difference_of_medians_km == 2320.75 - 1131.7
    assert (counted.duels, counted.machine_won) == (PAPER["rounds"], PAPER["machine_won"])


def test_the_papers_victory_is_not_significant() -> None:
    assert sign_test(22, 28) == pytest.approx(0.48, abs=0.001)
    found = report(paper(), seed=1, draws=500)
    assert found.significance.unit == "person"
    assert found.significance.units == 10
    assert found.significance.sign_flips_p > 0.2
    assert found.intervals["win_rate"].low < 0.5 < found.intervals["win_rate"].high


def test_ties_and_missing_answers_are_counted_as_by_hand() -> None:
    assert counts(by_hand()) == Counts(
        duels=6, rounds=3, people=3, exhibits=3, people_won=3, machine_won=2, ties=1, no_duel=2,
        missing_people=3, missing_machine=2,
    )  # fmt: skip
    assert win_rate(by_hand()) == 3 / 5
    assert win_rate_ties_half(by_hand()) == 3.5 / 6


def test_medians_of_even_numbers_and_missing_answers_are_as_by_hand() -> None:
    world = by_hand()
    machine_km = machine_once(world)[1]
    assert median(world.person_km) == (300.5 + 5000) / 2
    assert median_answered(world.person_km) == 12
    assert machine_km.tolist() == [10, INF, 300]
    assert median(machine_km) == 300
    assert median_answered(machine_km) == 155


def test_the_two_differences_may_point_in_opposite_directions() -> None:
    assert difference_of_medians(by_hand()) == 2650.25 - 300
    assert median_of_paired_differences(by_hand()) == pytest.approx((-2 + 0.0004) / 2)


def test_missing_answers_are_within_no_distance() -> None:
    assert share_within(by_hand().person_km) == {1: 0, 25: 3 / 8, 200: 3 / 8, 750: 4 / 8, 2500: 4 / 8}
    assert share_within([1.0, 25.0]) == {1: 0.5, 25: 1, 200: 1, 750: 1, 2500: 1}  # a threshold holds its own distance


def test_a_curve_rises_to_the_share_of_answers_given() -> None:
    km, share = curve(by_hand().person_km)
    assert (np.diff(km) > 0).all()
    assert (np.diff(share) >= 0).all()
    assert share[0] == 0
    assert share[-1] == 5 / 8


def test_in_a_room_each_exhibit_is_one_unit() -> None:
    found = units(by_hand())
    assert found.kind == "exhibit"
    assert found.code.tolist() == [1, 3]  # before the second the middle of the people gave no answer, nor the machine
    assert found.lead.tolist() == [0, -1]
    assert found.difference_km.tolist() == [pytest.approx(0.0004), INF]


def test_what_was_sealed_goes_before_what_the_duels_look_like() -> None:
    assert units(by_hand(), "person").code.tolist() == [1, 2, 3]
    assert units(own([1, 5, 2, 9], [4, 3, 4, 2], each=2), "exhibit").lead.tolist() == [1, -1, 1, -1]
    assert report(by_hand(), seed=1, draws=20, sealed="person").significance.too_small  # they met the same exhibits
    assert not report(by_hand(), seed=1, draws=20).significance.too_small


def test_with_exhibits_of_their_own_each_person_is_one_unit() -> None:
    found = units(own([1, 5, 2, 9, INF, INF], [4, 3, 4, 9, 2, INF], each=3))
    assert found.kind == "person"
    assert found.lead.tolist() == [1, -1]
    assert found.difference_km.tolist() == [-2, INF]


def test_a_person_between_two_missing_answers_is_not_apart() -> None:
    assert units(own([INF, 1], [1, INF], each=2)).difference_km.tolist() == [0]


def test_shares_of_units_come_in_the_order_of_time() -> None:
    world = duels((9, 1, 1, 5), (2, 2, 7, 5), (9, 3, 8, 5), (2, 4, 5, 5))
    assert shares_won(world).tolist() == [0.5, 0.25]


def test_while_games_go_on_only_what_is_settled_counts() -> None:
    """Nine is over after two exhibits and plays on; two is still at it; three's one duel was lost."""
    world = duels((9, 1, 1, 5), (2, 2, 1, 5), (9, 3, 8, 5), (3, 4, 9, 5), (9, 5, 1, 5))
    game, ended = np.array([1, 2, 1, 3, 4]), np.array([0, -1, 0, 1, 2])
    assert settled_shares(world, game, ended).tolist() == [0.5, 0.0]


def test_no_person_and_no_exhibit_is_in_two_of_the_units_that_may_be_watched() -> None:
    """A room of two; then three, alone, before one exhibit that is new and one that is not; then one again."""
    world = duels((1, 7, 1, 5), (2, 7, 9, 5), (3, 8, 1, 5), (3, 7, 9, 5), (1, 9, 1, 5))
    game, ended = np.array([1, 1, 2, 2, 3]), np.array([4, 4, 6, 6, 7])
    assert settled_shares(world, game, ended).tolist() == [0.5, 1.0]


def test_a_game_that_goes_on_after_its_last_duel_is_no_unit_before_those_that_were_over_meanwhile() -> None:
    """Two is over while one, which began before it, is before a photograph that it had met: one comes after two."""
    world = duels((1, 1, 1, 5), (2, 2, 9, 5), (3, 1, 1, 5))
    game = np.array([1, 2, 3])
    assert settled_shares(world, game, np.array([-1, 0, -1])).tolist() == [0.0]
    assert settled_shares(world, game, np.array([1, 0, -1])).tolist() == [0.0, 1.0]
    assert settled_shares(world, game, np.array([2, 0, 1])).tolist() == [0.0, 1.0]  # three showed the photograph first


def test_nothing_gives_nothing() -> None:
    told = report(duels(), seed=1).as_dict()
    assert told["figures"]["people_median_km"] is None
    assert told["intervals"]["win_rate"]["low"] is None
    assert told["significance"]["sign_flips_p"] == 1


def test_a_report_is_plain_json_without_infinities() -> None:
    told = report(by_hand(), seed=1, draws=300).as_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["figures"]["within"]["machine_within_25_km"] == pytest.approx(1 / 3)


def test_one_person_alone_has_no_interval() -> None:
    assert np.isnan(report(own([1, 2, 3], [2, 3, 4]), seed=1, draws=50).intervals["win_rate"].low)


@pytest.mark.parametrize("wrong", [float("nan"), -1.0])
def test_errors_that_are_none_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="person_km"):
        duels((1, 1, wrong, 2.0))


def test_columns_of_unequal_length_are_refused() -> None:
    one, two = np.zeros(1, dtype=int), np.zeros(2, dtype=int)
    with pytest.raises(ValueError, match="equally long"):
        Duels(one, two, one, np.zeros(1), np.zeros(1))


def test_no_interval_of_a_share_leaves_what_a_share_can_be() -> None:
    """Of twenty people before twenty exhibits six have a duel that is decided: some draws hold none of those."""
    decided = {(0, 0): 1.0, (1, 1): 1.0, (2, 2): 1.0, (3, 3): 9.0, (4, 4): 9.0, (5, 5): 9.0}
    world = duels(*((p, e, decided.get((p, e), 5.0), 5.0) for p in range(20) for e in range(20)))
    for name, ends in bootstrap(world, 1, 200).items():
        if name in SHARES and not np.isnan(ends.low):
            assert 0 <= ends.low <= ends.high <= 1, name
    assert bootstrap(world, 1, 200)["win_rate"].undefined > 0.025


def test_the_machine_misses_a_round_once_however_many_people_were_there() -> None:
    world = Duels(*(np.array(each) for each in ([1, 2, 3], [7, 7, 7], [5, 5, 5], [1.0, 2.0, INF], [INF, INF, INF])))
    assert (counts(world).missing_machine, counts(world).missing_people) == (1, 1)


def test_what_lies_within_a_greater_distance_has_no_lower_interval() -> None:
    """Nobody within 1 km, so that Wilson's interval of few exhibits serves there; one answer in thirty within 25 km."""
    rng = np.random.default_rng(4)
    km = np.where(rng.random(300) < 1 / 30, 20.0, rng.lognormal(7, 1, 300) + 30)
    person, exhibit = np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30)
    found = bootstrap(Duels(person, exhibit, exhibit, km, np.full(300, 500.0)), 1, 200)
    for side in ("people", "machine"):
        ends = [found[share_name(side, each)] for each in THRESHOLDS_KM]
        for nearer, farther in itertools.pairwise(ends):
            assert nearer.low <= farther.low
            assert nearer.high <= farther.high
    assert found["people_within_1_km"].high < wilson(0, 10).high


def test_who_played_much_more_than_others_makes_of_all_a_smaller_number() -> None:
    """Ten people with two exhibits each; then one of them with forty, all alike won by halves, so that Wilson tells."""
    assert effective(np.array([2] * 10)) == 10
    assert effective(np.array([40] + [2] * 9)) == pytest.approx(58**2 / (1600 + 36))
    wins = [1.0, 9.0]
    equal, more = own(wins * 10, [5.0] * 20, each=2), own(wins * 10, [5.0] * 20, each=2)
    person = np.concatenate([more.person, np.zeros(38, dtype=int)])
    exhibit = np.concatenate([more.exhibit, np.arange(100, 138)])
    unequal = Duels(
        person, exhibit, exhibit, np.append(more.person_km, wins * 19), np.append(more.machine_km, [5.0] * 38)
    )
    assert bootstrap(equal, 1, 50)["win_rate"] == wilson(5, 10)
    worth = effective(np.array([40] + [2] * 9))
    assert bootstrap(unequal, 1, 50)["win_rate"] == wilson(worth / 2, worth)


@pytest.mark.parametrize(("people", "exhibits"), [(5, 0), (6, 0), (5, 30), (30, 5), (6, 6)])
def test_of_fewer_than_six_people_or_exhibits_no_figure_has_an_interval(people: int, exhibits: int) -> None:
    """0 exhibits: everybody has five of their own. Where they are shared the machine's figures rest on them alone."""
    rng = np.random.default_rng(2)
    person = np.repeat(np.arange(people), exhibits or 5)
    exhibit = np.tile(np.arange(exhibits), people) if exhibits else np.arange(len(person))
    machine_km = rng.lognormal(7, 1.5, exhibit.max() + 1)
    world = Duels(person, exhibit, exhibit, rng.lognormal(7, 1.5, len(person)), machine_km[exhibit])
    for name, ends in bootstrap(world, 1, 200).items():
        units = exhibits if exhibits and name.startswith("machine") else min(people, exhibits or people)
        assert np.isnan(ends.low) == np.isnan(ends.high) == (units < 6), name
    assert not np.isnan(bootstrap(world, 1, 200, fewest=2)["win_rate"].low)


def test_fractions_are_no_codes() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        Duels(np.array([0.5]), np.array([1]), np.array([1]), np.zeros(1), np.zeros(1))


def test_draws_that_are_all_alike_do_not_say_that_others_would_be() -> None:
    """Ten people, five duels each: all are ties; then each wins two of four. No draw differs from another."""
    ties, halves = own([5.0] * 50, [5.0] * 50), own([1.0, 1.0, 9.0, 9.0] * 10, [5.0] * 40, each=4)
    found = report(ties, seed=1, draws=50).intervals
    assert found["win_rate_ties_half"] == wilson(5, 10)
    assert np.isnan(found["win_rate"].low)  # nothing was decided
    assert report(halves, seed=1, draws=50).intervals["win_rate"] == wilson(5, 10)
    assert report(own([1.0] * 50, [5.0] * 50), seed=1, draws=50).intervals["win_rate"] == wilson(10, 10)


@pytest.mark.parametrize("other_km", [5.0, 6.0])
def test_a_median_that_no_draw_changes_has_no_interval_and_says_why(other_km: float) -> None:
    """Ten people, five duels each, all 5 km off, or one of fifty 6 km: ends that meet would claim to be certain."""
    found = report(own([5.0] * 49 + [other_km], [3.0] * 50), seed=1, draws=200)
    assert found.figures.people_median_km == 5.0
    for name in ("people_median_km", "difference_of_medians_km", "median_of_paired_differences_km"):
        ends = found.intervals[name]
        assert (np.isnan(ends.low), np.isnan(ends.high), ends.alike) == (True, True, True)
    assert found.as_dict()["intervals"]["people_median_km"]["low"] is None
    few = report(own([5.0] * 5, [3.0] * 5), seed=1, draws=50).intervals["people_median_km"]
    assert (np.isnan(few.low), few.alike) == (True, False)  # too few to tell is another reason


def test_who_adds_nothing_to_a_figure_is_no_case_of_it() -> None:
    """A class of thirty before ten exhibits: one win among 299 ties is a share of 1, and says nothing of others."""
    world = duels(*((person, exhibit, 5.0, 5.0) for person in range(30) for exhibit in range(10)))
    world.person_km[0] = 1.0
    found = report(world, seed=1, draws=50)
    assert found.figures.win_rate == 1.0
    assert np.isnan(found.intervals["win_rate"].low)


def test_people_who_share_some_exhibits_are_no_independent_units_and_the_p_value_is_marked() -> None:
    """Nobody is better: a test at 5 % that takes people for independent finds a difference again and again."""
    found = 0
    for run in range(60):
        rng = np.random.default_rng(run)
        person, machine_km = np.repeat(np.arange(40), 10), rng.lognormal(7, 1.5, 20)
        exhibit = np.concatenate([rng.choice(20, 10, replace=False) for _ in range(40)])
        world = Duels(person, exhibit, np.arange(400), rng.lognormal(7, 1.5, 400), machine_km[exhibit])
        assert units(world).kind == "person"
        assert is_too_small(world, "person")
        found += sign_flips(units(world).lead) <= 0.05
    assert found > 10
    assert not is_too_small(paper(), "person")
    assert not is_too_small(by_hand(), "exhibit")  # a room: exhibits are the units
