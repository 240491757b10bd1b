"""Ana asks why: after the reveal, in her own game, once for all who ask; and a worker tells her, by and by."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client
from django.utils import timezone
from PIL import Image

from geogame import explanations, photos, play
from geogame.models import Explanation, Game, Person, PhotoSet, Player, Round
from geogame.rules.refusals import NotNow, NotYours
from geogame.rules.sphere import Point
from geogame.snapshots import snapshot
from predictor import tasks
from predictor.heatmap import Heatmap
from predictor.s2 import leaf_ids
from tests.conftest import CARD, NOON, Card
from tests.game.conftest import browser_of
from tests.game.test_worker import SureOfOne

MACHINE_SAYS = Point(10.0, 20.0)
LATER = NOON + timedelta(minutes=2)
MaySay = Callable[[Round, Point | str], None]


class Explaining(SureOfOne):
    """An opponent that explains in two steps, and remembers what it was asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Sequence[Point]] = []
        self.between: Callable[[], object] = lambda: None

    def explain(
        self, exhibit: Sequence[Image.Image], places: Sequence[Point], radius_km: float, progress: Any
    ) -> list[Heatmap]:
        assert radius_km == 200
        self.places.append(places)
        progress(0.5)
        self.between()
        progress(1.0)
        drops = np.array([[0.5, -0.25, 0], [0, 1, 2]], np.float32)
        return [Heatmap(drops * scale, drops > 0, 0.25) for scale in (1, 0)]


@pytest.fixture
def opponent(monkeypatch: pytest.MonkeyPatch) -> Explaining:
    fake = Explaining()
    monkeypatch.setattr(tasks, "_opponent", lambda card: fake)
    monkeypatch.setattr(tasks, "nudge", lambda: None)
    return fake


@pytest.fixture
def closed(first_round: Round, machine_says: MaySay) -> Round:
    machine_says(first_round, MACHINE_SAYS)
    play.close_if_due(first_round, NOON + timedelta(seconds=61))
    first_round.refresh_from_db()
    return first_round


def why(game: Game, seat: Player) -> Any:
    return snapshot(game.pk, seat.pk, LATER)["reveal"]["why"]


def ask(browser: Client, this_round: Round) -> Any:
    return browser.post(f"/rounds/{this_round.pk}/why/", {}, content_type="application/json")


def test_nobody_is_told_before_the_reveal(first_round: Round, ana: Person, machine_says: MaySay) -> None:
    machine_says(first_round, MACHINE_SAYS)
    refused = ask(browser_of(ana), first_round)
    assert (refused.status_code, refused.json()["error"]) == (
        409, "What a machine saw in a photograph is told after the reveal.",
    )  # fmt: skip
    assert not Explanation.objects.exists()


def test_only_who_plays_may_ask(closed: Round, ben: Person) -> None:
    assert ask(browser_of(ben), closed).status_code == 403
    assert ask(Client(), closed).status_code == 403
    assert not Explanation.objects.exists()


def test_asking_needs_a_post_and_a_round_that_was_opened(closed: Round, game: Game, ana: Person) -> None:
    assert browser_of(ana).get(f"/rounds/{closed.pk}/why/").status_code == 405
    assert ask(browser_of(ana), game.rounds.get(number=3)).status_code == 404


def test_ana_asks_and_is_told_step_by_step(
    closed: Round, game: Game, ana: Person, ana_seat: Player, opponent: Explaining
) -> None:
    assert why(game, ana_seat) == {"player": game.players.get(kind="machine").pk, "state": "unasked"}
    told = ask(browser_of(ana), closed).json()["reveal"]["why"]
    assert (told["state"], told["progress"]) == ("waiting", 0)
    seen = []
    opponent.between = lambda: seen.append(why(game, ana_seat)["progress"])
    assert tasks.explain() == 1
    assert seen == [0.5]
    made = why(game, ana_seat)
    assert made["state"] == "made"
    assert made["answer"] == {
        "rows": 2, "columns": 3, "drops": [32, -16, 0, 0, 64, 127], "most": 2.0, "strongest": 2.0, "p": 0.25,
    }  # fmt: skip
    assert made["truth"]["drops"] == [0] * 6
    assert [tuple(place) for place in opponent.places[0]] == [tuple(MACHINE_SAYS), tuple(closed.truth())]


