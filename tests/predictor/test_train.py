"""Training on the smallest world that can be wrong: it learns, it stops, it goes on."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from predictor import checkpoint, toyearth
from predictor.cells import Partition
from predictor.geolocator import Geolocator
from predictor.planet import choose_device
from predictor.s2 import children
from predictor.train import Plan, begin, label_width_km, learning_rate, read_loss, resume, take_step, train

TINY = Plan(count=60, size=32, t1=20, t2=2, batch=8, workers=0, steps=6, exam=0, save_every_s=0.0)


def losses(out: Path) -> list[tuple[int, float]]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [(row["step"], row["loss"]) for row in rows]


def test_a_network_can_learn_one_batch_by_heart(quarters: Partition, one_thread: None) -> None:
    run = begin(dataclasses.replace(TINY, steps=25, rate=3e-3), quarters, choose_device("cpu"))
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.normal(size=(8, 3, 32, 32)).astype(np.float32))
    lat, lng = rng.uniform(-60, 60, 8), rng.uniform(-180, 180, 8)
    course = [take_step(run, pixels, lat, lng) for _ in range(20)]
    assert course[-1] < 0.3 * course[0]


def test_training_killed_between_steps_goes_on_as_if_nothing_had_happened(tmp_path: Path, one_thread: None) -> None:
    train(TINY, tmp_path / "whole", "cpu")
    # The first three steps must not know that they are half of the way: the rate follows the whole plan.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("predictor.train.Run.progress", lambda run: 1.0 if run.step >= 3 else run.step / 6)
        train(TINY, tmp_path / "stopped", "cpu")
    train(TINY, tmp_path / "stopped", "cpu")
    assert [step for step, _ in losses(tmp_path / "stopped")] == [1, 2, 3, 4, 5, 6]
    assert losses(tmp_path / "stopped") == losses(tmp_path / "whole")
    one, other = (checkpoint.read_weights(tmp_path / name / "planet.safetensors") for name in ("whole", "stopped"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_a_killed_process_goes_on_from_its_last_state(tmp_path: Path) -> None:
    tiny = {"count": 60, "size": 32, "t1": 20, "t2": 2, "batch": 8, "workers": 1, "threads": 1, "exam": 4}
    options = [f"--{name}={value}" for name, value in {**tiny, "save-every-s": 0, "device": "cpu"}.items()]
    command = [sys.executable, "-m", "predictor", "train", "--out", str(tmp_path), *options]
    process = subprocess.Popen([*command, "--steps=4000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / "state.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reached = torch.load(tmp_path / "state.pt", weights_only=True)["step"]
    command.append(f"--steps={reached + 2}")
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert f"Going on from step {reached}" in again.stderr
    assert again.stdout.strip() == str(tmp_path / "planet.safetensors")
    assert losses(tmp_path)[-1][0] == reached + 2
    facts = checkpoint.read_header(tmp_path / "planet.safetensors")[0].training
    assert facts["step"] == reached + 2
    assert facts["exam_median_km"] > 0


def test_a_finished_training_does_nothing_more(tmp_path: Path, one_thread: None) -> None:
    train(TINY, tmp_path, "cpu")
    before = (tmp_path / "metrics.jsonl").read_text()
    train(TINY, tmp_path, "cpu")
    assert (tmp_path / "metrics.jsonl").read_text() == before


def test_a_state_of_other_cells_is_refused(tmp_path: Path, one_thread: None, quarters: Partition) -> None:
    train(dataclasses.replace(TINY, steps=1), tmp_path, "cpu")
    other = begin(TINY, Partition(np.sort(children(quarters.cell_ids))), choose_device("cpu"))
    with pytest.raises(ValueError, match="trained on other cells"):
        resume(other, tmp_path / "state.pt")


def test_a_state_of_another_painter_is_refused(tmp_path: Path, one_thread: None) -> None:
    train(dataclasses.replace(TINY, steps=1), tmp_path, "cpu")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    torch.save({**state, "painter": state["painter"] + 1}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="another version of Toy Earth's painter"):
        train(TINY, tmp_path, "cpu")


def test_a_training_starts_from_other_weights_but_for_the_last_layer(tmp_path: Path, one_thread: None) -> None:
    first = train(dataclasses.replace(TINY, steps=1), tmp_path / "first", "cpu")
    plan = dataclasses.replace(TINY, steps=1, rate=0.0, start=str(first))
    second = train(plan, tmp_path / "second", "cpu")
    before, after = checkpoint.read_weights(first), checkpoint.read_weights(second)
    assert torch.equal(before["conv1.conv.weight"], after["conv1.conv.weight"])
    fresh = checkpoint.read_weights(train(dataclasses.replace(plan, start=""), tmp_path / "third", "cpu"))
    assert not torch.equal(before["conv1.conv.weight"], fresh["conv1.conv.weight"])


def test_the_rate_climbs_then_falls_to_nothing() -> None:
    rates = [learning_rate(1.0, 0.1, p) for p in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[10] == max(rates) == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert all(np.diff(rates[:11]) > 0)
    assert all(np.diff(rates[10:]) < 0)


def test_labels_become_sharper() -> None:
    plan = Plan(soft_km=100, soft_from_km=1600)
    assert [label_width_km(plan, p) for p in (0, 0.5, 1)] == pytest.approx([1600, 400, 100])
    assert label_width_km(Plan(soft_km=100), 0) == 100
    assert label_width_km(Plan(), 0.5) == 0


def test_time_decides_where_steps_do_not() -> None:
    run = begin(
        dataclasses.replace(TINY, steps=None, minutes=2),
        Partition(np.array([1 << 60], np.uint64)),
        choose_device("cpu"),
    )
    run.seconds = 30.0
    assert run.progress() == 0.25
    run.seconds = 500.0
    assert run.progress() == 1.0


def test_reading_the_fields_helps_in_training_and_leaves_no_trace(
    tmp_path: Path, one_thread: None, noise: list[Image.Image]
) -> None:
    train(dataclasses.replace(TINY, steps=2, fields_weight=1.0), tmp_path, "cpu")
    kept = Geolocator.load(tmp_path / "planet.safetensors", "cpu")
    assert kept.config.n_cells == len(kept.partition) == kept.network.fc.out_features
    state = torch.load(tmp_path / "state.pt", weights_only=True)["network"]
    assert len(state["fc.bias"]) == kept.config.n_cells + toyearth.CHANNELS
    assert torch.allclose(state["fc.weight"][: kept.config.n_cells], kept.network.fc.weight, atol=1e-3)
    assert len(kept.locate(noise)) == 5


def test_the_loss_of_reading_is_the_squared_error_from_the_painters_fields() -> None:
    lat, lng = np.array([10.0, -20.0]), np.array([30.0, 140.0])
    right = torch.tensor(toyearth.channels(lat, lng)).float()
    assert read_loss(right, lat, lng) == 0
    assert read_loss(right + 2, lat, lng) == pytest.approx(4)
