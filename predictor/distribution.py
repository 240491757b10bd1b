"""A probability over cells: what the geolocator answers. NumPy only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from predictor.cells import Partition
from predictor.geo import Point
from predictor.s2 import Ids


@dataclass(frozen=True, eq=False)
class Distribution:
    """Probabilities over the cells of a partition. Raises ValueError where they cannot be probabilities."""

    partition: Partition
    probabilities: NDArray[np.float32]  # (n,)

    def __post_init__(self) -> None:
        values = np.asarray(self.probabilities, dtype=np.float32)
        object.__setattr__(self, "probabilities", values)
        if values.shape != (len(self.partition),):
            raise ValueError(f"{len(self.partition)} cells need as many probabilities, not an array of {values.shape}")
        if not (values >= 0).all() or not 0.9 < float(values.sum(dtype=np.float64)) < 1.1:  # halves do not sum to one
            raise ValueError("Probabilities must not be negative and must sum to one")

    def argmax_point(self) -> Point:
        """The middle of the most probable cell: the paper's answer."""
        lat, lng = self.partition.centres()
        best = int(self.probabilities.argmax())
        return Point(float(lat[best]), float(lng[best]))

    def top_cells(self, k: int) -> list[tuple[int, float]]:
        """The k most probable cells with their probabilities, most probable first."""
        order = self._most_probable_first()[:k]
        return [(int(self.partition.cell_ids[i]), float(self.probabilities[i])) for i in order]

    def entropy(self) -> float:
        """Doubt in nats: 0 is certain, log(n) knows nothing."""
        p = self.probabilities[self.probabilities > 0].astype(np.float64)
        p /= p.sum()
        return float(abs(-(p * np.log(p)).sum()))  # abs: never -0.0

    def credible_region(self, mass: float) -> Ids:
        """The fewest cells that together hold that share of the probability, sorted by id."""
        order = self._most_probable_first()
        held = np.cumsum(self.probabilities[order], dtype=np.float64)
        enough = int(np.searchsorted(held, mass * held[-1], side="left")) + 1
        return np.sort(self.partition.cell_ids[order[:enough]])

    def _most_probable_first(self) -> NDArray[np.int64]:
        return np.argsort(-self.probabilities, kind="stable")
