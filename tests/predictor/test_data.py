"""Training data: the same pictures in the same order, wherever one begins, and however many look."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from predictor import data, sources
from predictor.cells import Partition
from predictor.checkpoint import Config
from predictor.collection import Collection


@pytest.fixture(scope="module")
def lessons(album: Path, quarters: Partition) -> data.Lessons:
    return data.Lessons.of(sources.opened([album]), quarters, seed=5)


def test_photos_in_no_cell_are_left_out(quarters: Partition) -> None:
    africa = Partition(quarters.cell_ids[:4])
    photos = Collection(np.array([0.0, 0.0, 5.0]), np.array([0.0, 90.0, 10.0]), np.full(3, ""), 0)
    assert data.Lessons.of(photos, africa, 1).usable.tolist() == [0, 2]


def test_an_order_begun_half_way_is_the_same_order(lessons: data.Lessons) -> None:
    whole = list(islice(data.Order(lessons, 48, 0), 9))
    assert list(islice(data.Order(lessons, 48, 4), 5)) == whole[4:]


def test_an_epoch_shows_no_picture_twice_and_the_next_is_in_another_order(lessons: data.Lessons) -> None:
    batches = list(islice(data.Order(lessons, 60, 0), 4))
    epochs = [[index for index, _ in batches[k] + batches[k + 1]] for k in (0, 2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(120))
    assert epochs[0] != epochs[1]


def test_a_batch_larger_than_the_collection_is_refused(lessons: data.Lessons) -> None:
    with pytest.raises(ValueError, match="A batch of 121"):
        data.Order(lessons, 121, 0)


def test_several_processes_share_out_every_batch(lessons: data.Lessons) -> None:
    whole = next(iter(data.Order(lessons, 12, 3)))
    dealt = [next(iter(data.Order(lessons, 12, 3, data.Share(rank, 3)))) for rank in range(3)]
    assert sorted(sample for hand in dealt for sample in hand) == sorted(whole)
    assert [len(hand) for hand in dealt] == [4, 4, 4]
    with pytest.raises(ValueError, match="evenly"):
        data.Order(lessons, 12, 0, data.Share(0, 5))


@pytest.mark.parametrize("workers", [0, 1])
def test_the_number_of_workers_changes_no_pixel(lessons: data.Lessons, workers: int) -> None:
    config = Config(n_cells=24, size=24)
    batches = data.batches(lessons, config, 8, workers, 2)
    expected = data.batches(lessons, config, 8, 0, 0)
    next(expected), next(expected)
    for some, others in islice(zip(batches, expected, strict=False), 3):
        assert torch.equal(some.pixels, others.pixels)
        assert np.array_equal(some.indices, others.indices)


def test_a_picture_differs_from_epoch_to_epoch(lessons: data.Lessons) -> None:
    pictures = data.TrainingPictures(lessons, 24)
    first, again, second = pictures[0, 0], pictures[0, 0], pictures[0, 1]
    assert first is not None
    assert again is not None
    assert second is not None
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], second[0])


def damaged(album: Path, tmp_path: Path, broken: int) -> Collection:
    """The album with so many photos broken."""
    for number, path in enumerate(sorted(album.parent.glob("*.jpg"))):
        (tmp_path / path.name).write_bytes(path.read_bytes()[: 200 if number < broken else None])
    (tmp_path / "photos.csv").write_bytes(album.read_bytes())
    return sources.opened([tmp_path / "photos.csv"])


def test_photos_that_cannot_be_read_are_left_out_and_counted(album: Path, tmp_path: Path, quarters: Partition) -> None:
    lessons = data.Lessons.of(damaged(album, tmp_path, broken=60), quarters, seed=5)
    epoch = list(islice(data.batches(lessons, Config(n_cells=24, size=24), 40, 0, 0), 3))
    assert sum(batch.unread for batch in epoch) == 60
    assert sorted(np.concatenate([batch.indices for batch in epoch])) == list(range(60, 120))
    assert all(len(batch.pixels) == len(batch.indices) for batch in epoch)


def test_training_stops_where_no_photo_can_be_read(album: Path, tmp_path: Path, quarters: Partition) -> None:
    lessons = data.Lessons.of(damaged(album, tmp_path, broken=120), quarters, seed=5)
    with pytest.raises(OSError, match="None of the 40 photos"):
        next(data.batches(lessons, Config(n_cells=24, size=24), 40, 0, 0))


def test_an_exam_is_made_of_photos_that_can_be_read(album: Path, tmp_path: Path) -> None:
    photos = damaged(album, tmp_path, broken=100)
    exam = data.Exam.of(photos, 50, 24)
    assert exam.pictures.shape == (20, 24, 24, 3)
    assert sorted(exam.lat) == sorted(photos.lat[100:])


def test_augmentation_never_flips() -> None:
    shade = np.repeat(np.linspace(0, 255, 60).astype(np.uint8)[None, :, None], 60, axis=0).repeat(3, axis=2)
    for seed in range(30):
        rows = data.augmented(shade, 24, np.random.default_rng(seed)).astype(int)[:, :, 0]
        assert (np.diff(rows, axis=1) >= 0).all()
        assert rows[:, -1].min() > rows[:, 0].max()
