"""The measure of what pictures tell: it knows a perfect reader from a blind one, and each scale from the others."""

from pathlib import Path

import numpy as np
import pytest
import torch

from predictor import checkpoint, information, toyearth
from predictor.cells import Partition
from predictor.checkpoint import CheckpointError, Config
from predictor.geo import distance_km
from predictor.planet import build
from predictor.toyearth import bands
from tests.predictor import painting


@pytest.fixture
def reading(tmp_path: Path, quarters: Partition, one_thread: None) -> Path:
    """A checkpoint whose reader always answers 0.5."""
    config = Config(n_cells=len(quarters), size=32, painter=toyearth.PAINTER_VERSION)
    clues = {"weight": torch.zeros(toyearth.CHANNELS, 1024), "bias": torch.full((toyearth.CHANNELS,), 0.5)}
    checkpoint.save(tmp_path / "w.safetensors", config, quarters, build(config).state_dict(), clues)
    return tmp_path / "w.safetensors"


def test_r_squared_is_one_for_the_truth_and_nought_for_the_mean() -> None:
    truth = np.random.default_rng(0).normal(size=(200, 3))
    assert information.r_squared(truth, truth) == pytest.approx([1, 1, 1])
    assert information.r_squared(np.tile(truth.mean(axis=0), (200, 1)), truth) == pytest.approx([0, 0, 0])
    assert (information.r_squared(-truth, truth) < 0).all()


def test_the_reader_is_the_layer_that_was_saved(reading: Path) -> None:
    config, _ = checkpoint.read_header(reading)
    network = information.reader(reading, config).eval()
    pictures = [np.zeros((40, 40, 3), np.uint8)] * 3
    assert information.read_channels(network, config, pictures) == pytest.approx(np.full((3, toyearth.CHANNELS), 0.5))


def test_the_cells_answer_is_untouched_by_the_reader(reading: Path) -> None:
    assert not any(name.startswith("clues") for name in checkpoint.read_weights(reading))


def test_weights_that_do_not_read_are_named(weights: Path) -> None:
    with pytest.raises(CheckpointError, match="trained without --fields-weight"):
        information.reader(weights, checkpoint.read_header(weights)[0])


def test_the_reading_table_has_every_clue_and_a_blind_reader_reads_nothing(
    reading: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting.needed()
    monkeypatch.setattr(information, "_KNOWN", 40)
    table = information.reading_table(reading, 30, "cpu")
    assert all(f"– {name} |" in table for name in bands.CLUES)
    shares = [float(line.split("|")[2]) for line in table.splitlines()[2:]]
    assert max(shares) <= 0  # a constant is never better than the mean


@pytest.mark.slow
@pytest.mark.parametrize(("disc_km", "band"), [(2500.0, 1500.0), (750.0, 400.0), (200.0, 50.0), (25.0, 2.0)])
def test_the_next_finer_band_pays(disc_km: float, band: float) -> None:
    without, with_band = information.search(disc_km, 12, [band])
    assert with_band[band] < 0.5 * without


def test_a_band_that_is_far_too_coarse_does_not_pay_and_one_far_too_fine_is_not_tried() -> None:
    without, with_band = information.search(25.0, 24, [5000.0])
    assert with_band[5000.0] > 0.5 * without
    assert information.search(2500.0, 2, [2.0])[1] == {}


def test_candidates_lie_in_a_disc_that_holds_the_place() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        lat, lng = information._around((60.0, 179.9), 200.0, 400, rng)
        assert float(distance_km(60.0, 179.9, lat, lng).min()) < 30
        assert float(distance_km(60.0, 179.9, lat, lng).max()) < 401
