"""One picture being taken: the easel, the place's style, the date and hour, and notes of what came into sight."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from predictor.toyearth.colour import Colour, mix
from predictor.toyearth.easel import Easel
from predictor.toyearth.style import Style

SNOW: Colour = (0.93, 0.95, 0.98)
Step = tuple[float, Callable[[], object]]  # how far away something is, and how it is painted
VISIBLE_SHARE = 0.02  # of the picture's width: what is smaller is not counted as a clue


@dataclass
class Shot:
    """What every part of a scene needs, and where it leaves word of what it painted."""

    easel: Easel
    style: Style
    day: float  # of the year
    overcast: float
    rng: Random
    clues: set[str] = field(default_factory=set)  # of bands.py, large enough to see
    facts: set[str] = field(default_factory=set)  # "driving side", "road lines", "flag", …

    @property
    def snow(self) -> float:
        """Return how much of the ground is white."""
        return self.style.climate.snow(self.day)

    def snowy(self, colour: Colour, share: float = 1.0) -> Colour:
        """Return a colour under today's snow."""
        return mix(colour, SNOW, self.snow * share)

    def see(self, clue: str, x: float, y: float, z: float, size_m: float) -> None:
        """Note a clue, if a thing of this size there is in the picture and large enough."""
        camera = self.easel.camera
        if self.easel.shows((x, y, z)) and camera.focal * size_m / camera.depth_m((x, y, z)) >= VISIBLE_SHARE:
            self.clues.add(clue)
