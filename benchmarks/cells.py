"""S2 cells for many points, against libraries asked point by point, and each step against the least it could do."""

from functools import lru_cache

import numpy as np
import s2geometry
import s2sphere

from benchmarks.measure import Result, against
from predictor import cells, checkpoint, s2
from predictor.opponents import Planet

POINTS = 200_000
PARTITION_POINTS = 200_000
MANY = 4_000_000
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


def by_s2geometry(lat: np.ndarray, lng: np.ndarray) -> list[int]:
    """The baseline: Google's C++ library by its own Python binding, one point after the other."""
    from_degrees, cell = s2geometry.S2LatLng.FromDegrees, s2geometry.S2CellId
    return [cell(from_degrees(y, x)).id() for y, x in zip(lat.tolist(), lng.tolist(), strict=True)]


def leaf_ids_by_the_c_library() -> Result:
    """Encode points. Fails where a single id differs."""
    lat, lng = points(POINTS)
    if s2.leaf_ids(lat, lng).tolist() != by_s2geometry(lat, lng):
        raise AssertionError("leaf_ids and s2geometry disagree")
    ours, theirs = against(lambda: s2.leaf_ids(lat, lng), lambda: by_s2geometry(lat, lng), 3)
    told = f"s2geometry's Python binding point by point: {theirs:.2f} s for {POINTS:,} points, same ids"
    return Result("S2 leaf ids", theirs / ours, "times as fast", told, goal=10)


@lru_cache(maxsize=1)
def _world() -> tuple[np.ndarray, np.ndarray, cells.Partition]:
    """Many points in no order, and a partition of about as many cells as the paper's (26,263)."""
    lat, lng = points(MANY)
    return lat, lng, cells.adaptive_partition(lat, lng, MANY // 16_000, 5, MAX_LEVEL)


def lookup() -> Result:
    """Find the cells of leaf ids. Fails where a cell differs from the one that the search alone names."""
    lat, lng, partition = _world()
    leaves, firsts = s2.leaf_ids(lat, lng), s2.first_leaves(partition.cell_ids)

    def search() -> np.ndarray:
        return np.searchsorted(firsts, leaves, side="right") - 1

    found = partition.holding(leaves)
    if (found != search())[found >= 0].any():
        raise AssertionError("holding and searchsorted disagree")
    ours, theirs = against(lambda: partition.holding(leaves), search, 2)
    told = f"numpy.searchsorted of the same ids, which checks nothing: {MANY / theirs / 1e6:.1f} million a second"
    return Result(f"lookup among {len(partition):,} cells", theirs / ours, "of that speed", told, goal=0.5)


def assignment() -> list[Result]:
    """Assign points to cells, from degrees, on one thread: to the game's own cells, and to as many as the paper's."""
    lat, lng, many = _world()
    shipped = checkpoint.read_header(Planet().path())[1]
    return [_assigned(lat, lng, shipped), _assigned(lat, lng, many)]


def _assigned(lat: np.ndarray, lng: np.ndarray, partition: cells.Partition) -> Result:
    assigned, encoded = against(lambda: partition.assign(lat, lng), lambda: s2.leaf_ids(lat, lng), 1)
    told = f"encoding alone, to leaf ids: {MANY / encoded / 1e6:.1f} million a second"
    name, speed = f"assignment to {len(partition):,} cells, from degrees", MANY / assigned / 1e6
    return Result(name, speed, "million points a second", told, goal=5)


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
        lambda: cells.adaptive_partition(lat, lng, T1, T2, MAX_LEVEL), lambda: recursion(lat, lng), 2
    )
    told = f"a plain recursion over s2sphere cells: {theirs:.2f} s for {PARTITION_POINTS:,} points, same cells"
    return Result("adaptive partition", theirs / ours, "times as fast", told, goal=50)
