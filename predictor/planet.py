"""PlaNet: GoogLeNet with batch norm, and a head with one class for each cell. Weyand, Kostrikov, Philbin, ECCV 2016."""

import importlib
import sys
import threading
from types import ModuleType

import torch
from torch import nn

from predictor.checkpoint import Config

_OPERATORS = ("nms", "qnms")
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_importing = threading.Lock()  # two threads must not repair one import


def build(config: Config) -> nn.Module:
    """An untrained network, (batch, 3, size, size) to logits (batch, n_cells). ValueError: an unknown name."""
    if config.backbone != "googlenet":
        raise ValueError(f"The backbone {config.backbone!r} is not known here; this version builds 'googlenet'")
    network = torchvision_models().googlenet(
        weights=None,
        num_classes=config.n_cells,
        aux_logits=False,  # the two extra heads help a network without batch norm
        transform_input=False,  # images.py normalises, and nobody else
        init_weights=False,  # truncated normals by SciPy take ten seconds; torch's own serve batch norm as well
        dropout=0.0,  # Toy Earth never shows a picture twice
    )
    return network.to(memory_format=torch.channels_last)


def torchvision_models() -> ModuleType:
    """torchvision.models, also where torchvision was built for another torch and its import fails."""
    with _importing:
        try:
            return importlib.import_module("torchvision.models")
        except RuntimeError as error:
            if "torchvision::nms" not in str(error):
                raise
            return _import_with_operators_declared()


def _import_with_operators_declared() -> ModuleType:
    """Declare the two operators that its Python files mention; networks do not call them."""
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    for operator in _OPERATORS:
        torch.library.define(f"torchvision::{operator}", _SIGNATURE)
    return importlib.import_module("torchvision.models")


def choose_device(wish: str | None = None) -> torch.device:
    """The device to compute on: the wish, or CUDA, Apple's MPS, the CPU, whichever is there first."""
    if wish is not None:
        return torch.device(wish)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
