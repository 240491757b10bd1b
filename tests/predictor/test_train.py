"""Training on the smallest collection that can be wrong: it learns, it stops, it goes on, alone or with others."""

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

from predictor import celltables, checkpoint, collection, toyearth
from predictor.cells import Partition
from predictor.data import Batch
from predictor.geolocator import Geolocator
from predictor.plan import Plan
from predictor.planet import choose_device
from predictor.s2 import FACES, children
from predictor.sources import opened
from predictor.steps import Run, begin, label_width_km, learning_rate, take_step
from predictor.train import resume, train

CPU = choose_device("cpu")


@pytest.fixture
def tiny(album: Path, one_thread: None) -> Plan:
    return Plan(
        photos=(str(album),), held_share=0.1, size=32, t1=(20,), t2=2, batch=8, workers=0, steps=6, exam=0,
        save_every_s=0.0, precision="fp32",
    )  # fmt: skip


def losses(out: Path) -> list[tuple[int, float]]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [(row["step"], row["loss"]) for row in rows]


def batch(seed: int = 0) -> tuple[Batch, np.ndarray, np.ndarray]:
    """Eight pictures of noise and their places."""
    rng = np.random.default_rng(seed)
    pixels = torch.from_numpy(rng.normal(size=(8, 3, 32, 32)).astype(np.float32))
    return Batch(pixels, np.arange(8), 0), rng.uniform(-60, 60, 8), rng.uniform(-180, 180, 8)


@pytest.mark.parametrize("changes", [
    {}, {"precision": "bf16"}, {"optimiser": "adagrad", "rate": 0.003}, {"t1": (20, 60)}, {"soft_km": 1000.0},
    {"backbone": "resnet18"},
])  # fmt: skip
def test_a_network_can_learn_one_batch_by_heart(tiny: Plan, quarters: Partition, changes: dict[str, object]) -> None:
    plan = dataclasses.replace(tiny, **{"steps": 25, "rate": 3e-3, **changes})  # type: ignore[arg-type]
    partitions = [quarters, Partition(np.sort(FACES))][: len(plan.t1)]
    run = begin(plan, partitions, CPU)
    course = [take_step(run, *batch()) for _ in range(20)]
    floor = 1.5 if plan.soft_km else 0.0  # the entropy of soft labels cannot be learnt away
    assert course[-1] - floor < 0.35 * (course[0] - floor)


def test_training_killed_between_steps_goes_on_as_if_nothing_had_happened(tmp_path: Path, tiny: Plan) -> None:
    plan = dataclasses.replace(tiny, ema=0.9)
    train(plan, tmp_path / "whole", "cpu")
    # The first three steps must not know that they are half of the way: the rate follows the whole plan.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "progress", lambda run: 1.0 if run.step >= 3 else run.step / 6)
        train(plan, tmp_path / "stopped", "cpu")
    train(plan, tmp_path / "stopped", "cpu")
    assert [step for step, _ in losses(tmp_path / "stopped")] == [1, 2, 3, 4, 5, 6]
    assert losses(tmp_path / "stopped") == losses(tmp_path / "whole")
    one, other = (checkpoint.read_weights(tmp_path / name / "planet.safetensors") for name in ("whole", "stopped"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_a_killed_process_goes_on_from_its_last_state(tmp_path: Path, album: Path) -> None:
    tiny = {"photos": album, "size": 32, "t1": 20, "t2": 2, "batch": 8, "workers": 1, "threads": 1, "exam": 4}
    tiny["held-share"] = 0.1
    options = [f"--{name}={value}" for name, value in {**tiny, "save-every-s": 0, "device": "cpu"}.items()]
    command = [sys.executable, "-m", "predictor", "train", "--out", str(tmp_path), *options]
    process = subprocess.Popen([*command, "--steps=4000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (tmp_path / "state.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reached = torch.load(tmp_path / "state.pt", weights_only=True)["step"]
    command.append(f"--steps={reached + 2}")
    again = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert f"Going on from step {reached}" in again.stderr
    assert again.stdout.strip() == str(tmp_path / "planet.safetensors")
    steps = [step for step, _ in losses(tmp_path)]
    assert steps == list(range(1, reached + 3))  # what was written after the last state is written once
    facts = checkpoint.read_header(tmp_path / "planet.safetensors")[0].training
    assert facts["step"] == reached + 2
    assert facts["exam_median_km"] > 0


@pytest.mark.slow
def test_two_processes_train_one_network(tmp_path: Path, album: Path) -> None:
    script = [str(Path(__file__).with_name("without_batch_norm.py")), str(album)]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    for name, how in (("alone", []), ("together", torchrun)):
        command = [sys.executable, *how, *script, str(tmp_path / name)]
        told = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=_here())
        assert told.returncode == 0, told.stderr[-2000:]
    one, other = (torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("alone", "together"))
    assert one["step"] == other["step"] == 5
    for name, tensor in one["network"].items():
        assert torch.allclose(tensor, other["network"][name], atol=1e-5), name
    # What the first process tells of the loss is of its own half of each batch, so the curves differ.
    assert len(losses(tmp_path / "together")) == 5


@pytest.mark.slow
def test_torchrun_trains_inception_too(tmp_path: Path, album: Path) -> None:
    tiny = {"photos": album, "size": 32, "t1": 20, "t2": 2, "batch": 16, "workers": 0, "threads": 1, "exam": 4}
    options = [f"--{name}={value}" for name, value in {**tiny, "held-share": 0.1, "device": "cpu"}.items()]
    command = ["-m", "predictor", "train", "--out", str(tmp_path), *options]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *command]
    # Gone on with by one process, from the state of two.
    for words in ([*torchrun, "--steps=3"], [sys.executable, *command, "--steps=4"]):
        told = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False, env=_here())
        assert told.returncode == 0, told.stderr[-3000:]
    assert losses(tmp_path)[-1][0] == 4


def _here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}


