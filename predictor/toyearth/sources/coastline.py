"""python -m predictor.toyearth.sources.coastline land-50m.json land.png: draw the land mask that ships here.

The shapes are Natural Earth's land at 1:50 million (public domain), as TopoJSON in version 2.0.2 of the npm package
world-atlas. The mask is a 1-bit PNG of 1440 x 720 pixels, 0.25 degrees each, north up, from longitude -180.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

DEGREES = 0.25
FINE = 4  # draw finer, then ask how much of each pixel is land
ENOUGH_LAND = 0.4  # a little under a half, so that ports stay ashore


def arcs_in_degrees(topology: dict) -> list[np.ndarray]:
    """Undo TopoJSON's delta coding: a list of (n, 2) arrays of (longitude, latitude)."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def ring_points(ring: list[int], arcs: list[np.ndarray]) -> np.ndarray:
    """Join the arcs of a ring, (n, 2); a negative number means that arc backwards."""
    return np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring])


def rings_in_pixels(points: np.ndarray) -> list[np.ndarray]:
    """Turn a ring in degrees into pixels, once for each time that it meets the map's frame.

    A ring that crosses the date line is unrolled and drawn at both ends of the map; one that goes round a pole (only
    Antarctica) is closed along the map's lower edge.
    """
    steps = np.diff(points[:, 0], prepend=points[0, 0])
    longitudes = points[0, 0] + np.cumsum((steps + 180) % 360 - 180)
    unrolled = np.stack([longitudes, points[:, 1]], axis=1)
    if abs(longitudes[-1] - longitudes[0]) > 180:
        unrolled = np.concatenate([unrolled, [[longitudes[-1], -90.0], [longitudes[0], -90.0]]])
    places = [(unrolled + np.array([away, 0])) * (1, -1) + (180, 90) for away in (-360, 0, 360)]
    return [each / DEGREES * FINE for each in places if each[:, 0].max() > 0 and each[:, 0].min() < 360]


def draw_mask(topology: dict) -> Image.Image:
    """Rasterise every polygon, holes after shells."""
    arcs = arcs_in_degrees(topology)
    width, height = round(360 / DEGREES) * FINE, round(180 / DEGREES) * FINE
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    for shape in topology["objects"]["land"]["geometries"]:
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        for polygon in polygons:
            for number, ring in enumerate(polygon):
                for points in rings_in_pixels(ring_points(ring, arcs)):
                    draw.polygon([tuple(p) for p in points], fill=0 if number else 255)
    share = np.asarray(canvas.reduce(FINE)) / 255
    return Image.fromarray(np.where(share >= ENOUGH_LAND, 255, 0).astype(np.uint8)).convert("1")


if __name__ == "__main__":
    source, target = sys.argv[1:]
    draw_mask(json.loads(Path(source).read_text())).save(target, optimize=True)
