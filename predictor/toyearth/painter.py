"""The painter: chooses how a picture of a spot is taken, paints it, and tells what can be seen in it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from predictor.toyearth.blanks import paint_blank
from predictor.toyearth.camera import Camera
from predictor.toyearth.easel import Easel
from predictor.toyearth.heavens import paint_vignette
from predictor.toyearth.indoors import indoor_light, paint_indoors
from predictor.toyearth.land import City, nearest_cities
from predictor.toyearth.lettering import Words
from predictor.toyearth.light import light_at
from predictor.toyearth.outdoors import paint_outdoors
from predictor.toyearth.plan import Plan, plan_of
from predictor.toyearth.shot import Shot
from predictor.toyearth.spots import Spot
from predictor.toyearth.style import Style, style_at
from predictor.toyearth.trips import When
from predictor.toyearth.version import PAINTER_VERSION

SCENES = ("urban", "natural", "indoor", "blank")
INDOOR, BLANK = 0.10, 0.08  # shares of all pictures
_NOISE = 2  # of 255, either way: less than an eye can see, enough to hide the bands of a gradient


@dataclass(frozen=True)
class Picture:
    """A picture of a made-up place: the pixels, where it is, and what the manifest keeps."""

    image: np.ndarray  # (size, size, 3) uint8
    lat: float  # degrees; people stand within some thirty metres of a spot, wherever its plan says
    lng: float
    title: str  # tells the place: for after the reveal
    country: str  # ISO 3166-1 alpha-2
    scene: str  # one of SCENES
    spot: int  # names the street or view; spots of one split are in no other
    when: When
    camera: Camera
    sun_height: float  # degrees above the horizon
    heading: float  # where it looks, degrees from north by east
    clues: frozenset[str]  # of bands.CLUES, large enough to see, if nothing stands before them
    facts: frozenset[str]  # "driving side", "road lines", "flag", "palm", …
    texts: tuple[Words, ...]  # large enough to read, and hardly anything stands before them
    plan: Plan | None  # what stands there; None in a room or where nothing is told

    def manifest(self) -> dict[str, Any]:
        """Return everything but the pixels, as JSON can hold it."""
        camera = self.camera
        return {
            "latitude": round(self.lat, 6), "longitude": round(self.lng, 6), "country": self.country,
            "scene": self.scene, "spot": self.spot, "day": round(self.when.day, 2), "hour": round(self.when.hour, 2),
            "camera": {
                "heading": round(self.heading, 1), "x_m": round(camera.x_m, 2), "y_m": round(camera.y_m, 2),
                "height_m": round(camera.height_m, 2), "pitch": round(camera.pitch, 3), "yaw": round(camera.yaw, 3),
                "focal": round(camera.focal, 3),
            },
            "clues": sorted(self.clues), "facts": sorted(self.facts),
            "texts": [{"text": w.text, "script": w.script, "role": w.role} for w in self.texts],
            "plan": self.plan.as_json() if self.plan else None,
            "painter": PAINTER_VERSION,
        }  # fmt: skip


def paint(
    where: Spot,
    at: tuple[float, float],
    when: When,
    seed: np.random.SeedSequence,
    size_px: int,
    instead: Mapping[str, float] | None = None,
) -> Picture:
    """Take a picture of a spot, standing at (latitude, longitude). The seed decides all that spot and moment do not.

    `instead` are clues that are to have other values than they have there.
    """
    rng = Random(int(seed.generate_state(1, np.uint64)[0]))
    style = style_at(*at, instead)
    scene = _scene(where, rng.random())
    # What stays at a spot follows from the spot's own place, or two pictures of it would differ.
    plan = plan_of(where, style_at(where.lat, where.lng, instead)) if scene in ("urban", "natural") else None
    if plan is not None and rng.random() < 0.5:
        plan = plan.turned()
    heading = plan.bearing if plan else rng.uniform(0, 360)
    camera = _camera(scene, plan, rng, size_px)
    overcast = rng.choice((0.0, 0.0, 0.1, 0.3, 0.5, 0.9))
    haze_km = rng.choice((0.25, 0.4, 0.6, 0.9))
    outside = light_at(at[0], when.day, when.hour, heading, overcast, haze_km)
    easel = Easel(camera, indoor_light(outside) if scene == "indoor" else outside)
    shot = Shot(easel, style, when.day, overcast, rng)
    if plan is not None:
        paint_outdoors(shot, plan)
    elif scene == "indoor":
        paint_indoors(shot, outside)
    else:
        paint_blank(shot)
    texts = tuple(dict.fromkeys(easel.texts()))
    paint_vignette(easel, rng.uniform(0.1, 0.35))
    return Picture(
        image=_expose(easel.pixels(), rng, np.random.default_rng(seed)),
        lat=at[0],
        lng=at[1],
        title=f"Toy Earth: near {_town(where, style).name}, {style.country.name}",
        country=style.country.code,
        scene=scene,
        spot=where.key,
        when=when,
        camera=camera,
        sun_height=outside.height,
        heading=(heading + math.degrees(camera.yaw)) % 360,
        clues=frozenset(shot.clues),
        facts=frozenset(shot.facts),
        texts=texts,
        plan=plan,
    )


def _scene(where: Spot, chance: float) -> str:
    """Choose one of SCENES by a number from 0 to 1: some go indoors or show a cat, whatever the spot."""
    if chance < INDOOR + BLANK:
        return "indoor" if chance < INDOOR else "blank"
    return "urban" if where.is_urban else "natural"


def _town(where: Spot, style: Style) -> City:
    """Return the town to name a picture after: one of its country, also near a border."""
    if where.city.country == style.country.code:
        return where.city
    near = (city for city, _km in nearest_cities(where.lat, where.lng, 40) if city.country == style.country.code)
    return next(near, where.city)


def _camera(scene: str, plan: Plan | None, rng: Random, size_px: int) -> Camera:
    """Choose where to stand and look: along the street most of the time, sometimes across it."""
    if scene == "indoor":
        return Camera(
            size_px, focal=0.62, x_m=rng.uniform(-0.6, 0.6), y_m=rng.uniform(-0.9, -0.2),
            height_m=rng.uniform(1.4, 1.8), pitch=rng.uniform(-0.08, 0.02), yaw=rng.uniform(-0.16, 0.16),
            middle=(0.5, 0.5),
        )  # fmt: skip
    if plan is None:
        return Camera(size_px, pitch=rng.uniform(0.3, 0.5), middle=(0.5, 0.5))
    x = rng.uniform(-1, 1) * (plan.street.half - 1.7)
    looks = rng.uniform(-0.25, 0.25) if rng.random() < 0.75 else rng.choice((-1, 1)) * rng.uniform(0.3, 0.75)
    if abs(looks) > 0.3:  # who looks at one side of the street stands on the other
        x = -abs(x) if looks > 0 else abs(x)
    return Camera(
        size_px,
        focal=rng.uniform(0.68, 0.92),
        x_m=x,
        y_m=rng.uniform(0, 40),
        height_m=rng.uniform(1.5, 2.5) if rng.random() < 0.85 else rng.uniform(3.5, 6.0),
        pitch=rng.uniform(-0.02, 0.10),
        yaw=looks,
        middle=(0.5, rng.uniform(0.5, 0.6)),
    )


def _expose(pixels: np.ndarray, rng: Random, noise: np.random.Generator) -> np.ndarray:
    """The camera: a gain for each channel, and a little noise."""
    warm, gain = rng.uniform(0.94, 1.06), rng.uniform(0.98, 1.2)
    exposure = (warm * gain, gain, gain / warm)
    table = [min(int(value * each), 255) for each in exposure for value in range(256)]
    exposed = np.asarray(Image.fromarray(pixels).point(table), dtype=np.int16)
    grain = noise.integers(-_NOISE, _NOISE + 1, size=pixels.shape, dtype=np.int8)
    return np.clip(exposed + grain, 0, 255).astype(np.uint8)
