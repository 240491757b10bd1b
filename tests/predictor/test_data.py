"""Training data: the same pictures in the same order, wherever one begins."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from predictor import data, toyearth
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.geo import distance_km


@pytest.fixture(scope="module")
def world(quarters: Partition) -> data.World:
    return data.World.of(*data.training_places(40, seed=5), quarters, seed=5)


def test_places_are_toy_earths_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = data.training_places(5, 3, tmp_path / "places.npz")
    assert [(y, x) for y, x in zip(*first, strict=True)] == [toyearth.place("train", 3, i) for i in range(5)]
    monkeypatch.setattr(toyearth, "places", None)
    assert np.array_equal(data.training_places(5, 3, tmp_path / "places.npz"), first)


def test_kept_places_of_another_plan_are_not_used(tmp_path: Path) -> None:
    data.training_places(5, 3, tmp_path / "places.npz")
    assert len(data.training_places(6, 3, tmp_path / "places.npz")[0]) == 6
    assert data.training_places(6, 4, tmp_path / "places.npz")[0][0] == toyearth.place("train", 4, 0)[0]


def test_photos_in_no_cell_are_left_out(quarters: Partition) -> None:
    africa = Partition(quarters.cell_ids[:4])
    lat, lng = np.array([0.0, 0.0, 5.0]), np.array([0.0, 90.0, 10.0])
    assert data.World.of(lat, lng, africa, 1).usable.tolist() == [0, 2]


def test_an_order_begun_half_way_is_the_same_order(world: data.World) -> None:
    whole = list(islice(data.Order(world, 16, 0), 9))
    assert list(islice(data.Order(world, 16, 4), 5)) == whole[4:]


def test_an_epoch_shows_no_picture_twice_and_the_next_is_in_another_order(world: data.World) -> None:
    batches = list(islice(data.Order(world, 20, 0), 4))
    epochs = [[index for index, _ in batches[k] + batches[k + 1]] for k in (0, 2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(40))
    assert epochs[0] != epochs[1]


def test_a_batch_larger_than_the_world_is_refused(world: data.World) -> None:
    with pytest.raises(ValueError, match="A batch of 41"):
        data.Order(world, 41, 0)


@pytest.mark.parametrize("workers", [0, 1])
def test_the_number_of_workers_changes_no_pixel(world: data.World, workers: int) -> None:
    config = Config(n_cells=24, size=24)
    batches = data.training_batches(world, config, 8, workers, 2)
    expected = data.training_batches(world, config, 8, 0, 0)
    next(expected), next(expected)
    for (pixels, indices), (others, same) in islice(zip(batches, expected, strict=False), 3):
        assert torch.equal(pixels, others)
        assert np.array_equal(indices, same)


def test_a_picture_differs_from_epoch_to_epoch(world: data.World) -> None:
    pictures = data.TrainingPictures(world, 24)
    assert not np.array_equal(pictures[0, 0][0], pictures[0, 1][0])
    assert np.array_equal(pictures[0, 1][0], pictures[0, 1][0])


def test_augmentation_never_flips() -> None:
    shade = np.repeat(np.linspace(0, 255, 60).astype(np.uint8)[None, :, None], 60, axis=0).repeat(3, axis=2)
    for seed in range(30):
        rows = data.augmented(shade, 24, np.random.default_rng(seed)).astype(int)[:, :, 0]
        assert (np.diff(rows, axis=1) >= 0).all()
        assert rows[:, -1].min() > rows[:, 0].max()


def test_hard_labels_are_the_papers(quarters: Partition) -> None:
    lat, lng = quarters.centres()
    assert torch.equal(data.targets(lat, lng, quarters, 0), torch.eye(24))


def test_soft_labels_fall_with_distance_and_sum_to_one(quarters: Partition) -> None:
    lat, lng = np.array([10.0]), np.array([20.0])
    soft = data.targets(lat, lng, quarters, 1000.0)[0].numpy()
    middles = quarters.centres()
    away = distance_km(lat, lng, *middles)
    own = quarters.assign(lat, lng)[0]
    assert soft.sum() == pytest.approx(1)
    assert soft.argmax() == own
    farther = np.flatnonzero(away > away[own])
    order = farther[np.argsort(away[farther])]
    assert (np.diff(soft[order]) < 0).all()
    a, b = order[:2]
    assert soft[a] / soft[b] == pytest.approx(np.exp((away[b] - away[a]) / 1000), rel=1e-4)


def test_held_out_pictures_are_of_new_places() -> None:
    squares, lat, lng = data.held_out(3, 1, 24)
    assert squares.shape == (3, 24, 24, 3)
    assert [(y, x) for y, x in zip(lat, lng, strict=True)] == [toyearth.place("new_place", 1, i) for i in range(3)]
