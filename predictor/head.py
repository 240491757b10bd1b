"""The last layer, fitted anew on a finished network: cells that look alike share what they learn.

Trained with the rest, each of a thousand cells learns from its own hundred pictures. Here a cell's row is its
description (what the painter draws from there, and where it lies) times one matrix that all cells share. The product is
an ordinary last layer: neither the checkpoint nor inference knows the difference.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from predictor import data, images, toyearth
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.geo import distance_km, unit_vectors

PLACES_A_CELL = 16  # whose fields are averaged for a description
_STEPS, _BATCH, _RATE = 800, 256, 3e-3
_DECAY = 3.0  # strong: a thousand features invite learning the pictures by heart
CHECK = 8  # one picture in eight is kept to compare the new layer with the old


@dataclass(frozen=True)
class Seen:
    """What a network made of pictures, before its last layer."""

    features: torch.Tensor  # (m, 1024)
    lat: NDArray[np.float64]
    lng: NDArray[np.float64]

    def part(self, which: NDArray[np.bool_]) -> "Seen":
        """Some of the pictures."""
        return Seen(self.features[torch.from_numpy(which)], self.lat[which], self.lng[which])


def describe(partition: Partition, lat: NDArray, lng: NDArray) -> torch.Tensor:
    """What tells cells apart, from the training places in them: (n_cells, d), each column about standard normal."""
    cell = partition.assign(lat, lng)
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(len(partition)))
    fields = np.zeros((len(partition), toyearth.CHANNELS))
    for at, start in enumerate(tqdm(starts, desc="describing", unit="cell")):
        mine = [index for index in order[start : start + PLACES_A_CELL] if cell[index] == at]
        fields[at] = toyearth.channels(lat[mine], lng[mine]).mean(axis=0)
    xyz = unit_vectors(*partition.centres())
    columns = np.concatenate([fields, xyz, xyz**2], axis=1)  # squared: the climate, north and south
    return torch.from_numpy((columns - columns.mean(axis=0)) / columns.std(axis=0)).float()


@torch.inference_mode()
def look(network: nn.Module, config: Config, seed: int, count: int, device: torch.device) -> Seen:
    """Show a network new training pictures, whole as in the game, and keep what its body makes of them."""
    last, network.fc = network.fc, nn.Identity()
    network.eval()
    features, places = [], []
    try:
        for first in tqdm(range(0, count, 64), desc="looking", unit="batch"):
            size = round(config.size * data.SPARE)
            shown = [toyearth.picture("train", seed, index, size) for index in range(first, min(first + 64, count))]
            features.append(network(images.batch([s.image for s in shown], config).to(device)).cpu())
            places += [(s.lat, s.lng) for s in shown]
    finally:
        network.fc = last
    lat, lng = np.array(places).T
    return Seen(torch.cat(features), lat, lng)


def fit(
    seen: Seen, descriptions: torch.Tensor, partition: Partition, soft_km: float, steps: int = _STEPS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit a last layer: weights (n_cells, 1024) and biases (n_cells,)."""
    wanted = data.targets(seen.lat, seen.lng, partition, soft_km)
    mean, spread = seen.features.mean(0), seen.features.std(0) + 1e-4
    features = (seen.features - mean) / spread
    known = descriptions / descriptions.shape[1] ** 0.5
    shared = nn.Linear(features.shape[1], known.shape[1])
    popular = nn.Parameter(torch.log(wanted.mean(0) + 1e-4))
    nn.init.zeros_(shared.weight)
    nn.init.zeros_(shared.bias)
    groups = [{"params": [*shared.parameters()], "weight_decay": _DECAY}, {"params": [popular], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    chance = torch.Generator().manual_seed(0)
    for _ in tqdm(range(steps), desc="fitting", unit="step"):
        some = torch.randint(len(features), (_BATCH,), generator=chance)
        loss = nn.functional.cross_entropy(shared(features[some]) @ known.T + popular, wanted[some])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        weight = known @ (shared.weight / spread)
        bias = known @ (shared.bias - shared.weight @ (mean / spread)) + popular
    return weight.detach(), bias.detach()


def errors_km(seen: Seen, weight: torch.Tensor, bias: torch.Tensor, partition: Partition) -> NDArray[np.float64]:
    """How far off a last layer is, (m,)."""
    best = (seen.features @ weight.cpu().T + bias.cpu()).argmax(1).numpy()
    lat, lng = partition.centres()
    return distance_km(seen.lat, seen.lng, lat[best], lng[best])
