"""The geolocator's public face: load a checkpoint once, then ask it where pictures were taken."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from predictor import checkpoint, images
from predictor.cells import Partition
from predictor.checkpoint import CheckpointError, Config
from predictor.distribution import Distribution
from predictor.planet import build, choose_device, choose_precision


def name_of(device: torch.device) -> str:
    """What is stored with an answer: "cpu", "mps", "cuda: NVIDIA H100"."""
    return f"cuda: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type


class Geolocator:
    """A trained network with its cells, on a device. The network's memory format is channels-last (planet.build)."""

    def __init__(
        self,
        config: Config,
        partition: Partition,
        network: torch.nn.Module,
        device: torch.device,
        precision: torch.dtype = torch.float32,
    ) -> None:
        self.config, self.partition, self.device, self.precision = config, partition, device, precision
        self.device_name = name_of(device)
        self.network = network.eval().to(device)

    @classmethod
    def load(
        cls, path: Path, device: str | None = None, precision: torch.dtype | None = None, compiled: bool = False
    ) -> "Geolocator":
        """Load a checkpoint file. Raises CheckpointError.

        Device is 'cuda', 'mps', 'cpu' or None for the best there is; precision is torch.float32, torch.bfloat16 or
        None for what pays on the device. `compiled` has torch.compile write kernels for this network, which takes
        minutes at the first picture, and as long again at the first batch: for workers that live long.
        """
        config, partition = checkpoint.read_header(path)
        network = build(config)
        try:
            network.load_state_dict(checkpoint.read_weights(path), strict=True)
        except RuntimeError as error:
            raise CheckpointError(f"{path} does not fit {config.backbone}: {error}") from error
        where = choose_device(device)
        if compiled:
            network.compile(dynamic=True)  # batches are of any size
        return cls(config, partition, network, where, precision or choose_precision(where))

    def locate(
        self, pictures: Sequence[images.Picture], batch_size: int = 32, show_progress: bool = False
    ) -> list[Distribution]:
        """Say where each picture was taken, as a probability over cells, in the order of the pictures."""
        answers: list[Distribution] = []
        starts = range(0, len(pictures), batch_size)
        for first in tqdm(starts, desc="locating", unit="batch", disable=not show_progress):
            pixels = images.batch(pictures[first : first + batch_size], self.config)
            answers.extend(Distribution(self.partition, row, self.config.estimate) for row in self.think(pixels))
        return answers

    @torch.inference_mode()
    def think(self, pixels: torch.Tensor) -> NDArray[np.float32]:
        """Run the network over `images.batch`, (batch, 3, size, size); probabilities of the cells, (batch, n_cells)."""
        with torch.autocast(self.device.type, self.precision, enabled=self.precision is not torch.float32):
            logits = self.network(pixels.to(self.device))
        return (logits.float() / self.config.temperature).softmax(dim=1).cpu().numpy()
