"""Why the geolocator believes: a grey patch is slid over the picture, and the belief that it takes away is mapped.

Zeiler and Fergus (ECCV 2014), whom the PlaNet paper follows. Asked is the belief in regions, not in single cells: at
any change of a picture a cell's probability flows to its neighbours, which would paint everything hot.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from predictor import images
from predictor.geolocator import Geolocator

GRID = 27  # places of the patch in each direction: about every four pixels of 112
PATCH = 0.25  # of the side, as Zeiler and Fergus: a house front or a sign is hidden whole, a street is not
STEP = 2  # the first pass takes every second place in both directions, all four edges among them
REFINED = 0.35  # of all places: the most that the second pass takes; 18 maps then correlate by 0.97 with whole grids
MATTERS = 0.25  # of the greatest drop, size and steepness together: what the second pass looks at again
BATCH = 32
LEAST = 1e-12  # a belief below this is none: its logarithm would only tell of rounding

Floats = NDArray[np.float32]
Places = NDArray[np.int64]  # (places, 2): row and column in the grid
Progress = Callable[[float], object]


@dataclass(frozen=True, eq=False)
class Heatmap:
    """What hiding each part of the middle square (images.middle_square) does to the belief in one region.

    The grid lies evenly over that square, its first row on top: item (i, j) tells of a patch whose middle lies at
    (i + 0.5) / rows of the height and (j + 0.5) / columns of the width.
    """

    drops: Floats  # (rows, columns), nats: log-probability before less after; negative where the belief grows
    measured: NDArray[np.bool_]  # (rows, columns): the network was asked; elsewhere it is a mean of neighbours
    belief: float  # the region's probability before anything is hidden


def occlusion(
    geolocator: Geolocator, picture: images.Picture, shares: Floats, progress: Progress = lambda share: None
) -> list[Heatmap]:
    """Map where the belief in each region comes from; shares, (regions, n_cells), say how much of each cell it holds.

    All regions are told from the same passes through the network: a coarse grid of patches, then those places between
    where the map is great or steep. A region that holds no part of a cell has drops of 0. `progress` hears after each
    batch which share of the work is done, up to 1.
    """
    pixels = images.batch([picture], geolocator.config).to(geolocator.device)  # (1, 3, size, size)
    before = _log_beliefs(geolocator, pixels, shares)  # (regions, 1)
    coarse, budget = coarse_places(), round(REFINED * GRID * GRID)
    total = len(coarse) + budget

    def drops_at(places: Places, done: int) -> Floats:  # (regions, places)
        found = [np.zeros((len(shares), 0), np.float32)]
        for some in np.array_split(places, range(BATCH, len(places), BATCH)):
            found.append(before - _log_beliefs(geolocator, hidden(pixels, some), shares))
            done += len(some)
            progress(done / total)
        return np.concatenate(found, axis=1)

    drops, measured = _between(drops_at(coarse, 0)), np.zeros((GRID, GRID), bool)
    measured[tuple(coarse.T)] = True
    fine = _worth_another_look(drops, measured, budget)
    if len(fine):
        drops[:, fine[:, 0], fine[:, 1]] = drops_at(fine, len(coarse))
        measured[tuple(fine.T)] = True
    progress(1.0)
    beliefs = np.where(shares.any(axis=1), np.exp(before[:, 0]), 0.0)
    return [Heatmap(each, measured, float(belief)) for each, belief in zip(drops, beliefs, strict=True)]


def coarse_places() -> Places:
    """The places of the first pass, row by row."""
    return np.argwhere(np.logical_and.outer(*[np.arange(GRID) % STEP == 0] * 2))


def hidden(pixels: torch.Tensor, places: Places) -> torch.Tensor:
    """One picture, (1, 3, size, size), with a grey patch at each of the places, (places, 3, size, size).

    Grey is the mean of normalised pixels, 0. A patch ends at the picture's edge.
    """
    size = pixels.shape[-1]
    middles = (torch.from_numpy(places).to(pixels.device) + 0.5) * (size / GRID)  # (places, 2)
    at = torch.arange(size, device=pixels.device) + 0.5
    within = (at - middles[..., None]).abs() < size * PATCH / 2  # (places, 2, size): rows, columns
    patch = within[:, 0, :, None] & within[:, 1, None, :]  # (places, size, size)
    return (pixels * ~patch[:, None]).contiguous(memory_format=torch.channels_last)


def _log_beliefs(geolocator: Geolocator, pixels: torch.Tensor, shares: Floats) -> Floats:
    """Log-probabilities of the regions, (regions, batch)."""
    return np.log(np.maximum(shares @ geolocator.think(pixels).T, LEAST)).astype(np.float32)


def _between(known: Floats) -> Floats:
    """Fill the grid from the first pass, (regions, places) to (regions, GRID, GRID), linearly in both directions."""
    at, wanted = np.arange(0, GRID, STEP), np.arange(GRID)
    weights = np.stack([np.interp(wanted, at, row) for row in np.eye(len(at))], axis=1)  # (GRID, k)
    return (weights @ known.reshape(-1, len(at), len(at)) @ weights.T).astype(np.float32)


def _worth_another_look(drops: Floats, measured: NDArray[np.bool_], most: int) -> Places:
    """The places between where the map of any region is great or steep: `most` of them or fewer.

    Steep is where the neighbours of the first pass differ, so that a mean of them tells little.
    """
    around = sliding_window_view(np.pad(drops, ((0, 0), (1, 1), (1, 1)), "edge"), (3, 3), axis=(1, 2))
    steepness = around.max(axis=(3, 4)) - around.min(axis=(3, 4))
    greatest = np.abs(drops).max(axis=(1, 2), keepdims=True)
    weight = ((np.abs(drops) + steepness) / np.maximum(greatest, LEAST)).max(axis=0)  # on each region's own scale
    weight[measured] = 0
    order = np.argsort(-weight, axis=None, kind="stable")[:most]
    chosen = order[weight.ravel()[order] >= MATTERS]
    return np.stack(np.unravel_index(chosen, weight.shape), axis=-1)
