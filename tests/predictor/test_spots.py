"""Where pictures are taken: fixed spots near people, on land, and no neighbourhood on both sides of an examination."""

from collections import Counter

import numpy as np
import pytest
import s2sphere

from predictor import toyearth
from predictor.geo import distance_km
from predictor.toyearth import land
from predictor.toyearth.land import block, is_land, neighbouring_blocks, world
from predictor.toyearth.spots import SPLITS, draw_spot, split_at, split_of, spot

CONTINENTS = {  # rough boxes: south, north, west, east
    "Europe": (36, 70, -10, 40), "Asia": (5, 60, 60, 140), "Africa": (-34, 30, -15, 40),
    "North America": (15, 60, -125, -65), "South America": (-50, 8, -80, -35), "Australia": (-40, -12, 113, 154),
}  # fmt: skip


def cell_of(lat: float, lng: float, level: int = 10) -> s2sphere.CellId:
    return s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lng)).parent(level)


def anywhere(count: int, seed: int = 0) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    return list(zip(np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count), strict=True))


def test_blocks_are_the_cells_of_s2() -> None:
    seen: dict[int, tuple[int, int, int]] = {}
    for lat, lng in anywhere(500):
        face, i, j, _ = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lng)).to_face_ij_orientation()
        seen[cell_of(lat, lng).id()] = block(lat, lng)
        assert block(lat, lng) == (face, i >> 20, j >> 20)
    assert len(set(seen.values())) == len(seen)


def test_every_block_within_a_kilometre_is_a_neighbour() -> None:
    """Also at the poles and where the cube's faces meet."""
    corners = [(90.0, 0.0), (-90.0, 10.0), (35.264, 45.0), (35.264, -135.0), (0.0, 45.0), (-35.264, 135.0), (45.0, 0.0)]
    rng = np.random.default_rng(1)
    for lat, lng in corners + anywhere(300):
        near = neighbouring_blocks(lat, lng)
        here = s2sphere.LatLng.from_degrees(lat, lng).to_point()
        for angle in rng.uniform(0, 2 * np.pi, 12):
            aside = s2sphere.Point(
                *np.cross([here[0], here[1], here[2]], [np.cos(angle), np.sin(angle), 0.3])
            ).normalize()
            there = s2sphere.LatLng.from_point((here + aside * (1.0 / 6371.0088)).normalize())
            assert block(there.lat().degrees, there.lng().degrees) in near


def test_about_a_tenth_of_the_blocks_is_new() -> None:
    kinds = Counter(split_at(lat, lng) for lat, lng in anywhere(4000))
    assert 0.08 < kinds["new"] / 4000 < 0.12
    assert 0.02 < kinds[None] / 4000 < 0.25  # the margin


@pytest.mark.parametrize("split", SPLITS)
def test_places_are_on_land_all_over_the_world(split: str) -> None:
    lats, lngs = toyearth.places(split, 2, 1500)
    assert (
        np.mean([is_land(lat, lng) for lat, lng in zip(lats, lngs, strict=True)]) > 0.97
    )  # harbours: the mask is coarse
    assert lats.min() > -60
    assert (np.abs(lngs) <= 180).all()
    for south, north, west, east in CONTINENTS.values():
        assert ((lats > south) & (lats < north) & (lngs > west) & (lngs < east)).sum() >= 3


def test_no_block_is_in_train_and_in_new_place_and_a_kilometre_lies_between() -> None:
    train = np.array(toyearth.places("train", 7, 2500)).T
    new = np.array(toyearth.places("new_place", 7, 2500)).T
    old_blocks = {block(*place) for place in train}
    assert not old_blocks & {block(*place) for place in new}
    assert len(old_blocks) > 1000
    gaps = [float(distance_km(lat, lng, train[:, 0], train[:, 1]).min()) for lat, lng in new]
    assert min(gaps) >= 1.0
    assert min(gaps) < 30  # the margin does not keep whole regions apart


def test_no_spot_is_in_two_splits() -> None:
    keys = {split: {toyearth.trips.single(split, 3, k).where.key for k in range(1500)} for split in SPLITS}
    assert not keys["train"] & keys["new_picture"]
    assert not keys["train"] & keys["new_place"]
    assert not keys["new_picture"] & keys["new_place"]


def test_a_new_picture_is_taken_in_a_neighbourhood_that_training_knows() -> None:
    """Of the test set's blocks most are among those of a large training set; of new places none is."""
    known = {block(*place) for place in zip(*toyearth.places("train", 7, 20_000), strict=True)}
    shares = {
        split: np.mean([block(*place) in known for place in zip(*toyearth.places(split, 8, 600), strict=True)])
        for split in ("new_picture", "new_place")
    }
    assert shares["new_picture"] > 0.35
    assert shares["new_place"] == 0


def test_pictures_pile_up_at_sights() -> None:
    ranks = [toyearth.trips.single("train", 5, k).where.rank for k in range(1500)]
    assert np.mean(np.array(ranks) < 8) > 0.15
    assert np.mean(np.array(ranks) > 500) > 0.15


def test_there_are_people_where_pictures_are_taken_and_a_tail_in_the_wild() -> None:
    out = np.array([toyearth.trips.single("train", 6, k).where.km_out for k in range(1500)])
    assert np.median(out) < 5
    assert (out > 50).mean() > 0.01


def test_a_spot_is_the_same_for_ever_and_no_other() -> None:
    assert spot(100, 7) == spot(100, 7)
    assert len({spot(city, rank).key for city in range(20) for rank in range(20)}) == 400


def test_spots_are_near_their_city() -> None:
    where = spot(4000, 0)
    home = world().cities[4000]
    assert float(distance_km(where.lat, where.lng, home.lat, home.lng)) == pytest.approx(where.km_out, rel=0.02)


@pytest.mark.parametrize("split", SPLITS)
def test_a_spot_that_was_drawn_belongs_to_the_split(split: str) -> None:
    rng = np.random.default_rng(4)
    assert {split_of(draw_spot(split, rng)) for _ in range(60)} == {split}


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(ValueError, match="no split 'test'; it has train, new_picture, new_place"):
        toyearth.place("test", 1, 0)


def test_the_mask_knows_land_from_sea() -> None:
    ashore = [(48.85, 2.35), (-1.29, 36.82), (66.5, 25.7), (67.85, 20.2), (66.0, -175.0), (66.0, 179.0), (-17.8, 178.0)]
    at_sea = [(0.0, -30.0), (30.0, -150.0), (-80.0, 0.0), (67.0, 0.0), (67.0, -27.0), (71.35, 0.0)]
    assert [place for place in ashore if not is_land(*place)] == []
    assert [place for place in at_sea if is_land(*place)] == []


def test_the_nearest_cities_are_those_of_a_straightforward_search() -> None:
    found = land.nearest_cities(52.2, 21.0, 3)
    cities = world().lat_lng
    km = distance_km(52.2, 21.0, cities[:, 0], cities[:, 1])
    expected = [k for k in np.argsort(km) if km[k] > 4][:3]
    assert [city.name for city, _km in found] == [world().cities[k].name for k in expected]
    assert [far for _city, far in found] == pytest.approx(km[expected], rel=1e-3)
