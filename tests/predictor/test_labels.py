"""What is right, and how wrong an answer is."""

import numpy as np
import pytest
import torch
from torch import nn

from predictor import toyearth
from predictor.cells import Partition
from predictor.geo import distance_km
from predictor.labels import Nest, read_loss, targets
from predictor.s2 import FACES, children

CPU = torch.device("cpu")


def test_hard_labels_are_the_papers(quarters: Partition) -> None:
    lat, lng = quarters.centres()
    assert torch.equal(targets(lat, lng, quarters, 0), torch.eye(24))


def test_soft_labels_fall_with_distance_and_sum_to_one(quarters: Partition) -> None:
    lat, lng = np.array([10.0]), np.array([20.0])
    soft = targets(lat, lng, quarters, 1000.0)[0].numpy()
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


def test_one_partition_has_the_plain_cross_entropy(quarters: Partition) -> None:
    logits, wanted = torch.randn(7, 24), torch.randn(7, 24).softmax(dim=1)
    nest = Nest.of(quarters, [], CPU)
    assert torch.allclose(nest.loss(logits, wanted), nn.functional.cross_entropy(logits, wanted))


def test_a_coarser_cell_has_the_sum_of_its_leaves(quarters: Partition) -> None:
    faces = Partition(np.sort(FACES))
    logits, wanted = torch.randn(7, 24), torch.randn(7, 24).softmax(dim=1)
    by_hand = [-(wanted * logits.log_softmax(dim=1)).sum(dim=1).mean()]
    inside = torch.from_numpy(faces.holding(quarters.cell_ids))
    member = nn.functional.one_hot(inside, 6).float()  # (24, 6)
    by_hand.append(-((wanted @ member) * (logits.softmax(dim=1) @ member).log()).sum(dim=1).mean())
    got = Nest.of(quarters, [faces], CPU).loss(logits, wanted)
    assert got == pytest.approx(float(sum(by_hand)) / 2, rel=1e-5)


def test_a_near_miss_costs_less_with_nested_partitions(quarters: Partition) -> None:
    nest = Nest.of(quarters, [Partition(np.sort(FACES))], CPU)
    wanted = nn.functional.one_hot(torch.tensor([0]), 24).float()
    sure_of = [8 * nn.functional.one_hot(torch.tensor([cell]), 24).float() for cell in (0, 1, 5)]
    right, brother, stranger = (float(nest.loss(each, wanted)) for each in sure_of)
    assert right < brother < stranger


def test_an_impossible_answer_has_a_finite_loss_and_gradient(quarters: Partition) -> None:
    logits = torch.zeros(1, 24).index_fill(1, torch.tensor([20]), 300.0).requires_grad_()
    loss = Nest.of(quarters, [Partition(np.sort(FACES))], CPU).loss(logits, torch.eye(24)[:1])
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()  # type: ignore[arg-type]


def test_partitions_that_do_not_nest_are_refused(quarters: Partition) -> None:
    finer = Partition(np.sort(children(quarters.cell_ids)))
    with pytest.raises(ValueError, match="must lie in one another"):
        Nest.of(quarters, [finer], CPU)


def test_the_loss_of_reading_is_the_squared_error_from_the_painters_fields() -> None:
    lat, lng = np.array([10.0, -20.0]), np.array([30.0, 140.0])
    right = torch.tensor(toyearth.channels(lat, lng)).float()
    assert read_loss(right, lat, lng) == 0
    assert read_loss(right + 2, lat, lng) == pytest.approx(4)