def test_every_step_raises_the_games_version(closed: Round, game: Game, ana: Person, opponent: Explaining) -> None:
    ask(browser_of(ana), closed)
    tasks.locate()  # what the machine will say next is promised, and that is news too
    before = Game.objects.get(pk=game.pk).version
    tasks.explain()
    assert Game.objects.get(pk=game.pk).version == before + 3  # half, whole, made


def test_two_questions_make_one_job_and_no_news(closed: Round, game: Game, ana: Person, opponent: Explaining) -> None:
    ask(browser_of(ana), closed)
    version = Game.objects.get(pk=game.pk).version
    assert ask(browser_of(ana), closed).status_code == 200
    assert Game.objects.get(pk=game.pk).version == version
    assert (tasks.explain(), tasks.explain()) == (1, 0)
    assert len(opponent.places) == 1


def test_what_was_made_for_one_game_is_shown_in_the_next_without_the_model(
    closed: Round, toy_set: PhotoSet, ana: Person, ben: Person, opponent: Explaining
) -> None:
    ask(browser_of(ana), closed)
    tasks.explain()
    other = play.open_game(toy_set, [CARD], 3, 60, NOON)
    seat = play.join(other, ben, "Ben", NOON)
    met = other.rounds.get(exhibit=closed.exhibit_id)
    Round.objects.filter(pk=met.pk).update(opened_at=NOON, closed_at=NOON)
    assert ask(browser_of(ben), met).status_code == 200
    assert why(other, seat)["state"] == "made"
    assert len(opponent.places) == 1


def test_a_place_that_was_corrected_gets_a_map_of_its_own(
    closed: Round, toy_set: PhotoSet, ana: Person, ben: Person, opponent: Explaining
) -> None:
    ask(browser_of(ana), closed)
    tasks.explain()
    moved = Point(1.25, 2.5)
    photos.move(closed.exhibit.ordered_photos()[-1], moved)
    other = play.open_game(toy_set, [CARD], 3, 60, NOON)
    play.join(other, ben, "Ben", NOON)
    met = other.rounds.get(exhibit=closed.exhibit_id)
    Round.objects.filter(pk=met.pk).update(opened_at=NOON, closed_at=NOON)
    ask(browser_of(ben), met)
    tasks.explain()
    assert [tuple(each[1]) for each in opponent.places] == [tuple(closed.truth()), tuple(moved)]


