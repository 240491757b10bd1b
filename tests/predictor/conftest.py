"""A cast for the geolocator's tests: a few cells, and a network that has learnt nothing but is whole."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from predictor import checkpoint
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.planet import build
from predictor.s2 import FACES, children
from predictor.toyearth import PAINTER_VERSION


@pytest.fixture(scope="session")
def one_thread() -> None:
    """Small networks are no slower on one thread, and the tests leave the other cores to others."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def quarters() -> Partition:
    """The 24 quarters of the cube's faces: every place lies in one."""
    return Partition(np.sort(children(FACES)))


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory, quarters: Partition, one_thread: None) -> Path:
    """A checkpoint of an untrained network."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    config = Config(n_cells=len(quarters), size=32, painter=PAINTER_VERSION, training={"minutes": 0})
    checkpoint.save(path, config, quarters, build(config).state_dict())
    return path


@pytest.fixture
def noise() -> list[Image.Image]:
    """Five pictures of different shapes."""
    rng = np.random.default_rng(3)
    shapes = [(40, 40), (30, 90), (90, 30), (33, 35), (200, 100)]
    return [Image.fromarray(rng.integers(0, 256, (*shape, 3), dtype=np.uint8)) for shape in shapes]


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 120 photos of 48 pixels: green ones of the north, red ones of the south, by forty people."""
    folder = tmp_path_factory.mktemp("album")
    rng = np.random.default_rng(5)
    rows = []
    for number in range(120):
        north = number % 2 == 0
        pixels = rng.integers(0, 60, (48, 60, 3), dtype=np.uint8)
        pixels[..., 1 if north else 0] += 150
        name = f"{number:03d}.jpg"
        Image.fromarray(pixels).save(folder / name, quality=95)
        lat, lng = rng.uniform(10, 60) * (1 if north else -1), rng.uniform(-180, 180)
        rows.append((name, round(lat, 4), round(lng, 4), f"person {number % 40}"))
    with (folder / "photos.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("filename", "latitude", "longitude", "uploader"), *rows])
    return folder / "photos.csv"
