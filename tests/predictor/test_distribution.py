"""What an answer can be asked."""

import math
from dataclasses import replace

import numpy as np
import pytest

from geogame.rules.scoring import DECAY_KM
from predictor.cells import Partition
from predictor.distribution import ESTIMATES, SCORE_DECAY_KM, Distribution, Standing
from predictor.geo import EARTH_RADIUS_KM, Point, distance_km
from predictor.s2 import children, leaf_ids, parents


def sure_of(quarters: Partition, **shares: float) -> Distribution:
    """A distribution with these shares, c5=0.2 meaning cell 5."""
    probabilities = np.zeros(len(quarters), dtype=np.float32)
    for name, share in shares.items():
        probabilities[int(name[1:])] = share
    return Distribution(quarters, probabilities)


def test_the_point_is_the_middle_of_the_most_probable_cell(quarters: Partition) -> None:
    point = sure_of(quarters, c3=0.4, c7=0.6).argmax_point()
    assert quarters.assign(point.lat, point.lng) == 7
    assert distance_km(*point, quarters.centres()[0][7], quarters.centres()[1][7]) == 0


def test_top_cells_come_most_probable_first(quarters: Partition) -> None:
    top = sure_of(quarters, c3=0.25, c7=0.5, c9=0.125, c11=0.125).top_cells(3)
    assert top == [(int(quarters.cell_ids[i]), p) for i, p in ((7, 0.5), (3, 0.25), (9, 0.125))]
    assert all(type(cell_id) is int and type(p) is float for cell_id, p in top)


def test_asking_for_more_cells_than_there_are_gives_all(quarters: Partition) -> None:
    assert len(sure_of(quarters, c0=1).top_cells(1000)) == 24


def test_entropy_runs_from_certainty_to_ignorance(quarters: Partition) -> None:
    assert sure_of(quarters, c5=1).entropy() == 0
    assert sure_of(quarters, c5=0.5, c6=0.5).entropy() == pytest.approx(math.log(2))
    assert Distribution(quarters, np.full(24, 1 / 24)).entropy() == pytest.approx(math.log(24))


def test_the_credible_region_is_the_smallest_that_holds_the_mass(quarters: Partition) -> None:
    answer = sure_of(quarters, c20=0.5, c3=0.25, c9=0.25)
    assert answer.credible_region(0.5).cell_ids.tolist() == [quarters.cell_ids[20]]
    assert answer.credible_region(0.51).cell_ids.tolist() == [quarters.cell_ids[3], quarters.cell_ids[20]]
    assert len(answer.credible_region(0.9).cell_ids) == 3


def test_half_precision_is_precise_enough(quarters: Partition) -> None:
    rng = np.random.default_rng(1)
    whole = rng.dirichlet(np.ones(24) / 4).astype(np.float32)
    assert Distribution(quarters, whole.astype(np.float16)).entropy() == pytest.approx(
        Distribution(quarters, whole).entropy(), abs=1e-2
    )


@pytest.mark.parametrize(
    "bad", [np.full(23, 1 / 23), np.zeros(24), np.full(24, np.nan), np.full(24, 1.0), np.r_[-1, 2, np.zeros(22)]]
)
def test_what_is_no_probability_is_refused(quarters: Partition, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="robabilit"):
        Distribution(quarters, bad)


def expected(answer: Distribution, point: Point, worth: object) -> float:
    """What a point is worth on average, by 200,000 truths drawn from the answer."""
    rng = np.random.default_rng(3)
    drawn = answer.partition.cell_ids[rng.choice(len(answer.probabilities), 200_000, p=answer.probabilities)]
    for _ in range(6):  # into one of the quarters, again and again
        drawn = children(drawn).reshape(-1, 4)[np.arange(drawn.size), rng.integers(4, size=drawn.size)]
    lat, lng = Partition(np.unique(drawn)).centres()
    index = np.searchsorted(np.unique(drawn), drawn)
    return float(worth(distance_km(*point, lat[index], lng[index])).mean())  # type: ignore[operator]


@pytest.fixture(scope="module")
def two_countries() -> Distribution:
    """Half on eight cells round Paris, the largest single share on one cell in New Zealand, the rest thinly spread."""
    paris = np.unique(parents(leaf_ids([48.9, 48.9, 47, 50, 48, 46, 51, 49], [2.3, 5, 3, 4, 0, 1, 2, 7]), 7))
    auckland = parents(leaf_ids([-37.0], [175.0]), 7)
    others = parents(leaf_ids([10.0, 40.0, -20.0, 60.0], [20.0, -100.0, -60.0, 100.0]), 7)
    ids = np.sort(np.concatenate([paris, auckland, others]))
    shares = np.where(np.isin(ids, paris), 0.5 / paris.size, np.where(np.isin(ids, auckland), 0.2, 0.3 / 4))
    return Distribution(Partition(ids), shares / shares.sum())


