"""python -m predictor.toyearth.sources.flags_atlas flags/4x3 flags.png: draw the flags of all countries, side by side.

flags/4x3 is that folder of the npm package flag-icons, version 7.5.0 (MIT licence): one SVG for each country. A flag is
48 x 36 pixels, 16 stand in a row, in alphabetical order of their codes; a country without one gets a white field.
"""

import re
import sys
from pathlib import Path

import skia
from PIL import Image

from predictor.toyearth.countries import codes
from predictor.toyearth.flags import HEIGHT, PER_ROW, WIDTH

FINE = 8  # draw finer, then take the mean: small coats of arms stay legible
MARKER = re.compile(r'<marker id="([^"]+)"[^>]*>(.*?)</marker>', re.DOTALL)
MARKED = re.compile(r'<path [^>]*marker-mid="url\(#([^)]+)\)" d="([^"]+)"/>')


def draw_flag(path: Path) -> Image.Image:
    """Rasterise an SVG, 4 to 3."""
    text = without_markers(path.read_text(encoding="utf-8")).encode()
    picture = skia.SVGDOM.MakeFromStream(skia.MemoryStream(text, copyData=True))
    surface = skia.Surface(WIDTH * FINE, HEIGHT * FINE)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorWHITE)
    picture.setContainerSize(skia.Size(WIDTH * FINE, HEIGHT * FINE))
    picture.render(canvas)
    rgba = surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)
    return Image.fromarray(rgba).convert("RGB").reduce(FINE)


def without_markers(svg: str) -> str:
    """Write out the shapes that an SVG sets on a path's vertices: skia skips them, such as the stars of the US."""
    shapes = dict(MARKER.findall(svg))
    return MARKED.sub(lambda path: _set_on_vertices(shapes[path[1]], path[2]), MARKER.sub("", svg))


def _set_on_vertices(shape: str, line: str) -> str:
    return "".join(f'<g transform="translate({x} {y})">{shape}</g>' for x, y in vertices(line)[1:])


def vertices(line: str) -> list[tuple[float, float]]:
    """Return the points of a path of the commands m, h and L, all that the flags' marked paths have.

    >>> vertices("m0 0 16 11h61L47 37z")
    [(0.0, 0.0), (16.0, 11.0), (77.0, 11.0), (47.0, 37.0)]
    """
    x, y, points = 0.0, 0.0, []
    for command, figures in re.findall(r"([mhL])([^a-zA-Z]*)", line):
        numbers = [float(figure) for figure in figures.split()]
        steps = [(dx, 0.0) for dx in numbers] if command == "h" else list(zip(numbers[::2], numbers[1::2], strict=True))
        for dx, dy in steps:
            x, y = (dx, dy) if command == "L" else (x + dx, y + dy)
            points.append((x, y))
    return points


def draw_atlas(folder: Path) -> Image.Image:
    """Place the flags in rows."""
    rows = -(-len(codes()) // PER_ROW)
    atlas = Image.new("RGB", (PER_ROW * WIDTH, rows * HEIGHT), "white")
    for number, code in enumerate(sorted(codes())):
        path = folder / f"{code.lower()}.svg"
        if path.exists():
            atlas.paste(draw_flag(path), (number % PER_ROW * WIDTH, number // PER_ROW * HEIGHT))
    return atlas


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    draw_atlas(source).save(target, optimize=True)
