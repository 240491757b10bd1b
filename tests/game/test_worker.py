"""The worker's side of a game, with an opponent that is quick to ask: which exhibits wait, and that answers arrive."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
from django.core.files.base import ContentFile
from django.utils import timezone
from kombu import Producer, Queue
from PIL import Image

from geogame import play
from geogame.celery import app
from geogame.models import Commitment, Game, Guess, Person, Photo, PhotoSet, Player, Prediction, Round
from predictor import opponents, tasks
from predictor.cells import Partition
from predictor.distribution import Distribution
from predictor.s2 import leaf_ids
from tests.conftest import CARD, Card, jpeg
from tests.servers import redis_server

HALVES = Partition(np.sort(leaf_ids([10.0, -20.0], [30.0, 60.0]) & ~np.uint64((1 << 41) - 1) | np.uint64(1 << 40)))


class SureOfOne:
    """An opponent that always believes in the first of two cells, and remembers how often it was asked."""

    device = "nowhere"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def locate(self, exhibits: Sequence[Sequence[Image.Image]]) -> list[Distribution]:
        self.asked.append(len(exhibits))
        return [Distribution(HALVES, np.array([0.75, 0.25], dtype=np.float32)) for _ in exhibits]


@pytest.fixture
def opponent(monkeypatch: pytest.MonkeyPatch) -> SureOfOne:
    fake = SureOfOne()
    monkeypatch.setattr("predictor.opponents.available", lambda: [CARD])
    monkeypatch.setattr(tasks, "_opponent", lambda card: fake)
    return fake


def start(photo_set: PhotoSet, person: Person) -> tuple[Game, Player]:
    game = play.open_game(photo_set, [CARD], 3, 60, timezone.now())
    seat = play.join(game, person, person.name, timezone.now())
    play.start_round(game, timezone.now())
    return game, seat


def test_the_first_two_rounds_wait_and_then_one_ahead(toy_set: PhotoSet, ana: Person, opponent: SureOfOne) -> None:
    game, _seat = start(toy_set, ana)
    waiting = tasks.exhibits_waiting(CARD.name, CARD.weights)
    assert list(waiting) == [each.exhibit_id for each in game.rounds.filter(number__lte=2)]
    assert tasks.locate() == 2
    assert not tasks.exhibits_waiting(CARD.name, CARD.weights)
    play.close_if_due(game.rounds.get(number=1), timezone.now() + timedelta(seconds=61))
    play.start_round(game, timezone.now())
    assert list(tasks.exhibits_waiting(CARD.name, CARD.weights)) == [game.rounds.get(number=3).exhibit_id]


def test_the_machine_guesses_in_the_open_round_with_its_most_probable_cell(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne
) -> None:
    game, _seat = start(toy_set, ana)
    tasks.locate()
    machine = game.players.get(kind="machine")
    lat, lng = HALVES.centres()
    guess = machine.guesses.get()
    assert (guess.lat, guess.lng) == pytest.approx((lat[0], lng[0]))
    stored = Prediction.objects.filter(exhibit=guess.round.exhibit).get()
    assert np.frombuffer(stored.probabilities, dtype="<f2").tolist() == [0.75, 0.25]


def test_what_the_machine_will_say_next_is_promised_when_it_is_known(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne
) -> None:
    game, _seat = start(toy_set, ana)
    tasks.locate()
    promised = Commitment.objects.filter(round__game=game, player__kind="machine")
    assert list(promised.order_by("round__number").values_list("round__number", flat=True)) == [1, 2]
    told = {(made.pk, made.digest) for made in promised}
    tasks.locate()
    assert {(made.pk, made.digest) for made in promised.all()} == told


def test_what_an_answer_took_is_stored_with_it(toy_set: PhotoSet, ana: Person, opponent: SureOfOne) -> None:
    game, _seat = start(toy_set, ana)
    game.rounds.filter(number__lte=2).update(wanted_at=timezone.now() - timedelta(seconds=7))
    began = timezone.now()
    tasks.locate()
    share_s = (timezone.now() - began).total_seconds() / 2  # of two exhibits in one batch
    for stored in Prediction.objects.all():
        assert stored.device == "nowhere"
        assert stored.seconds is not None
        assert 0 < stored.seconds < share_s
        assert stored.waited_s == pytest.approx(7, abs=2)


def test_a_clock_that_is_ahead_makes_no_wait_negative(toy_set: PhotoSet, ana: Person, opponent: SureOfOne) -> None:
    game, _seat = start(toy_set, ana)
    game.rounds.filter(number__lte=2).update(wanted_at=timezone.now() + timedelta(seconds=7))
    tasks.locate()
    assert set(Prediction.objects.values_list("waited_s", flat=True)) == {0.0}


@pytest.fixture
def asked_to_stop() -> Iterator[Callable[[], None]]:
    """Ask this process's worker to stop, as far as its loops can tell; undone after the test."""
    yield lambda: tasks._stop.__setitem__(0, 1)
    tasks._stop[0] = 0


