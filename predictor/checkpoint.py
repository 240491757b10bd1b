"""One file = config + weights + cells. The only code that knows its format; the header reads without torch.

A safetensors file: no pickle, so a file from a stranger can do no more than answer wrong. Matrices are stored in
float16, vectors (batch norm) in float32, the cells as an int64 view of their uint64 ids, the mean
places of their photos in float64, and some photos' places in hundredths of a degree; the config is JSON in the header.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open

from predictor.cells import Partition
from predictor.distribution import ESTIMATES

if TYPE_CHECKING:
    import torch

FORMAT = "beatplanet-1"
DOMAINS = ("toy-earth", "real")
_CELLS, _MEANS, _PLACES = "partition.cell_ids", "partition.means", "partition.places"
_A_DEGREE = 100  # hundredths, a kilometre: fine enough for discs, and whoever gets the file learns no photo's very spot
_NOWHERE = np.iinfo(np.int16).min  # a cell has fewer places
FIRST_PAINTER = 1  # of Toy Earth: its weights do not say so yet
_WEIGHTS = "network."


class CheckpointError(ValueError):
    """The file is not a checkpoint that this version can read; the sentence says which and why."""


@dataclass(frozen=True)
class Config:
    """Everything about a network that is not a weight."""

    n_cells: int
    size: int = 112  # pixels a side; GoogLeNet's last maps are then 4 x 4, and two CPU cores train it in an hour
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)  # of pixels in [0, 1]; plain halves: drawings are not ImageNet
    std: tuple[float, float, float] = (0.25, 0.25, 0.25)
    backbone: str = "googlenet"
    domain: str = "toy-earth"  # what it has seen: "toy-earth" or "real"
    painter: int = 0  # the version of Toy Earth's painter that it has seen; 0: none
    temperature: float = 1.0  # logits are divided by it: fitted on held-out pictures, so that probabilities are shares
    estimate: str = "argmax"  # which point of its answer counts: distribution.ESTIMATES
    training: Mapping[str, object] = field(default_factory=dict)  # facts for the reader: pictures, minutes, loss …


def save(path: Path, config: Config, partition: Partition, weights: Mapping[str, "torch.Tensor"]) -> None:
    """Write a checkpoint; a reader never sees half of it."""
    from safetensors.torch import save_file  # late: this module is imported where torch is not wanted

    tensors = {_WEIGHTS + name: _for_disk(tensor) for name, tensor in weights.items()}
    tensors[_CELLS] = _as_tensor(partition.cell_ids.view(np.int64))
    if partition.means is not None:
        tensors[_MEANS] = _as_tensor(np.stack(partition.means))
    if partition.places is not None:
        rounded = np.round(np.stack(partition.places) * _A_DEGREE)
        tensors[_PLACES] = _as_tensor(np.where(np.isnan(rounded), _NOWHERE, rounded).astype(np.int16))  # (2, n, k)
    unfinished = path.with_name(path.name + ".part")
    save_file(tensors, unfinished, metadata={"format": FORMAT, "config": json.dumps(asdict(config), sort_keys=True)})
    unfinished.chmod(0o644)  # safetensors writes for its owner alone, and the server may be somebody else
    os.replace(unfinished, path)


def _as_tensor(values: np.ndarray) -> "torch.Tensor":
    import torch  # late, as above

    return torch.from_numpy(values.copy())


def _for_disk(tensor: "torch.Tensor") -> "torch.Tensor":
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor


def read_header(path: Path) -> tuple[Config, Partition]:
    """Read config and cells, without torch. Raises CheckpointError."""
    try:
        with safe_open(path, framework="numpy") as file:
            told, cells = file.metadata() or {}, file.get_tensor(_CELLS)
            means, places = (
                tuple(file.get_tensor(name)) if name in file.keys() else None  # noqa: SIM118 (no mapping)
                for name in (_MEANS, _PLACES)
            )
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no file {path}") from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint ({error}); copy or train it again") from error
    if told.get("format") != FORMAT:
        raise CheckpointError(f"{path} has the format {told.get('format')!r}; this version reads {FORMAT!r}")
    config = _config(path, told.get("config", ""))
    try:
        partition = Partition(cells.view(np.uint64), means, places and tuple(map(_in_degrees, places)))
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}") from error
    if config.n_cells != len(partition):
        raise CheckpointError(f"{path} speaks of {config.n_cells} cells and holds {len(partition)}")
    return config, partition


def _in_degrees(stored: np.ndarray) -> np.ndarray:
    return np.where(stored == _NOWHERE, np.nan, stored / _A_DEGREE)


def _config(path: Path, text: str) -> Config:
    try:
        told = json.loads(text)
        if "painter" not in told and told.get("domain", Config.domain) == "toy-earth":
            told["painter"] = FIRST_PAINTER
        unknown = set(told) - {each.name for each in fields(Config)}
        config = Config(**{**told, "mean": tuple(told["mean"]), "std": tuple(told["std"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{path} has a config that this version cannot read ({error})") from error
    if unknown or config.domain not in DOMAINS or config.estimate not in ESTIMATES or not config.temperature > 0:
        strange = sorted(unknown) or [config.domain, config.estimate, config.temperature]
        raise CheckpointError(f"{path} has a config that this version does not know: {strange}")
    return config


def read_weights(path: Path) -> dict[str, "torch.Tensor"]:
    """Read the network's weights, on the CPU, in float32. Raises CheckpointError."""
    from safetensors.torch import load_file  # late: this module is imported where torch is not wanted

    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint ({error}); copy or train it again") from error
    return {
        name.removeprefix(_WEIGHTS): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
        if name.startswith(_WEIGHTS)
    }


def digest(path: Path) -> str:
    """The name of these weights: the first 12 hexadecimal digits of the file's SHA-256."""
    facts = path.stat()
    return _digest(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=16)
def _digest(path: Path, _mtime_ns: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
