"""The plan of a spot: its street, houses, trees and what stands between them, in metres, whoever looks and whenever.

x is to the right of the street's middle, y along it. The same spot has the same plan in every picture, and the
manifest keeps it for views from the air.
"""

from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any

from predictor.toyearth.building import END_M, Front, Lot, Shop, bays
from predictor.toyearth.colour import hue
from predictor.toyearth.names import local_name, shop_words
from predictor.toyearth.roadway import Street
from predictor.toyearth.spots import Spot
from predictor.toyearth.style import Style

START_M, STOP_M = -45.0, 135.0
TREE_METRES = {"conifer": (6.0, 11.0), "palm": (6.0, 10.0), "cypress": (6.0, 10.0), "umbrella": (4.5, 7.0)}
Stretches = tuple[tuple[float, float, float], ...]  # x, near, far
Points = tuple[tuple[float, float], ...]  # x, y
CROPS = ("rice", "rows", "meadow", "meadow", "grain", "lake")


@dataclass(frozen=True)
class House:
    """A house with its shops, a bay each."""

    lot: Lot
    front: Front
    shops: tuple[Shop | None, ...]
    seed: int


@dataclass(frozen=True)
class Tree:
    """A tree: where it stands, its height and which of the spot's kinds it is."""

    x: float
    y: float
    height: float
    kind: str


@dataclass(frozen=True)
class Plan:
    """All that stays at a spot."""

    is_urban: bool
    street: Street
    bearing: float  # of the y axis, degrees from north by east
    houses: tuple[House, ...]
    trees: tuple[Tree, ...]
    hedges: Stretches
    fences: Stretches
    lamps: Points
    bins: Points
    signs: Points
    crops: tuple[str, str]  # what grows on the left and on the right of a country road
    name: str  # of the street, in the place's script

    def turned(self) -> "Plan":
        """Return the same spot for who looks along the street the other way: turned about the middle of its length."""
        last = START_M + STOP_M

        def stretches(these: Stretches) -> Stretches:
            return tuple((-x, last - far, last - near) for x, near, far in these)

        def points(these: Points) -> Points:
            return tuple((-x, last - y) for x, y in these)

        def turn(house: House) -> House:
            lot = Lot(-house.lot.x, last - house.lot.far, last - house.lot.near)
            return replace(house, lot=lot, shops=house.shops[::-1])

        return replace(
            self,
            bearing=(self.bearing + 180) % 360,
            houses=tuple(map(turn, self.houses)),
            trees=tuple(replace(tree, x=-tree.x, y=last - tree.y) for tree in self.trees),
            hedges=stretches(self.hedges),
            fences=stretches(self.fences),
            lamps=points(self.lamps),
            bins=points(self.bins),
            signs=points(self.signs),
            crops=(self.crops[1], self.crops[0]),
        )

    def as_json(self) -> dict[str, Any]:
        """Return what a view from the air needs: the street, and each house and tree seen from above."""
        street = self.street
        return {
            "bearing": round(self.bearing, 1),
            "carriageway_m": round(street.carriageway, 2),
            "pavement_m": round(street.pavement, 2),
            "houses": [
                {
                    "x": round(h.lot.x, 2), "near": round(h.lot.near, 2), "far": round(h.lot.far, 2), "deep": END_M,
                    "height": round(h.front.height, 2), "roof": [round(part, 3) for part in h.front.roof],
                    "pitch": round(h.front.roof_pitch, 3),
                }
                for h in self.houses
            ],
            "trees": [{key: round(v, 2) if key != "kind" else v for key, v in asdict(t).items()} for t in self.trees],
            "crops": list(self.crops),
        }  # fmt: skip


def plan_of(where: Spot, style: Style) -> Plan:
    """Return the plan of a spot."""
    rng = Random(where.key)
    street = style.street(rng)
    houses = _rows(street, style, rng) if where.is_urban else _farms(street, style, rng)
    trees = _avenue(street, style, rng) if where.is_urban else _grove(street, style, rng)
    crops = [crop for crop in CROPS if crop != "rice" or style.climate.grows_rice()]
    wild = style.climate.dryness > 0.5 or style.climate.warmth < 1  # nothing is sown
    crops = ["none", "none", "lake"] if style.climate.warmth < 1 else ["none"] if wild else crops
    sown = (rng.choice(crops), rng.choice(crops))
    side = street.half - 0.6 if where.is_urban else street.carriageway / 2 + 1.6
    hedges = _hedges(side + (0.15 if where.is_urban else 0.8), rng)
    return Plan(
        is_urban=where.is_urban,
        street=street if where.is_urban else replace(street, pavement=1.2),
        bearing=where.bearing,
        houses=houses,
        trees=tuple(t for t in trees if sown[t.x > 0] != "lake") if not where.is_urban else trees,
        hedges=tuple(hedges),
        fences=() if where.is_urban else tuple(_gaps(hedges)),
        lamps=tuple(
            (s * (street.carriageway / 2 + 0.55), k * 15.0 + 7 * (s > 0))
            for k in range(-3, 9) for s in (-1, 1) if where.is_urban or (k + s) % 4 == 1
        ),
        bins=tuple(
            (s * (side - 0.1), k * 8.0 + rng.uniform(-1.5, 1.5)) for k in range(-5, 9) for s in (-1, 1)
            if rng.random() < 0.75
        ),
        signs=tuple(
            (s * (street.carriageway / 2 + 1.2), k * 13.0 + 3 + 5 * (s > 0)) for k in range(-3, 9) for s in (-1, 1)
        ),
        crops=sown,
        name=local_name(where.city, style.country, rng),
    )  # fmt: skip


