"""Style: what a place looks like, whenever it is seen. Its clues, its country and its climate become sizes and colours.

Every clue of bands.py is turned into something to see in exactly one method here, so that all scenes say it alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from predictor.toyearth import bands
from predictor.toyearth.building import Front
from predictor.toyearth.climate import Climate, climate_at
from predictor.toyearth.colour import BLACK, WHITE, Colour, hue, mix, ramp
from predictor.toyearth.countries import Country, country_at
from predictor.toyearth.roadway import ASPHALT, Street

_WALLS: tuple[Colour, ...] = (
    (0.70, 0.30, 0.25), (0.86, 0.55, 0.36), (0.93, 0.76, 0.46), (0.95, 0.91, 0.78),
    (0.74, 0.80, 0.62), (0.58, 0.74, 0.76), (0.52, 0.60, 0.76), (0.80, 0.62, 0.74),
)  # fmt: skip
_TILES: tuple[Colour, ...] = ((0.62, 0.30, 0.20), (0.55, 0.38, 0.26), (0.33, 0.33, 0.36), (0.42, 0.40, 0.38))
_EARTH: dict[str, Colour] = {"red": (0.68, 0.37, 0.22), "sand": (0.88, 0.77, 0.55), "brown": (0.50, 0.42, 0.31)}
_STRANGERS = 0.12  # the share of houses that look as if they stood elsewhere


@dataclass(frozen=True)
class Style:
    """The look of a place; every method turns some of its clues into something to see."""

    lat: float
    lng: float
    country: Country
    climate: Climate
    clue: Mapping[str, float]

    def wall(self, rng: Random) -> Colour:
        """Return the colour of a house: mostly the place's, sometimes its owner's."""
        value = rng.random() if rng.random() < _STRANGERS else self.clue["wall_hue"] + rng.gauss(0, 0.03)
        colour = ramp(value, _WALLS)
        return mix(colour, WHITE if rng.random() < 0.5 else BLACK, rng.uniform(0, 0.14))

    def wall_height(self, rng: Random) -> float:
        """Return the height of a house in metres: one to six storeys."""
        storeys = 1.2 + 4.6 * self.clue["storeys"] + rng.gauss(0, 0.25)
        return 3.4 + 3.0 * max(storeys - 1, 0.15)

    def roof_pitch(self) -> float:
        """Return how steep roofs are, in radians; 0 is flat."""
        steep = self.clue["roof_pitch"]
        return 0.0 if steep < 0.2 else 0.25 + 0.9 * (steep - 0.2) / 0.8

    def front(self, rng: Random) -> Front:
        """Return a house as they build it here."""
        clue = self.clue
        tiles = ramp(min(max((self.climate.warmth - 24) / -22, 0.0), 1.0) + rng.gauss(0, 0.08), _TILES)
        return Front(
            wall=self.wall(rng),
            frame=self.frame(),
            roof=tiles,
            door=self.door(),
            shop=hue(rng.random(), 0.55, 0.45),
            height=self.wall_height(rng),
            storey=3.0,
            bay=3.0,
            window_width=0.24 + 0.5 * clue["window_width"],
            window_arch=self.window_arch(),
            roof_pitch=self.roof_pitch(),
            shutter=self.shutter(),
            rail=self.rail(),
            awning_stripe=self.awning_stripe(),
        )

    def frame(self) -> Colour:
        """Return the colour of frames, cornices and fences."""
        return hue(self.clue["frame_hue"], 0.42, 0.9)

    def window_arch(self) -> float:
        """Return how round windows are above, from 0, square, to 1, a half circle."""
        return max(self.clue["window_arch"] * 1.25 - 0.25, 0.0)

    def door(self) -> Colour:
        """Return the colour of doors."""
        return hue(self.clue["door_hue"], 0.7, 0.55)

    def stone(self) -> Colour:
        """Return the colour of paving stones and floors."""
        return hue(self.clue["stone_hue"], 0.32, 0.78)

    def lamp(self) -> Colour:
        """Return the colour of lamp posts."""
        return hue(self.clue["lamp_hue"], 0.75, 0.55)

    def kerb_paint(self) -> Colour:
        """Return the colour of every other length of a kerb."""
        return hue(self.clue["kerb_hue"], 0.85, 0.5)

    def crossing(self) -> Colour:
        """Return the pale colour of crossings and rugs."""
        return hue(self.clue["crossing_hue"], 0.5, 0.92)

    def awning(self) -> Colour:
        """Return the colour of awnings and tablecloths."""
        return hue(self.clue["awning_hue"], 0.7, 0.62)

    def shutter(self) -> Colour:
        """Return the colour of shutters and curtains."""
        return hue(self.clue["shutter_hue"], 0.6, 0.55)

    def rail(self) -> float:
        """Return the height of balcony rails and fences, in metres."""
        return 0.35 + 1.0 * self.clue["balcony_rail"]

    def lamp_arm(self) -> float:
        """Return how far a lamp hangs out from its post, in metres."""
        return 0.15 + 2.4 * self.clue["lamp_arm"]

    def slab(self) -> float:
        """Return the side of a paving stone or a floor tile, in metres."""
        return 0.32 * 4.5 ** self.clue["slab_size"]

    def stripe(self) -> float:
        """Return the length of the stripes on kerbs, in metres."""
        return 0.35 * 9.0 ** self.clue["kerb_stripe"]

    def awning_stripe(self) -> float:
        """Return the width of the stripes on awnings, in metres."""
        return 0.14 * 9.0 ** self.clue["awning_stripe"]

    def hedge(self) -> float:
        """Return the height of hedges, in metres."""
        return 0.25 + 1.6 * self.clue["hedge_height"]

    def plate(self) -> Colour:
        """Return the ground of street signs."""
        return hue(self.clue["plate_hue"], 0.85, 0.62)

    def post(self) -> Colour:
        """Return the colour of bollards and waymarks."""
        return hue(self.clue["post_hue"], 0.9, 0.92)

    def bin(self) -> Colour:
        """Return the colour of bins."""
        return hue(self.clue["bin_hue"], 0.75, 0.72)

    def bunting(self) -> Colour:
        """Return the colour of every other pennant."""
        return hue(self.clue["bunting_hue"], 0.85, 0.95)

    def cobble_turn(self) -> float:
        """Return by how much the stripes of a crossing are turned, in radians: from across the street to along it."""
        return 1.45 * self.clue["cobble_turn"]

    def street(self, rng: Random) -> Street:
        """Return a street's cross-section."""
        soil = self.soil(rng)
        return Street(
            carriageway=4.6 + 6.6 * self.clue["street_width"],
            pavement=rng.uniform(2.2, 2.9),
            slab=self.slab(),
            stone=mix(self.stone(), soil, 0.15),
            asphalt=mix(ASPHALT, soil, 0.08 + 0.2 * self.climate.dryness),
            kerb=(0.82, 0.82, 0.79),
            kerb_stripe=self.stripe(),
            stripe=self.kerb_paint(),
            ground=soil,
            lines=self.country.road_lines,
        )

    def soil(self, rng: Random) -> Colour:
        """Return the colour of the ground in the warm half of the year."""
        grass = mix((0.36, 0.55, 0.23), (0.66, 0.63, 0.35), min(self.climate.dryness * 1.5, 1.0))
        bare = _EARTH[self.climate.earth(rng)]
        tundra = min(max((-self.climate.warmth - 2) / 8, 0.0), 1.0)
        share = min(max(self.climate.dryness * 1.3 - 0.25, 0.0), 1.0)
        return mix(mix(grass, bare, max(share, 0.25 if self.climate.warmth > 20 else 0.0)), (0.55, 0.52, 0.42), tundra)

    def hill(self) -> tuple[float, Colour]:
        """Return the height of the hills behind everything, in picture heights, and their colour."""
        green = mix((0.30, 0.42, 0.28), (0.66, 0.55, 0.40), self.climate.dryness)
        return 0.02 + 0.30 * self.clue["hill_height"], green


def style_at(lat: float, lng: float, instead: Mapping[str, float] | None = None) -> Style:
    """Return what a place looks like; `instead` are clues that are to have other values than they have there."""
    return Style(lat, lng, country_at(lat, lng), climate_at(lat, lng), {**bands.clues(lat, lng), **(instead or {})})
