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
from predictor.toyearth import bands
from tests.predictor import painting

TINY = reader.Plan(pairs=10, steps=4, size=48, batch=4, workers=0, exam=0, save_every_s=0.0, threads=1)


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


def rows(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def test_a_small_thing_is_read_wherever_it_is_and_what_is_not_there_is_not(one_thread: None) -> None:
    training = reader._Training.begin(replace(TINY, steps=80, size=64, batch=8), torch.device("cpu"))
    known, asked = spots(0, 200), spots(1, 100)
    while training.progress() < 1:
        training.take_step(*training.batch(known))
    shares = r_squared(reader.read(training.network, asked.images[:, 0]), asked.truth[:, 0])
    assert shares[0] > 0.7
    assert shares[1:].max() < 0.1


def test_patches_are_told_where_the_clue_is(one_thread: None) -> None:
    """With all voices alike, silence has half of each scale's answer."""
    network, pixels = reader.Reader(), torch.zeros(2, 5, 64, 64)
    truth, changed = torch.zeros(2, toyearth.CHANNELS), torch.tensor([3, 3])
    half = torch.zeros(2, 64, 64)
    half[:, :32] = 1.0
    nowhere, _ = reader.loss(network, pixels, truth, changed, torch.zeros(2, 64, 64))
    somewhere, _ = reader.loss(network, pixels, truth, changed, half)
    assert nowhere.item() == pytest.approx(np.log(2))
    assert somewhere.item() == pytest.approx(np.log(4))
    truth[:, 3] = 2.0
    wrong, errors = reader.loss(network, pixels, truth, changed, half)
    assert wrong.item() == pytest.approx(np.log(4) + 2.0**2 + 2 * 2.0**2 / toyearth.CHANNELS)
    assert errors.tolist() == pytest.approx([0, 0, 0, 4.0] + [0] * (toyearth.CHANNELS - 4))


def test_clues_that_are_not_read_yet_are_changed_more_often(one_thread: None) -> None:
    training, pairs = reader._Training.begin(replace(TINY, size=64, batch=400), torch.device("cpu")), spots(0, 100)
    pairs.changed[:50] = 1
    training.errors[:2] = 0.1, 0.3
    changed = training.batch(pairs)[2].numpy()
    assert 0.68 < (changed == 1).mean() < 0.82


def test_an_untaught_reader_answers_with_the_mean(one_thread: None) -> None:
    answer = reader.read(reader.Reader(), spots(0, 3).images[:, 0])
    assert answer == pytest.approx(np.zeros((3, toyearth.CHANNELS)))


def test_a_part_knows_where_in_the_picture_it_lies() -> None:
    whole = np.arange(48 * 48 * 3, dtype=np.uint8).reshape(1, 48, 48, 3)
    corner = np.array([[10, 20]])
    part = reader.as_input(whole[:, 10:30, 20:40], corner, 48)
    assert torch.equal(part, reader.as_input(whole, np.zeros((1, 2), np.int64), 48)[:, :, 10:30, 20:40])


def test_the_loudest_patch_is_heard_and_silence_is_the_mean() -> None:
    value = torch.ones(1, toyearth.CHANNELS, 20, 20)
    value[:, :, 3, 4] = -1.0
    voice = torch.zeros_like(value)
    assert reader.reading(value, voice).mean().item() == pytest.approx(0.5 * 398 / 400, rel=1e-4)  # silence has half
    voice[:, :, 3, 4] = 20.0
    assert reader.reading(value, voice).max().item() < -0.99
    assert reader.reading(value, voice * 0 - 9).max().item() < 0.01


def test_training_that_was_stopped_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    painting.needed()
    monkeypatch.setattr(reader, "_PORTION", 5)
    whole = reader.load(reader.train(replace(TINY, exam=8), tmp_path / "whole", "cpu"))
    with monkeypatch.context() as patch:  # the first steps must not know that they are half of the way
        patch.setattr(reader._Training, "progress", lambda self: 1.0 if self.step >= 2 else self.step / 4)
        reader.train(TINY, tmp_path / "stopped", "cpu")
    stopped = reader.load(reader.train(TINY, tmp_path / "stopped", "cpu"))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, stopped.state_dict()[name]), name
    assert [row["pictures"] for row in rows(tmp_path / "stopped")] == [8, 16, 24, 32]
    assert set(rows(tmp_path / "whole")[0]) == {"pictures", "seconds", *(f"{band:.0f} km" for band in bands.BANDS)}


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
    first, clue, values = told[0], pairs.changed[0], pairs.truth[0, :, pairs.changed[0]] / 12**0.5 + 0.5
    assert 0.29 < (values[1] - values[0]) % 1 < 0.71
    other = toyearth.picture("train", reader._WORLD, shown.index(first), 48, {bands.CLUES[clue]: float(values[1])})
    assert np.abs(pairs.images[0, 1].astype(int) - other.image).max() <= 2  # the value was rounded
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


def test_a_reader_can_begin_with_another(tmp_path: Path, one_thread: None) -> None:
    painting.needed()
    begun = reader._Training.begin(TINY, torch.device("cpu")).network
    with torch.no_grad():
        begun.heads[0].bias.fill_(0.25)
    reader.save(begun, tmp_path / "first.safetensors")
    plan = replace(TINY, pairs=1, steps=1, rate=0.0, start=str(tmp_path / "first.safetensors"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_PORTION", 5)
        again = reader.load(reader.train(plan, tmp_path, "cpu"))
    assert again.heads[0].bias.tolist() == pytest.approx([0.25] * (2 * toyearth.CHANNELS))


def test_a_file_with_other_layers_is_named(tmp_path: Path) -> None:
    told = {"format": reader.FORMAT, "painter": str(toyearth.PAINTER_VERSION)}
    save_file({"x": torch.zeros(1)}, tmp_path / "other", metadata=told)
    with pytest.raises(CheckpointError, match="other layers"):
        reader.load(tmp_path / "other")


def test_a_plan_that_trains_nothing_is_refused_before_anything_is_painted(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        reader.train(replace(TINY, steps=None, minutes=0.0), tmp_path / "out", "cpu")
    assert not (tmp_path / "out").exists()
