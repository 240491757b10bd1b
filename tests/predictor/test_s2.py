"""Cells against s2sphere."""

import math

import numpy as np
import pytest
import s2sphere
from hypothesis import given
from hypothesis import strategies as st

from predictor import s2
from predictor.geo import unit_vectors
from predictor.s2 import children, leaf_ids, polygon, tokens

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
        for each in children(children(children(s2.FACES)))
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
    for each in s2.FACES:
        expected = [child.id() for child in s2sphere.CellId(int(each)).children()]
        assert children(np.array([each])).tolist() == expected


def cells_of_every_level() -> np.ndarray:
    """A cell of each level on each face, leaves at corners of faces and at a pole among them."""
    rng = np.random.default_rng(3)
    lat, lng = np.degrees(np.arcsin(rng.uniform(-1, 1, 300))), rng.uniform(-180, 180, 300)
    ids = leaf_ids(np.r_[lat, EDGE, -EDGE, 90.0], np.r_[lng, 45.0, -135.0, 0.0])
    return np.unique(np.concatenate([s2.parents(ids, level) for level in range(31)]))


def test_parents_and_levels_are_s2spheres() -> None:
    ids = cells_of_every_level()
    assert s2.levels(ids).tolist() == [s2sphere.CellId(int(each)).level() for each in ids]
    leaf = leaf_ids([48.8584], [2.2945])
    for level in range(31):
        assert s2.parents(leaf, level).tolist() == [s2sphere.CellId(int(leaf[0])).parent(level).id()]
    with pytest.raises(ValueError, match="level 3"):
        s2.parents(s2.FACES, 3)


def test_middles_and_corners_are_s2spheres() -> None:
    ids = cells_of_every_level()
    points = [s2sphere.CellId(int(each)).to_point() for each in ids]
    lat, lng = s2.middles(ids)
    assert np.abs(unit_vectors(lat, lng) - [[p[0], p[1], p[2]] for p in points]).max() < 4e-16 * 4
    assert ((lng >= -180) & (lng < 180)).all()
    for each, four in zip(ids[::7], s2.corners(ids[::7]), strict=True):
        vertices = [s2sphere.Cell(s2sphere.CellId(int(each))).get_vertex(k) for k in range(4)]
        theirs = sorted((p[0], p[1], p[2]) for p in vertices)
        assert np.allclose(sorted(map(tuple, four.tolist())), theirs, rtol=0, atol=4e-16 * 4)


def test_areas_are_s2spheres_and_fill_the_earth() -> None:
    ids = cells_of_every_level()
    ids = ids[s2.levels(ids) <= 20]  # s2sphere's own formula has no digits left below
    theirs = [s2sphere.Cell(s2sphere.CellId(int(each))).exact_area() * 6371.0088**2 for each in ids]
    assert np.allclose(s2.areas_km2(ids), theirs, rtol=1e-4)
    everything = children(children(children(s2.FACES)))
    assert s2.areas_km2(everything).sum() == pytest.approx(4 * math.pi * 6371.0088**2, rel=1e-12)
    fine = leaf_ids([48.8584], [2.2945])
    assert s2.areas_km2(children(s2.parents(fine, 29))).sum() == pytest.approx(s2.areas_km2(s2.parents(fine, 29))[0])


def test_tokens_can_be_read_back() -> None:
    ids = cells_of_every_level()
    assert s2.from_tokens(tokens(ids)).tolist() == ids.tolist()


@pytest.mark.parametrize("bad", ["", "X", "47e62", "0", "zz", "47e630000000000001", "f", "-1", " 1"])
def test_what_is_no_token_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="no S2 token"):
        s2.from_tokens([bad])


def inside_by_ray(lat: float, lng: float, outline: list[tuple[float, float]]) -> bool:
    """Count crossings of a ray to the east in the plane of latitude and longitude."""
    ends = zip(outline, outline[1:] + outline[:1], strict=True)
    return sum((a[0] > lat) != (b[0] > lat) and lng < (b[1] - a[1]) * (lat - a[0]) / (b[0] - a[0]) + a[1]
               for a, b in ends) % 2 == 1  # fmt: skip


@pytest.mark.parametrize("level", [0, 1, 2, 3, 6])
def test_polygons_never_jump_and_hold_their_cells(level: int) -> None:
    ids = s2.FACES
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
    lngs = [lng for _, lng in polygon(s2.FACES[3])]
    assert leaf.face() == 3
    assert max(lngs) - min(lngs) == pytest.approx(90)
    assert -180 <= sum(lngs) / len(lngs) < 180
