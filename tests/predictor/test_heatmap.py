"""The heatmap of a network whose reason is known: it looks at one corner and at nothing else."""

import numpy as np
import pytest
import torch
from PIL import Image

from predictor import heatmap
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.geolocator import Geolocator
from predictor.heatmap import GRID, Heatmap, hidden, occlusion

FIRST, LAST = 0, 23  # two of the 24 cells


class Corner(torch.nn.Module):
    """Believes in the first cell by how bright the upper left quarter is, and in the others evenly."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[torch.Tensor] = []

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        self.batches.append(pixels)
        half = pixels.shape[-1] // 2
        logits = torch.zeros(len(pixels), 24)
        logits[:, FIRST] = 2 * pixels[:, :, :half, :half].mean(dim=(1, 2, 3))
        return logits


@pytest.fixture
def network(one_thread: None) -> Corner:
    return Corner()


@pytest.fixture
def geolocator(network: Corner, quarters: Partition) -> Geolocator:
    return Geolocator(Config(n_cells=24, size=56), quarters, network, torch.device("cpu"))


@pytest.fixture
def white() -> Image.Image:
    return Image.new("RGB", (100, 80), "white")


def region(*cells: int) -> np.ndarray:
    shares = np.zeros(24, np.float32)
    shares[list(cells)] = 1
    return shares


def one(geolocator: Geolocator, picture: Image.Image, *cells: int) -> Heatmap:
    (found,) = occlusion(geolocator, picture, region(*cells)[None])
    return found


def test_the_map_is_hot_where_the_network_looks_and_nowhere_else(geolocator: Geolocator, white: Image.Image) -> None:
    found = one(geolocator, white, FIRST)
    corner, far = found.drops[: GRID // 3, : GRID // 3], found.drops[2 * GRID // 3 :, 2 * GRID // 3 :]
    assert corner.min() > 0.05
    assert far == pytest.approx(0, abs=1e-6)
    assert found.drops.shape == (GRID, GRID)
    assert found.belief == pytest.approx(float(np.exp(4) / (np.exp(4) + 23)), rel=1e-4)


def test_what_speaks_for_one_region_speaks_against_another(geolocator: Geolocator, white: Image.Image) -> None:
    for_it, against = occlusion(geolocator, white, np.stack([region(FIRST), region(LAST)]))
    assert for_it.drops[2, 2] > 0 > against.drops[2, 2]


def test_belief_that_flows_to_a_neighbour_within_the_region_is_no_drop(
    geolocator: Geolocator, white: Image.Image
) -> None:
    everything = one(geolocator, white, *range(24))
    assert everything.drops == pytest.approx(0, abs=1e-5)
    assert everything.belief == pytest.approx(1)


def test_several_regions_cost_no_more_passes(geolocator: Geolocator, white: Image.Image, network: Corner) -> None:
    one(geolocator, white, FIRST)
    alone = sum(map(len, network.batches))
    network.batches.clear()
    occlusion(geolocator, white, np.stack([region(FIRST), region(FIRST)]))
    assert sum(map(len, network.batches)) == alone < 0.65 * GRID * GRID


def test_measured_places_are_those_of_the_whole_grid(geolocator: Geolocator, white: Image.Image) -> None:
    found = one(geolocator, white, FIRST)
    pixels = heatmap.images.batch([white], geolocator.config)
    before = np.log(found.belief)
    for row, column in np.argwhere(found.measured):
        (asked,) = geolocator.think(hidden(pixels, np.array([[row, column]])))
        assert found.drops[row, column] == pytest.approx(before - np.log(asked[FIRST]), abs=1e-4)
    places = np.zeros((GRID, GRID), bool)
    places[tuple(heatmap.coarse_places().T)] = True
    assert (found.measured & ~places).any()  # where it matters it looked again
    half = GRID // 2 + heatmap.STEP * 3  # and not where nothing changes
    assert not (found.measured & ~places)[half:, half:].any()


def test_a_place_between_has_the_mean_of_its_neighbours() -> None:
    known = np.arange(heatmap.coarse_places().shape[0], dtype=np.float32)[None]
    (filled,) = heatmap._between(known)
    across = len(range(0, GRID, heatmap.STEP))
    assert filled[0, :5].tolist() == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert filled[1, 0] == pytest.approx(across / 2)


def test_a_region_that_holds_no_cell_has_an_empty_map(geolocator: Geolocator, white: Image.Image) -> None:
    empty = one(geolocator, white)
    assert not empty.drops.any()
    assert empty.belief == 0


def test_a_belief_of_nothing_makes_no_nan(geolocator: Geolocator, white: Image.Image, network: Corner) -> None:
    network.forward = lambda pixels: torch.cat([torch.full((len(pixels), 1), -1e9), torch.zeros(len(pixels), 23)], 1)  # type: ignore[method-assign]
    found = one(geolocator, white, FIRST)
    assert np.isfinite(found.drops).all()


def test_progress_never_goes_back_and_ends_at_one(geolocator: Geolocator, white: Image.Image) -> None:
    heard: list[float] = []
    occlusion(geolocator, white, region(FIRST)[None], heard.append)
    assert heard == sorted(heard)
    assert 0 < heard[0] < 0.5
    assert heard[-1] == 1
    assert len(heard) > 5


def test_a_patch_is_grey_square_and_ends_at_the_edge() -> None:
    pixels = torch.ones(1, 3, 112, 112).contiguous(memory_format=torch.channels_last)
    middle, corner = hidden(pixels, np.array([[13, 13], [0, 0]]))
    assert (middle == 0).sum() == 3 * 28 * 28  # a quarter of the side
    assert (middle[:, 42:70, 42:70] == 0).all()
    assert (corner == 0)[0].nonzero().max(dim=0).values.tolist() == [15, 15]  # its middle is at 2, half a side is 14


def test_batches_keep_the_order_of_memory(geolocator: Geolocator, white: Image.Image, network: Corner) -> None:
    one(geolocator, white, FIRST)
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in network.batches)
    assert max(map(len, network.batches)) == heatmap.BATCH
