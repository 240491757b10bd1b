"""PlaNet on many photos at once, against one at a time."""

from benchmarks.measure import Result, seconds
from predictor import toyearth
from predictor.geolocator import Geolocator
from predictor.opponents import Planet

PHOTOS = 32
PIXELS = 640  # a side, as the game stores them


def at_once() -> Result:
    """Locate photos in one batch. Fails where an answer differs from the one given alone."""
    geolocator = Geolocator.load(Planet().path())
    photos = [toyearth.picture("new_place", 5, index, PIXELS).image for index in range(PHOTOS)]
    together, alone = geolocator.locate(photos, PHOTOS), geolocator.locate(photos, 1)
    if any(abs(a.probabilities - b.probabilities).max() > 1e-4 for a, b in zip(together, alone, strict=True)):
        raise AssertionError("Answers given together and alone differ")
    ours = seconds(lambda: geolocator.locate(photos, PHOTOS), 3)
    theirs = seconds(lambda: geolocator.locate(photos, 1), 3)
    told = f"one at a time: {1000 * theirs / PHOTOS:.1f} ms a photo on {geolocator.device}, same answers"
    return Result(f"locating {PHOTOS} photos at once", theirs / ours, "times as fast", told, goal=1.1)
