"""What stands and moves along the kerbs: bollards, bins, hedges, fences, lamps and signs; cars and people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from predictor.toyearth import furniture
from predictor.toyearth.colour import Colour
from predictor.toyearth.land import nearest_cities
from predictor.toyearth.lettering import Words
from predictor.toyearth.names import contact, distance_line, number_plate, script_of
from predictor.toyearth.people import paint_person
from predictor.toyearth.plan import Plan
from predictor.toyearth.shot import Shot, Step
from predictor.toyearth.vehicles import KINDS as CARS
from predictor.toyearth.vehicles import Car, paint_car, paint_headlights

NEAR_M, FARTHER_M = 26.0, 45.0  # how far small and large things are drawn
POSTS_M = 2.4  # from one bollard to the next
COLD = 8.0  # degrees below which people wear coats
_LEAVES: Colour = (0.24, 0.42, 0.17)
_DRY_LEAVES: Colour = (0.42, 0.44, 0.22)
_CAR_PAINTS: tuple[Colour, ...] = (
    (0.85, 0.85, 0.86), (0.12, 0.12, 0.14), (0.55, 0.57, 0.60), (0.62, 0.10, 0.10), (0.12, 0.22, 0.45),
    (0.75, 0.70, 0.58), (0.20, 0.36, 0.28),
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """Something at a point of the street: how it is painted, and which clues it shows, (clue, metres up, metres)."""

    x: float
    y: float
    paint: Callable[[], object]
    shows: tuple[tuple[str, float, float], ...]
    reach: float = NEAR_M
    nearest: float = -2.0  # metres ahead of the camera; what would stand nearer is left out


def kerbside(shot: Shot, plan: Plan) -> list[Step]:
    """Return everything along the kerbs that is near enough to matter, as steps to paint."""
    camera = shot.easel.camera
    steps: list[Step] = []
    for thing in _things(shot, plan):
        distance = camera.distance_m(thing.x, thing.y)
        ahead = camera.depth_m((thing.x, thing.y, 1.0))
        if thing.y > camera.y_m + thing.nearest and distance < thing.reach and ahead > 1.2:
            steps.append((distance, partial(_paint, shot, thing)))
    return steps


def _paint(shot: Shot, thing: Thing) -> None:
    for clue, z, size in thing.shows:
        shot.see(clue, thing.x, thing.y, z, size)
    thing.paint()


def _things(shot: Shot, plan: Plan) -> Iterator[Thing]:
    easel, style, here = shot.easel, shot.style, shot.easel.camera.y_m
    post, edge = furniture.record_post(easel, style.post()), plan.street.carriageway / 2
    for side in (-1, 1):
        for k in range(int(here / POSTS_M), int((here + NEAR_M) / POSTS_M)):
            x, y = side * (edge + 0.62), k * POSTS_M
            yield Thing(x, y, partial(furniture.paint_post, easel, post, x, y), (("post_hue", 0.5, 0.3),))
    for x, y in plan.bins:
        yield Thing(x, y, partial(furniture.paint_bin, easel, x, y, style.bin()), (("bin_hue", 0.6, 0.8),))
    leaves = shot.snowy(_LEAVES if style.climate.dryness < 0.6 else _DRY_LEAVES, 0.4)
    for x, near, far in _before(plan.hedges, here):
        paint = partial(furniture.paint_hedge, easel, x, near, far, style.hedge(), leaves)
        yield Thing(x, near + 0.5, paint, (("hedge_height", style.hedge() / 2, style.hedge()),), FARTHER_M)
    for x, near, far in _before(plan.fences, here):
        paint = partial(furniture.paint_fence, easel, x, near, far, style.rail(), style.frame())
        shows = (("balcony_rail", style.rail() / 2, style.rail()), ("frame_hue", 0.6, 0.6))
        yield Thing(x, near + 0.3, paint, shows, FARTHER_M)
    for x, y in plan.lamps:
        paint = partial(furniture.paint_lamp, easel, x, y, style.lamp_arm(), style.lamp())
        yield Thing(x, y, paint, (("lamp_arm", 5.3, 1.0), ("lamp_hue", 3.0, 1.0)), 60.0, 6.5)
    for number, (x, y) in enumerate(plan.signs):
        yield Thing(x, y, partial(_put_up_sign, shot, plan, number), (("plate_hue", 2.4, 0.6),), 32.0, 6.0)


def _before(stretches: tuple[tuple[float, float, float], ...], here: float) -> Iterator[tuple[float, float, float]]:
    """Cut off what lies behind the camera."""
    for x, near, far in stretches:
        if max(near, here + 0.6) < far:
            yield x, max(near, here + 0.6), far


def _put_up_sign(shot: Shot, plan: Plan, number: int) -> None:
    x, y = plan.signs[number]
    lines = _sign_lines(shot, plan, number)
    furniture.paint_sign(shot.easel, x, y, lines, shot.style.plate())


def _sign_lines(shot: Shot, plan: Plan, number: int) -> list[Words]:
    """Return what stands on a street's sign of that number: its name, towns and distances, or how to reach a shop."""
    style, rng = shot.style, Random(round(plan.bearing % 180 * 1000) + number)
    name = Words(plan.name, script_of(plan.name, style.country), "street")
    kind = number % 3
    if kind == 1:
        towns = nearest_cities(style.lat, style.lng, 2)
        return [distance_line(city, km, style.country, rng) for city, km in towns]
    return [name] if kind == 0 else [name, contact(style.country, rng)]


def traffic(shot: Shot, plan: Plan) -> list[Step]:
    """Return cars on the side where the country drives, and people on the pavements, as steps to paint."""
    return [*_cars(shot, plan), *_walkers(shot, plan)]


def _cars(shot: Shot, plan: Plan) -> Iterator[Step]:
    camera, rng, country = shot.easel.camera, shot.rng, shot.style.country
    own = -1 if country.drives_left else 1  # the side on which cars drive away from the camera
    for side in (-1, 1):
        y = camera.y_m + rng.uniform(7, 16)
        for _ in range(rng.choice((0, 1, 1, 2)) if plan.is_urban else rng.choice((0, 1, 1))):
            x = side * plan.street.carriageway * 0.27
            number = number_plate(country.plates.pattern, rng)
            car = Car(x, y, side == own, rng.choice(CARS), rng.choice(_CAR_PAINTS), country.plates, number)
            yield camera.distance_m(x, y), partial(_drive, shot, car)
            y += rng.uniform(8, 22)


def _drive(shot: Shot, car: Car) -> None:
    if shot.easel.camera.depth_m((car.x, car.y, 0.5)) > 2.5:
        paint_car(shot.easel, car)
        paint_headlights(shot.easel, car)
        if shot.easel.shows((car.x, car.y, 0.6)):
            shot.facts.update(("driving side", "plates"))


def _walkers(shot: Shot, plan: Plan) -> Iterator[Step]:
    camera, rng = shot.easel.camera, shot.rng
    for _ in range(rng.choice((0, 1, 2, 3, 4)) if plan.is_urban else rng.choice((0, 0, 1))):
        x = rng.choice((-1, 1)) * (plan.street.carriageway / 2 + rng.uniform(0.9, 1.7))
        y, seed = camera.y_m + rng.uniform(5, 26), rng.random()
        yield camera.distance_m(x, y), partial(_walk, shot, x, y, seed)


def _walk(shot: Shot, x: float, y: float, seed: float) -> None:
    if shot.easel.camera.depth_m((x, y, 0.5)) > 2.5:
        paint_person(shot.easel, x, y, Random(seed), shot.style.climate.degrees(shot.day) < COLD)