def _house(lot: Lot, style: Style, rng: Random, chance: float) -> House:
    front = style.front(rng)
    if rng.random() < 0.35:
        front = replace(front, rail=0.0)
    shops = tuple(_shop(style, rng) if rng.random() < chance else None for _ in range(bays(front, lot)))
    return House(lot, front, shops, rng.randrange(1 << 30))


def _shop(style: Style, rng: Random) -> Shop:
    word = shop_words(style.country, rng)
    blade = hue(rng.random(), 0.6, 0.55) if rng.random() < 0.5 else None
    return Shop(word.text, word.script, style.awning() if rng.random() < 0.8 else None, blade)


def _rows(street: Street, style: Style, rng: Random) -> tuple[House, ...]:
    """Build both sides of a street."""
    houses = []
    for side in (-1, 1):
        y = START_M + rng.uniform(0, 5)
        while y < STOP_M:
            length = rng.uniform(7, 14)
            houses.append(_house(Lot(side * street.half, y, y + length), style, rng, 0.55))
            y += length + (rng.uniform(2.5, 6) if rng.random() < 0.14 else 0)
    return tuple(houses)


def _farms(street: Street, style: Style, rng: Random) -> tuple[House, ...]:
    """Put a few houses beside a country road, the first where it can be seen well."""
    houses = []
    for side in rng.sample((-1, 1), 2):
        y = START_M + rng.uniform(0, 12)
        while y < STOP_M - 30:
            away = street.carriageway / 2 + rng.uniform(3.5, 7)
            length = rng.uniform(8, 13)
            farm = _house(Lot(side * away, y, y + length), style, rng, 0.12)
            low = replace(farm.front, height=3.4 + (farm.front.height - 3.4) * 0.45)
            houses.append(replace(farm, front=low))
            y += length + rng.uniform(9, 26)
    return tuple(houses)


def _tree(x: float, y: float, kind: str, rng: Random) -> Tree:
    return Tree(x, y, rng.uniform(*TREE_METRES.get(kind, (4.5, 7.5))), kind)


def _kinds(style: Style, rng: Random) -> list[str]:
    """Choose up to two of the kinds of tree that grow here."""
    home = style.climate.trees()[:3]
    return rng.sample(home, min(len(home), 2))


def _avenue(street: Street, style: Style, rng: Random) -> tuple[Tree, ...]:
    """Plant trees along the pavements."""
    kinds = _kinds(style, rng)[:1]
    if not kinds or style.climate.dryness > 0.85:
        return ()
    spots = [(s, y + rng.uniform(0, 8)) for s in (-1, 1) for y in range(int(START_M), 90, 13) if rng.random() < 0.5]
    return tuple(_tree(s * (street.carriageway / 2 + 0.95), y, kinds[0], rng) for s, y in spots)


def _grove(street: Street, style: Style, rng: Random) -> tuple[Tree, ...]:
    """Scatter trees over the land beside a country road."""
    kinds, dry = _kinds(style, rng), style.climate.dryness
    if not kinds:
        return ()
    count = int(64 * (1 - 0.85 * dry) * (0.4 + rng.random()))
    trees = []
    for _ in range(count):
        x = rng.choice((-1, 1)) * (street.carriageway / 2 + rng.uniform(2.5, 38))
        trees.append(_tree(x, rng.uniform(START_M, 120), rng.choice(kinds), rng))
    return tuple(trees)


def _hedges(x: float, rng: Random) -> list[tuple[float, float, float]]:
    """Plant hedges in stretches on both sides."""
    stretches = []
    for side in (-1, 1):
        y = START_M + rng.uniform(0, 6)
        while y < 60:
            length = rng.uniform(3, 7)
            stretches.append((side * x, y, y + length))
            y += length + rng.uniform(2.5, 6)
    return stretches


def _gaps(hedges: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return where a fence goes on from one hedge to the next."""
    return [(x, far, near) for (x, _, far), (other, near, _) in pairwise(hedges) if x == other]
