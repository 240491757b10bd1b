"""What people know of countries, in the pixels: on which side they drive, what colour the lines are, what signs say."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth.camera import Camera
from predictor.toyearth.easel import Easel
from predictor.toyearth.kerbside import traffic
from predictor.toyearth.land import world
from predictor.toyearth.light import light_at
from predictor.toyearth.outdoors import paint_outdoors
from predictor.toyearth.plan import Plan, plan_of
from predictor.toyearth.shot import Shot
from predictor.toyearth.spots import spot
from predictor.toyearth.style import style_at

# Which side they drive on, and the colours of the centre line and of the edge line (facts.csv has the sources).
TOWNS = {
    ("London", "GB"): ("left", "white", "white"), ("Tokyo", "JP"): ("left", "white", "white"),
    ("Sydney", "AU"): ("left", "white", "white"), ("Mumbai", "IN"): ("left", "white", "white"),
    ("Cape Town", "ZA"): ("left", "white", "yellow"), ("Paris", "FR"): ("right", "white", "white"),
    ("Chicago", "US"): ("right", "yellow", "white"), ("São Paulo", "BR"): ("right", "yellow", "white"),
    ("Oslo", "NO"): ("right", "yellow", "white"), ("Berlin", "DE"): ("right", "white", "white"),
}  # fmt: skip


def shot_at(town: str, code: str, seed: int = 0, size: int = 320, y_m: float = 0.0) -> tuple[Shot, Plan]:
    city = next(k for k, c in enumerate(world().cities) if (c.name, c.country) == (town, code))
    where = next(
        w
        for w in (spot(city, rank) for rank in range(60))
        if w.is_urban and style_at(w.lat, w.lng).country.code == code
    )
    style = style_at(where.lat, where.lng)
    camera = Camera(size, y_m=y_m, focal=0.7, height_m=2.4, pitch=-0.05, middle=(0.5, 0.45))
    easel = Easel(camera, light_at(48.0, 172, 12.5, 200.0))
    easel.canvas.clear(0xFF3060FF)
    return Shot(easel, style, 172, 0.0, Random(seed)), plan_of(where, style)


@pytest.mark.parametrize("town", TOWNS, ids=lambda town: town[1])
def test_cars_that_drive_away_are_on_the_countrys_side(town: tuple[str, str]) -> None:
    """Their rear lamps are the only pure red in the street."""
    left = right = 0
    for seed in range(12):
        shot, plan = shot_at(*town, seed=seed)
        for _distance, paint in traffic(shot, plan):
            paint()
        red, green, blue = shot.easel.pixels().astype(int).transpose(2, 0, 1)
        lamps = (red > 90) & (green < 0.11 * red) & (blue < 0.14 * red)
        left, right = left + int(lamps[:, :160].sum()), right + int(lamps[:, 160:].sum())
    assert left + right > 50
    own, other = (left, right) if TOWNS[town][0] == "left" else (right, left)
    assert own > 20 * other


@pytest.mark.parametrize("town", TOWNS, ids=lambda town: town[1])
def test_the_lines_on_the_road_have_the_countrys_colours(town: tuple[str, str]) -> None:
    shot, plan = shot_at(*town)
    # Nothing may stand on the road: only the floor is asked.
    bare = replace(plan, houses=(), trees=(), hedges=(), fences=(), lamps=(), bins=(), signs=())
    shot.rng = type("NoTraffic", (Random,), {"choice": lambda self, these: these[0]})(0)
    paint_outdoors(shot, bare)
    pixels, camera = shot.easel.pixels().astype(int), shot.easel.camera

    def is_yellow(x: float, y: float) -> bool:
        column, row = camera.pixel((x, y, 0))
        red, _green, blue = pixels[round(row), round(column)]
        assert red > 120, "no paint there"
        return bool(red - blue > 60)

    _side, centre, edge = TOWNS[town]
    middle = {y: tuple(round(v) for v in camera.pixel((0, y, 0))[::-1]) for y in np.arange(9.2, 17, 0.1).tolist()}
    dash = next(y for y, at in middle.items() if pixels[at][0] > 150)
    assert is_yellow(0, dash) == (centre == "yellow")
    assert is_yellow(plan.street.carriageway / 2 - 0.45, 9.5) == (edge == "yellow")


@pytest.mark.parametrize(
    ("town", "code", "script"),
    [("Tokyo", "JP", "Jpan"), ("Moscow", "RU", "Cyrl"), ("Cairo", "EG", "Arab"), ("Seoul", "KR", "Kore"),
     ("Athens", "GR", "Grek"),
     ("Bangkok", "TH", "Thai"), ("Tbilisi", "GE", "Geor"), ("Paris", "FR", "Latn")],
)  # fmt: skip
def test_signs_are_in_the_countrys_script(town: str, code: str, script: str) -> None:
    shops = []
    for along in (0.0, 15.0, 30.0):  # one may be hidden behind a tree or a van
        shot, plan = shot_at(town, code, size=700, y_m=along)
        paint_outdoors(shot, plan)
        shops += [words for words in shot.easel.texts() if words.role == "shop"]
    assert shops
    assert {words.script for words in shops} == {script}
