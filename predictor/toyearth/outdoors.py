"""Streets and country roads: everything of a spot's plan that the camera sees, the farthest first."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import skia

from predictor.toyearth import furniture
from predictor.toyearth.building import paint_house
from predictor.toyearth.colour import BLACK, Colour, mix
from predictor.toyearth.easel import Easel, blend, box, ink, line
from predictor.toyearth.flags import flag
from predictor.toyearth.heavens import paint_clouds, paint_hills, paint_sky, paint_sun
from predictor.toyearth.kerbside import kerbside, traffic
from predictor.toyearth.plan import House, Plan, Tree
from predictor.toyearth.roadway import Street, paint_crossing, paint_row_shadow, paint_snow, paint_street
from predictor.toyearth.shot import SNOW, Shot, Step
from predictor.toyearth.trees import KINDS, paint_tree, record_tree

SIGHT_M = 110.0  # houses farther away would be a few pixels of haze
NEAREST_TREE_M = 6.0  # a nearer one would fill the picture
_AUTUMN: tuple[Colour, ...] = ((0.80, 0.45, 0.12), (0.72, 0.28, 0.12), (0.85, 0.66, 0.18))
_WATER: Colour = (0.36, 0.50, 0.58)


def paint_outdoors(shot: Shot, plan: Plan) -> None:
    """Paint a street or a country road with all that stands there."""
    easel, style, rng = shot.easel, shot.style, shot.rng
    _backdrop(shot)
    paint_street(easel, _floor(shot, plan))
    here = easel.camera.y_m
    if any(easel.shows((0.0, here + ahead, 0.0)) for ahead in (3.0, 6.0, 12.0, 25.0)):
        shot.facts.add("road lines")
    if shot.snow > 0.15:
        paint_snow(easel, plan.street, shot.snow)
        shot.facts.add("snow")
    if not plan.is_urban:
        _fields(shot, plan)
    _crossings(shot, plan)
    if plan.is_urban and shot.overcast < 0.6:
        paint_row_shadow(easel, plan.street, 0.8 * sum(h.front.height for h in plan.houses) / max(len(plan.houses), 1))
    houses: list[Step] = [(_range(shot, h.lot.x, h.lot.near, h.lot.far), _house_step(shot, h)) for h in plan.houses]
    things = _tree_steps(shot, plan) + kerbside(shot, plan) + traffic(shot, plan)
    for distance, paint in _farthest_first(houses) + _farthest_first(things):
        if distance < SIGHT_M:
            paint()
    _bunting(shot, plan)
    if rng.random() < 0.3:
        x, y = -plan.street.half + 0.4, easel.camera.y_m + rng.uniform(9, 13)
        x = x if rng.random() < 0.5 else -x
        furniture.paint_flag(easel, x, y, flag(style.country.code), rng)
        if easel.shows((x, y, 5.5)):
            shot.facts.add("flag")


def _backdrop(shot: Shot) -> None:
    easel, rng = shot.easel, shot.rng
    paint_sky(easel)
    paint_sun(easel)
    paint_clouds(easel, 0.25 + 0.75 * rng.random() if shot.overcast < 0.6 else 1.0, rng)
    height, colour = shot.style.hill()
    paint_hills(easel, height, shot.snowy(colour, 0.9), rng)
    shot.clues.add("hill_height")
    if abs(easel.light.towards[1]) > 0.2 and not easel.light.is_dark and shot.overcast < 0.6:
        shot.facts.add("sunlight")


def _floor(shot: Shot, plan: Plan) -> Street:
    street = plan.street
    stone = street.stone if plan.is_urban else mix(street.ground, (0.62, 0.56, 0.47), 0.6)
    return replace(street, ground=shot.snowy(street.ground), stone=shot.snowy(stone, 0.75))


def _range(shot: Shot, x: float, near: float, far: float) -> float:
    camera = shot.easel.camera
    return camera.distance_m(x, min(max(camera.y_m, near), far))


def _farthest_first(steps: list[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: -step[0])


def _in_sight(shot: Shot, x: float, near: float, far: float) -> bool:
    """Say whether any of a wall lies before the camera, and not wholly to one side of the picture."""
    camera = shot.easel.camera
    ends = [(x, near, 1.5), (x, far, 1.5)]
    if max(camera.depth_m(end) for end in ends) < 0.3:
        return False
    if min(camera.depth_m(end) for end in ends) < 0.3:
        return True
    across = [camera.pixel(end)[0] for end in ends]
    margin = 0.5 * camera.size_px  # what lies behind its end: the gable
    return max(across) > -margin and min(across) < camera.size_px + margin


def _house_step(shot: Shot, house: House) -> Callable[[], None]:
    def paint() -> None:
        lot = house.lot
        if not _in_sight(shot, lot.x, lot.near, lot.far):
            return
        front = replace(house.front, roof=shot.snowy(house.front.roof, 0.95))
        paint_house(shot.easel, front, lot, house.shops, Random(house.seed))
        y = max(lot.near, shot.easel.camera.y_m + 1.4 * abs(lot.x - shot.easel.camera.x_m))
        for clue, z, size in (
            ("wall_hue", 3.3, 1.5), ("storeys", 3.4, 3.0), ("roof_pitch", 3.4, 3.0), ("window_width", 4.5, 0.5),
            ("window_arch", 4.5, 0.5), ("shutter_hue", 4.5, 0.5), ("frame_hue", 3.4, 0.3), ("balcony_rail", 4.0, 0.4),
            ("door_hue", 1.5, 0.8),
        ):  # fmt: skip
            if y < lot.far and (clue != "balcony_rail" or front.rail > 0):
                shot.see(clue, lot.x, y, z, size)
        if any(shop and shop.awning for shop in house.shops) and y < lot.far:
            shot.see("awning_stripe", lot.x, y, 2.5, 0.6)
            shot.see("awning_hue", lot.x, y, 2.5, 0.6)

    return paint


def _tree_steps(shot: Shot, plan: Plan) -> list[Step]:
    easel, climate = shot.easel, shot.style.climate
    season = climate.leaves(shot.day)
    rng = Random(int(shot.day))
    recorded = {}
    for kind in sorted({tree.kind for tree in plan.trees}):
        dressed = KINDS[kind]
        if kind in ("broadleaf", "birch") and season == "autumn":
            dressed = replace(dressed, leaf=rng.choice(_AUTUMN))
        if kind in ("broadleaf", "birch") and season == "bare":
            dressed = replace(KINDS["bare"], bark=dressed.bark)
        dressed = replace(dressed, leaf=mix(dressed.leaf, SNOW, 0.45 * shot.snow))
        recorded[kind] = (dressed, [record_tree(easel, dressed, Random(k)) for k in range(2)])

    def step(tree: Tree, k: int) -> Step:
        kind, looks = recorded[tree.kind]

        def paint() -> None:
            if easel.camera.depth_m((tree.x, tree.y, 1.0)) > NEAREST_TREE_M:
                paint_tree(easel, looks[k % 2], kind, tree.x, tree.y, tree.height)
                shot.facts.add(tree.kind)

        return easel.camera.distance_m(tree.x, tree.y), paint

    return [step(tree, k) for k, tree in enumerate(plan.trees)]


def _crossings(shot: Shot, plan: Plan) -> None:
    """Pave crossings at fixed places along the street."""
    here = shot.easel.camera.y_m
    colour = shot.snowy(shot.style.crossing(), 0.3)
    for k in range(int(here / 15) - 1, int((here + 40) / 15) + 1):
        near = k * 15.0 + 4
        paint_crossing(shot.easel, plan.street, near, 4.2, shot.style.cobble_turn(), colour)
        shot.see("cobble_turn", 0, near + 2, 0, 1.5)
        shot.see("crossing_hue", 0, near + 2, 0, 1.5)
    for clue, size in (
        ("street_width", 3.0),
        ("slab_size", 0.5),
        ("kerb_stripe", 0.5),
        ("kerb_hue", 0.5),
        ("stone_hue", 0.5),
    ):
        for side in (-1, 1):
            x = side * plan.street.carriageway / 2
            shot.see(clue, x, here + max(1.6 * abs(x - shot.easel.camera.x_m), 5), 0, size)


def _bunting(shot: Shot, plan: Plan) -> None:
    camera = shot.easel.camera
    for k in range(int(camera.y_m / 11) + 3, int(camera.y_m / 11), -1):
        y = k * 11.0 + 2
        if camera.depth_m((0, y, 4.5)) > 3:
            half, height = (plan.street.half, 5.2) if plan.is_urban else (plan.street.half + 0.3, 4.6)
            furniture.paint_bunting(shot.easel, y, half, height, shot.style.bunting(), has_poles=not plan.is_urban)
            shot.see("bunting_hue", 0, y, 4.5, 0.5)


def _fields(shot: Shot, plan: Plan) -> None:
    """Lay fields on both sides of a country road: rice under water, rows, grain, or meadows with flowers."""
    easel = shot.easel
    here, light = easel.camera.y_m, easel.light
    for side, crop in zip((-1, 1), plan.crops, strict=True):
        inner, outer = side * (plan.street.half + 1.5), side * (plan.street.half + (600 if crop == "lake" else 60))
        far = 900 if crop == "lake" else 130
        with easel.on_ground() as canvas:
            canvas.clipRect(box(inner, here - 20, outer, here + far), True)
            if crop == "rice" and shot.snow < 0.2:
                water = mix(light.on(_WATER, (0, 0, 1), 12), light.horizon, 0.45)
                canvas.drawPaint(ink(water))
                _rows(canvas, easel, (0.30, 0.56, 0.18), (inner, outer, here), 0.5, 0.45)
                for k in range(-2, 10):
                    y = here + k * 14
                    canvas.drawRect(box(inner, y, outer, y + 0.9), ink(light.on((0.44, 0.50, 0.26), (0, 0, 1), 14 * k)))
                shot.facts.add("rice")
            elif crop == "lake":
                _lake(canvas, shot, here)
            elif crop == "rows":
                _rows(canvas, easel, shot.snowy((0.26, 0.44, 0.18), 0.8), (inner, outer, here), 1.6, 0.7)
            elif crop == "grain":
                canvas.drawPaint(ink(light.on(shot.snowy((0.82, 0.68, 0.32)), (0, 0, 1), 25), 0.85))
                _rows(canvas, easel, shot.snowy((0.70, 0.55, 0.24)), (inner, outer, here), 0.7, 0.4)
            elif crop == "meadow" and shot.snow < 0.3:
                _flowers(canvas, easel, (min(inner, outer), max(inner, outer), here), shot.rng)


def _lake(canvas: skia.Canvas, shot: Shot, here: float) -> None:
    """Fill a side with still water that mirrors the sky; in winter it is frozen."""
    light = shot.easel.light
    deep = mix(mix(light.on(_WATER, (0.0, 0.0, 1.0), 0), light.zenith, 0.35), SNOW, 0.7 * shot.snow)
    stops = {0.0: (deep, 1.0), 0.08: (mix(deep, light.horizon, 0.35), 1.0), 1.0: (mix(deep, light.horizon, 0.85), 1.0)}
    canvas.drawPaint(blend((0, here), (0, here + 900), stops))
    glints = skia.Path()
    for _ in range(60):
        x, y = shot.rng.uniform(-60, 60), here + 4 + 90 * shot.rng.random() ** 2
        wide = 0.4 + 0.03 * (y - here)
        glints.addRect(box(x - wide, y, x + wide, y + 0.05 + 0.012 * (y - here)))
    canvas.drawPath(glints, ink(light.horizon, 0.35))
    shot.facts.add("lake")


def _rows(
    canvas: skia.Canvas, easel: Easel, colour: Colour, field: tuple[float, float, float], gap: float, share: float
) -> None:
    inner, outer, here = field
    rows = skia.Path()
    count = int(min(abs(outer - inner), 34) / gap)
    for k in range(count):
        x = inner + (1 if outer > inner else -1) * k * gap
        rows.moveTo(x, here - 15)
        rows.lineTo(x, here + 125)
    canvas.drawPath(rows, line(easel.light.on(colour, (0.0, 0.0, 1.0), 15), gap * share))


def _flowers(canvas: skia.Canvas, easel: Easel, field: tuple[float, float, float], rng: Random) -> None:
    low, high, here = field
    tones = ((0.92, 0.88, 0.35), (0.93, 0.93, 0.95), (0.75, 0.35, 0.45))
    paths = [skia.Path() for _ in tones]
    for _ in range(90):
        near = rng.random() ** 2
        x = rng.uniform(low, high)
        paths[rng.randrange(3)].addCircle(x, here + 3 + 30 * near, rng.uniform(0.05, 0.12))
    for path, tone in zip(paths, tones, strict=True):
        canvas.drawPath(path, ink(easel.light.on(mix(tone, BLACK, 0.05), (0.0, 0.0, 1.0), 8)))
