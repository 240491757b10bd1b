"""One picture being taken: the easel, the place's style, the date and hour, and notes of what came into sight."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from predictor.toyearth.colour import Colour, mix
from predictor.toyearth.easel import Easel
from predictor.toyearth.land import City
from predictor.toyearth.style import Style

SNOW: Colour = (0.93, 0.95, 0.98)
Step = tuple[float, Callable[[], object]]  # how far away something is, and how it is painted
VISIBLE_SHARE = 0.02  # of the picture's width: what is smaller is not counted as a clue


@dataclass
class Shot:
    """What every part of a scene needs, and where it leaves word of what it painted."""

    easel: Easel
    style: Style
    city: City  # the nearest of its spot
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
        depth = camera.depth_m((x, y, z))
        if depth < 0.5 or camera.focal * size_m / depth < VISIBLE_SHARE:
            return
        px, py = camera.pixel((x, y, z))
        if 0 <= px < camera.size_px and 0 <= py < camera.size_px:
            self.clues.add(clue)