def test_a_worker_that_was_asked_to_stop_stores_its_batch_and_begins_no_other(
    toy_set: PhotoSet,
    ana: Person,
    ben: Person,
    opponent: SureOfOne,
    monkeypatch: pytest.MonkeyPatch,
    asked_to_stop: Callable[[], None],
) -> None:
    game, _seat = start(toy_set, ana)
    answers = opponent.locate

    def interrupted(exhibits: Sequence[Sequence[Image.Image]]) -> list[Distribution]:
        asked_to_stop()
        play.close_if_due(game.rounds.get(number=1), timezone.now() + timedelta(seconds=61))
        play.start_round(game, timezone.now())  # now the third waits as well
        return answers(exhibits)

    monkeypatch.setattr(opponent, "locate", interrupted)
    assert tasks.locate() == 2
    assert tasks.locate() == 0
    assert Prediction.objects.count() == 2
    assert len(tasks.exhibits_waiting(CARD.name, CARD.weights)) == 1
    assert game.rounds.get(number=2).guesses.filter(player__kind="machine").exists()


def test_a_second_nudge_asks_nothing_again(toy_set: PhotoSet, ana: Person, opponent: SureOfOne) -> None:
    start(toy_set, ana)
    assert (tasks.locate(), tasks.locate()) == (2, 0)
    assert opponent.asked == [2]


def test_what_waits_in_several_games_is_answered_at_once(
    toy_set: PhotoSet, ana: Person, ben: Person, opponent: SureOfOne
) -> None:
    games = [start(toy_set, person)[0] for person in (ana, ben)]
    distinct = {each.exhibit_id for game in games for each in game.rounds.filter(number__lte=2)}
    tasks.locate()
    assert opponent.asked == [len(distinct)]
    assert all(game.rounds.get(number=1).guesses.count() == 1 for game in games)


def test_a_photo_that_cannot_be_read_is_no_answer_and_stops_nothing(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne
) -> None:
    game, _seat = start(toy_set, ana)
    photo = game.rounds.get(number=1).exhibit.ordered_photos()[-1]
    with photo.file.open("wb") as file:
        file.write(b"damaged")
    tasks.locate()
    assert game.players.get(kind="machine").guesses.get().lat is None
    failed = Prediction.objects.get(exhibit=game.rounds.get(number=1).exhibit)
    assert failed.failure
    assert (failed.seconds, failed.device) == (None, None)  # no machine thought about it
    assert Prediction.objects.get(exhibit=game.rounds.get(number=2).exhibit).lat is not None


def test_a_file_that_is_not_there_now_goes_on_waiting(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne, settings: Any, tmp_path: Path
) -> None:
    """A worker without the photo folder says nothing that lasts; once it is mounted the machine answers."""
    game, _seat = start(toy_set, ana)
    there = settings.MEDIA_ROOT
    settings.MEDIA_ROOT = tmp_path / "not mounted"
    assert tasks.locate() == 0
    assert not Prediction.objects.exists()
    assert not game.players.get(kind="machine").guesses.exists()
    settings.MEDIA_ROOT = there
    assert tasks.locate() == 2


def test_one_file_that_is_not_there_does_not_hold_up_the_others(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne
) -> None:
    game, _seat = start(toy_set, ana)
    photo = game.rounds.get(number=1).exhibit.ordered_photos()[-1]
    photo.file.storage.delete(photo.file.name)
    assert tasks.locate() == 1
    assert Prediction.objects.get().exhibit == game.rounds.get(number=2).exhibit


