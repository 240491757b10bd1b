"""Sets of pictures as files: folders for the game to import, the three sets that ship, and the sheet to look at."""

import csv
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from PIL import Image
from tqdm import tqdm

from predictor.toyearth import trips
from predictor.toyearth.bands import BANDS
from predictor.toyearth.land import world
from predictor.toyearth.spots import split_of, spot
from predictor.toyearth.trips import Stop, When
from predictor.toyearth.version import PAINTER_VERSION

if TYPE_CHECKING:
    from predictor.toyearth.painter import Picture

COLUMNS = ("filename", "latitude", "longitude", "credit", "licence", "source_url", "title", "album", "painter")
JPEG_QUALITY = 85
STARTER_PX = 640
FIRST_STEPS, TRIPS, FIFTY = "first-steps", "trips", "the-fifty"
STARTER_SEED = 4141  # no training, no exam
_STEPS_CLUES = 22  # of 26: a picture for beginners shows at least so many clues
JANUARY, JULY, NOON = 15.0, 196.0, 12.5

# Town, country, day, noon or dusk: twenty places on five continents, at noon and at dusk.
_SHEET: tuple[tuple[str, str, float, bool], ...] = (
    ("Oslo", "NO", JANUARY, True), ("Tromsø", "NO", JULY, False), ("Siena", "IT", JULY, True),
    ("Dublin", "IE", JULY, False),
    ("Marrakesh", "MA", JANUARY, True), ("Nairobi", "KE", JULY, True), ("Cape Town", "ZA", JANUARY, False),
    ("Lagos", "NG", JULY, False), ("Kyoto", "JP", JANUARY, True), ("Yakutsk", "RU", JANUARY, True),
    ("Hanoi", "VN", JULY, True), ("Jaipur", "IN", JULY, False), ("Tehran", "IR", JANUARY, False),
    ("Riyadh", "SA", JULY, True),
    ("Denver", "US", JANUARY, True), ("Québec", "CA", JANUARY, False), ("Oaxaca", "MX", JULY, True),
    ("Cusco", "PE", JULY, True), ("Salvador", "BR", JANUARY, False), ("Hobart", "AU", JANUARY, True),
)  # fmt: skip


@dataclass(frozen=True)
class Album:
    """Pictures to take, and the name that they share; a single picture has no album."""

    stops: tuple[Stop, ...]
    name: str = ""


def single(split: str, seed: int, index: int) -> Album:
    """Return one picture."""
    return Album((trips.single(split, seed, index),))


def trip(split: str, seed: int, index: int) -> Album:
    """Return a trip. Its name tells nothing."""
    return Album(tuple(trips.trip(split, seed, index)), f"trip-{_name(split, seed, index)[:8]}")