def test_a_finished_training_does_nothing_more(tmp_path: Path, tiny: Plan) -> None:
    train(tiny, tmp_path, "cpu")
    before = (tmp_path / "metrics.jsonl").read_text()
    train(tiny, tmp_path, "cpu")
    assert (tmp_path / "metrics.jsonl").read_text() == before


def test_the_steps_in_between_are_written_down_too(tmp_path: Path, tiny: Plan) -> None:
    train(dataclasses.replace(tiny, save_every_s=1e9, log_every=2), tmp_path, "cpu")
    assert [step for step, _ in losses(tmp_path)] == [2, 4, 6]


def test_tensorboard_gets_what_the_file_gets(tmp_path: Path, tiny: Plan) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(dataclasses.replace(tiny, tensorboard=True), tmp_path, "cpu")
    board = EventAccumulator(str(tmp_path / "tensorboard"))  # type: ignore[no-untyped-call]
    board.Reload()  # type: ignore[no-untyped-call]
    told = [(event.step, event.value) for event in board.Scalars("loss")]  # type: ignore[no-untyped-call]
    assert told == [(step, pytest.approx(loss, rel=1e-5)) for step, loss in losses(tmp_path)]


def test_a_state_of_other_cells_is_refused(tmp_path: Path, tiny: Plan, quarters: Partition, album: Path) -> None:
    train(dataclasses.replace(tiny, steps=1), tmp_path, "cpu")
    other = begin(tiny, [Partition(np.sort(children(quarters.cell_ids)))], CPU)
    with pytest.raises(ValueError, match="trained on other cells"):
        resume(other, tmp_path / "state.pt", opened([album]))


def test_a_state_of_other_photos_is_refused(tmp_path: Path, tiny: Plan, album: Path) -> None:
    """Photos that were trained on would stand in the exam."""
    cells = tmp_path / "cells.csv"
    faces = Partition(np.sort(FACES))
    celltables.write(cells, celltables.CellTable(faces, faces.points(), None))
    plan = dataclasses.replace(tiny, steps=1, cells=(str(cells),))
    train(plan, tmp_path / "out", "cpu")
    fewer = tmp_path / "fewer.csv"
    header, *rows = album.read_text().splitlines()
    fewer.write_text("\n".join([header, *(f"{album.parent}/{row}" for row in rows[5:])]))
    with pytest.raises(ValueError, match="trained on other photos"):
        train(dataclasses.replace(plan, photos=(str(fewer),)), tmp_path / "out", "cpu")


@pytest.mark.parametrize("state", [b"junk", None])
def test_a_state_that_is_none_is_refused(tmp_path: Path, tiny: Plan, state: bytes | None) -> None:
    (tmp_path / "state.pt").write_bytes(state or b"")
    if state is None:
        torch.save({"step": 3}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="give another --out"):
        train(tiny, tmp_path, "cpu")


def test_a_line_of_metrics_that_was_torn_off_is_written_again(tmp_path: Path, tiny: Plan) -> None:
    train(dataclasses.replace(tiny, steps=2), tmp_path, "cpu")
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "pic')
    train(dataclasses.replace(tiny, steps=4), tmp_path, "cpu")
    assert [step for step, _ in losses(tmp_path)] == [1, 2, 3, 4]


def test_a_state_of_another_painter_is_refused(tmp_path: Path, tiny: Plan) -> None:
    train(dataclasses.replace(tiny, steps=1), tmp_path, "cpu")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    torch.save({**state, "painter": state["painter"] + 1}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="another version of Toy Earth's painter"):
        train(tiny, tmp_path, "cpu")


