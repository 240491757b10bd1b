"""PlaNet on many photos at once, against one at a time; in other number formats and memory orders, on this device."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from benchmarks.measure import Result, against
from predictor import images, toyearth
from predictor.geolocator import Geolocator
from predictor.opponents import Planet
from predictor.planet import choose_precision

PHOTOS = 32
PIXELS = 640  # a side, as the game stores them


def at_once() -> Result:
    """Locate photos in one batch, in float32. Fails where an answer differs from the one given alone."""
    geolocator = Geolocator.load(Planet().path(), precision=torch.float32)
    photos = [toyearth.picture("new_place", 5, index, PIXELS).image for index in range(PHOTOS)]
    together, alone = geolocator.locate(photos, PHOTOS), geolocator.locate(photos, 1)
    if any(abs(a.probabilities - b.probabilities).max() > 1e-4 for a, b in zip(together, alone, strict=True)):
        raise AssertionError("Answers given together and alone differ")
    with one_thread():
        ours, theirs = against(lambda: geolocator.locate(photos, PHOTOS), lambda: geolocator.locate(photos, 1), 1)
    told = f"one at a time: {1000 * theirs / PHOTOS:.1f} ms a photo on {geolocator.device}, same answers"
    return Result(f"locating {PHOTOS} photos at once", theirs / ours, "times as fast", told, goal=1.1)


def halved() -> Result:
    """Think in bfloat16. `planet.choose_precision` should have chosen the format that is faster on this device."""
    exact, half = (Geolocator.load(Planet().path(), precision=each) for each in (torch.float32, torch.bfloat16))
    pixels = _pixels(exact)
    with one_thread():
        ours, theirs = against(lambda: half.think(pixels), lambda: exact.think(pixels), 1)
    chosen = choose_precision(exact.device)
    told = f"float32: {1000 * theirs / PHOTOS:.1f} ms a photo on {exact.device_name}, where {chosen} is chosen"
    pays = chosen is torch.bfloat16
    return Result("thinking in bfloat16", theirs / ours, "times as fast", told, goal=1.0, higher_is_better=pays)


def channels_last() -> Result:
    """Think in the memory order of `planet.build` and `images.normalised`, against PyTorch's usual order."""
    ours, theirs = (Geolocator.load(Planet().path(), precision=torch.float32) for _ in range(2))
    theirs.network.to(memory_format=torch.contiguous_format)
    pixels = _pixels(ours)
    usual = pixels.contiguous()
    if not pixels.is_contiguous(memory_format=torch.channels_last):
        raise AssertionError("Pictures do not come in channels-last order")
    with one_thread():
        last_s, usual_s = against(lambda: ours.think(pixels), lambda: theirs.think(usual), 2)
    told = f"the usual order: {1000 * usual_s / PHOTOS:.1f} ms a photo on {ours.device_name}"
    return Result("thinking in channels-last order", usual_s / last_s, "times as fast", told, goal=1.0)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: several wait for each other after every layer, and then for whatever else is running."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _pixels(geolocator: Geolocator) -> torch.Tensor:
    """A batch of photos as the network takes them."""
    photos = [toyearth.picture("new_place", 5, index, PIXELS).image for index in range(PHOTOS)]
    return images.batch(photos, geolocator.config)
