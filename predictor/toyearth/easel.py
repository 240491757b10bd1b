"""The easel: a canvas, the camera that looks at the world and the light that falls on it.

Whatever is drawn on a plane of the world is drawn in metres, as if the plane were the paper. Parts that come again and
again (a window, a tree) are recorded once and played where they stand: the canvas then works without Python in between.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache

import numpy as np
import skia

from predictor.toyearth.camera import NEAREST_M, XYZ, Camera
from predictor.toyearth.light import Light
from predictor.toyearth.moment import Colour

Draw = Callable[[skia.Canvas], None]


@lru_cache(maxsize=4096)
def _paint(red: int, green: int, blue: int, alpha: int) -> skia.Paint:
    return skia.Paint(AntiAlias=True, Color=skia.ColorSetARGB(alpha, red, green, blue))


def ink(colour: Colour, alpha: float = 1.0) -> skia.Paint:
    """Return a paint that fills with a colour (parts from 0 to 1). It is shared: change a copy, not it."""
    return _paint(*(min(max(round(255 * part), 0), 255) for part in (*colour, alpha)))


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

    @contextmanager
    def on(self, origin: XYZ, along: XYZ, up: XYZ) -> Iterator[skia.Canvas]:
        """Draw on a plane of the world: (a, b) there is origin + a·along + b·up, in metres."""
        self.canvas.save()
        self.canvas.concat(skia.Matrix.MakeAll(*self.camera.plane(origin, along, up).ravel().tolist()))
        try:
            yield self.canvas
        finally:
            self.canvas.restore()

    def on_ground(self) -> AbstractContextManager[skia.Canvas]:
        """Draw on the ground: x to the right, y ahead."""
        return self.on((0, 0, 0), (1, 0, 0), (0, 1, 0))

    def facing(self, x: float, y: float) -> AbstractContextManager[skia.Canvas]:
        """Draw on a plane that faces the camera, from a point of the ground: x to the right, y up."""
        return self.on((x, y, 0), (1, 0, 0), (0, 0, 1))

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

    def pixels_per_metre(self, distance_m: float) -> float:
        """Return how large a metre is that far ahead: what would be smaller than a pixel need not be drawn."""
        return self.camera.focal * self.camera.size_px / max(distance_m, 1e-6)

    def pixels(self) -> np.ndarray:
        """Return the picture: (size_px, size_px, 3) uint8."""
        image = self.surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)
        return np.ascontiguousarray(image[:, :, :3])
