"""The reader of clues: it finds a small thing wherever it is, it goes on after a kill, and it knows its own files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from predictor import reader, toyearth
from predictor.checkpoint import CheckpointError
from predictor.metrics import r_squared
from tests.predictor import painting

TINY = reader.Plan(pairs=10, steps=4, size=48, batch=4, workers=0, exam=6, save_every_s=0.0, threads=1)


def spots(seed: int, count: int) -> reader.Pairs:
    """Noise with one square of a sixty-fourth of it, anywhere; how red it is, is the first clue, and nothing else."""
    rng = np.random.default_rng(seed)
    images = np.repeat(rng.integers(100, 140, (count, 1, 64, 64, 3), dtype=np.uint8), 2, axis=1)
    truth = np.repeat(rng.uniform(-1.7, 1.7, (count, 1, toyearth.CHANNELS)).astype(np.float32), 2, axis=1)
    truth[:, 1, 0] = rng.uniform(-1.7, 1.7, count)
    for pair, clues, (y, x) in zip(images, truth, rng.integers(56, size=(count, 2)), strict=True):
        for image, clue in zip(pair, clues[:, 0], strict=True):
            image[y : y + 8, x : x + 8] = (128 + 70 * clue, 128, 30)
    return reader.Pairs(images, truth, np.zeros(count, np.int64))


def test_a_small_thing_is_read_wherever_it_is_and_what_is_not_there_is_not(one_thread: None) -> None:
    training = reader._Training.begin(replace(TINY, steps=80, size=64, batch=8), torch.device("cpu"))
    known, asked = spots(0, 200), spots(1, 100)
    while training.progress() < 1:
        training.take_step(*training.batch(known))
    shares = r_squared(reader.read(training.network, asked.images[:, 0]), asked.truth[:, 0])
    assert shares[0] > 0.7
    assert shares[1:].max() < 0.1


def test_patches_are_told_where_the_clue_is(one_thread: None) -> None:
    """With all voices alike, silence has a quarter and each of three scales another."""
    network, pixels = reader.Reader(), torch.zeros(2, 5, 64, 64)
    truth, changed = torch.zeros(2, toyearth.CHANNELS), torch.tensor([3, 3])
    nowhere = reader.loss(network, pixels, truth, changed, torch.zeros(2, 64, 64))
    everywhere = reader.loss(network, pixels, truth, changed, torch.ones(2, 64, 64))
    assert nowhere.item() == pytest.approx(np.log(4))
    assert everywhere.item() == pytest.approx(np.log(4 / 3))
    truth[:, 3] = 2.0
    wrong = reader.loss(network, pixels, truth, changed, torch.ones(2, 64, 64))
    assert wrong.item() == pytest.approx(np.log(4 / 3) + 2.0**2 + 2.0**2 / toyearth.CHANNELS)


def test_an_untaught_reader_answers_with_the_mean(one_thread: None) -> None:
    answer = reader.read(reader.Reader(), spots(0, 3).images[:, 0])
    assert answer == pytest.approx(np.zeros((3, toyearth.CHANNELS)))


def test_a_part_knows_where_in_the_picture_it_lies() -> None:
    whole = np.arange(48 * 48 * 3, dtype=np.uint8).reshape(1, 48, 48, 3)
    corner = np.array([[10, 20]])
    part = reader.as_input(whole[:, 10:30, 20:40], corner, 48)
    assert torch.equal(part, reader.as_input(whole, np.zeros((1, 2), np.int64), 48)[:, :, 10:30, 20:40])


def test_no_scale_counts_for_more_and_the_loudest_patch_is_heard(one_thread: None) -> None:
    network = reader.Reader()
    many, few = torch.ones(1, toyearth.CHANNELS, 20, 20), torch.ones(1, toyearth.CHANNELS, 2, 2)
    quiet = network.together([(many, many * 0), (-few, few * 0)])
    assert quiet[0].tolist() == pytest.approx([0.0] * toyearth.CHANNELS, abs=1e-6)
    loud = network.together([(many, many * 0), (-few, few * 9)])
    assert loud.max() < -0.99
    silent = network.together([(many, many * -9), (few, few * -9)])
    assert silent.max() < 0.01


def test_training_that_was_stopped_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting.needed()
    monkeypatch.setattr(reader, "_PORTION", 5)
    whole = reader.load(reader.train(TINY, tmp_path / "whole", "cpu"))
    with monkeypatch.context() as patch:  # the first steps must not know that they are half of the way
        patch.setattr(reader._Training, "progress", lambda self: 1.0 if self.step >= 2 else self.step / 4)
        reader.train(TINY, tmp_path / "stopped", "cpu")
    stopped = reader.load(reader.train(TINY, tmp_path / "stopped", "cpu"))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, stopped.state_dict()[name]), name
    rows = [json.loads(line) for line in (tmp_path / "stopped" / "metrics.jsonl").read_text().splitlines()]
    assert [row["pictures"] for row in rows] == [8, 16, 24, 32]
    assert set(rows[0]) >= {"5000 km", "2 km"}


def test_pairs_are_painted_once_and_differ_in_one_clue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painting.needed()
    monkeypatch.setattr(reader, "_PORTION", 20)
    plan = replace(TINY, pairs=30)
    pairs = reader.paint(plan, tmp_path)
    shown = [toyearth.picture("train", reader._WORLD, index, 48) for index in range(40)]
    told = [each for each in shown if each.scene != "blank"]
    assert len(told) < 40
    assert np.array_equal(pairs.images[:, 0], np.stack([each.image for each in told]))
    truth = toyearth.channels(np.array([each.lat for each in told]), np.array([each.lng for each in told]))
    assert pairs.truth[:, 0] == pytest.approx(truth, abs=1e-5)
    differ = np.argwhere(pairs.truth[:, 0] != pairs.truth[:, 1])
    assert differ.tolist() == [[row, clue] for row, clue in enumerate(pairs.changed.tolist())]
    monkeypatch.setattr(toyearth, "picture", None)  # a second time nothing is painted
    assert np.array_equal(reader.paint(plan, tmp_path).images, pairs.images)


def test_files_that_are_no_readers_are_named(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_text("no weights")
    with pytest.raises(CheckpointError, match="not a whole file of weights"):
        reader.load(tmp_path / "text")
    with pytest.raises(CheckpointError, match="missing"):
        reader.load(tmp_path / "missing")
    with pytest.raises(CheckpointError, match="a reader of clues has"):
        reader.load(weights)
    save_file({"x": torch.zeros(1)}, tmp_path / "bare")
    with pytest.raises(CheckpointError, match="format None"):
        reader.load(tmp_path / "bare")
    reader.save(reader.Reader(), tmp_path / "old")
    monkeypatch.setattr(toyearth, "PAINTER_VERSION", toyearth.PAINTER_VERSION + 1)
    with pytest.raises(CheckpointError, match=r"learnt version \d+ .* this is version \d+"):
        reader.load(tmp_path / "old")


def test_a_state_of_another_painter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = reader._Training.begin(TINY, torch.device("cpu"))
    training.keep(tmp_path / "state.pt")
    training.resume(tmp_path / "state.pt")
    monkeypatch.setattr(toyearth, "PAINTER_VERSION", toyearth.PAINTER_VERSION + 1)
    with pytest.raises(ValueError, match="another version of Toy Earth's painter"):
        training.resume(tmp_path / "state.pt")
