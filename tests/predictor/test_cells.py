"""Cells against s2sphere, and the laws of partitions."""

import math

import numpy as np
import pytest
import s2sphere
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor import cells
from predictor.cells import Partition, adaptive_partition, children, leaf_ids, polygon, tokens

EDGE = math.degrees(math.atan(1 / math.sqrt(2)))  # latitude of the cube's corners


def leaf_by_s2sphere(lat: float, lng: float) -> int:
    return s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lng)).id()


def awkward_points() -> tuple[np.ndarray, np.ndarray]:
    """Poles, the date line, the edges and corners of the cube, and their closest neighbours among floats."""
    lats = [90.0, -90.0, 0.0, -0.0, 45.0, -45.0, EDGE, -EDGE, 1e-300, 89.99999999, 30.0, 35.0]
    lngs = [0.0, -0.0, 45.0, -45.0, 90.0, -90.0, 135.0, -135.0, 180.0, -180.0, 179.99999999999997, 1e-15, 22.5]
    lats += [float(np.nextafter(v, s)) for v in lats for s in (-91, 91) if abs(np.nextafter(v, s)) <= 90]
    lngs += [float(np.nextafter(v, s)) for v in lngs for s in (-181, 181)]
    lat, lng = np.meshgrid(lats, lngs)
    return lat.ravel(), lng.ravel()


def test_leaf_ids_equal_s2sphere_all_over_the_globe() -> None:
    rng = np.random.default_rng(5)
    lat, lng = np.degrees(np.arcsin(rng.uniform(-1, 1, 20_000))), rng.uniform(-180, 180, 20_000)
    assert leaf_ids(lat, lng).tolist() == [leaf_by_s2sphere(*point) for point in zip(lat, lng, strict=True)]


def test_leaf_ids_equal_s2sphere_at_poles_edges_and_date_line() -> None:
    lat, lng = awkward_points()
    assert leaf_ids(lat, lng).tolist() == [leaf_by_s2sphere(*point) for point in zip(lat, lng, strict=True)]


def test_leaf_ids_equal_s2sphere_on_cell_corners() -> None:
    """Corners of cells are where the last bit of a sine decides."""
    corners = [
        s2sphere.LatLng.from_point(s2sphere.Cell(s2sphere.CellId(int(each))).get_vertex(k))
        for each in children(children(children(cells.FACES)))
        for k in range(4)
    ]
    lat, lng = np.array([(c.lat().degrees, c.lng().degrees) for c in corners]).T
    assert leaf_ids(lat, lng).tolist() == [leaf_by_s2sphere(*point) for point in zip(lat, lng, strict=True)]


def test_sines_that_differ_in_the_last_bit_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some builds of NumPy answer one unit off; the ids must not."""
    lat, lng = awkward_points()
    expected = leaf_ids(lat, lng)
    exact = np.sin
    monkeypatch.setattr(np, "sin", lambda x: np.nextafter(exact(x), 2))
    assert leaf_ids(lat, lng).tolist() == expected.tolist()


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_any_point_has_s2spheres_leaf(lat: float, lng: float) -> None:
    assert int(leaf_ids([lat], [lng])[0]) == leaf_by_s2sphere(lat, lng)


@pytest.mark.parametrize("bad", [(91, 0), (float("nan"), 0), (0, float("inf"))])
def test_what_is_no_place_is_refused(bad: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="latitude"):
        leaf_ids([bad[0]], [bad[1]])


def test_tokens_are_s2spheres_and_text() -> None:
    ids = [s2sphere.CellId.from_token(token).id() for token in ("47e63", "1", "89c25a31", "3e4")]
    assert tokens(ids) == ["47e63", "1", "89c25a31", "3e4"]


def test_children_are_s2spheres() -> None:
    for each in cells.FACES:
        expected = [child.id() for child in s2sphere.CellId(int(each)).children()]
        assert children(np.array([each])).tolist() == expected


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
    assert (cells.first_leaves(made.cell_ids)[1:] > cells.last_leaves(made.cell_ids)[:-1]).all()  # disjoint
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

    faces = [s2sphere.CellId(int(each)) for each in cells.FACES]
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
    for ends in (cells.first_leaves, cells.last_leaves):
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


@pytest.mark.parametrize("ids", [[], [0], [7 << 61 | 1], [cells.FACES[1], cells.FACES[0]]])
def test_what_is_no_partition_is_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="partition"):
        Partition(np.array(ids, dtype=np.uint64))


def test_overlapping_cells_are_refused() -> None:
    face = cells.FACES[:1]
    with pytest.raises(ValueError, match="overlap"):
        Partition(np.sort(np.concatenate([face, children(face)])))


def inside_by_ray(lat: float, lng: float, outline: list[tuple[float, float]]) -> bool:
    """Count crossings of a ray to the east in the plane of latitude and longitude."""
    ends = zip(outline, outline[1:] + outline[:1], strict=True)
    return sum((a[0] > lat) != (b[0] > lat) and lng < (b[1] - a[1]) * (lat - a[0]) / (b[0] - a[0]) + a[1]
               for a, b in ends) % 2 == 1  # fmt: skip


@pytest.mark.parametrize("level", [0, 1, 2, 3, 6])
def test_polygons_never_jump_and_hold_their_cells(level: int) -> None:
    ids = cells.FACES
    for _ in range(level):
        ids = children(ids[:: max(len(ids) // 24, 1)])
    for each in ids:
        outline = polygon(int(each))
        lngs = [lng for _, lng in outline]
        polar = any(abs(lat) == 90 for lat, _ in outline)
        assert polar or all(abs(b - a) < 180 for a, b in zip(lngs, lngs[1:] + lngs[:1], strict=True))
        assert all(abs(b - a) < 180 or abs(lat) == 90 for (lat, a), b in zip(outline, lngs[1:], strict=False))
        middle = s2sphere.CellId(int(each)).to_lat_lng()
        lat, lng = middle.lat().degrees, middle.lng().degrees
        if abs(lat) < 89.9:
            assert any(inside_by_ray(lat, lng + turn, outline) for turn in (-360, 0, 360)), tokens([each])


def test_a_cell_across_the_date_line_is_drawn_in_one_piece() -> None:
    leaf = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(0.5, 179.999))
    lngs = [lng for _, lng in polygon(cells.FACES[3])]
    assert leaf.face() == 3
    assert max(lngs) - min(lngs) == pytest.approx(90)
    assert -180 <= sum(lngs) / len(lngs) < 180
