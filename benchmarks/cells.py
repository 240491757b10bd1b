"""S2 cells for many points, against s2sphere asked point by point."""

import numpy as np
import s2sphere

from benchmarks.measure import Result, against
from predictor import cells, s2

POINTS = 200_000
PARTITION_POINTS = 50_000
T1, T2, MAX_LEVEL = 150, 10, 13


def points(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points all over the globe; one in a hundred lies on a pole, an edge of the cube or the date line."""
    rng = np.random.default_rng(0)
    lat, lng = np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)
    lat[: count // 100] = rng.choice([90.0, -90.0, 0.0, 45.0, -45.0, 35.264389682754654], count // 100)
    lng[: count // 100] = rng.choice([180.0, -180.0, 0.0, 45.0, 135.0, -45.0, -135.0, 90.0], count // 100)
    return lat, lng


def by_s2sphere(lat: np.ndarray, lng: np.ndarray) -> list[int]:
    """The baseline: the library's own way, one point after the other."""
    from_degrees, from_lat_lng = s2sphere.LatLng.from_degrees, s2sphere.CellId.from_lat_lng
    return [from_lat_lng(from_degrees(y, x)).id() for y, x in zip(lat.tolist(), lng.tolist(), strict=True)]


def leaf_ids() -> Result:
    """Encode points. Fails where a single id differs."""
    lat, lng = points(POINTS)
    if s2.leaf_ids(lat, lng).tolist() != by_s2sphere(lat, lng):
        raise AssertionError("leaf_ids and s2sphere disagree")
    ours, theirs = against(lambda: s2.leaf_ids(lat, lng), lambda: by_s2sphere(lat, lng), 3)
    told = f"s2sphere point by point: {theirs:.2f} s for {POINTS:,} points, same ids"
    return Result("S2 leaf ids", theirs / ours, "times as fast", told, goal=40)


def recursion(lat: np.ndarray, lng: np.ndarray) -> list[int]:
    """The baseline: the paper's rule as it reads, over s2sphere cells; each point is encoded once."""

    def cut(cell: s2sphere.CellId, inside: list[int]) -> list[int]:
        if len(inside) <= T1 or cell.level() == MAX_LEVEL:
            return [cell.id()] if len(inside) >= T2 else []
        found = []
        for child in cell.children():
            low, high = child.range_min().id(), child.range_max().id()
            found += cut(child, [leaf for leaf in inside if low <= leaf <= high])
        return found

    leaves = by_s2sphere(lat, lng)
    faces = [s2sphere.CellId(int(face)) for face in s2.FACES]
    return [x for face in faces for x in cut(face, [leaf for leaf in leaves if leaf >> 61 == face.face()])]


def partition() -> Result:
    """Cut the Earth. Fails where a single cell differs."""
    lat, lng = points(PARTITION_POINTS)
    if cells.adaptive_partition(lat, lng, T1, T2, MAX_LEVEL).cell_ids.tolist() != sorted(recursion(lat, lng)):
        raise AssertionError("adaptive_partition and the recursion disagree")
    ours, theirs = against(
        lambda: cells.adaptive_partition(lat, lng, T1, T2, MAX_LEVEL), lambda: recursion(lat, lng), 3
    )
    told = f"a plain recursion over s2sphere cells: {theirs:.2f} s for {PARTITION_POINTS:,} points, same cells"
    return Result("adaptive partition", theirs / ours, "times as fast", told, goal=40)