@pytest.mark.parametrize("change", [{"optimiser": "adagrad"}, {"batch": 4}, {"backbone": "resnet18"}, {"ema": 0.5}])
def test_a_state_of_another_plan_is_refused(tmp_path: Path, tiny: Plan, change: dict[str, object]) -> None:
    train(dataclasses.replace(tiny, steps=1), tmp_path, "cpu")
    with pytest.raises(ValueError, match=f"begun with --{next(iter(change))}"):
        train(dataclasses.replace(tiny, **change), tmp_path, "cpu")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"optimiser": "sgd"},
        {"precision": "fp8"},
        {"estimate": "guess"},
        {"steps": None, "minutes": 0.0},
        {"batch": 0},
        {"log_every": 0},
        {"max_level": 31},
        {"soft_km": -75.0},
        {"held_share": 1.5},
    ],
)
def test_a_plan_that_nobody_can_follow_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="--"):
        Plan(**change)  # type: ignore[arg-type]


def test_a_training_starts_from_other_weights_but_for_the_last_layer(tmp_path: Path, tiny: Plan) -> None:
    first = train(dataclasses.replace(tiny, steps=1), tmp_path / "first", "cpu")
    plan = dataclasses.replace(tiny, steps=1, rate=0.0, start=str(first))
    second = train(plan, tmp_path / "second", "cpu")
    before, after = checkpoint.read_weights(first), checkpoint.read_weights(second)
    assert torch.equal(before["conv1.conv.weight"], after["conv1.conv.weight"])
    fresh = checkpoint.read_weights(train(dataclasses.replace(plan, start=""), tmp_path / "third", "cpu"))
    assert not torch.equal(before["conv1.conv.weight"], fresh["conv1.conv.weight"])


def test_cells_may_come_from_tables(tmp_path: Path, tiny: Plan, quarters: Partition) -> None:
    from predictor import celltables

    faces = Partition(np.sort(FACES))
    for name, cells in (("fine.csv", quarters), ("coarse.csv", faces)):
        celltables.write(tmp_path / name, celltables.CellTable(cells, cells.centres()))
    tables = (str(tmp_path / "coarse.csv"), str(tmp_path / "fine.csv"))
    made = train(dataclasses.replace(tiny, cells=tables, steps=1), tmp_path / "out", "cpu")
    assert checkpoint.read_header(made)[1].digest == quarters.digest


def test_a_checkpoint_does_not_tell_where_files_were(tmp_path: Path, tiny: Plan) -> None:
    made = train(dataclasses.replace(tiny, steps=1), tmp_path, "cpu")
    assert checkpoint.read_header(made)[0].training["plan"]["photos"] == ["photos.csv"]  # type: ignore[index]
    assert str(tmp_path.parent).encode() not in made.read_bytes()


def test_cells_know_the_mean_of_their_photos(tmp_path: Path, tiny: Plan) -> None:
    partition = checkpoint.read_header(train(dataclasses.replace(tiny, steps=1), tmp_path, "cpu"))[1]
    assert partition.means is not None
    assert (partition.assign(*partition.means) == np.arange(len(partition))).all()
    assert not np.allclose(partition.means, partition.centres(), atol=0.1)


@pytest.mark.parametrize("from_a_table", [False, True])
def test_cells_know_places_of_training_photos_and_of_no_others(
    tmp_path: Path, tiny: Plan, quarters: Partition, album: Path, from_a_table: bool
) -> None:
    cells = tmp_path / "cells.csv"
    celltables.write(cells, celltables.CellTable(quarters, quarters.points(), None))
    plan = dataclasses.replace(tiny, steps=1, held_share=0.2, cells=(str(cells),) if from_a_table else ())
    partition = checkpoint.read_header(train(plan, tmp_path / "out", "cpu"))[1]
    parts = collection.split(opened([album]), plan.held_share)
    assert partition.places is not None
    north, east = (axis[np.isfinite(axis)] for axis in partition.places)
    known = set(zip(north, east, strict=True))
    trained, held_out = (
        set(zip(part.lat.round(2), part.lng.round(2), strict=True)) for part in (parts.train, parts.held_out)
    )
    assert known <= trained
    assert len(known) > len(trained) / 2  # some lie in no cell
    assert held_out
    assert not known & held_out


def test_photographs_are_no_toy_earth(tmp_path: Path, tiny: Plan) -> None:
    made = checkpoint.read_header(train(dataclasses.replace(tiny, steps=1), tmp_path, "cpu"))[0]
    assert (made.domain, made.painter) == ("real", 0)
    with pytest.raises(ValueError, match="fields-weight is for Toy Earth"):
        train(dataclasses.replace(tiny, fields_weight=1.0), tmp_path / "other", "cpu")


