"""What the PlaNet paper reports of its own game, to be drawn beside ours for scale: other photos, other people."""

from typing import Any

PAPER: dict[str, Any] = {
    "source": "Weyand, Kostrikov, Philbin: PlaNet (ECCV 2016); Street View, other photos",
    "rounds": 50,
    "people": 10,
    "machine_won": 28,
    "machine_median_km": 1131.7,
    "people_median_km": 2320.75,
}
