"""PlaNet: an Inception network, or any other of torchvision's, with one class for each cell.

Weyand, Kostrikov, Philbin, ECCV 2016. The paper's own is GoogLeNet with batch norm.
"""

import importlib
import sys
import threading
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from predictor.checkpoint import Config

_OPERATORS = ("nms", "qnms")
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_importing = threading.Lock()  # two threads must not repair one import
_INCEPTION = {
    "aux_logits": False,  # the extra heads help a network without batch norm
    "transform_input": False,  # images.py normalises, and nobody else
    "init_weights": False,  # truncated normals by SciPy take ten seconds; torch's own serve batch norm as well
    "dropout": 0.0,  # Toy Earth never shows a picture twice
}
_EXTRA = {"googlenet": _INCEPTION, "inception_v3": _INCEPTION}
_UNUSED = ("aux1.", "aux2.", "AuxLogits.")  # in pretrained weights: the extra heads


def build(config: Config) -> nn.Module:
    """An untrained network, (batch, 3, size, size) to logits (batch, n_cells).

    The backbone is a name of torchvision's. Raises ValueError for an unknown one, or one without a linear last layer.
    """
    models = torchvision_models()
    try:
        network = models.get_model(config.backbone, weights=None, **_EXTRA.get(config.backbone, {}))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{config.backbone!r} is no classifier of torchvision's; try googlenet, inception_v3 or "
                         "resnet50") from error  # fmt: skip
    name = last_layer(network)
    old = network.get_submodule(name)
    network.set_submodule(name, nn.Linear(old.in_features, config.n_cells))
    return network.to(memory_format=torch.channels_last)


def last_layer(network: nn.Module) -> str:
    """The name of the linear layer that answers. Raises ValueError where the last layer is another."""
    layers = [each for each in network.named_modules() if not list(each[1].children()) and list(each[1].parameters())]
    name, layer = layers[-1]
    if not isinstance(layer, nn.Linear):
        raise ValueError(f"{type(network).__name__} does not end in a linear layer, which could answer in cells")
    return name


def warm(network: nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Take over everything but the last layer from other weights. Raises ValueError where they do not fit."""
    last = last_layer(network) + "."
    body = OrderedDict((name, each) for name, each in weights.items() if not name.startswith((last, *_UNUSED)))
    body._metadata = getattr(weights, "_metadata", {})  # type: ignore[attr-defined]  # versions of layers: MNASNet asks
    try:
        missing, unknown = network.load_state_dict(body, strict=False)
    except RuntimeError as error:
        raise ValueError(f"These weights are of another network: {str(error).splitlines()[-1].strip()}") from error
    if unknown or any(not name.startswith(last) for name in missing):
        raise ValueError(f"These weights have other layers than this network: {(unknown or missing)[:3]}")


def pretrained(name: str, backbone: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Weights by torchvision's own name for them ("IMAGENET1K_V1", "DEFAULT"), or from a file of a state_dict.

    Returns them and what they say of the pixels that they know: mean and std of each channel. A file says nothing;
    torchvision's own are downloaded once. Raises ValueError for what is neither.
    """
    if Path(name).exists():
        return _from_file(Path(name)), {}
    models = torchvision_models()
    try:
        known = models.get_model_weights(backbone)[name]
    except (KeyError, ValueError) as error:
        raise ValueError(f"{name!r} is neither a file nor one of torchvision's weights for {backbone}") from error
    if backbone in _EXTRA:  # these networks of torchvision's turn the pixels of its transforms into others first
        return known.get_state_dict(progress=True), {"mean": (0.5,) * 3, "std": (0.5,) * 3}
    shown = known.transforms()
    return known.get_state_dict(progress=True), {"mean": tuple(shown.mean), "std": tuple(shown.std)}


def _from_file(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path} is no file of weights: {error}") from error
    except Exception as error:  # the unpickler raises its own kinds for what is not plain tensors
        raise ValueError(f"{path} is no file of weights that can be loaded safely") from error
    if not isinstance(state, dict) or not all(isinstance(each, torch.Tensor) for each in state.values()):
        raise ValueError(f"{path} holds no state_dict: names and tensors")
    return state


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
    """The device to compute on: the wish, or CUDA, Apple's MPS, the CPU, whichever is there first.

    Raises ValueError for a wish that is not there.
    """
    if wish is not None:
        _require(wish)
        return torch.device(wish)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _require(wish: str) -> None:
    """Raise ValueError for a device that is not there."""
    try:
        kind = torch.device(wish).type
    except RuntimeError as error:
        raise ValueError(f"There is no kind of device called {wish!r}; try --device cpu") from error
    missing = {"cuda": not torch.cuda.is_available(), "mps": not torch.backends.mps.is_available()}
    if missing.get(kind):
        raise ValueError(f"There is no device {wish} here, or this PyTorch was built without it; try --device cpu")


def choose_precision(device: torch.device) -> torch.dtype:
    """The number format in which a device answers fastest: bfloat16 where it multiplies in it, else float32.

    A processor without such instructions loses by it what another gains (benchmarks/RESULTS.md).
    """
    halves = {"cuda": _cuda_halves, "cpu": _cpu_halves}.get(device.type, bool)
    return torch.bfloat16 if halves() else torch.float32


def _cuda_halves() -> bool:
    return torch.cuda.is_bf16_supported(including_emulation=False)


def _cpu_halves() -> bool:
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()  # which torch 2.11 has not yet
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