def test_the_temperature_is_fitted_and_kept(tmp_path: Path, tiny: Plan) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("predictor.train._FEWEST", 3)
        made = train(dataclasses.replace(tiny, exam=5), tmp_path / "few are enough", "cpu")
    assert Geolocator.load(made, "cpu").config.temperature != 1.0
    made = train(dataclasses.replace(tiny, exam=5), tmp_path / "too few", "cpu")
    assert Geolocator.load(made, "cpu").config.temperature == 1.0
    assert "exam_nll" in checkpoint.read_header(made)[0].training


def test_the_running_mean_of_the_weights_is_what_is_kept(tmp_path: Path, tiny: Plan) -> None:
    made = checkpoint.read_weights(train(dataclasses.replace(tiny, ema=0.9), tmp_path, "cpu"))
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    mean = state["mean"]["module.conv1.conv.weight"]
    assert torch.allclose(made["conv1.conv.weight"], mean, atol=1e-3)
    assert not torch.allclose(state["network"]["conv1.conv.weight"], mean, atol=1e-5)


def test_the_rate_climbs_then_falls_to_nothing() -> None:
    rates = [learning_rate(1.0, 0.1, p) for p in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[10] == max(rates) == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert all(np.diff(rates[:11]) > 0)
    assert all(np.diff(rates[10:]) < 0)


def test_adagrads_rate_stays_at_its_height(tiny: Plan, quarters: Partition) -> None:
    run = begin(dataclasses.replace(tiny, optimiser="adagrad", rate=0.045, steps=100), [quarters], CPU)
    run.step = 90
    take_step(run, *batch())
    assert run.optimiser.param_groups[0]["lr"] == 0.045


def test_labels_become_sharper() -> None:
    plan = Plan(soft_km=100, soft_from_km=1600)
    assert [label_width_km(plan, p) for p in (0, 0.5, 1)] == pytest.approx([1600, 400, 100])
    assert label_width_km(Plan(soft_km=100), 0) == 100
    assert label_width_km(Plan(), 0.5) == 0


def test_time_decides_where_steps_do_not(tiny: Plan, quarters: Partition) -> None:
    run = begin(dataclasses.replace(tiny, steps=None, minutes=2), [quarters], CPU)
    run.seconds = 30.0
    assert run.progress() == 0.25
    run.seconds = 500.0
    assert run.progress() == 1.0


def test_a_loss_that_is_no_number_is_told(tiny: Plan, quarters: Partition) -> None:
    run = begin(tiny, [quarters], CPU)
    some, lat, lng = batch()
    with pytest.raises(FloatingPointError, match="too large a --rate"):
        take_step(run, dataclasses.replace(some, pixels=some.pixels * float("nan")), lat, lng)


class TestToyEarth:
    """Pictures painted on the fly."""

    @pytest.fixture
    def toy(self, tiny: Plan) -> Plan:
        from tests.predictor import painting

        painting.needed()
        return dataclasses.replace(tiny, photos=(), count=60, steps=2, fields_weight=1.0)

    def test_reading_the_fields_helps_in_training_and_leaves_no_trace(
        self, tmp_path: Path, toy: Plan, noise: list[Image.Image]
    ) -> None:
        train(dataclasses.replace(toy, exam=3), tmp_path, "cpu")
        kept = Geolocator.load(tmp_path / "planet.safetensors", "cpu")
        assert (kept.config.domain, kept.config.painter) == ("toy-earth", toyearth.PAINTER_VERSION)
        assert kept.config.n_cells == len(kept.partition) == kept.network.fc.out_features
        state = torch.load(tmp_path / "state.pt", weights_only=True)["network"]
        assert len(state["fc.bias"]) == kept.config.n_cells + toyearth.CHANNELS
        assert torch.allclose(state["fc.weight"][: kept.config.n_cells], kept.network.fc.weight, atol=1e-3)
        assert len(kept.locate(noise)) == 5

    def test_shards_of_toy_earth_are_toy_earth(
        self, tmp_path: Path, toy: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from predictor import shards, sources

        shards.write(sources.ToyEarth.of("train", 7, 30), tmp_path / "shards", 40, workers=0)
        plan = dataclasses.replace(toy, photos=(str(tmp_path / "shards"),), t1=(10,), batch=4, held_share=0.2)
        made = checkpoint.read_header(train(plan, tmp_path / "out", "cpu"))[0]
        assert (made.domain, made.painter) == ("toy-earth", toyearth.PAINTER_VERSION)
