"""The networks of torchvision, with cells for classes."""

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from predictor.checkpoint import Config
from predictor.planet import build, choose_device, last_layer, pretrained, torchvision_models, warm

SMALL = Config(n_cells=7, backbone="shufflenet_v2_x0_5", size=64)


@pytest.mark.parametrize(("backbone", "size"), [
    ("googlenet", 64), ("inception_v3", 96), ("resnet18", 64), ("mobilenet_v3_small", 64), ("shufflenet_v2_x0_5", 64),
    ("efficientnet_b0", 64), ("densenet121", 64),
])  # fmt: skip
def test_a_backbone_answers_in_cells(backbone: str, size: int, one_thread: None) -> None:
    network = build(Config(n_cells=7, backbone=backbone, size=size)).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, size, size)).shape == (2, 7)


@pytest.mark.parametrize("backbone", ["squeezenet1_0", "nobody", "raft_large", ""])
def test_what_cannot_answer_in_cells_is_refused(backbone: str) -> None:
    with pytest.raises(ValueError, match=r"linear layer|no classifier"):
        build(Config(n_cells=7, backbone=backbone))


def thousand(path: Path) -> dict[str, torch.Tensor]:
    """Weights as torchvision publishes them: with a thousand classes."""
    torch.manual_seed(8)
    state = torchvision_models().get_model(SMALL.backbone, weights=None).state_dict()
    torch.save(state, path)
    return dict(state)


def test_pretrained_weights_are_taken_over_but_for_the_last_layer(tmp_path: Path) -> None:
    theirs = thousand(tmp_path / "theirs.pth")
    save_file(theirs, tmp_path / "theirs.safetensors")
    for name in ("theirs.pth", "theirs.safetensors"):
        network = build(SMALL)
        weights, seen = pretrained(str(tmp_path / name), SMALL.backbone)
        warm(network, weights)
        assert seen == {}
        last = last_layer(network)
        for key, tensor in network.state_dict().items():
            assert key.startswith(last) or torch.equal(tensor, theirs[key]), key


def test_weights_by_torchvisions_own_name_know_their_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = torchvision_models().get_model_weights(SMALL.backbone)["IMAGENET1K_V1"]
    cache = tmp_path / "hub" / "checkpoints"  # where torch looks before it asks the network
    cache.mkdir(parents=True)
    theirs = thousand(cache / Path(known.url).name)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    weights, seen = pretrained("IMAGENET1K_V1", SMALL.backbone)
    assert seen == {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    assert all(torch.equal(weights[name], theirs[name]) for name in theirs)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    theirs = thousand(tmp_path / "theirs.pth")
    with pytest.raises(ValueError, match="other layers"):
        warm(build(dataclasses.replace(SMALL, backbone="resnet18")), theirs)
    with pytest.raises(ValueError, match="another network"):
        warm(build(dataclasses.replace(SMALL, backbone="shufflenet_v2_x1_0")), theirs)


@pytest.mark.parametrize("content", [b"", b"no weights at all", None])
def test_what_is_no_file_of_weights_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "weights.pth"
    if content is None:
        torch.save([1, 2, 3], path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=str(path)):
        pretrained(str(path), SMALL.backbone)
    with pytest.raises(ValueError, match="neither a file nor"):
        pretrained("IMAGENET9K", SMALL.backbone)


@pytest.mark.parametrize(("backbone", "mean"), [("googlenet", 0.5), ("resnet18", 0.485)])
def test_pretrained_weights_get_the_pixels_that_they_know(
    backbone: str, mean: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torchvision's GoogLeNet and Inception turn the pixels of their transforms into those of a mean of 0.5 first."""
    weights = torchvision_models().get_model_weights(backbone)["IMAGENET1K_V1"]
    monkeypatch.setattr(type(weights), "get_state_dict", lambda *_, **__: {})
    assert pretrained("IMAGENET1K_V1", backbone)[1]["mean"][0] == mean


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="no device cuda here"):
        choose_device("cuda")
