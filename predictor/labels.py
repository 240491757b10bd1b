"""What a network should answer, and how wrong it is: hard and soft labels over nested partitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from predictor import toyearth
from predictor.cells import Partition
from predictor.geo import EARTH_RADIUS_KM, unit_vectors

CPU = torch.device("cpu")
_TINY = 1e-12  # a probability whose logarithm is finite in float32


def targets(
    lat: NDArray, lng: NDArray, partition: Partition, soft_km: float, device: torch.device = CPU
) -> torch.Tensor:
    """What the network should answer at these places, (batch, n_cells), each row summing to one.

    soft_km = 0 gives the paper's labels: all to the cell of the photo. Otherwise every cell gets exp(-d / soft_km),
    where d is how much farther its middle lies from the photo than the middle of the photo's own cell (Haas and others,
    CVPR 2024), so that a near miss costs less than a far one.
    """
    own = torch.from_numpy(partition.assign(lat, lng)).to(device)
    if soft_km == 0:
        return nn.functional.one_hot(own, len(partition)).float()
    here = torch.from_numpy(unit_vectors(lat, lng).astype(np.float32)).to(device)
    # float32 is two kilometres wrong beside the photo, and labels are tens of kilometres wide.
    cosines = (here @ _middles(partition, device).T).clamp(-1, 1)
    distances = 2 * EARTH_RADIUS_KM * torch.asin(torch.sqrt((1 - cosines) / 2))
    farther = (distances - distances.gather(1, own[:, None])).clamp(min=0)
    return (-farther / soft_km).softmax(dim=1)


@lru_cache(maxsize=4)
def _middles(partition: Partition, device: torch.device) -> torch.Tensor:
    """Unit vectors of the middles of cells, (n_cells, 3)."""
    return torch.from_numpy(unit_vectors(*partition.centres()).astype(np.float32)).to(device)


@dataclass(frozen=True, eq=False)
class Nest:
    """Coarser partitions around the cells of the finest: in which of its cells each of those lies, (n_cells,) each."""

    inside: tuple[torch.Tensor, ...]

    @classmethod
    def of(cls, finest: Partition, coarser: Sequence[Partition], device: torch.device) -> "Nest":
        """Raises ValueError where a cell of the finest lies in none of a coarser partition."""
        found = [partition.holding(finest.cell_ids) for partition in coarser]
        if any((index < 0).any() for index in found):
            raise ValueError("The cells of nested partitions must lie in one another: give all of them the same t2")
        return cls(tuple(torch.from_numpy(index).to(device) for index in found))

    def loss(self, logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """The mean of the cross-entropies of all partitions, from (batch, n_cells) logits and labels.

        A coarse cell has the sum of what its leaves have, in the answer and in the label: one head, and answers that
        never contradict one another (as OpenStreetView-5M's hierarchical loss, CVPR 2024).
        """
        logits = logits.float()
        losses = [nn.functional.cross_entropy(logits, wanted)]
        probabilities = logits.softmax(dim=1) if self.inside else logits
        for index in self.inside:
            answered, right = (_summed(each, index) for each in (probabilities, wanted))
            losses.append(-(right * answered.clamp(min=_TINY).log()).sum(dim=1).mean())
        return torch.stack(losses).mean()


def _summed(leaves: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Sums over the cells that lie in the same coarser one, (batch, n_cells) to (batch, n_coarser)."""
    sums = leaves.new_zeros(len(leaves), int(index.max()) + 1)
    return sums.index_add(1, index, leaves)


def fields(lat: NDArray, lng: NDArray) -> torch.Tensor:
    """What Toy Earth's painter drew from at these places, (batch, toyearth.CHANNELS), each about standard normal."""
    return torch.from_numpy(toyearth.channels(lat, lng).astype(np.float32))


def read_loss(read: torch.Tensor, lat: NDArray, lng: NDArray) -> torch.Tensor:
    """How wrongly the painter's fields were read, (batch, toyearth.CHANNELS): the mean squared error.

    One cell of a thousand says little about a picture; the fields say what there was to see in it, so that fewer
    pictures teach the network to look. These outputs serve in training only and are not saved in the checkpoint.
    """
    return nn.functional.mse_loss(read.float(), fields(lat, lng).to(read.device))
