"""The last layer, fitted anew."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from predictor import checkpoint, head, toyearth
from predictor.cells import Partition
from predictor.geo import unit_vectors
from predictor.head import Seen
from predictor.train import Plan, train

TINY = Plan(count=60, size=32, t1=20, t2=2, batch=8, workers=0, steps=2, exam=0, save_every_s=0.0, fields_weight=1.0)


def compass(count: int, seed: int) -> Seen:
    """Features that hold the place, and much that does not matter."""
    rng = np.random.default_rng(seed)
    lat, lng = np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)
    features = np.concatenate([unit_vectors(lat, lng), rng.normal(size=(count, 5))], axis=1)
    return Seen(torch.from_numpy(features).float(), lat, lng)


def test_the_layer_finds_what_features_tell(
    quarters: Partition, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "_DECAY", 0.0)  # eight features cannot be learnt by heart
    descriptions = torch.from_numpy(unit_vectors(*quarters.centres())).float()
    weight, bias = head.fit(compass(2000, 1), descriptions, quarters, 0.0, steps=600)
    asked = compass(500, 2)
    errors = head.errors_km(asked, weight, bias, quarters)
    shuffled = head.errors_km(asked, weight[torch.randperm(24)], bias, quarters)
    assert weight.shape == (24, 8)
    assert np.median(errors) < 2500
    assert np.median(shuffled) > 2 * np.median(errors)


def test_descriptions_are_standard_and_tell_cells_apart(quarters: Partition) -> None:
    lat, lng = toyearth.places("train", 3, 400)
    peopled = Partition(quarters.cell_ids[np.bincount(quarters.assign(lat, lng), minlength=24) > 0])
    known = head.describe(peopled, np.asarray(lat), np.asarray(lng))
    assert known.shape == (len(peopled), toyearth.CHANNELS + 6)
    assert known.mean(0).abs().max() < 1e-4
    assert known.std(0, correction=0).numpy() == pytest.approx(1, abs=1e-3)
    assert len(np.unique(known.numpy(), axis=0)) == len(peopled)


def test_a_finished_run_is_refitted_once(tmp_path: Path, one_thread: None) -> None:
    train(TINY, tmp_path, "cpu")
    as_trained = checkpoint.read_weights(tmp_path / "planet.safetensors")
    wish = dataclasses.replace(TINY, refit=96)
    train(wish, tmp_path, "cpu")
    config, partition = checkpoint.read_header(tmp_path / "planet.safetensors")
    weights = checkpoint.read_weights(tmp_path / "planet.safetensors")
    assert config.training["refit"] == 96
    assert config.training["step"] == 2
    assert len(weights["fc.bias"]) == len(partition)
    better = config.training["median_km_refitted"] < config.training["median_km_as_trained"]
    assert torch.equal(weights["fc.weight"], as_trained["fc.weight"]) != better
    assert torch.equal(weights["conv1.conv.weight"], as_trained["conv1.conv.weight"])
    written = (tmp_path / "planet.safetensors").stat().st_mtime_ns
    train(wish, tmp_path, "cpu")
    assert (tmp_path / "planet.safetensors").stat().st_mtime_ns == written