def test_the_most_probable_cell_is_not_always_the_best_answer(two_countries: Distribution) -> None:
    assert distance_km(*two_countries.argmax_point(), -37.0, 175.0) < 100
    for point in (two_countries.least_distance_point(), two_countries.greatest_score_point()):
        assert distance_km(*point, 48.9, 2.3) < 300


@pytest.mark.parametrize(("name", "worth"), [
    ("distance", lambda km: -km), ("score", lambda km: np.exp(-km / SCORE_DECAY_KM)),
])  # fmt: skip
def test_no_point_nearby_does_better_than_the_best(two_countries: Distribution, name: str, worth: object) -> None:
    best = ESTIMATES[name](two_countries)
    mine = expected(two_countries, best, worth)
    for north, east in ((1, 0), (-1, 0), (0, 1.5), (0, -1.5), (5, 5), (-20, 30)):
        assert expected(two_countries, Point(best.lat + north, best.lng + east), worth) < mine


def test_a_sure_answer_is_the_same_by_every_estimate(quarters: Partition) -> None:
    answer = sure_of(quarters, c7=1.0)
    for estimate in ESTIMATES.values():
        assert distance_km(*estimate(answer), *answer.argmax_point()) < 1e-6


def test_the_answer_is_the_chosen_estimate(two_countries: Distribution) -> None:
    for name, estimate in ESTIMATES.items():
        chosen = Distribution(two_countries.partition, two_countries.probabilities, name)
        assert chosen.point() == estimate(two_countries)


def test_the_games_score_is_the_one_that_is_expected() -> None:
    assert SCORE_DECAY_KM == DECAY_KM


def test_a_place_has_the_probability_and_the_rank_of_its_cell(quarters: Partition) -> None:
    answer = sure_of(quarters, c3=0.5, c7=0.25, c9=0.25)
    places = list(zip(*quarters.centres(), strict=True))
    assert answer.standing(*places[3]) == Standing(0.5, 1)
    assert answer.standing(*places[9]) == answer.standing(*places[7]) == Standing(0.25, 2)
    assert answer.standing(*places[0]) == Standing(0.0, 4)


def test_a_place_in_no_cell_has_no_rank(quarters: Partition) -> None:
    answer = Distribution(Partition(quarters.cell_ids[:1]), [1.0])
    outside = [place for place in zip(*quarters.centres(), strict=True)][5]
    assert answer.standing(*outside) == Standing(0.0, None)


def test_a_disc_holds_the_share_of_its_area(quarters: Partition) -> None:
    even = Distribution(quarters, quarters.areas_km2 / quarters.areas_km2.sum())
    for point in (Point(0.0, 0.0), Point(48.9, 179.9), Point(-90.0, 0.0), Point(35.264, 45.0)):
        for radius_km in (25.0, 200.0, 2500.0, 12_000.0):
            cap = (1 - math.cos(radius_km / EARTH_RADIUS_KM)) / 2
            assert even.mass_within(point, radius_km) == pytest.approx(cap, rel=0.02)
        assert even.mass_within(point, 20_100.0) == pytest.approx(1)


def test_a_disc_at_a_town_holds_what_is_taken_there(quarters: Partition) -> None:
    (cell,) = quarters.assign([48.9], [2.3])
    places = np.full((2, 24, 4), np.nan)
    places[:, cell] = [[48.8, 48.9, 49.0, 40.0], [2.3, 2.4, 2.2, 2.3]]
    answer = sure_of(replace(quarters, places=tuple(places)), **{f"c{cell}": 0.5, f"c{(cell + 12) % 24}": 0.5})
    assert answer.mass_within(Point(48.9, 2.3), 100) == pytest.approx(0.5 * 3 / 5, abs=0.01)
    assert answer.mass_within(Point(48.9, 2.3), 20_100) == pytest.approx(1)
    unplaced = Distribution(quarters, answer.probabilities)
    for estimate in ESTIMATES.values():  # places tell of discs and move no answer
        assert estimate(answer) == estimate(unplaced)


def test_a_disc_far_from_all_probability_holds_none(quarters: Partition) -> None:
    answer = sure_of(quarters, c7=1.0)
    lat, lng = answer.argmax_point()
    assert answer.mass_within(Point(-lat, lng + 180 if lng < 0 else lng - 180), 3000.0) == 0


def test_a_region_tells_its_area(quarters: Partition) -> None:
    region = sure_of(quarters, c3=0.5, c9=0.5).credible_region(0.9)
    assert region.area_km2 == pytest.approx(quarters.areas_km2[[3, 9]].sum())
    assert quarters.areas_km2.sum() == pytest.approx(4 * math.pi * EARTH_RADIUS_KM**2, rel=1e-9)
