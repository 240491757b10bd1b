"""An opponent as another package would bring it, by entry point. It thinks until the file `go` lies in its folder."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from predictor.cells import Partition
from predictor.distribution import Distribution
from predictor.opponents import Card, Exhibit

FACES = Partition(np.array([0x1000000000000000, 0x3000000000000000], dtype=np.uint64))
FOLDER = "SLOW_OPPONENT_FOLDER"  # the variable that names the folder
DISTRIBUTION = "slow-1.0.dist-info"


class Slow:
    card = Card("slow", "Slow", "w1", "toy-earth", len(FACES))
    device = "nowhere"

    def locate(self, exhibits: Sequence[Exhibit]) -> list[Distribution]:
        folder = Path(os.environ[FOLDER])
        (folder / "thinks").touch()
        while not (folder / "go").exists():
            time.sleep(0.05)
        return [Distribution(FACES, np.array([0.75, 0.25], dtype=np.float32)) for _ in exhibits]


class Maker:
    def card(self) -> Card:
        return Slow.card

    def load(self, device: str | None) -> Slow:
        return Slow()


maker = Maker()


def install(folder: Path) -> dict[str, str]:
    """Write what an installed package leaves for Python to find; return the variables that bring it in."""
    facts = folder / "site" / DISTRIBUTION
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[beatplanet.opponents]\nslow = tests.game.slow_opponent:maker\n")
    return {"PYTHONPATH": str(folder / "site"), FOLDER: str(folder)}