def _name(*key: object) -> str:
    """Return a name that tells nothing."""
    text = " ".join(map(str, ("toy-earth", PAINTER_VERSION, *key)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write(folder: Path, albums: Sequence[Album], size: int, with_plans: bool = True) -> None:
    """Paint albums into a folder, with photos.csv for the game and manifest.jsonl for whoever scores reading.

    The two tables appear when all is painted. Raises ValueError for a folder that holds other pictures: an import would
    find them without a place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [[f"{_name(*stop.seed)}.jpg" for stop in album.stops] for album in albums]
    others = {path.name for path in folder.glob("*.jpg")} - {name for these in names for name in these}
    if others:
        raise ValueError(f"{folder} holds {len(others)} other pictures; choose an empty folder")
    rows: list[tuple[object, ...]] = [COLUMNS]
    lines = []
    for album, files in zip(tqdm(albums, desc="painting", unit="album"), names, strict=True):
        for number, (stop, file) in enumerate(zip(album.stops, files, strict=True), start=1):
            shown = trips.take(stop, size)
            Image.fromarray(shown.image).save(folder / file, quality=JPEG_QUALITY, optimize=True)
            place = (f"{shown.lat:.6f}", f"{shown.lng:.6f}")
            rows.append((file, *place, "Toy Earth", "CC0-1.0", "", shown.title, album.name, PAINTER_VERSION))
            told = shown.manifest()
            if not with_plans:
                del told["plan"]
            lines.append(json.dumps({"file": file, "album": album.name, "number": number, **told}, ensure_ascii=False))
    with _finished(folder / "photos.csv") as table:
        csv.writer(table).writerows(rows)
    with _finished(folder / "manifest.jsonl") as manifest:
        manifest.writelines(f"{line}\n" for line in lines)


@contextmanager
def _finished(path: Path) -> Iterator[TextIO]:
    """Write a file that appears when it is whole."""
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        yield file
    os.replace(part, path)


def starter(folder: Path, size: int = STARTER_PX) -> None:
    """Write the three sets that ship with the game. Their places are new to the weights that ship beside them."""
    fifty = [single("new_place", STARTER_SEED, index) for index in range(50)]
    albums = [trip("new_place", STARTER_SEED, index) for index in range(30)]
    for name, chosen in ((FIRST_STEPS, _first_steps(100)), (TRIPS, albums), (FIFTY, fifty)):
        for old in (folder / name).glob("*.jpg"):
            old.unlink()  # of an earlier painter
        write(folder / name, chosen, size, with_plans=False)


def _first_steps(count: int) -> list[Album]:
    """Choose pictures by daylight that tell much, at most six of a country."""
    chosen: list[Album] = []
    countries: Counter[str] = Counter()
    index = 0
    while len(chosen) < count:
        album = single("new_place", STARTER_SEED + 1, index)
        index += 1
        shown = trips.take(album.stops[0], 96)
        if shown.sun_height > 5 and len(shown.clues) >= _STEPS_CLUES and countries[shown.country] < 6:
            chosen.append(album)
            countries[shown.country] += 1
    return chosen


def sheet(size: int, columns: int = 5) -> Image.Image:
    """Paint twenty places on five continents, in January and in July, at noon and at dusk."""
    gap = max(size // 40, 2)
    rows = -(-len(_SHEET) // columns)
    paper = Image.new("RGB", (columns * (size + gap) + gap, rows * (size + gap) + gap), (24, 28, 44))
    for number, (town, country, day, is_noon) in enumerate(tqdm(_SHEET, desc="painting", unit="picture")):
        image = Image.fromarray(_postcard(town, country, day, is_noon, size).image)
        paper.paste(image, (gap + number % columns * (size + gap), gap + number // columns * (size + gap)))
    return paper


def _postcard(town: str, country: str, day: float, is_noon: bool, size: int) -> "Picture":
    """Take the first picture out of doors, by many seeds, of a town's spots."""
    city = next(k for k, c in enumerate(world().cities) if c.country == country and town in (c.name, *c.names))
    ranks = [rank for rank in range(40) if split_of(found := spot(city, rank)) != "new_place" and found.is_urban]
    where = spot(city, ranks[0] if ranks else 0)
    when = When(day, NOON if is_noon else trips.dusk(where.lat, day))
    for seed in range(20):
        stop = Stop(where, (where.lat, where.lng), when, (seed, city))
        if trips.take(stop, 64).scene in ("urban", "natural"):
            break
    return trips.take(stop, size)


def clue_table(split: str, seed: int, count: int, size: int) -> str:
    """Count which clue of which band is seen in which scene, in per cent of that scene's pictures."""
    seen: dict[str, Counter[str]] = {}
    scenes: Counter[str] = Counter()
    for index in tqdm(range(count), desc="painting", unit="picture"):
        shown = trips.take(trips.single(split, seed, index), size)
        scenes[shown.scene] += 1
        names = {*shown.clues, *shown.facts, *(f"text: {words.role}" for words in shown.texts)}
        seen.setdefault(shown.scene, Counter()).update(names)
    order = sorted(scenes, key=lambda scene: -scenes[scene])
    lines = ["| band | what is seen | " + " | ".join(f"{scene} ({scenes[scene]})" for scene in order) + " |"]
    lines.append("|" + "---|" * (len(order) + 2))
    rows = [(f"{wavelength:.0f} km", name) for wavelength, names in BANDS.items() for name in names]
    facts = sorted({name for counts in seen.values() for name in counts} - {name for _band, name in rows})
    for band, name in [*rows, *(("fact", fact) for fact in facts)]:
        shares = [f"{100 * seen[scene][name] / scenes[scene]:.0f} %" for scene in order]
        lines.append(f"| {band} | {name} | " + " | ".join(shares) + " |")
    return "\n".join(lines)