def test_an_answer_that_somebody_waits_for_comes_first(
    closed: Round,
    toy_set: PhotoSet,
    ana: Person,
    ben: Person,
    opponent: Explaining,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A nudge that comes while the model explains is answered between two batches, not after the last."""
    ask(browser_of(ana), closed)
    Game.objects.update(finished_at=LATER)  # nothing of hers waits
    answered: list[int] = []

    def ben_starts() -> None:
        game = play.open_game(toy_set, [CARD], 1, 60, timezone.now())
        play.join(game, ben, "Ben", timezone.now())
        game.rounds.update(exhibit=toy_set.exhibits.exclude(pk=closed.exhibit_id).first())
        play.start_round(game, timezone.now())
        assert tasks.locate() == 0  # the model is busy: this thread is free for the clock

    opponent.between = ben_starts
    monkeypatch.setattr(explanations, "keep", lambda *given: answered.extend(opponent.asked))
    tasks.explain()
    assert answered == [1]  # the machine was asked where, before the maps were kept


def test_a_worker_that_was_killed_loses_its_job_to_another(
    closed: Round, game: Game, ana_seat: Player, opponent: Explaining
) -> None:
    explanations.ask(ana_seat, closed, [CARD], LATER)
    taken = explanations.take_up(CARD.name, CARD.weights, LATER)
    assert taken is not None
    assert explanations.take_up(CARD.name, CARD.weights, LATER + timedelta(seconds=29)) is None
    assert explanations.take_up(CARD.name, CARD.weights, LATER + timedelta(seconds=31)) == taken
    explanations.tell_progress(taken, 0.6, LATER + timedelta(seconds=40))
    explanations.tell_progress(taken, 0.4, LATER + timedelta(seconds=41))  # the other one, which was only slow
    assert why(game, ana_seat)["progress"] == 0.6


def test_a_worker_that_is_stopped_gives_its_job_back(
    closed: Round, ana: Person, opponent: Explaining, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(browser_of(ana), closed)
    opponent.between = lambda: monkeypatch.setattr(tasks, "_stopping", lambda: True)
    assert tasks.explain() == 0
    assert explanations.take_up(CARD.name, CARD.weights, timezone.now()) is not None
    assert not Explanation.objects.exclude(failure="").exists()


def test_a_damaged_photo_is_said_and_asking_again_tries_again(
    closed: Round, game: Game, ana: Person, ana_seat: Player, opponent: Explaining
) -> None:
    photo = closed.exhibit.ordered_photos()[-1]
    with photo.file.open("rb") as file:
        whole = file.read()
    with photo.file.open("wb") as file:
        file.write(b"damaged")
    ask(browser_of(ana), closed)
    assert tasks.explain() == 0
    assert why(game, ana_seat)["failure"] == "The photo could not be read."
    with photo.file.open("wb") as file:
        file.write(whole)
    assert ask(browser_of(ana), closed).json()["reveal"]["why"]["state"] == "waiting"
    tasks.explain()
    assert why(game, ana_seat)["state"] == "made"


def test_a_machine_that_breaks_is_told_in_a_sentence_and_stops_nothing(
    closed: Round, game: Game, ana: Person, ana_seat: Player, opponent: Explaining
) -> None:
    def breaks() -> None:
        raise RuntimeError("out of memory at /secret/path")

    opponent.between = breaks
    ask(browser_of(ana), closed)
    assert tasks.explain() == 0
    assert why(game, ana_seat) == {
        "player": game.players.get(kind="machine").pk, "state": "failed", "failure": tasks.FAILED,
    }  # fmt: skip


def test_a_file_that_is_not_there_now_goes_on_waiting(
    closed: Round, game: Game, ana: Person, ana_seat: Player, opponent: Explaining, settings: Any, tmp_path: Any
) -> None:
    ask(browser_of(ana), closed)
    settings.MEDIA_ROOT = tmp_path / "not mounted"
    assert tasks.explain() == 0
    assert why(game, ana_seat)["state"] == "waiting"


def test_a_machine_without_the_gift_has_no_button(toy_set: PhotoSet, ana: Person, machine_says: MaySay) -> None:
    game = play.open_game(toy_set, [Card(explains=False)], 1, 60, NOON)
    seat = play.join(game, ana, "Ana", NOON)
    opened = play.start_round(game, NOON)
    assert opened is not None
    machine_says(opened, MACHINE_SAYS)
    play.close_if_due(opened, LATER)
    opened.refresh_from_db()
    assert why(game, seat) is None
    with pytest.raises(NotNow):
        explanations.ask(seat, opened, [CARD], LATER)


def test_a_machine_without_an_answer_is_not_asked(
    first_round: Round, game: Game, ana_seat: Player, machine_says: MaySay
) -> None:
    machine_says(first_round, "The photo could not be read.")
    play.close_if_due(first_round, LATER)
    first_round.refresh_from_db()
    reveal = snapshot(game.pk, ana_seat.pk, LATER)["reveal"]
    assert reveal["why"] is None
    with pytest.raises(NotNow):
        explanations.ask(ana_seat, first_round, [CARD], LATER)


def test_weights_that_are_gone_are_said_to_be(closed: Round, ana_seat: Player) -> None:
    with pytest.raises(NotNow, match="has learnt anew"):
        explanations.ask(ana_seat, closed, [Card(weights="newer")], LATER)


def test_a_seat_of_another_game_may_not_ask(closed: Round, toy_set: PhotoSet, ben: Person) -> None:
    other = play.open_game(toy_set, [CARD], 1, 60, NOON)
    with pytest.raises(NotYours):
        explanations.ask(play.join(other, ben, "Ben", NOON), closed, [CARD], LATER)


def test_a_game_that_went_on_hears_nothing(closed: Round, game: Game, ana: Person, opponent: Explaining) -> None:
    ask(browser_of(ana), closed)
    play.start_round(game, LATER)
    tasks.locate()
    version = Game.objects.get(pk=game.pk).version
    tasks.explain()
    assert Game.objects.get(pk=game.pk).version == version


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        (Point(0.0, 0.0), {"p": 0.5, "rank": 1}),  # face 0 of the globe
        (Point(0.0, 90.0), {"p": 0.3, "rank": 2}),  # face 1
        (Point(-89.0, 0.0), {"p": 0.0, "rank": None}),  # in none of its cells
    ],
)
def test_ana_is_told_what_her_pin_was_worth_to_the_machine(
    pin: Point, expected: Any, first_round: Round, game: Game, ana_seat: Player, machine_says: MaySay
) -> None:
    play.guess(ana_seat, first_round, pin, "k", NOON)
    machine_says(first_round, MACHINE_SAYS)
    told = snapshot(game.pk, ana_seat.pk, LATER)["own"]["standing"]
    assert told["cells"] == 3
    assert (told["own"]["p"], told["own"]["rank"]) == (pytest.approx(expected["p"], abs=1e-3), expected["rank"])
    assert set(told["truth"]) == {"p", "rank"}
    (mine, true) = (leaf_ids([each[0]], [each[1]])[0] >> 61 for each in (pin, first_round.truth()))
    assert told["sameCell"] == (mine == true and expected["rank"] is not None)


def test_without_a_pin_only_the_true_place_stands(closed: Round, game: Game, ana_seat: Player) -> None:
    standing = snapshot(game.pk, ana_seat.pk, LATER)["own"]["standing"]
    assert standing["own"] is None
    assert (standing["truth"]["p"] > 0) == (standing["truth"]["rank"] is not None)


def test_the_database_keeps_one_explanation_for_each_place(closed: Round, ana_seat: Player) -> None:
    first = explanations.ask(ana_seat, closed, [CARD], LATER)
    assert explanations.ask(ana_seat, closed, [CARD], LATER) == first
    first.pk = None
    with pytest.raises(IntegrityError, match=r"UNIQUE|unique"):
        first.save()


def test_what_waits_for_weights_that_are_gone_waits_no_longer(
    closed: Round, game: Game, ana_seat: Player, opponent: Explaining, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanations.ask(ana_seat, closed, [CARD], LATER)
    monkeypatch.setattr("predictor.opponents.available", lambda: [Card(weights="newer")])
    assert tasks.explain() == 0
    told = why(game, ana_seat)
    assert (told["state"], told["failure"]) == ("failed", explanations.LEARNT_ANEW)


def test_a_database_that_is_busy_is_not_the_photos_fault(
    closed: Round, game: Game, ana_seat: Player, opponent: Explaining, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("predictor.opponents.available", lambda: [CARD])
    explanations.ask(ana_seat, closed, [CARD], LATER)
    with monkeypatch.context() as patched:
        patched.setattr(explanations, "keep", busy)
        assert tasks.explain() == 0
    assert why(game, ana_seat)["state"] == "waiting"
    Explanation.objects.update(taken_at=None)
    assert tasks.explain() == 1


def test_a_skipped_round_has_no_reveal_to_ask_at(
    first_round: Round, game: Game, ana_seat: Player, machine_says: MaySay
) -> None:
    machine_says(first_round, MACHINE_SAYS)
    play.skip_round(first_round, NOON)
    first_round.refresh_from_db()
    with pytest.raises(NotNow):
        explanations.ask(ana_seat, first_round, [CARD], LATER)


def test_asking_over_and_over_is_refused_kindly(closed: Round, ana: Person, opponent: Explaining) -> None:
    browser = browser_of(ana)
    codes = [ask(browser, closed).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]


def test_what_is_known_already_calls_no_worker(
    closed: Round, ana: Person, opponent: Explaining, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudged: list[int] = []
    monkeypatch.setattr("geogame.views.rounds.nudge_why", lambda: nudged.append(1))
    monkeypatch.setattr("predictor.opponents.available", lambda: [CARD])
    ask(browser_of(ana), closed)
    tasks.explain()
    ask(browser_of(ana), closed)
    assert len(nudged) == 1
