"""The laws of partitions."""

from dataclasses import replace

import numpy as np
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor import s2
from predictor.cells import Counts, Partition, adaptive_partition, cut, piles
from predictor.geo import Point, distance_km
from predictor.s2 import children, leaf_ids, tokens
from tests.predictor.test_s2 import leaf_by_s2sphere


def crowd(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Photos in clumps, as people take them."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform((-60, -180), (70, 180), (8, 2))
    points = middles[rng.integers(8, size=count)] + rng.normal(0, 6, (count, 2))
    return np.clip(points[:, 0], -90, 90), points[:, 1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 60), st.integers(1, 20), st.integers(0, 12))
def test_the_laws_of_a_partition(seed: int, count: int, t1: int, t2: int, max_level: int) -> None:
    lat, lng = crowd(seed, count)
    try:
        made = adaptive_partition(lat, lng, t1, t2, max_level)
    except ValueError:
        return  # no cell has t2 photos
    index = made.assign(lat, lng)
    counts = np.bincount(index[index >= 0], minlength=len(made))
    levels = [s2sphere.CellId(int(each)).level() for each in made.cell_ids]
    assert (s2.first_leaves(made.cell_ids)[1:] > s2.last_leaves(made.cell_ids)[:-1]).all()  # disjoint
    assert counts.sum() + (index < 0).sum() == count
    assert (counts >= t2).all()
    assert all(n <= t1 or level == max_level for n, level in zip(counts, levels, strict=True))
    order = np.random.default_rng(seed).permutation(count)
    assert adaptive_partition(lat[order], lng[order], t1, t2, max_level).digest == made.digest


def test_partition_agrees_with_a_plain_recursion() -> None:
    """The paper's rule, written as it reads."""
    lat, lng = crowd(4, 600)
    leaves = [s2sphere.CellId(int(each)) for each in leaf_ids(lat, lng)]

    def cut(cell: s2sphere.CellId, inside: list[s2sphere.CellId]) -> list[int]:
        if len(inside) > 40 and cell.level() < 10:
            return [x for child in cell.children() for x in cut(child, [p for p in inside if child.contains(p)])]
        return [cell.id()] if len(inside) >= 5 else []

    faces = [s2sphere.CellId(int(each)) for each in s2.FACES]
    expected = sorted(x for face in faces for x in cut(face, [p for p in leaves if face.contains(p)]))
    assert adaptive_partition(lat, lng, 40, 5, 10).cell_ids.tolist() == expected


def test_every_assigned_point_lies_in_its_cell() -> None:
    lat, lng = crowd(9, 2000)
    made = adaptive_partition(lat, lng, 50, 10, 12)
    for y, x, index in zip(lat, lng, made.assign(lat, lng), strict=True):
        leaf = s2sphere.CellId(leaf_by_s2sphere(y, x))
        inside = [i for i, each in enumerate(made.cell_ids) if s2sphere.CellId(int(each)).contains(leaf)]
        assert inside == ([index] if index >= 0 else [])


def test_a_cell_with_exactly_t1_photos_stays_whole() -> None:
    lat, lng = [1.0, -1.0, 2.0, -2.0], [1.0, 1.0, -1.0, -1.0]
    assert tokens(adaptive_partition(lat, lng, t1=4, t2=1, max_level=5).cell_ids) == ["1"]
    assert len(adaptive_partition(lat, lng, t1=3, t2=1, max_level=5)) == 4


def test_the_first_and_the_last_leaf_belong_to_their_cell(quarters: Partition) -> None:
    for ends in (s2.first_leaves, s2.last_leaves):
        middles = [s2sphere.CellId(leaf).to_lat_lng() for leaf in ends(quarters.cell_ids).tolist()]
        lat, lng = np.array([(m.lat().degrees, m.lng().degrees) for m in middles]).T
        inside = leaf_ids(lat, lng) == ends(quarters.cell_ids)  # rounding may move a leaf on the face's rim
        assert inside.sum() > 12
        assert (quarters.assign(lat, lng)[inside] == np.flatnonzero(inside)).all()


def test_a_face_with_too_few_photos_is_dropped() -> None:
    made = adaptive_partition([0.0] * 10 + [80.0], [0.0] * 10 + [0.0], t1=100, t2=2, max_level=5)
    assert tokens(made.cell_ids) == ["1"]
    assert made.assign([80.0, 1.0], [0.0, 1.0]).tolist() == [-1, 0]


def test_no_cell_left_is_an_error() -> None:
    with pytest.raises(ValueError, match="smaller t2"):
        adaptive_partition([0.0], [0.0], t1=1, t2=2, max_level=5)


def test_centres_lie_in_their_cells(quarters: Partition) -> None:
    lat, lng = quarters.centres()
    assert quarters.assign(lat, lng).tolist() == list(range(24))
    assert ((lng >= -180) & (lng < 180)).all()


def test_digest_names_the_cells(quarters: Partition) -> None:
    assert quarters.digest == Partition(quarters.cell_ids.copy()).digest
    assert quarters.digest != Partition(quarters.cell_ids[:-1]).digest
    assert len(quarters.digest) == 64


@pytest.mark.parametrize("ids", [[], [0], [7 << 61 | 1], [s2.FACES[1], s2.FACES[0]]])
def test_what_is_no_partition_is_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="partition"):
        Partition(np.array(ids, dtype=np.uint64))


