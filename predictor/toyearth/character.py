"""What a place looks like, whenever it is seen: its climate, and the kinds and amounts that the fields give it."""

from dataclasses import dataclass
from random import Random

from predictor.toyearth.fields import turns_and_levels
from predictor.toyearth.land import inland
from predictor.toyearth.moment import Colour, Moment, mix

TREES = ("conifer", "palm", "round", "cypress", "umbrella", "baobab", "birch", "cactus")
# Where each kind of tree feels at home: coldest and warmest mean of the year in degrees, and the driest share.
_HOMES = {
    "conifer": (-14, 14, 0.6), "palm": (18, 40, 0.9), "round": (3, 26, 0.6), "cypress": (11, 22, 0.9),
    "umbrella": (19, 40, 1.0), "baobab": (21, 40, 1.0), "birch": (-12, 15, 0.6), "cactus": (14, 40, 1.2),
}  # fmt: skip
_PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((0.95, 0.93, 0.87), (0.90, 0.88, 0.84), (0.97, 0.95, 0.92)),  # whitewash
    ((0.93, 0.80, 0.55), (0.90, 0.70, 0.47), (0.96, 0.87, 0.68)),  # ochre
    ((0.74, 0.36, 0.29), (0.66, 0.31, 0.27), (0.80, 0.48, 0.38)),  # brick
    ((0.93, 0.68, 0.62), (0.95, 0.78, 0.72), (0.88, 0.57, 0.55)),  # rose
    ((0.62, 0.74, 0.80), (0.48, 0.63, 0.74), (0.78, 0.85, 0.88)),  # blue
    ((0.69, 0.78, 0.62), (0.57, 0.70, 0.58), (0.82, 0.86, 0.72)),  # sage
    ((0.72, 0.70, 0.67), (0.61, 0.60, 0.60), (0.80, 0.77, 0.72)),  # stone
    ((0.63, 0.45, 0.31), (0.53, 0.37, 0.27), (0.74, 0.57, 0.40)),  # timber
)


@dataclass(frozen=True)
class Character:
    """The look of a place."""

    warmth: float  # degrees, mean of the year
    swing: float  # degrees from the mean to the height of summer
    dryness: float  # 0 lush, 1 desert
    turns: dict[str, float]
    levels: dict[str, float]

    def kind(self, name: str, kinds: int, rng: Random, waver: float = 0.25) -> int:
        """Choose a kind; near the border of two regions either may come. waver is in kinds."""
        return int((self.turns[name] * kinds + rng.gauss(0, waver)) % kinds)

    def level(self, name: str, rng: Random, waver: float = 0.06) -> float:
        """An amount in [0, 1], a little different each time."""
        return min(max(self.levels[name] + rng.gauss(0, waver), 0.0), 1.0)

    def wall(self, rng: Random) -> Colour:
        """The colour of a house: mostly of the place, sometimes of its owner."""
        palette = rng.randrange(8) if rng.random() < 0.3 else self.kind("palette", 8, rng, 0.4)
        return rng.choice(_PALETTES[palette])

    def tree(self, rng: Random) -> str:
        """Choose a kind of tree that grows here; the fields decide among those that could."""
        scores = [self._liking(kind) + rng.gauss(0, 0.10) for kind in TREES]
        return TREES[scores.index(max(scores))]

    def _liking(self, kind: str) -> float:
        coldest, warmest, driest = _HOMES[kind]
        misfit = max(coldest - self.warmth, self.warmth - warmest, 0) / 3 + max(self.dryness - driest, 0) * 3
        too_wet = max(0.5 - self.dryness, 0) * 2 if kind == "cactus" else 0
        return self.levels[kind] - misfit - too_wet

    def now(self, moment: Moment) -> float:
        """Degrees on the day of the picture."""
        return self.warmth + self.swing * moment.summer

    def snow(self, moment: Moment) -> float:
        """0 none, 1 all white."""
        return min(max((0.0 - self.now(moment)) / 6, 0.0), 1.0)

    def earth(self, moment: Moment, rng: Random) -> Colour:
        """The colour of the ground on that day."""
        green = mix((0.36, 0.58, 0.30), (0.57, 0.66, 0.33), self.levels["green"])
        sand = mix((0.87, 0.75, 0.50), (0.79, 0.46, 0.30), self.levels["red_earth"])
        bleak = min(max((4 - self.now(moment)) / 14, 0), 0.7)
        base = mix(mix(green, sand, self.dryness), (0.58, 0.53, 0.40), bleak)
        base = mix(base, rng.choice((green, sand, (0.55, 0.58, 0.38))), rng.uniform(0, 0.35))
        return mix(base, (0.93, 0.95, 0.99), self.snow(moment))


def character(lat: float, lng: float) -> Character:
    """Read the fields and the climate at a place."""
    turns, levels = turns_and_levels(lat, lng)
    deep = inland(lat, lng)
    warmth = 27.5 - 0.0072 * lat * lat + 2 * (levels["dryness"] - 0.5)
    desert_belt = max(0.0, 1 - abs(abs(lat) - 24) / 14)
    dryness = min(max(0.15 + 0.45 * desert_belt + 0.7 * (levels["dryness"] - 0.5) + 0.25 * (deep - 0.6), 0), 1)
    return Character(warmth, min(abs(lat) / 60, 1.1) * (7 + 11 * deep), dryness, turns, levels)
