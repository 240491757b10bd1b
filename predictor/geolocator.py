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
from predictor.planet import build, choose_device


class Geolocator:
    """A trained network with its cells, on a device."""

    def __init__(self, config: Config, partition: Partition, network: torch.nn.Module, device: torch.device) -> None:
        self.config, self.partition, self.device = config, partition, device
        self.network = network.eval().to(device)

    @classmethod
    def load(cls, path: Path, device: str | None = None) -> "Geolocator":
        """Load a checkpoint file; device 'cuda', 'mps', 'cpu' or None for the best there is. Raises CheckpointError."""
        config, partition = checkpoint.read_header(path)
        network = build(config)
        try:
            network.load_state_dict(checkpoint.read_weights(path), strict=True)
        except RuntimeError as error:
            raise CheckpointError(f"{path} does not fit {config.backbone}: {error}") from error
        return cls(config, partition, network, choose_device(device))

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
        logits = self.network(pixels.to(self.device)).float() / self.config.temperature
        return logits.softmax(dim=1).cpu().numpy()
