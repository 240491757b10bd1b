"""The painter: puts a scene together, back to front, then takes its picture. It knows no place, only a character."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from random import Random

import numpy as np
from PIL import Image

from predictor.toyearth import scenery, signs, street
from predictor.toyearth.brush import Brush
from predictor.toyearth.character import Character, character
from predictor.toyearth.houses import Plot, paint_house
from predictor.toyearth.moment import Moment, choose_moment
from predictor.toyearth.plants import paint_tree
from predictor.toyearth.scenery import ground_y
from predictor.toyearth.street import Run, Spot

PAINTER_VERSION = 1
_FINER = 2  # draw at so many times the size, for clean edges
_NOISE = 2  # of 255, either way: less than an eye can see, enough to hide the bands of a gradient


@dataclass(frozen=True)
class Picture:
    """A picture of a made-up place, and where it is."""

    image: np.ndarray  # (size, size, 3) uint8
    lat: float  # degrees
    lng: float
    title: str  # tells the place: for after the reveal


@dataclass(frozen=True)
class _Scene:
    """What every part of a scene needs."""

    brush: Brush
    moment: Moment
    place: Character
    rng: Random


def paint(lat: float, lng: float, seed: np.random.SeedSequence, size_px: int) -> np.ndarray:
    """Paint a picture taken at a place: (size_px, size_px, 3) uint8. The seed decides all that the place does not."""
    rng = Random(int(seed.generate_state(1, np.uint64)[0]))
    place, moment = character(lat, lng), choose_moment(lat, rng)
    brush = Brush(scenery.sky_image(moment, size_px * _FINER), moment.zoom)
    scene = _Scene(brush, moment, place, rng)
    _backdrop(scene)
    rng.choices(_SCENES, _SHARES)[0](scene)
    return _expose(brush.image.reduce(_FINER), moment, np.random.default_rng(seed))


def _backdrop(scene: _Scene) -> None:
    scenery.paint_sun(scene.brush, scene.moment)
    scenery.paint_clouds(scene.brush, scene.moment, scene.rng)
    scenery.paint_mountains(scene.brush, scene.moment, scene.place, scene.rng)
    scenery.paint_ground(scene.brush, scene.moment, scene.place, scene.rng)
    if scene.rng.random() < 0.3:
        x, y = scene.rng.uniform(0.12, 0.88), scene.rng.uniform(0.12, scene.moment.horizon - 0.22)
        signs.paint_balloon(scene.brush, scene.moment, scene.place, x, y, scene.rng.uniform(0.04, 0.075), scene.rng)


def _house(scene: _Scene, x: float, depth: float, wide: float, vanish_x: float) -> None:
    """A house whose front's left edge is at x in the picture, wide at depth 1."""
    storeys = 0.7 + 2.1 * scene.place.level("storeys", scene.rng, 0.10)
    moment = scene.moment
    plot = Plot(x, ground_y(moment, depth), wide / depth, 0.27 * storeys / depth, depth, (vanish_x, moment.horizon))
    paint_house(scene.brush, moment, scene.place, plot, scene.rng)


def _wide(scene: _Scene) -> float:
    return 0.36 + 0.34 * scene.place.level("breadth", scene.rng)


def _tree(scene: _Scene, x: float, depth: float) -> None:
    height = scene.rng.uniform(0.42, 0.75) / depth
    paint_tree(scene.brush, scene.moment, scene.place, x, ground_y(scene.moment, depth), height, depth, scene.rng)


def _furniture(scene: _Scene, signs_share: float, lamps_share: float, flags_share: float) -> None:
    """The clues that stand in front, each with its own chance."""
    brush, moment, place, rng = scene.brush, scene.moment, scene.place, scene.rng
    sides = [rng.uniform(0.14, 0.34), rng.uniform(0.66, 0.86), rng.uniform(0.04, 0.96)]
    rng.shuffle(sides)
    if rng.random() < lamps_share:
        depth = rng.uniform(1.0, 1.2)
        street.paint_lamp(brush, moment, place, Spot(sides[0], ground_y(moment, depth), 0.62 / depth, depth), rng)
    if rng.random() < flags_share:
        signs.paint_flag(brush, moment, place, sides[2], ground_y(moment, 1.15), rng.uniform(0.44, 0.56), rng)
    if rng.random() < signs_share:
        signs.paint_sign(brush, moment, place, sides[1], ground_y(moment, 1.15), rng.uniform(0.065, 0.09), rng)


def _fence(scene: _Scene, chance: float, depth: float) -> None:
    rng = scene.rng
    if rng.random() < chance:
        span = rng.choice(((-0.3, rng.uniform(0.2, 0.5)), (rng.uniform(0.5, 0.8), 1.3), (-0.3, 1.3)))
        height = rng.uniform(0.09, 0.12)
        run = Run(*span, ground_y(scene.moment, depth), height)
        street.paint_fence(scene.brush, scene.moment, scene.place, run, rng)


