"""The registry of machines that people can play against: name to how it is built. Imports no torch.

Another package adds an opponent by an entry point of the group "beatplanet.opponents" that names an object with
card() and load(device), as `Planet` here has them.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from PIL import Image

from predictor import checkpoint
from predictor.distribution import Distribution
from predictor.geo import Point

if TYPE_CHECKING:
    from predictor.geolocator import Geolocator
    from predictor.heatmap import Heatmap

log = logging.getLogger(__name__)

Unavailable = checkpoint.CheckpointError  # an opponent is seated here but its file cannot be read
ENTRY_POINTS = "beatplanet.opponents"
SHIPPED_WEIGHTS = Path(__file__).parent / "weights" / "planet-toyearth.safetensors"
Exhibit = Sequence[Image.Image]  # one place, one or more photos; the place asked for is the last one's


@dataclass(frozen=True)
class Card:
    """What the game knows of an opponent without loading it."""

    name: str  # stored with its answers: never changes
    label: str  # what people read
    weights: str  # the first 12 hexadecimal digits of its file's SHA-256
    domain: str  # "toy-earth" or "real": what it was trained on
    n_cells: int
    painter: int = 0  # the version of Toy Earth's painter that it has learnt from; 0: none
    explains: bool = False  # what it loads is an Explainer


class Opponent(Protocol):
    """A machine that is ready to play."""

    card: Card
    device: str

    def locate(self, exhibits: Sequence[Exhibit]) -> list[Distribution]:
        """Say where each exhibit is."""


@runtime_checkable
class Explainer(Protocol):
    """What an opponent may be able to do besides: say which parts of a picture its belief comes from."""

    def explain(
        self, exhibit: Exhibit, places: Sequence[Point], radius_km: float, progress: Callable[[float], object]
    ) -> list["Heatmap"]:
        """Map the last photo for the region around each place; `progress` hears shares of the work, up to 1."""


class Maker(Protocol):
    """How an opponent is described and built."""

    def card(self) -> Card:
        """Describe it, cheaply."""

    def load(self, device: str | None) -> Opponent:
        """Load it."""


class LoadedPlanet:
    """PlaNet looks at the last photo of an exhibit: its place is the one asked for."""

    def __init__(self, card: Card, geolocator: "Geolocator") -> None:
        self.card, self._geolocator = card, geolocator
        self.device = geolocator.device_name

    def locate(self, exhibits: Sequence[Exhibit]) -> list[Distribution]:
        """Say where each exhibit is."""
        return self._geolocator.locate([photos[-1] for photos in exhibits])

    def explain(
        self, exhibit: Exhibit, places: Sequence[Point], radius_km: float, progress: Callable[[float], object]
    ) -> list["Heatmap"]:
        """Map what speaks for each place."""
        from predictor import heatmap  # late: this loads torch

        partition = self._geolocator.partition
        shares = np.stack([partition.shares_within(place, radius_km) for place in places])
        return heatmap.occlusion(self._geolocator, exhibit[-1], shares, progress)


class Planet:
    """PlaNet with the weights in the repository, or in the file that PLANET_WEIGHTS names."""

    def path(self) -> Path:
        """The checkpoint file. Raises CheckpointError where there is none."""
        named = os.environ.get("PLANET_WEIGHTS")
        path = Path(named) if named else SHIPPED_WEIGHTS
        if not path.is_file():
            source = f"PLANET_WEIGHTS={named!r}" if named else str(path)
            raise checkpoint.CheckpointError(f"{source} is not a file; `python -m predictor train` makes one")
        return path

    def card(self) -> Card:
        """Describe it, reading the file's header again only when the file has changed."""
        path = self.path()
        facts = path.stat()
        return _planet_card(path, facts.st_mtime_ns, facts.st_size)

    def load(self, device: str | None) -> Opponent:
        """Load it."""
        from predictor.geolocator import Geolocator  # late: this loads torch, and web processes import this module

        compiled = os.environ.get("PLANET_COMPILE") == "1"
        card = self.card()
        loaded = LoadedPlanet(card, Geolocator.load(self.path(), device, compiled=compiled))
        if self.card() != card:
            raise Unavailable(f"{self.path()} was replaced while it was being read")
        return loaded


@lru_cache(maxsize=8)
def _planet_card(path: Path, _mtime_ns: int, _size: int) -> Card:
    config, partition = checkpoint.read_header(path)
    return Card(
        "planet", "PlaNet", checkpoint.digest(path), config.domain, len(partition), config.painter, explains=True
    )


BUILT_IN: Mapping[str, Maker] = {"planet": Planet()}


def available() -> list[Card]:
    """The cards of all opponents on this installation, the built-in ones first; raises Unavailable if one of these
    cannot be read. What other packages bring and cannot describe is left out."""
    cards = [maker.card() for maker in BUILT_IN.values()]
    for name, maker in _makers().items():
        if name in BUILT_IN:
            continue
        try:
            cards.append(maker.card())
        except Exception:  # another package's trouble must not stop the game
            log.exception("The opponent %r does not say what it is and is left out", name)
    return cards


def load(name: str, device: str | None = None) -> Opponent:
    """Load an opponent; device None takes the best there is. Raises LookupError for a name nobody has."""
    makers = _makers()
    if name not in makers:
        raise LookupError(f"There is no opponent {name!r}; there are: {', '.join(makers)}")
    return makers[name].load(device)


@lru_cache(maxsize=4)
def _brought(_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """What other packages on Python's path bring; finding them reads every package's folder, which takes a while."""
    return tuple(entry_points(group=ENTRY_POINTS))


def _makers() -> dict[str, Maker]:
    makers = dict(BUILT_IN)
    for point in _brought(tuple(sys.path)):
        if point.name in makers:
            log.warning("The opponent %r of %s is left out: the name is taken", point.name, point.value)
            continue
        try:
            makers[point.name] = point.load()
        except Exception:  # another package's trouble must not stop the game
            log.exception("The opponent %r of %s could not be loaded and is left out", point.name, point.value)
    return makers
