"""The easel: a canvas, the camera that looks at the world and the light that falls on it.

Whatever is drawn on a plane of the world is drawn in metres, as if the plane were the paper. Parts that come again and
again (a window, a tree) are recorded once and played where they stand: the canvas then works without Python in between.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from math import ceil, cos, sin

import numpy as np
import skia

from predictor.toyearth.camera import NEAREST_M, XYZ, Camera
from predictor.toyearth.colour import Colour
from predictor.toyearth.lettering import Words
from predictor.toyearth.light import Light

_HIDDEN = 0.25  # of a text's pixels: with more of them painted over it counts as hidden
_REPAINTED = 30  # of 255: more than the air before a wall changes a colour
Draw = Callable[[skia.Canvas], None]


@lru_cache(maxsize=4096)
def _paint(red: int, green: int, blue: int, alpha: int) -> skia.Paint:
    return skia.Paint(AntiAlias=True, Color=skia.ColorSetARGB(alpha, red, green, blue))


def ink(colour: Colour, alpha: float = 1.0) -> skia.Paint:
    """Return a paint that fills with a colour (parts from 0 to 1). It is shared: change a copy, not it."""
    red, green, blue = colour
    return _paint(_byte(red), _byte(green), _byte(blue), _byte(alpha))


def _byte(part: float) -> int:
    return 0 if part <= 0 else 255 if part >= 1 else int(255 * part + 0.5)


def line(colour: Colour, width: float, alpha: float = 1.0) -> skia.Paint:
    """Return a paint that draws lines of a width, in the units of the plane."""
    paint = skia.Paint(ink(colour, alpha))
    paint.setStyle(skia.Paint.kStroke_Style)
    paint.setStrokeWidth(width)
    return paint


def soft(colour: Colour, alpha: float, blur: float) -> skia.Paint:
    """Return a paint whose edge is blurred, by a width in pixels: for things that face the camera (a cloud, a glow)."""
    paint = skia.Paint(ink(colour, alpha))
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur, False))
    return paint


def blend(start: tuple[float, float], end: tuple[float, float], stops: dict[float, tuple[Colour, float]]) -> skia.Paint:
    """Return a paint that goes from one colour to the next between two points; `stops` are {share: (colour, alpha)}."""
    colours = [skia.Color4f(*colour, alpha).toColor() for colour, alpha in stops.values()]
    paint = skia.Paint(AntiAlias=True)
    paint.setShader(skia.GradientShader.MakeLinear([skia.Point(*start), skia.Point(*end)], colours, list(stops)))
    return paint


def box(x0: float, y0: float, x1: float, y1: float) -> skia.Rect:
    """Return the rectangle between two corners, whichever they are."""
    return skia.Rect(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def shape(points: Iterable[tuple[float, float]]) -> skia.Path:
    """Return a closed polygon."""
    return skia.Path.Polygon([skia.Point(float(x), float(y)) for x, y in points], True)


def record(width: float, height: float, draw: Draw) -> skia.Picture:
    """Record a drawing that lies between (0, 0) and (width, height)."""
    recorder = skia.PictureRecorder()
    draw(recorder.beginRecording(skia.Rect(0, 0, width, height)))
    return recorder.finishRecordingAsPicture()


class Easel:
    """A square picture in the making."""

    def __init__(self, camera: Camera, light: Light) -> None:
        self.camera, self.light = camera, light
        self.surface = skia.Surface(camera.size_px, camera.size_px)
        self.canvas: skia.Canvas = self.surface.getCanvas()
        self._watched: list[tuple[Words, tuple[int, int, int, int], np.ndarray]] = []

    @contextmanager
    def on(self, origin: XYZ, along: XYZ, up: XYZ) -> Iterator[skia.Canvas]:
        """Draw on a plane of the world: (a, b) there is origin + a·along + b·up, in metres."""
        self.canvas.save()
        self.canvas.concat(skia.Matrix.MakeAll(*self.camera.plane(origin, along, up)))
        try:
            yield self.canvas
        finally:
            self.canvas.restore()

    def on_ground(self) -> AbstractContextManager[skia.Canvas]:
        """Draw on the ground: x to the right, y ahead."""
        return self.on((0, 0, 0), (1, 0, 0), (0, 1, 0))

    def facing(self, x: float, y: float) -> AbstractContextManager[skia.Canvas]:
        """Draw on a plane that faces the camera, from a point of the ground: x to the right, y up."""
        yaw = self.camera.yaw
        return self.on((x, y, 0), (cos(yaw), -sin(yaw), 0), (0, 0, 1))

    def block(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], colour: Colour) -> None:
        """Paint an upright block between two values of each axis: the faces that the camera sees, each in its light."""
        camera, light = self.camera, self.light
        distance = camera.distance_m((x[0] + x[1]) / 2, (y[0] + y[1]) / 2)
        if camera.height_m > z[1]:
            with self.on((0, 0, z[1]), (1, 0, 0), (0, 1, 0)) as canvas:
                canvas.drawRect(box(x[0], y[0], x[1], y[1]), ink(light.on(colour, (0.0, 0.0, 1.0), distance)))
        for side, normal in ((x[0], -1.0), (x[1], 1.0)):
            if (camera.x_m - side) * normal > 0:
                with self.on((side, 0, 0), (0, 1, 0), (0, 0, 1)) as canvas:
                    canvas.drawRect(box(y[0], z[0], y[1], z[1]), ink(light.on(colour, (normal, 0.0, 0.0), distance)))
        for end, normal in ((y[0], -1.0), (y[1], 1.0)):
            if (camera.y_m - end) * normal > 0:
                with self.on((0, end, 0), (1, 0, 0), (0, 0, 1)) as canvas:
                    canvas.drawRect(box(x[0], z[0], x[1], z[1]), ink(light.on(colour, (0.0, normal, 0.0), distance)))

    def polygon(self, corners: Iterable[XYZ], paint: skia.Paint) -> None:
        """Fill a flat polygon of the world; what lies behind the camera is cut off."""
        self.canvas.drawPath(shape(self.camera.pixel(corner) for corner in self._ahead(corners)), paint)

    def _ahead(self, corners: Iterable[XYZ]) -> Iterator[XYZ]:
        """Cut a polygon at the nearest distance at which anything is painted."""
        points = [np.asarray(corner, dtype=float) for corner in corners]
        depths = [self.camera.depth_m(point.tolist()) - NEAREST_M for point in points]
        for k, (point, depth) in enumerate(zip(points, depths, strict=True)):
            before, depth_before = points[k - 1], depths[k - 1]
            if (depth < 0) != (depth_before < 0):
                yield (before + (point - before) * depth_before / (depth_before - depth)).tolist()
            if depth >= 0:
                yield point.tolist()

    def shows(self, *points: XYZ) -> bool:
        """Say whether all these points of the world lie within the picture (something may still stand before them)."""
        size = self.camera.size_px
        for point in points:
            if self.camera.depth_m(point) < NEAREST_M:
                return False
            x, y = self.camera.pixel(point)
            if not (0 <= x < size and 0 <= y < size):
                return False
        return True

    def watch(self, words: Words, *corners: XYZ) -> None:
        """Remember how a text looks that was just written between these corners, if it lies within the picture."""
        if not self.shows(*corners):
            return
        across, down = zip(*map(self.camera.pixel, corners), strict=True)
        patch = (int(min(across)), int(min(down)), ceil(max(across)) + 1, ceil(max(down)) + 1)
        self._watched.append((words, patch, self._pixels_of(patch)))

    def texts(self) -> list[Words]:
        """Return the texts that are still to be seen: not much of them was painted over."""
        return [
            words
            for words, patch, before in self._watched
            if (np.abs(self._pixels_of(patch) - before).max(axis=2) > _REPAINTED).mean() < _HIDDEN
        ]

    def _pixels_of(self, patch: tuple[int, int, int, int]) -> np.ndarray:
        left, top, right, bottom = patch
        wide, high = max(right - left, 1), max(bottom - top, 1)
        pixels = np.zeros((high, wide, 4), np.uint8)
        info = skia.ImageInfo.MakeN32Premul(wide, high)
        self.surface.readPixels(info, pixels, 4 * wide, left, top)
        return pixels.astype(np.int16)

    def pixels_per_metre(self, distance_m: float) -> float:
        """Return how large a metre is that far ahead: what would be smaller than a pixel need not be drawn."""
        return self.camera.focal * self.camera.size_px / max(distance_m, 1e-6)

    def pixels(self) -> np.ndarray:
        """Return the picture: (size_px, size_px, 3) uint8."""
        image = self.surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)
        return np.ascontiguousarray(image[:, :, :3])