def _lane(scene: _Scene) -> None:
    """A road that runs away between houses and trees."""
    rng = scene.rng
    offset, bend = rng.uniform(-0.22, 0.22), rng.uniform(-0.05, 0.05)
    scenery.paint_lane(scene.brush, scene.moment, scene.place, offset, bend, rng)
    depth = 6.0
    while depth > 1.3:
        for side in (-1, 1):
            wide, gap = _wide(scene), 0.42 + rng.uniform(0, 0.12)
            left = offset + gap if side > 0 else offset - gap - wide
            if rng.random() < 0.78:
                _house(scene, 0.5 + left / depth + bend * log(depth), depth, wide, 0.5)
            if rng.random() < 0.45:
                _tree(scene, 0.5 + (offset + side * (gap - 0.06)) / (depth * 0.9) + bend * log(depth), depth * 0.9)
        depth *= rng.uniform(0.66, 0.76)
    if rng.random() < 0.45:
        at = rng.uniform(1.5, 2.4)
        x = 0.5 + (offset + rng.choice((-0.13, 0.13))) / at + bend * log(at)
        spot = Spot(x, ground_y(scene.moment, at), 0.3 / at, at)
        street.paint_vehicle(scene.brush, scene.moment, scene.place, spot, rng)
    _furniture(scene, 0.75, 0.6, 0.3)


def _row(scene: _Scene) -> None:
    """A row of houses across the picture, and a road in front."""
    rng = scene.rng
    for _ in range(3):
        _tree(scene, rng.uniform(-0.1, 1.1), 3.2)
    x, depth = rng.uniform(-0.3, -0.1), 1.7
    while x < 1.15:
        wide = _wide(scene)
        if rng.random() < 0.85:
            _house(scene, x, depth, wide, x + wide / depth / 2)
        else:
            _tree(scene, x + wide / depth / 2, depth)
        x += wide / depth * rng.uniform(1.0, 1.12) + 0.02
    scenery.paint_cross_road(scene.brush, scene.moment, scene.place, rng)
    if rng.random() < 0.6:
        spot = Spot(rng.uniform(0.2, 0.8), ground_y(scene.moment, 1.12), 0.28, 1.12)
        street.paint_vehicle(scene.brush, scene.moment, scene.place, spot, rng)
    _furniture(scene, 0.7, 0.7, 0.3)
    _fence(scene, 0.25, 0.8)


def _country(scene: _Scene) -> None:
    """Wide land, a few houses far off, trees near by."""
    rng = scene.rng
    offset = rng.choice((-0.5, 0.0, 0.5, None, None))
    if offset is not None:
        scenery.paint_lane(scene.brush, scene.moment, scene.place, offset, 0.0, rng)
    for depth in sorted((rng.uniform(1.9, 5) for _ in range(rng.randint(2, 4))), reverse=True):
        wide, side, gap = _wide(scene), rng.choice((-1, 1)), 0.4 + rng.uniform(0, 0.25) * depth
        left = (offset or 0.0) + (gap if side > 0 else -gap - wide)
        _house(scene, 0.5 + left / depth, depth, wide, 0.5)
        _tree(scene, rng.uniform(-0.05, 1.05), depth * 0.95)
    _fence(scene, 0.7, 1.25)
    for depth in sorted((rng.uniform(1.05, 1.7) for _ in range(rng.randint(1, 3))), reverse=True):
        _tree(scene, rng.choice((rng.uniform(-0.05, 0.3), rng.uniform(0.7, 1.05))), depth)
    _furniture(scene, 0.5, 0.4, 0.35)


def _shore(scene: _Scene) -> None:
    """Water in front, the village behind it."""
    rng = scene.rng
    x, depth = rng.uniform(-0.2, 0.0), 2.3
    while x < 1.1:
        wide = _wide(scene)
        if rng.random() < 0.7:
            _house(scene, x, depth, wide, 0.5)
        else:
            _tree(scene, x + wide / depth / 2, depth)
        x += wide / depth * rng.uniform(1.02, 1.4)
    scenery.paint_water(scene.brush, scene.moment, 1.22, 1.8, rng)
    _fence(scene, 0.5, 1.1)
    _furniture(scene, 0.55, 0.55, 0.7)


_SCENES: tuple[Callable[[_Scene], None], ...] = (_lane, _row, _country, _shore)
_SHARES = (0.36, 0.30, 0.20, 0.14)


def _expose(image: Image.Image, moment: Moment, rng: np.random.Generator) -> np.ndarray:
    """The camera: a gain for each channel, and a little noise."""
    table = [min(int(value * gain), 255) for gain in moment.exposure for value in range(256)]
    pixels = np.asarray(image.point(table), dtype=np.int16)
    grain = rng.integers(-_NOISE, _NOISE + 1, size=pixels.shape, dtype=np.int8)
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)
