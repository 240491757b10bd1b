"""One file: whole, or refused with a reason."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from predictor import checkpoint
from predictor.cells import Partition
from predictor.checkpoint import CheckpointError, Config
from predictor.geolocator import Geolocator
from predictor.planet import build


def test_what_is_saved_comes_back(weights: Path, quarters: Partition) -> None:
    config, partition = checkpoint.read_header(weights)
    assert (config.n_cells, config.size, config.domain, config.training) == (24, 32, "toy-earth", {"minutes": 0})
    assert partition.digest == quarters.digest
    torch.manual_seed(1)
    kept = checkpoint.read_weights(weights)
    for name, tensor in build(config).state_dict().items():
        assert kept[name].dtype in (torch.float32, torch.int64)
        assert torch.allclose(kept[name].float(), tensor.float(), atol=1e-3, rtol=1e-3), name


def test_matrices_take_two_bytes_a_weight(weights: Path) -> None:
    network = build(checkpoint.read_header(weights)[0])
    parameters = sum(p.numel() for p in network.parameters())
    assert weights.stat().st_size < 2.2 * parameters


def test_the_header_reads_without_torch(weights: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from predictor.checkpoint import digest, read_header
path = Path({str(weights)!r})
print(read_header(path)[0].n_cells, digest(path), "torch" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == ["24", checkpoint.digest(weights), "False"]


def test_the_digest_follows_the_file(weights: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(weights.read_bytes())
    before = checkpoint.digest(copy)
    assert before == checkpoint.digest(weights)
    copy.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    assert checkpoint.digest(copy) != before
    assert len(before) == 12


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_file_cut_short_is_refused(weights: Path, tmp_path: Path, keep: int) -> None:
    broken = tmp_path / "cut.safetensors"
    broken.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"cut\.safetensors is not a whole checkpoint"):
        Geolocator.load(broken, "cpu")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_file({"partition.cell_ids": np.array([1])}, other)
    with pytest.raises(CheckpointError, match="has the format None"):
        checkpoint.read_header(other)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors"):
        checkpoint.read_header(tmp_path / "nowhere.safetensors")


def test_missing_weights_are_refused(quarters: Partition, tmp_path: Path) -> None:
    config = Config(n_cells=24, size=32)
    tensors = build(config).state_dict()
    tensors.pop("fc.bias")
    checkpoint.save(tmp_path / "w.safetensors", config, quarters, tensors)
    with pytest.raises(CheckpointError, match=r"fc\.bias"):
        Geolocator.load(tmp_path / "w.safetensors", "cpu")


def test_cells_and_config_must_agree(quarters: Partition, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", Config(n_cells=23), quarters, {})
    with pytest.raises(CheckpointError, match="speaks of 23 cells and holds 24"):
        checkpoint.read_header(tmp_path / "w.safetensors")


@pytest.mark.parametrize("config", ["", "[]", "{}", json.dumps({"n_cells": 24, "mean": [0], "std": [1], "flux": 3})])
def test_a_config_from_elsewhere_is_refused(tmp_path: Path, quarters: Partition, config: str) -> None:
    path = tmp_path / "w.safetensors"
    cells = {"partition.cell_ids": quarters.cell_ids.view(np.int64)}
    save_file(cells, path, metadata={"format": checkpoint.FORMAT, "config": config})
    with pytest.raises(CheckpointError, match="has a config that this version"):
        checkpoint.read_header(path)


def test_weights_of_the_made_up_world_that_name_no_painter_are_of_the_first(weights: Path, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    with safe_open(weights, framework="numpy") as file:
        metadata = file.metadata()
    config = json.loads(metadata["config"])
    del config["painter"]
    save_file(load_file(weights), tmp_path / "old.safetensors", {**metadata, "config": json.dumps(config)})
    assert checkpoint.read_header(tmp_path / "old.safetensors")[0].painter == 1
    config["domain"] = "real"
    save_file(load_file(weights), tmp_path / "real.safetensors", {**metadata, "config": json.dumps(config)})
    assert checkpoint.read_header(tmp_path / "real.safetensors")[0].painter == 0


def test_places_come_back_to_a_kilometre_and_no_closer(quarters: Partition, tmp_path: Path) -> None:
    places = np.full((2, 24, 3), np.nan)
    places[:, 5, :2] = [[48.856918, -90.0], [2.341209, 180.0]]
    checkpoint.save(tmp_path / "w.safetensors", Config(n_cells=24), replace(quarters, places=tuple(places)), {})
    _, partition = checkpoint.read_header(tmp_path / "w.safetensors")
    assert partition.places is not None
    assert np.array_equal(np.isnan(partition.places), np.isnan(places))
    assert np.stack(partition.places)[:, 5, :2].tolist() == [[48.86, -90.0], [2.34, 180.0]]


def test_a_file_without_places_is_read(weights: Path) -> None:
    assert checkpoint.read_header(weights)[1].places is None


def test_places_of_other_cells_are_refused(quarters: Partition, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    tensors = {
        "partition.cell_ids": quarters.cell_ids.view(np.int64),
        "partition.places": np.zeros((2, 23, 4), np.int16),
    }
    told = json.dumps({"n_cells": 24, "mean": [0.5] * 3, "std": [0.25] * 3})
    save_file(tensors, path, metadata={"format": checkpoint.FORMAT, "config": told})
    with pytest.raises(CheckpointError, match=r"w\.safetensors: A partition has a row of latitudes"):
        checkpoint.read_header(path)