def test_a_nudge_that_comes_while_the_model_is_busy_is_answered_by_the_busy_thread(
    toy_set: PhotoSet, ana: Person, ben: Person, opponent: SureOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second nudge returns at once, so that the thread is free for the clock; its exhibits are not forgotten."""
    start(toy_set, ana)
    answers = opponent.locate
    returned = []

    def interrupted(exhibits: Sequence[Sequence[Image.Image]]) -> list[Distribution]:
        if not returned:
            start(toy_set, ben)
            returned.append(tasks.locate())
        return answers(exhibits)

    monkeypatch.setattr(opponent, "locate", interrupted)
    tasks.locate()
    assert returned == [0]
    assert not tasks.exhibits_waiting(CARD.name, CARD.weights)
    assert Round.objects.filter(number=1, guesses__player__kind="machine").count() == 2


def test_a_machine_that_fails_does_not_silence_the_others(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def locate(self, exhibits: object) -> None:
            raise RuntimeError("out of memory")

    broken = Card(name="broken", label="Broken")
    monkeypatch.setattr("predictor.opponents.available", lambda: [broken, CARD])
    monkeypatch.setattr(tasks, "_opponent", lambda card: Broken() if card.name == "broken" else opponent)
    game = play.open_game(toy_set, [broken, CARD], 1, 60, timezone.now())
    play.join(game, ana, "Ana", timezone.now())
    play.start_round(game, timezone.now())
    assert tasks.locate() == 1
    assert [guess.player.opponent for guess in Guess.objects.all()] == [CARD.name]


def test_a_quick_machine_does_not_wait_for_a_slow_one(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(SureOfOne):
        def locate(self, exhibits: Sequence[Sequence[Image.Image]]) -> list[Distribution]:
            assert [guess.player.opponent for guess in Guess.objects.all()] == [CARD.name]
            return super().locate(exhibits)

    slow, thinker = Card(name="slow", label="Slow"), Slow()
    monkeypatch.setattr("predictor.opponents.available", lambda: [CARD, slow])
    monkeypatch.setattr(tasks, "_opponent", lambda card: thinker if card.name == "slow" else opponent)
    game = play.open_game(toy_set, [CARD, slow], 1, 60, timezone.now())
    play.join(game, ana, "Ana", timezone.now())
    play.start_round(game, timezone.now())
    assert tasks.locate() == 2
    assert thinker.asked == [1]


def test_other_weights_than_those_that_sat_down_answer_nothing(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne
) -> None:
    game, _seat = start(toy_set, ana)
    game.players.filter(kind="machine").update(weights="newer")
    assert tasks.locate() == 0
    assert not Round.objects.filter(guesses__isnull=False).exists()


def test_one_exhibit_that_breaks_the_machine_is_no_other_exhibits_trouble(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    game, _seat = start(toy_set, ana)
    answers, broken = opponent.locate, game.rounds.get(number=1).exhibit_id
    Photo.objects.filter(exhibits=broken).get().file.save("photo.jpg", ContentFile(jpeg((111, 77))))

    def picky(exhibits: Sequence[Sequence[Image.Image]]) -> list[Distribution]:
        if any(images[-1].width == 111 for images in exhibits):
            raise RuntimeError("out of memory")
        return answers(exhibits)

    monkeypatch.setattr(opponent, "locate", picky)
    assert tasks.locate() == 1
    assert list(tasks.exhibits_waiting(CARD.name, CARD.weights)) == [broken]


def test_a_picture_that_claims_to_be_enormous_is_a_damaged_one(
    toy_set: PhotoSet, ana: Person, opponent: SureOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(toy_set, ana)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert tasks.locate() == 2
    assert set(Prediction.objects.values_list("failure", flat=True)) == {tasks.NOT_READ}


class Weighed(SureOfOne):
    """An opponent whose weights are known."""

    def __init__(self, weights: str) -> None:
        super().__init__()
        self.card = Card(weights=weights)


def test_a_worker_answers_by_the_weights_that_are_there_now(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ["old"]
    monkeypatch.setattr(tasks, "_loaded", {})
    monkeypatch.setattr(opponents, "load", lambda name: Weighed(there[0]))
    first = tasks._opponent(Card(weights="old"))
    assert tasks._opponent(Card(weights="old")) is first
    there[0] = "new"
    assert tasks._opponent(Card(weights="new")).card.weights == "new"
    there[0] = "newer still"
    with pytest.raises(opponents.Unavailable, match="newer still"):
        tasks._opponent(Card(weights="newest"))


def test_nudges_do_not_call_each_other_while_the_model_is_busy(
    toy_set: PhotoSet, opponent: SureOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(tasks, "nudge", lambda: nudged.append("locate"))
    monkeypatch.setattr(tasks, "nudge_why", lambda: nudged.append("explain"))
    with tasks._one_at_a_time:
        for task in (tasks.explain, tasks.locate, tasks.explain):
            assert task() == 0
    assert nudged == []
    tasks.locate()  # who had the model passes it on
    assert nudged == ["explain"]
    tasks._wondering.clear()


@pytest.mark.redis
def test_a_worker_outlives_a_connection_on_which_it_has_something_to_acknowledge(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url, app.connection_for_read(url) as connection:
        channel = connection.channel()
        queue = Queue("clock", channel=channel)
        queue.declare()
        for body in ("done", "not begun", "refused"):
            Producer(channel).publish(body, routing_key="clock")
        done, _not_begun, refused = [queue.get() for _ in range(3)]
        channel.close()
        done.ack()
        refused.reject(requeue=True)
        with redis.Redis.from_url(url) as broker:
            assert (broker.hlen("unacked"), broker.llen("clock")) == (3, 0)  # all come again, after a while
