"""What an operator reads at /metrics: true figures, for those who may, and nothing of the game's secrets."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from geogame import photos, play
from geogame.models import Game, PhotoSet, Round
from geogame.photos import Effort
from geogame.views import metrics
from geogame.views.metrics import SECONDS
from tests.conftest import CARD, NOON, PLACES, answer

MACHINE = {"opponent": CARD.name, "weights": CARD.weights}


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


def read(staff: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample of the page, by name and labels."""
    page = staff.get("/metrics")
    assert page.status_code == 200
    families = text_string_to_metric_families(page.content.decode())
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def named(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"beatplanet_{name}", frozenset(labels.items())


def test_what_waits_and_for_how_long(staff: Client, first_round: Round) -> None:
    told = read(staff)
    assert told[named("exhibits_waiting", **MACHINE)] == 2
    waited_s = (timezone.now() - first_round.game.created_at).total_seconds()
    assert told[named("oldest_wait_seconds", **MACHINE)] == pytest.approx(waited_s, abs=10)


def test_nothing_waits_and_nothing_is_said_of_how_long(staff: Client, db: None) -> None:
    told = read(staff)
    assert told[named("exhibits_waiting", **MACHINE)] == 0
    assert named("oldest_wait_seconds", **MACHINE) not in told


def test_a_round_ahead_waits_from_when_the_round_before_it_opened(staff: Client, game: Game) -> None:
    opened = NOON + timedelta(minutes=5)
    game.rounds.filter(number=1).update(opened_at=NOON, closed_at=NOON)
    play.start_round(game, opened)
    game.rounds.filter(number=2).update(closed_at=opened)
    told = read(staff)
    assert told[named("exhibits_waiting", **MACHINE)] == 1
    waited_s = (timezone.now() - opened).total_seconds()
    assert told[named("oldest_wait_seconds", **MACHINE)] == pytest.approx(waited_s, abs=10)


def test_seconds_are_told_by_device_and_what_nobody_measured_is_not_made_up(staff: Client, toy_set: PhotoSet) -> None:
    first, second, third = toy_set.exhibits.all()
    said = [(first.pk, answer(PLACES[0]), Effort(0.03, "cpu", 1.5)), (second.pk, "Damaged.", Effort(waited_s=0.2))]
    photos.record_predictions(CARD.name, CARD.weights, said)
    photos.record_prediction(third, CARD.name, CARD.weights, answer(PLACES[2]))  # as before anybody measured
    told = read(staff)
    cpu, unknown = {**MACHINE, "device": "cpu"}, {**MACHINE, "device": "unknown"}
    assert (told[named("predictions_total", **cpu)], told[named("predictions_total", **unknown)]) == (1, 2)
    assert told[named("prediction_failures_total", **unknown)] == 1
    assert told[named("prediction_seconds_sum", **cpu)] == pytest.approx(0.03)
    steps = [told[named("prediction_seconds_bucket", **cpu, le=str(edge))] for edge in SECONDS]
    assert steps == [float(edge >= 0.03) for edge in SECONDS]
    assert told[named("prediction_seconds_count", **unknown)] == 0
    assert told[named("prediction_wait_seconds_count", **unknown)] == 1


def test_staff_and_the_token_may_read_and_nobody_else(client: Client, db: None, settings: Any) -> None:
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403
    settings.METRICS_TOKEN = "a long token"
    assert client.get("/metrics", headers={"Authorization": "Bearer a long tokeN"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer a long token"}).status_code == 200
    client.force_login(get_user_model().objects.create_user("eve"))
    assert client.get("/metrics").status_code == 403


def test_the_admin_lists_predictions_and_changes_none(staff: Client, first_round: Round) -> None:
    said = [(first_round.exhibit_id, answer(PLACES[0]), Effort(0.03, "cuda: NVIDIA H100", 1.5))]
    photos.record_predictions(CARD.name, CARD.weights, said)
    assert "cuda: NVIDIA H100" in staff.get("/admin/geogame/prediction/").content.decode()
    address = f"/admin/geogame/prediction/{first_round.exhibit.predictions.get().pk}"
    assert staff.get(f"{address}/change/").status_code == 200
    assert staff.post(f"{address}/delete/").status_code == 403


def test_no_place_photo_or_game_is_told(staff: Client, first_round: Round) -> None:
    photos.record_prediction(first_round.exhibit, CARD.name, CARD.weights, answer(PLACES[0]))
    page = staff.get("/metrics").content.decode()
    assert first_round.game.code not in page
    assert not any(str(each)[:6] in page for place in PLACES for each in place)


def test_the_sums_never_touch_the_probabilities(db: None) -> None:
    """A table of many predictions is mostly probabilities; the index holds all that is added up."""
    if connection.vendor != "sqlite":
        pytest.skip("the plan is asked of SQLite")
    plan = Explaining()
    with connection.execute_wrapper(plan):
        list(metrics.answered())
    assert any("COVERING INDEX prediction_measures" in line for line in plan.lines)


class Explaining:
    """Keeps the plan of every query."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        question = f"EXPLAIN QUERY PLAN {sql.replace('%s', '?')}"
        self.lines += [row[-1] for row in connection.connection.execute(question, params).fetchall()]
        return execute(sql, params, many, context)


def test_an_opponent_that_cannot_be_read_hides_no_other_figure(
    staff: Client, first_round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PLANET_WEIGHTS", "elsewhere.safetensors")
    told = read(staff)
    assert not any(name == "beatplanet_exhibits_waiting" for name, _ in told)
    assert told[named("queue_length", queue="gpu")] == 0
