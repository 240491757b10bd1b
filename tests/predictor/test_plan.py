"""The plan of a spot: houses that do not overlap, on their side of the street, the same from either end."""

from itertools import pairwise

import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth import trips
from predictor.toyearth.building import bays
from predictor.toyearth.plan import START_M, STOP_M, Plan, plan_of
from predictor.toyearth.style import style_at


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    spots = [trips.single("train", 5, index).where for index in range(40)]
    return [plan_of(where, style_at(where.lat, where.lng)) for where in spots]


def test_houses_stand_beside_the_street_and_beside_each_other(plans: list[Plan]) -> None:
    for plan in plans:
        for side in (-1, 1):
            row = sorted((h.lot.near, h.lot.far, abs(h.lot.x)) for h in plan.houses if h.lot.x * side > 0)
            assert all(x > plan.street.carriageway / 2 for _near, _far, x in row)
            assert all(before[1] <= after[0] for before, after in pairwise(row))


def test_a_street_has_rows_and_open_land_has_gaps(plans: list[Plan]) -> None:
    def built(plan: Plan) -> float:
        return sum(h.lot.length for h in plan.houses) / 2 / 180

    assert min(built(plan) for plan in plans if plan.is_urban) > 0.8
    assert max(built(plan) for plan in plans if not plan.is_urban) < 0.8


def test_every_bay_of_a_house_is_a_shop_or_none(plans: list[Plan]) -> None:
    for plan in plans:
        assert all(len(house.shops) == bays(house.front, house.lot) for house in plan.houses)


def test_turned_twice_is_the_same_plan(plans: list[Plan]) -> None:
    for plan in plans:
        assert plan.turned() != plan
        again = plan.turned().turned()
        assert [h.lot.near for h in again.houses] == pytest.approx([h.lot.near for h in plan.houses])
        assert [h.shops for h in again.houses] == [h.shops for h in plan.houses]
        assert (again.crops, again.bearing) == (plan.crops, pytest.approx(plan.bearing))
        assert (plan.turned().bearing - plan.bearing) % 360 == pytest.approx(180)


def test_a_street_is_as_long_ahead_whichever_way_one_looks(plans: list[Plan]) -> None:
    for plan in plans:
        if plan.is_urban:
            assert max(h.lot.far for h in plan.turned().houses) > STOP_M - 20
            assert min(h.lot.near for h in plan.turned().houses) < START_M + 20


def test_no_tree_stands_on_the_carriageway_or_in_a_lake(plans: list[Plan]) -> None:
    for plan in plans:
        for tree in plan.trees:
            assert abs(tree.x) > plan.street.carriageway / 2
            assert plan.is_urban or plan.crops[tree.x > 0] != "lake"