def test_overlapping_cells_are_refused() -> None:
    face = s2.FACES[:1]
    with pytest.raises(ValueError, match="overlap"):
        Partition(np.sort(np.concatenate([face, children(face)])))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(0, 30))
def test_counts_of_parts_add_up_to_counts_of_all(seed: int, parts: int, level: int) -> None:
    lat, lng = crowd(seed, 200)
    lat[:20], lng[:20] = lat[0], lng[0]
    part = np.random.default_rng(seed).integers(parts, size=200)
    added = Counts.merged([Counts.of(lat[part == k], lng[part == k], level) for k in range(parts)])
    whole = Counts.of(lat, lng, level)
    assert added.cell_ids.tolist() == whole.cell_ids.tolist()
    assert added.photos.tolist() == whole.photos.tolist()
    assert added.total == 200
    assert added.inside(s2.FACES).sum() == 200


def test_counts_of_different_levels_are_not_added_up() -> None:
    with pytest.raises(ValueError, match="one level"):
        Counts.merged([Counts.of([0.0], [0.0], 3), Counts.of([0.0], [0.0], 4)])


def test_counts_of_a_level_give_the_partition_that_stops_there() -> None:
    lat, lng = crowd(4, 600)
    capped = cut(Counts.of(lat, lng, 3), 40, 5)
    assert capped.digest == adaptive_partition(lat, lng, 40, 5, 3).digest
    assert capped.digest == cut(Counts.of(lat, lng), 40, 5, 3).digest
    assert capped.digest != cut(Counts.of(lat, lng), 40, 5).digest


def test_partitions_of_one_t2_are_nested() -> None:
    counts = Counts.of(*crowd(4, 2000))
    coarse, middle, fine = (cut(counts, t1, 5) for t1 in (400, 100, 40))
    assert len(coarse) < len(middle) < len(fine)
    for inner, outer in ((middle, coarse), (fine, middle), (fine, coarse)):
        around = outer.holding(inner.cell_ids)
        assert (around >= 0).all()
        assert s2.parents(inner.cell_ids[:1], s2.levels(outer.cell_ids[around[:1]])[0]) == outer.cell_ids[around[0]]
    assert (fine.holding(coarse.cell_ids) >= 0).sum() == np.isin(coarse.cell_ids, fine.cell_ids).sum()


def test_piles_on_one_spot_are_found() -> None:
    lat, lng = crowd(4, 600)
    lat[100:400], lng[100:400] = 48.856918, 2.341209
    ids, photos = piles(Counts.of(lat, lng), 300)
    assert ids.tolist() == leaf_ids([48.856918], [2.341209]).tolist()
    assert photos.tolist() == [300]
    with pytest.raises(ValueError, match="level 13"):
        piles(Counts.of(lat, lng, 13))


def with_places(quarters: Partition, cell: int, lat: list[float], lng: list[float]) -> Partition:
    """The quarters, of which one knows some places and the others none."""
    places = np.full((2, len(quarters), len(lat)), np.nan)
    places[:, cell] = lat, lng
    return replace(quarters, places=tuple(places))


def test_shares_follow_the_places(quarters: Partition) -> None:
    (cell,) = quarters.assign([48.9], [2.3])
    town = Point(48.9, 2.3)
    known = with_places(quarters, cell, [48.8, 48.9, 49.0, 30.0], [2.3, 2.4, 2.2, 2.3])
    even = quarters.shares_within(town, 100)[cell]
    assert even < 0.01
    assert known.shares_within(town, 100)[cell] == pytest.approx((3 + even) / 5)
    assert known.shares_within(Point(30.0, 2.3), 100)[cell] == pytest.approx(0.2, abs=0.01)


def test_a_cell_without_places_has_the_share_of_its_area(quarters: Partition) -> None:
    (cell,) = quarters.assign([48.9], [2.3])
    known = with_places(quarters, cell, [48.9], [2.3])
    for point in (Point(0.0, 0.0), Point(-33.0, 151.0), Point(89.0, 0.0)):
        one, other = known.shares_within(point, 2000), quarters.shares_within(point, 2000)
        assert np.delete(one, cell).tolist() == np.delete(other, cell).tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-90, 90), st.floats(-180, 180))
def test_the_laws_of_shares(quarters: Partition, seed: int, lat: float, lng: float) -> None:
    rng = np.random.default_rng(seed)
    cell = int(rng.integers(24))
    known = with_places(quarters, cell, rng.uniform(-90, 90, 5).tolist(), rng.uniform(-180, 180, 5).tolist())
    shares = [known.shares_within(Point(lat, lng), radius_km) for radius_km in (0, 25, 200, 2500, 12_000, 20_100)]
    assert (np.diff(shares, axis=0) >= -1e-6).all()  # a larger disc holds no less
    assert shares[0].max() < 1e-6
    assert shares[-1] == pytest.approx(1)
    assert known.places is not None
    near = (distance_km(lat, lng, *known.places) <= 2500).sum(axis=1)[cell]
    assert near / 6 <= shares[3][cell] + 1e-6
    assert shares[3][cell] <= (near + 1) / 6 + 1e-6


@pytest.mark.parametrize("shape", [(2, 23, 3), (3, 24, 3), (2, 24)])
def test_places_of_other_cells_are_refused(quarters: Partition, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="row of latitudes"):
        replace(quarters, places=tuple(np.zeros(shape)))
