"""Cars, signs and other things of the street, in pixels."""

import numpy as np
import pytest

from tests.predictor import painting

painting.needed()

from predictor.toyearth import furniture
from predictor.toyearth.camera import Camera
from predictor.toyearth.countries import country
from predictor.toyearth.easel import Easel
from predictor.toyearth.flags import flag
from predictor.toyearth.lettering import Words
from predictor.toyearth.light import light_at
from predictor.toyearth.vehicles import KINDS, Car, paint_car

VIENNA, JUNE = 48.2, 172


def easel(hour: float = 12, size: int = 400) -> Easel:
    made = Easel(Camera(size, height_m=1.6), light_at(VIENNA, JUNE, hour, 200))
    made.canvas.clear(0xFF00FF00)
    return made


def covered(painted: Easel) -> np.ndarray:
    return np.asarray((painted.pixels() != (0, 255, 0)).any(axis=2))


def car(x: float = 1.8, y: float = 7, away: bool = True, kind: str = "hatchback", code: str = "DE") -> Car:
    return Car(x, y, away, kind, (0.2, 0.3, 0.6), country(code).plates, "AB 123")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("x", [-1.8, 1.8])
def test_a_car_covers_its_place_on_the_road(kind: str, x: float) -> None:
    painted = easel()
    paint_car(painted, car(x, kind=kind))
    rows, columns = np.nonzero(covered(painted))
    low, high = painted.camera.pixel((x - 1.1, 7, 0)), painted.camera.pixel((x + 1.1, 7, 2.3))
    assert low[0] - 12 < columns.min() < columns.max() < high[0] + 12
    assert rows.max() < low[1] + 12
    assert rows.min() > high[1] - 12


def test_lamps_are_red_behind_and_pale_in_front() -> None:
    def red(away: bool) -> int:
        painted = easel()
        paint_car(painted, car(away=away))
        r, g, b = painted.pixels().astype(int).transpose(2, 0, 1)
        return int(((r > 90) & (g < 0.11 * r) & (b < 0.14 * r)).sum())

    assert red(True) > 50
    assert red(False) == 0


def test_plates_have_the_countrys_colours_on_each_end() -> None:
    def plate(away: bool, code: str) -> np.ndarray:
        painted = easel(size=900)
        paint_car(painted, car(0.0, 5, away, code=code))
        column, row = painted.camera.pixel((0.3, 4.99, 0.515))
        return painted.pixels()[round(row), round(column)].astype(int)

    assert plate(True, "GB")[0] - plate(True, "GB")[2] > 80  # yellow behind
    assert plate(False, "GB")[0] - plate(False, "GB")[2] < 40  # white in front
    assert plate(True, "CN")[2] - plate(True, "CN")[0] > 40  # blue


def test_a_number_is_told_only_where_it_can_be_read() -> None:
    def told(size: int, y: float) -> list[Words]:
        painted = easel(size=size)
        paint_car(painted, car(y=y))
        return painted.texts()

    assert told(900, 5) == [Words("AB 123", "Latn", "plate")]
    assert told(120, 25) == []


def test_a_sign_is_told_only_where_it_can_be_read() -> None:
    lines = [Words("Graz 12", "Latn", "direction")]

    def told(size: int, x: float, y: float) -> list[Words]:
        painted = easel(size=size)
        furniture.paint_sign(painted, x, y, lines, (0.1, 0.3, 0.7))
        return painted.texts()

    assert told(400, 2, 8) == lines
    assert told(60, 2, 30) == []
    assert told(400, 9, 8) == []  # half of it beyond the picture's edge


def test_a_sign_behind_a_car_is_not_told() -> None:
    painted = easel(size=900)
    furniture.paint_sign(painted, 1.8, 12, [Words("Graz 12", "Latn", "direction")], (0.1, 0.3, 0.7), low=0.6)
    assert len(painted.texts()) == 1
    paint_car(painted, car(1.8, 5, kind="van"))
    assert [words.role for words in painted.texts()] == ["plate"]


def test_a_lamp_reaches_over_the_street_as_far_as_its_arm() -> None:
    def reach(arm: float) -> int:
        painted = easel()
        furniture.paint_lamp(painted, 3.0, 10, arm, (0.2, 0.2, 0.2))
        return int(np.nonzero(covered(painted)[:200])[1].min())

    assert reach(2.5) < reach(1.0) < reach(0.2)


def test_lamps_burn_when_it_is_dark() -> None:
    def bright(hour: float) -> int:
        painted = easel(hour)
        furniture.paint_lamp(painted, 3.0, 10, 1.0, (0.2, 0.2, 0.2))
        return int((painted.pixels()[:, :, 0] > 240).sum())

    assert bright(22) > bright(12)


@pytest.mark.parametrize(("height", "other"), [(0.4, 1.6)])
def test_a_hedge_is_as_high_as_the_place_says(height: float, other: float) -> None:
    def top(metres: float) -> int:
        painted = easel()
        furniture.paint_hedge(painted, 3.5, 6, 12, metres, (0.2, 0.4, 0.2))
        return int(np.nonzero(covered(painted))[0].min())

    assert top(other) < top(height)


def test_a_flag_shows_its_countrys_colours() -> None:
    from random import Random

    painted = easel()
    furniture.paint_flag(painted, 0, 9, flag("JP"), Random(1))
    r, g, b = painted.pixels().astype(int).transpose(2, 0, 1)
    assert ((r > 140) & (g < 90) & (b < 120)).sum() > 30  # the sun
    assert ((r > 170) & (abs(r - g) < 30) & (abs(g - b) < 30)).sum() > 100  # on white


def test_pennants_hang_across_the_street() -> None:
    painted = easel()
    furniture.paint_bunting(painted, 10, 5, 5.2, (0.9, 0.1, 0.1))
    _rows, columns = np.nonzero(covered(painted))
    assert columns.min() < painted.camera.pixel((-4, 10, 5))[0]
    assert columns.max() > painted.camera.pixel((4, 10, 5))[0]
