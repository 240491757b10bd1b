"""Experiments: what is sealed, who may take part, what is counted out, and that nothing is told before the end."""

import hashlib
import importlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from geogame import comparisons, experiments, people, photos, play, seals, tasks
from geogame.models import (
    Comparison,
    Exhibit,
    Experiment,
    Game,
    Guess,
    Person,
    Photo,
    PhotoSet,
    Player,
    Prediction,
    Slot,
)
from geogame.pictures import Unusable
from geogame.rules import protocol
from geogame.rules.refusals import BadInput, NotNow
from geogame.rules.sphere import Point
from geogame.selections import Selection
from geogame.sources import Item
from predictor import tasks as worker
from predictor.distribution import Distribution
from predictor.tasks import exhibits_waiting
from tests.conftest import CARD, NOON, PLACES, add_photo, answer, jpeg
from tests.game.conftest import browser_of
from tests.game.test_concurrency import DATABASES, told_by
from tests.game.test_worker import HALVES, SureOfOne

LATER = NOON + timedelta(hours=1)
FAR = Point(0.5, 100.25)  # where the machine believes everything to be


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geogame.admin.experiments.nudge", lambda: None)
    for page in ("admin", "views"):
        monkeypatch.setattr(f"geogame.{page}.experiments.nudge_reckoning", lambda: None)


@pytest.fixture
def cleo(db: None) -> Person:
    return Person.objects.create(name="Cleo")


@pytest.fixture
def five(toy_set: PhotoSet) -> PhotoSet:
    """Five photos: enough for two people with two each, and one that nobody is shown."""
    for lat in (10.1234567, -20.7654321):
        add_photo(toy_set, Point(lat, 33.1234567))
    return toy_set


@pytest.fixture
def made(five: PhotoSet) -> Experiment:
    """Two people, two rounds each, of their own; no photos for spare places."""
    return Experiment.objects.create(
        slug="small", name="Small one", question="Who is nearer?", photo_set=five, opponent=CARD.name,
        weights=CARD.weights, people=2, exhibits_each=2, give_up_after_h=24, created_at=NOON,
    )  # fmt: skip


def predict(experiment: Experiment, but: int = 0) -> None:
    """Let the machine answer everything but so many."""
    exhibits = list(experiment.photo_set.exhibits.all())
    for exhibit in exhibits[: len(exhibits) - but]:
        photos.record_prediction(exhibit, CARD.name, CARD.weights, answer(FAR))


def sealed_now(experiment: Experiment) -> Experiment:
    experiments.prepare(experiment, NOON)
    predict(experiment)
    return experiments.seal(experiment, CARD, NOON)


@pytest.fixture
def sealed(made: Experiment) -> Experiment:
    return sealed_now(made)


@pytest.fixture
def spared(made: Experiment) -> Experiment:
    """The same, sealed, with photos for one spare place."""
    add_photo(made.photo_set, Point(1.2345678, 2.3456789))
    return sealed_now(made)


def play_all(game: Game, now=LATER, guesses: bool = True) -> None:  # type: ignore[no-untyped-def]
    """Play a game to its end: every guess is right, or there is none."""
    seat = game.players.get(kind="human")
    while True:
        this_round = game.rounds.get(opened_at__isnull=False, closed_at=None)
        if guesses:
            play.guess(seat, this_round, this_round.truth(), "", now)
        else:
            play.end_round(this_round, now)  # as when its time is up
            play.close_if_due(this_round, now + timedelta(minutes=1))
        if play.start_round(game, now) is None:
            play.finish(game, now)
            return


def play_experiment(experiment: Experiment, *people: Person) -> list[Game]:
    games = [experiments.take_part(experiment, person, person.name, NOON) for person in people]
    for game in games:
        play_all(game)
    experiments.tidy(LATER)
    experiment.refresh_from_db()
    return games


def reckoned(experiment: Experiment) -> None:
    """Do what the task does."""
    experiments.check_all(LATER)
    experiments.keep_first()
    comparisons.reckon(comparisons.ask(experiments.selection(experiment), LATER), LATER)


def page_of(experiment: Experiment, client: Client | None = None) -> str:
    return (client or Client()).get(f"/experiments/{experiment.slug}/").content.decode()


def test_preparing_asks_the_machine_about_the_whole_set_after_those_who_play(made: Experiment, ana: Person) -> None:
    assert exhibits_waiting(CARD.name, CARD.weights) == {}
    experiments.prepare(made, NOON)
    experiments.prepare(made, LATER)  # twice does no harm
    waiting = exhibits_waiting(CARD.name, CARD.weights)
    assert waiting == dict.fromkeys(made.photo_set.exhibits.values_list("pk", flat=True), NOON)
    assert exhibits_waiting(CARD.name, "other weights") == {}
    assert set(exhibits_waiting(CARD.name, CARD.weights, list(waiting)[:2])) == set(list(waiting)[2:])
    game = play.open_game(made.photo_set, [CARD], 1, None, NOON)
    assert list(exhibits_waiting(CARD.name, CARD.weights)) == [game.rounds.get().exhibit_id]
    predict(made, but=1)
    assert experiments.progress(made) == experiments.Progress(computed=4, wanted=5)
    predict(made)
    assert exhibits_waiting(CARD.name, CARD.weights) == {}


def test_what_waits_costs_one_more_question(made: Experiment, django_assert_num_queries: Callable) -> None:  # type: ignore[type-arg]
    with django_assert_num_queries(2):
        exhibits_waiting(CARD.name, CARD.weights)


def test_the_worker_answers_what_is_prepared_and_no_other_machine_waits_for_it(
    made: Experiment, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    other = replace(CARD, name="other")

    class Fake(SureOfOne):
        def __init__(self, name: str) -> None:
            self.name = name

        def locate(self, exhibits):  # type: ignore[no-untyped-def]
            asked.append(self.name)
            if len(asked) == 1:  # somebody begins to play against the other one meanwhile
                play.start_round(play.open_game(made.photo_set, [other], 1, None, NOON), NOON)
            return [Distribution(HALVES, np.array([0.75, 0.25], dtype=np.float32)) for _ in exhibits]

    monkeypatch.setattr("predictor.opponents.available", lambda: [CARD, other])
    monkeypatch.setattr("predictor.tasks._opponent", lambda card: Fake(card.name))
    monkeypatch.setattr("predictor.tasks.MOST_AT_ONCE", 2)
    worker._preparing_sql.cache_clear()
    experiments.prepare(made, NOON)
    assert worker.locate() == 6
    assert asked == ["planet", "other", "planet", "planet"]
    worker._preparing_sql.cache_clear()
    assert experiments.progress(made).missing == 0


def test_an_experiment_out_of_the_machines_domain_is_compared_and_tested(
    made: Experiment, ana: Person, ben: Person
) -> None:
    experiments.prepare(made, NOON)
    predict(made)
    sealed = experiments.seal(made, replace(CARD, domain="real"), NOON, out_of_domain=True)
    play_experiment(sealed, ana, ben)
    reckoned(sealed)
    page = page_of(sealed)
    assert "It has learnt from other pictures than these" in page
    assert "<strong>p = 0.5</strong>" in page


def refusal(*args: object, **options: bool) -> str:
    with pytest.raises(NotNow) as caught:
        experiments.seal(*args, NOON, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_nothing_is_sealed_before_the_machine_has_answered(made: Experiment) -> None:
    assert "Prepare the experiment first" in refusal(made, CARD)
    experiments.prepare(made, NOON)
    predict(made, but=2)
    assert "2 of the machine’s 5 answers are not there yet" in refusal(made, CARD)
    predict(made)
    assert experiments.seal(made, CARD, NOON).sealed_at == NOON


def test_nothing_is_sealed_of_a_set_that_is_too_small(made: Experiment) -> None:
    Experiment.objects.update(people=3)
    assert "5 exhibits in play, and 6 are needed" in refusal(made, CARD)
    Experiment.objects.update(shared=True, prepared_at=NOON)
    predict(made)
    assert experiments.seal(made, CARD, NOON).slots.count() == 3


def test_nothing_is_sealed_against_an_opponent_that_is_not_here(made: Experiment) -> None:
    experiments.prepare(made, NOON)
    predict(made)
    for card in (None, replace(CARD, weights="new weights")):
        assert "is not on this site" in refusal(made, card)


def test_another_domain_is_sealed_only_if_that_is_said(made: Experiment) -> None:
    experiments.prepare(made, NOON)
    predict(made)
    real = replace(CARD, domain="real")
    assert "has learnt from other pictures" in refusal(made, real)
    sealed = experiments.seal(made, real, NOON, out_of_domain=True)
    assert sealed.protocol is not None
    assert sealed.protocol["out_of_domain"] is True
    assert experiments.selection(sealed).include_out_of_domain


def test_another_painters_world_is_not_sealed(made: Experiment) -> None:
    Photo.objects.update(extra={"painter": "1"})
    experiments.prepare(made, NOON)
    predict(made)
    assert "another world" in refusal(made, replace(CARD, painter=2))


def test_nobody_and_nothing_is_no_experiment(made: Experiment) -> None:
    Experiment.objects.update(people=0)
    assert "needs people" in refusal(made, CARD)
    Experiment.objects.update(people=experiments.MOST_ROUNDS)
    assert "at most" in refusal(made, CARD)


def test_the_seal_is_the_hash_of_the_file_that_anybody_can_download(sealed: Experiment) -> None:
    response = Client().get("/experiments/small/protocol.json")
    assert hashlib.sha256(response.content).hexdigest() == sealed.seal
    told = json.loads(response.content)
    again = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()  # as the rules tell anybody to
    assert hashlib.sha256(again).hexdigest() == sealed.seal
    assert told["format"] == protocol.FORMAT
    assert told["decision"]["unit"] == "person"
    assert sorted(number for place in told["places"] for number in place) == [1, 2, 3, 4]
    assert set(told["excluded"]) == {"seen_before", "unfinished", "withdrawn", "voided"}


def test_digests_can_be_recomputed_from_files_places_and_answers(sealed: Experiment) -> None:
    def plain(value: object) -> str:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def plain_file(photo: Photo) -> str:
        with photo.file.open("rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    told = sealed.protocol
    assert told is not None
    by_key = {
        exhibit.pk: plain(
            {
                "lat": round(exhibit.lat * 10**7),
                "lng": round(exhibit.lng * 10**7),
                "photos": [photo.original_sha256 for photo in exhibit.ordered_photos()],
            }
        )
        for exhibit in Exhibit.objects.all()
    }
    assert told["photo_set"]["sha256"] == plain(sorted(by_key.values()))
    shown = [[by_key[key] for key in slot.exhibits] for slot in sealed.slots.all()]
    called = sorted(each for place in shown for each in place)
    assert told["shown_sha256"] == plain(called)
    assert told["places"] == [[called.index(each) + 1 for each in place] for place in shown]
    assert told["opponent"]["answers_sha256"] == plain({each: [5000000, 1002500000] for each in called})
    files = {by_key[each.pk]: [plain_file(photo) for photo in each.ordered_photos()] for each in Exhibit.objects.all()}
    assert told["files_sha256"] == plain({each: files[each] for each in called})


def test_the_protocol_tells_no_place_no_key_and_no_file(sealed: Experiment) -> None:
    text = Client().get("/experiments/small/protocol.json").content.decode() + page_of(sealed)
    for place in PLACES:
        assert not any(f"{abs(degrees):.3f}"[:-1] in text or str(round(degrees * 1e7)) in text for degrees in place)
    for photo in Photo.objects.all():
        assert not any(known in text for known in (photo.original_sha256, photo.file.name, photo.original_name))


def test_places_of_their_own_share_nothing_and_shared_ones_everything(made: Experiment, five: PhotoSet) -> None:
    own = [slot.exhibits for slot in sealed_now(made).slots.all()]
    assert len({key for place in own for key in place}) == 4
    other = experiments.again(made, NOON)
    Experiment.objects.filter(pk=other.pk).update(shared=True, people=9)
    shared = sealed_now(other)
    assert len({frozenset(slot.exhibits) for slot in shared.slots.all()}) == 1
    assert shared.protocol is not None
    assert shared.protocol["decision"]["unit"] == "exhibit"


def test_what_is_sealed_cannot_be_saved_otherwise(sealed: Experiment) -> None:
    for name, value in {"people": 3, "question": "Another?", "seal": "0" * 64, "protocol": {}, "zoom": True}.items():
        row = Experiment.objects.get()
        setattr(row, name, value)
        with pytest.raises(NotNow, match="never changes"):
            row.save()
        with pytest.raises(NotNow, match="never changes"):
            Experiment.objects.update(**{name: value})
    slot = sealed.slots.first()
    assert slot is not None
    slot.exhibits = slot.exhibits[:1]
    with pytest.raises(NotNow, match="never changes"):
        slot.save()
    with pytest.raises(NotNow, match="never changes"):
        Slot.objects.update(exhibits=[])
    Experiment.objects.get().save()  # unchanged it may be
    for verb in (lambda: experiments.prepare(sealed, NOON), lambda: experiments.seal(sealed, CARD, NOON)):
        with pytest.raises(NotNow, match="sealed already"):
            verb()


def test_a_new_experiment_made_from_a_sealed_one_is_not_sealed(sealed: Experiment) -> None:
    made = experiments.again(sealed, LATER)
    assert seals.design(made) == seals.design(sealed)
    assert (made.slug, made.seal, made.sealed_at, made.prepared_at, made.slots.count()) == (
        "small-2",
        "",
        None,
        None,
        0,
    )
    assert experiments.again(sealed, LATER).slug == "small-3"


def test_who_takes_part_plays_exactly_the_sealed_photographs(sealed: Experiment, ana: Person) -> None:
    browser = browser_of(ana)
    response = browser.post("/experiments/small/take-part/", {"name": "Ana"})
    slot = sealed.slots.get(game__isnull=False)
    game = slot.game
    assert game is not None
    assert response.url == f"/games/{game.code}/"
    assert list(game.rounds.values_list("exhibit", flat=True)) == slot.exhibits
    assert (game.experiment, game.zoom, game.time_limit_s, game.countdown_s) == (sealed, False, None, None)
    assert game.rounds.filter(opened_at__isnull=False).count() == 1
    assert game.players.get(kind="machine").guesses.count() == 1  # its answer was there
    assert not game.players.get(kind="machine").explains
    assert browser.get(response.url).status_code == 200


def test_there_is_one_place_for_each_person(sealed: Experiment, ana: Person) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    assert experiments.take_part(sealed, ana, "Ana", LATER) == game  # the way back
    experiments.exclude(game, Slot.Excluded.WITHDRAWN, LATER)
    with pytest.raises(NotNow, match="one for each person"):
        experiments.take_part(sealed, ana, "Ana", LATER)


def test_the_last_place_is_given_once(sealed: Experiment, ana: Person, ben: Person, cleo: Person) -> None:
    for person in (ana, ben):
        experiments.take_part(sealed, person, person.name, timezone.now())
    with pytest.raises(NotNow, match="All places are taken"):
        experiments.take_part(sealed, cleo, "Cleo", timezone.now())
    response = browser_of(cleo).post("/experiments/small/take-part/", {"name": "Cleo"})
    assert response.status_code == 409
    assert b"All places are taken" in response.content


@pytest.mark.slow
@DATABASES
def test_many_take_the_last_places_and_are_voided_at_once(database: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (told,) = told_by("tests.game.last_places", database, tmp_path)
    assert (told["errors"], told["crossed"]) == ([], [])
    assert (told["taken"], told["refused"], told["places"]) == (2, 6, 2)


def test_who_has_met_a_photograph_gets_another_place(sealed: Experiment, ana: Person, ben: Person) -> None:
    first, second = sealed.slots.order_by("number")
    meet(ana, first.exhibits[1:], sealed.photo_set)
    assert experiments.take_part(sealed, ana, "Ana", LATER).slot.number == second.number
    assert experiments.take_part(sealed, ben, "Ben", LATER).slot.number == first.number


def test_who_has_met_a_copy_in_another_set_gets_another_place(sealed: Experiment, ana: Person, ben: Person) -> None:
    first, second = sealed.slots.order_by("number")
    elsewhere = PhotoSet.objects.create(name="Elsewhere", slug="elsewhere", domain="toy-earth", published=True)
    copy = add_photo(elsewhere, Point(1.0, 2.0))
    copy.photos.update(original_sha256=Photo.objects.get(exhibits=first.exhibits[0]).original_sha256)
    meet(ana, [copy.pk], elsewhere)
    assert experiments.take_part(sealed, ana, "Ana", LATER).slot.number == second.number
    assert experiments.take_part(sealed, ben, "Ben", LATER).slot.number == first.number


def meet(person: Person, exhibits: list[int], photo_set: PhotoSet) -> None:
    """Let somebody play these exhibits in an ordinary game, an hour before."""
    before = NOON - timedelta(hours=1)
    game = play.open_game(photo_set, [CARD], len(exhibits), None, before)
    for this_round, key in zip(game.rounds.all(), exhibits, strict=True):
        this_round.exhibit_id = key
        this_round.save()
    play.join(game, person, person.name, before)
    play.start_round(game, before)
    play_all(game, before, guesses=False)


def test_who_has_met_all_photographs_is_not_let_in(sealed: Experiment, ana: Person) -> None:
    meet(ana, [key for slot in sealed.slots.all() for key in slot.exhibits], sealed.photo_set)
    with pytest.raises(NotNow, match="fresh eyes"):
        experiments.take_part(sealed, ana, "Ana", LATER)


def test_rounds_met_before_are_counted_out_and_counted(sealed: Experiment, ana: Person, ben: Person) -> None:
    meet(ana, [slot.exhibits[0] for slot in sealed.slots.all()], sealed.photo_set)
    play_experiment(sealed, ana, ben)
    assert experiments.excluded(sealed)["seen_before"] == 1
    assert experiments.counted_rounds(sealed) == 3
    reckoned(sealed)
    assert "rounds whose photographs the person had met before</th><td>1</td>" in page_of(sealed)


def test_a_game_that_is_not_finished_in_time_frees_its_place(sealed: Experiment, ana: Person, ben: Person) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    in_time, too_late = NOON + timedelta(hours=24), NOON + timedelta(hours=24, seconds=1)
    assert experiments.tidy(in_time) == 0
    assert experiments.tidy(too_late) == 1
    assert experiments.tidy(too_late) == 0  # once
    old, new = sealed.slots.filter(number=game.slot.number).order_by("attempt")
    assert (old.excluded, new.excluded, new.attempt, new.game) == ("unfinished", "", 2, None)
    assert old.exhibits == new.exhibits
    assert experiments.take_part(sealed, ben, "Ben", too_late).slot.attempt == 1  # what was given up goes last
    assert experiments.take_part(sealed, Person.objects.create(name="Cas"), "Cas", too_late).slot == new
    assert seals.broken(sealed) == []


def test_a_last_round_that_closed_too_late_does_not_count_whoever_looks_when(sealed: Experiment, ana: Person) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    play_all(game, NOON + timedelta(hours=25))
    assert experiments.standing(sealed, NOON + timedelta(hours=25)).done == 0
    experiments.tidy(NOON + timedelta(hours=25))
    assert experiments.excluded(sealed)["unfinished"] == 1


def test_the_clock_tidies_experiments(sealed: Experiment, ana: Person) -> None:
    experiments.take_part(sealed, ana, "Ana", NOON)  # long ago
    tasks.sweep()
    assert experiments.excluded(sealed)["unfinished"] == 1


def test_the_end_comes_once_and_with_the_last_round(sealed: Experiment, ana: Person, ben: Person) -> None:
    games = [experiments.take_part(sealed, person, person.name, NOON) for person in (ana, ben)]
    play_all(games[0])
    assert experiments.tidy(LATER) == 0
    play_all(games[1])
    Game.objects.update(finished_at=None)  # nobody has turned the last page
    assert [experiments.tidy(LATER), experiments.tidy(LATER + timedelta(days=9))] == [1, 0]
    sealed.refresh_from_db()
    assert sealed.finished_at == LATER


def test_nothing_is_compared_anywhere_before_the_end(sealed: Experiment, ana: Person, ben: Person) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    play_all(game)
    experiments.tidy(LATER)
    page = page_of(sealed)
    assert "<strong>1</strong> of 2 places played" in page
    assert "Nothing is compared before all have played" in page
    assert "The result" not in page
    for selection in (Selection(), Selection(experiment="small"), Selection(game=game.code)):
        assert not selection.rounds().exists()
        assert comparisons.build(selection)["figures"]["counts"]["rounds"] == 0
    assert not Selection().guesses().exists()  # from which exports are made
    assert b"Ana" not in Client().get("/leaderboard/").content
    own = browser_of(ana).get(f"/games/{game.code}/")
    assert own.status_code == 200  # her own game shows what games show


def test_nobody_else_sees_a_game_or_its_guesses_before_the_end(
    sealed: Experiment, ana: Person, ben: Person, staff: Client
) -> None:
    """Neither by a link that a player passes on, nor staff in the admin, nor in what they download."""
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    play_all(game)
    link, in_admin = f"/games/{game.code}/", f"/admin/geogame/round/{game.rounds.get(number=1).pk}/change/"
    for browser in (Client(), browser_of(ben), staff):
        answer = browser.get(link)
        assert answer.status_code == 403
        assert "only who played it may see it" in answer.content.decode()
    assert "guesses-0-" not in staff.get(in_admin).content.decode()
    assert str(game.rounds.get(number=1).pk) not in b"".join(staff.get("/export/rounds.csv?voided=1")).decode()
    play_all(experiments.take_part(sealed, ben, "Ben", NOON))
    experiments.tidy(LATER)
    assert Client().get(link).status_code == 200
    assert "guesses-0-" in staff.get(in_admin).content.decode()


def test_the_result_is_told_when_all_have_played(sealed: Experiment, ana: Person, ben: Person) -> None:
    play_experiment(sealed, ana, ben)
    page = page_of(sealed)
    assert "being reckoned" in page
    assert 'http-equiv="refresh"' in page
    reckoned(sealed)
    page = page_of(sealed)
    assert "<strong>p = 0.5</strong>" in page  # two people, both ahead: 2 of 4 ways of the signs
    assert "Neither side is shown to be better" in page
    assert "<b>4</b> won by people" in page
    assert "The seal holds." in page
    assert 'http-equiv="refresh"' not in page
    assert "seen before" not in page


def test_a_missing_answer_is_lost_and_counted(sealed: Experiment, ana: Person, ben: Person) -> None:
    games = [experiments.take_part(sealed, person, person.name, NOON) for person in (ana, ben)]
    play_all(games[0])
    play_all(games[1], guesses=False)
    experiments.tidy(LATER)
    sealed.refresh_from_db()
    reckoned(sealed)
    page = page_of(sealed)
    assert "missing answers, counted as lost</th><td>2</td>" in page
    assert "<b>2</b> won by people" in page
    assert "<strong>p = 1</strong>" in page


def test_who_withdraws_before_the_end_is_replaced(sealed: Experiment, ana: Person, ben: Person, cleo: Person) -> None:
    games = [experiments.take_part(sealed, person, person.name, NOON) for person in (ana, ben)]
    play_all(games[0])
    assert experiments.exclude(games[0], Slot.Excluded.WITHDRAWN, LATER)
    assert not experiments.exclude(games[0], Slot.Excluded.VOIDED, LATER)  # once
    play_all(games[1])
    assert experiments.tidy(LATER) == 0
    play_experiment(sealed, cleo)
    assert sealed.finished_at == LATER
    assert experiments.excluded(sealed) == {"seen_before": 0, "unfinished": 0, "withdrawn": 1, "voided": 0}
    assert experiments.excluded_since(sealed) == {}
    assert seals.broken(sealed) == []


def test_who_withdraws_after_the_end_changes_the_result_and_is_counted(
    sealed: Experiment, ana: Person, ben: Person
) -> None:
    games = play_experiment(sealed, ana, ben)
    reckoned(sealed)
    assert experiments.exclude(games[0], Slot.Excluded.WITHDRAWN, LATER)
    assert "being reckoned" in page_of(sealed)  # what was reckoned with it is not shown any more
    reckoned(sealed)
    page = page_of(sealed)
    assert "Since the end 1 place was taken out: games that were withdrawn." in page
    assert "When the sealed number was reached, with everybody in, p was 0.5: Neither side" in page
    assert "<strong>p = 1</strong>" in page
    assert "<b>2</b> won by people" in page
    assert "games that were withdrawn</th><td>1</td>" in page
    assert sealed.slots.count() == 2  # nobody plays after the end
    experiments.exclude(games[1], Slot.Excluded.VOIDED, LATER)
    reckoned(sealed)
    page = page_of(sealed)
    assert "Nothing is left to compare" in page
    assert "games that staff took out</th><td>1</td>" in page


def test_a_result_that_nobody_has_reckoned_with_everybody_in_is_not_made_up(
    sealed: Experiment, ana: Person, ben: Person
) -> None:
    games = play_experiment(sealed, ana, ben)
    experiments.exclude(games[0], Slot.Excluded.VOIDED, LATER)
    assert experiments.keep_first() == 0
    reckoned(sealed)
    assert "When the sealed number was reached, with everybody in" not in page_of(sealed)


def test_a_game_outside_experiments_cannot_be_taken_out(game: Game) -> None:
    assert not experiments.exclude(game, Slot.Excluded.VOIDED, NOON)


def test_a_place_that_is_corrected_after_the_seal_breaks_it_and_changes_no_result(
    sealed: Experiment, ana: Person, ben: Person
) -> None:
    play_experiment(sealed, ana, ben)
    reckoned(sealed)
    before = comparisons.build(experiments.selection(sealed))["figures"]
    shown = Exhibit.objects.get(pk=sealed.slots.get(number=1).exhibits[0])
    photos.move(shown.photos.get(), Point(1.5, 2.5))
    assert experiments.check(sealed, LATER) == ["photographs"]
    assert comparisons.build(experiments.selection(sealed))["figures"] == before
    page = page_of(sealed)
    assert "The seal does not hold." in page
    assert "Rounds keep the places that they were drawn with" in page
    assert "<b>4</b> won by people" in page


def test_nobody_begins_while_the_seal_does_not_hold(sealed: Experiment, ana: Person) -> None:
    shown = Exhibit.objects.get(pk=sealed.slots.get(number=2).exhibits[0])
    Exhibit.objects.filter(pk=shown.pk).update(lat=1.5)
    experiments.check(sealed, LATER)
    with pytest.raises(NotNow, match="has been changed since"):
        experiments.take_part(sealed, ana, "Ana", LATER)
    assert "Nobody can begin now" in page_of(sealed)
    Exhibit.objects.filter(pk=shown.pk).update(lat=shown.lat)
    experiments.check(sealed, LATER)
    experiments.take_part(sealed, ana, "Ana", LATER)


def test_each_part_that_is_changed_behind_the_seal_is_named(sealed: Experiment, ana: Person) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    # past the guard, as somebody with a console of the database would
    raw = Experiment._base_manager.filter(pk=sealed.pk)
    slots = Slot._base_manager.filter(experiment=sealed)
    numbers = list(sealed.slots.order_by("number").values_list("pk", "exhibits"))

    def found() -> list[str]:
        return seals.broken(Experiment.objects.get())

    assert sealed.protocol is not None
    raw.update(zoom=True)
    assert found() == ["settings"]
    raw.update(zoom=False, protocol={**sealed.protocol, "name": "Large one"})
    assert found() == ["seal"]  # against another protocol nothing can be held
    raw.update(protocol={**sealed.protocol, "people": 2.5})
    assert found() == ["seal"]
    raw.update(protocol=sealed.protocol)
    Prediction.objects.filter(exhibit=numbers[1][1][0]).update(lat=1.0)
    assert found() == ["answers"]
    Prediction.objects.update(lat=FAR.lat)
    slots.filter(pk=numbers[1][0]).update(exhibits=numbers[1][1][::-1])
    assert found() == ["places"]
    slots.filter(pk=numbers[1][0]).update(exhibits=numbers[1][1])
    rounds, seats = game.rounds.filter(number=1), game.players
    rounds.update(lat=1.0)
    assert found() == ["rounds", "distances"]
    rounds.update(lat=game.rounds.get(number=1).exhibit.lat)
    for changed in ({"zoom": True}, {"time_limit_s": 60}, {"countdown_s": 5}, {"domain": "real"}, {"is_room": True}):
        before = Game.objects.filter(pk=game.pk).values(*changed)[0]
        Game.objects.filter(pk=game.pk).update(**changed)
        assert found() == ["games"], changed
        Game.objects.filter(pk=game.pk).update(**before)
    for changed in ({"skipped": True}, {"closes_at": LATER}):
        before = rounds.values(*changed)[0]
        rounds.update(**changed)
        assert found() == ["games"], changed
        rounds.update(**before)
    said = Guess.objects.filter(player=seats.get(kind="machine"))
    said.update(error_km=1.0)
    assert found() == ["distances"]
    told = said.get()
    told.lat, told.lng = told.round.lat, told.round.lng
    told.error_km = 0.0
    told.save()
    assert found() == ["guesses"]
    said.delete()
    assert found() == ["guesses"]


def test_every_part_that_can_break_has_a_sentence(sealed: Experiment) -> None:
    assert "The seal holds." in page_of(sealed)
    Experiment.objects.update(broken=list(seals.PARTS))
    page = page_of(sealed)
    assert "The seal does not hold." in page
    assert all(each in page for each in seals.PARTS.values())


def test_a_page_reckons_no_seal_anew(
    sealed: Experiment,
    ana: Person,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable,  # type: ignore[type-arg]
) -> None:
    monkeypatch.delattr(seals, "broken")
    monkeypatch.delattr(seals, "files_hold")
    assert "Last checked on 1 March 2026, 12:00 UTC, after 0 rounds." in page_of(sealed)
    experiments.take_part(sealed, ana, "Ana", LATER)


def test_the_record_is_checked_as_rounds_close_once_a_day_and_at_the_end(
    sealed: Experiment, ana: Person, ben: Person
) -> None:
    soon = NOON + timedelta(seconds=61)
    next_day = soon + timedelta(days=1)
    assert [experiments.check_all(when) for when in (NOON, soon)] == [0, 0]  # it was sealed a moment ago
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    seat, opened = game.players.get(kind="human"), game.rounds.get(number=1)
    play.guess(seat, opened, opened.truth(), "", NOON)
    assert [experiments.check_all(when) for when in (NOON, soon, soon)] == [0, 1, 0]
    sealed.refresh_from_db()
    assert (sealed.checked_at, sealed.checked_rounds, sealed.broken) == (soon, 1, [])
    assert [experiments.check_all(when) for when in (next_day, next_day + timedelta(minutes=2))] == [1, 0]


def test_files_are_read_at_the_end_and_no_result_is_told_before(sealed: Experiment, ana: Person, ben: Person) -> None:
    play_experiment(sealed, ana, ben)
    comparisons.reckon(comparisons.ask(experiments.selection(sealed), LATER), LATER)
    page = page_of(sealed)
    assert "p = 0.5" not in page  # reckoned it is
    assert "being held against the seal, now that the experiment is over" in page
    assert 'http-equiv="refresh"' in page
    shown = Exhibit.objects.get(pk=sealed.slots.get(number=1).exhibits[0]).photos.get()
    with open(shown.file.path, "ab") as file:
        file.write(b"another picture")
    reckoned(sealed)
    page = page_of(sealed)
    assert "<strong>p = 0.5</strong>" in page
    assert "Files of photographs are not there any more, or not as they were sealed." in page
    shown.file.storage.delete(shown.file.name)
    assert experiments.check(sealed, LATER) == ["files"]


def test_files_that_changed_places_are_missed(sealed: Experiment) -> None:
    first, second = Photo.objects.filter(exhibits__in=sealed.slots.get(number=1).exhibits)
    assert seals.files_hold(sealed)
    Photo.objects.filter(pk=first.pk).update(file=second.file.name)
    Photo.objects.filter(pk=second.pk).update(file=first.file.name)
    assert not seals.files_hold(sealed)


def test_nothing_is_sealed_whose_file_is_not_there(made: Experiment) -> None:
    experiments.prepare(made, NOON)
    predict(made)
    Photo.objects.update(file="gone.jpg")
    assert "The files of 4 exhibits are not there" in refusal(made, CARD)


@pytest.mark.parametrize("change", ["question", "photographs"])
def test_what_is_changed_while_files_are_read_is_not_sealed(
    made: Experiment, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_slowly(exhibits: set[int]) -> dict[int, list[str]]:
        if change == "question":
            Experiment.objects.update(question="Another?")
        else:
            Exhibit.objects.filter(pk=min(exhibits)).update(retired_at=NOON)
        return {each: ["5" * 64] for each in exhibits}

    add_photo(made.photo_set, Point(3, 4))  # so that enough are left
    experiments.prepare(made, NOON)
    predict(made)
    monkeypatch.setattr(seals, "sums", read_slowly)
    assert "were changed at this moment" in refusal(made, CARD)
    assert not made.slots.exists()


def test_a_seal_from_before_spare_places_holds_and_its_files_are_nobodys_promise(sealed: Experiment) -> None:
    told = {name: value for name, value in (sealed.protocol or {}).items() if name not in NEWER}
    Experiment._base_manager.update(protocol=told, seal=protocol.digest(told), checked_at=None, broken=None)
    assert "Look again in a minute." in page_of(sealed)
    Photo.objects.update(file="gone.jpg")
    Experiment._base_manager.update(abandoned_at=NOON, abandoned_because="It is old.")
    sealed.refresh_from_db()
    assert experiments.check(sealed, NOON) == []
    page = page_of(sealed)
    assert "The seal holds." in page
    assert "files of the photographs" not in page
    assert experiments.reserve(sealed) == experiments.Reserve(0, 0, 0)


NEWER = {"files_sha256", "spares", "ending"}  # in the second format of a protocol


def test_staff_let_a_seal_be_checked(sealed: Experiment, staff: Client) -> None:
    assert experiments.check_all(LATER) == 0
    staff.post(f"/admin/geogame/experiment/{sealed.pk}/check/")
    tasks.reckon()
    sealed.refresh_from_db()
    assert sealed.checked_at is not None
    assert sealed.checked_at > LATER


def test_no_round_of_an_experiment_can_be_skipped_left_or_ended_without_an_answer(
    sealed: Experiment, ana: Person
) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    browser = browser_of(ana)
    opened = game.rounds.get(number=1)
    body = {"round": str(opened.pk), "player": game.players.get(kind="human").pk}
    for verb in ("skip", "leave", "remove", "end"):
        answered = browser.post(f"/games/{game.code}/{verb}/", body, content_type="application/json")
        assert answered.status_code == 409, verb
    assert Player.objects.filter(removed_at__isnull=False).count() == 0
    assert not game.rounds.filter(closed_at__isnull=False).exists()
    Guess.objects.all().delete()  # the machine's is awaited, though it never is in an experiment
    play.guess(game.players.get(kind="human"), opened, Point(1, 2), "", NOON)
    assert browser.post(f"/games/{game.code}/end/", body, content_type="application/json").status_code == 200
    assert game.rounds.filter(closed_at__isnull=False).count() == 1


def test_an_experiment_that_is_not_sealed_is_nobodys_business(made: Experiment, ana: Person) -> None:
    assert Client().get("/experiments/small/").status_code == 404
    assert Client().get("/experiments/small/protocol.json").status_code == 404
    assert browser_of(ana).post("/experiments/small/take-part/", {"name": "Ana"}).status_code == 404
    assert b"Small one" not in Client().get("/experiments/").content
    with pytest.raises(NotNow, match="has not begun"):
        experiments.take_part(made, ana, "Ana", NOON)


def test_the_list_tells_open_and_finished_ones(sealed: Experiment, ana: Person, ben: Person) -> None:
    assert b"0 of 2 places played" in Client().get("/experiments/").content
    play_experiment(sealed, ana, ben)
    assert b"finished on 1 March 2026" in Client().get("/experiments/").content


def test_a_link_that_quotes_another_seal_is_noticed(sealed: Experiment) -> None:
    assert b"another seal" not in Client().get(f"/experiments/small/?seal={sealed.seal}").content
    assert b"another seal" in Client().get(f"/experiments/small/?seal={'0' * 64}").content


def test_who_takes_part_says_a_name_and_sends_a_token(sealed: Experiment, ana: Person) -> None:
    assert browser_of(ana).post("/experiments/small/take-part/", {"name": " "}).status_code == 400
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/experiments/small/take-part/", {"name": "Ana"}).status_code == 403
    assert strict.get("/experiments/small/take-part/").status_code == 405


@pytest.fixture
def staff(db: None) -> Client:
    cache.clear()
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="secret"))
    return client


def test_staff_make_prepare_and_seal_an_experiment_in_the_admin(five: PhotoSet, staff: Client) -> None:
    form = {
        "name": "Mine", "slug": "mine", "question": "", "photo_set": five.pk, "machine": "planet@0123456789ab",
        "people": 2, "exhibits_each": 2, "give_up_after_h": 48,
    }  # fmt: skip
    assert staff.post("/admin/geogame/experiment/add/", form).status_code == 302
    made = Experiment.objects.get()
    assert (made.opponent, made.weights) == ("planet", "0123456789ab")
    here = f"/admin/geogame/experiment/{made.pk}/"
    assert "at least" not in staff.get(f"{here}change/").content.decode()
    told = staff.post(f"{here}seal/", follow=True).content.decode()
    assert "Prepare the experiment first" in told
    told = staff.post(f"{here}prepare/", follow=True).content.decode()
    assert "0 of 5 answers computed" in told
    assert 'http-equiv="refresh"' in told
    predict(made)
    told = staff.get(f"{here}change/?watch=1").content.decode()
    assert "5 of 5 answers computed" in told
    assert "Too few to show anything" in told  # two people
    assert "/experiments/mine/" in staff.post(f"{here}seal/", follow=True).content.decode()
    told = staff.get(f"{here}change/").content.decode()
    assert Experiment.objects.get().seal in told
    assert 'name="people"' not in told
    staff.post(f"{here}change/", {**form, "people": 3})
    assert Experiment.objects.get().people == 2
    assert staff.post(f"{here}delete/", {"post": "yes"}).status_code == 403
    staff.post(f"{here}again/")
    assert Experiment.objects.filter(slug="mine-2", sealed_at=None).exists()
    assert "0 of 2 played" in staff.get("/admin/geogame/experiment/").content.decode()


def test_a_link_alone_seals_nothing(made: Experiment, staff: Client) -> None:
    for verb in ("prepare", "seal", "again", "abandon", "check"):
        staff.get(f"/admin/geogame/experiment/{made.pk}/{verb}/")
    assert Experiment.objects.get().prepared_at is None


def test_the_papers_protocol_is_a_preset(staff: Client, five: PhotoSet) -> None:
    assert "?preset=paper" in staff.get("/admin/geogame/experiment/").content.decode()
    form = staff.get("/admin/geogame/experiment/add/?preset=paper").context["adminform"].form
    told = {name: form[name].value() for name in ("people", "exhibits_each", "shared", "zoom", "time_limit_s")}
    assert told == {"people": 10, "exhibits_each": 5, "shared": False, "zoom": False, "time_limit_s": None}
    assert str(form["name"].value()) == "The paper’s protocol"


def test_what_is_sealed_is_neither_moved_nor_deleted(sealed: Experiment, staff: Client) -> None:
    shown = Exhibit.objects.get(pk=sealed.slots.get(number=2).exhibits[0]).photos.get()
    with pytest.raises(NotNow, match="A sealed experiment shows this photo"):
        photos.move(shown, Point(1.5, 2.5))
    with pytest.raises(NotNow, match="A sealed experiment shows this photo"):
        photos.remove(shown)
    photos.learn(shown, Item("a.jpg", jpeg, words={"title": "A bridge", "album": "Trip"}))
    shown.refresh_from_db()
    assert (shown.title, shown.exhibits.get().album) == ("A bridge", "")
    form = staff.get(f"/admin/geogame/photo/{shown.pk}/change/").context["adminform"].form
    assert not {"lat", "lng"} & set(form.fields)


def test_an_album_that_is_sealed_does_not_grow_by_what_comes_in(made: Experiment) -> None:
    album = Exhibit.objects.filter(pk__in=made.photo_set.exhibits.order_by("pk")[:1])
    album.update(album="Trip")
    made.exhibits_each, made.people = 1, made.photo_set.exhibits.count()  # all are shown
    made.save()
    sealed = sealed_now(made)
    with pytest.raises(Unusable, match="sealed experiment"):
        add_photo(made.photo_set, Point(3.25, 4.25), album="Trip")
    assert album.get().photos.count() == 1
    assert experiments.check(sealed, LATER) == []


def test_a_photo_that_is_gone_after_the_seal_is_missed(sealed: Experiment, ana: Person) -> None:
    shown = Exhibit.objects.get(pk=sealed.slots.get(number=2).exhibits[0])
    shown.photos.get().delete()
    assert experiments.check(sealed, LATER) == ["photographs"]
    assert "The seal does not hold." in page_of(sealed)


def test_photos_that_are_withdrawn_after_the_seal_are_played_as_was_sealed(sealed: Experiment, ana: Person) -> None:
    photos.withdraw(Photo.objects.all(), NOON)
    assert seals.broken(sealed) == []
    assert experiments.take_part(sealed, ana, "Ana", LATER).rounds.count() == 2


def test_shared_photographs_are_tested_by_exhibit(made: Experiment, ana: Person, ben: Person) -> None:
    Experiment.objects.update(shared=True)
    made.refresh_from_db()
    sealed = sealed_now(made)
    play_experiment(sealed, ana, ben)
    reckoned(sealed)
    page = page_of(sealed)
    assert "Sign test by exhibit" in page
    assert "Of 2 exhibits people were nearer at 2, the machine at 0." in page
    assert "the least p that there can be is 0.500: no result could reach the sealed level" in page
    assert "<strong>p = 0.5</strong>" in page


def test_one_exhibit_is_counted_in_the_singular(made: Experiment, ana: Person, ben: Person) -> None:
    Experiment.objects.update(shared=True, exhibits_each=1)
    made.refresh_from_db()
    sealed = sealed_now(made)
    play_experiment(sealed, ana, ben)
    reckoned(sealed)
    assert "Of 1 exhibit people were nearer at 1, the machine at 0." in page_of(sealed)


@pytest.mark.parametrize(
    ("ends", "figure", "words"),
    [({"alike": True}, 5.0, "too few different answers to tell"), ({}, 5.0, "too few to tell"), ({}, None, "")],
)
def test_the_result_says_why_a_figure_has_no_interval_as_the_comparison_does(
    sealed: Experiment, ana: Person, ben: Person, ends: dict[str, bool], figure: float | None, words: str
) -> None:
    play_experiment(sealed, ana, ben)
    reckoned(sealed)
    report = Comparison.objects.get().report
    assert report is not None
    for name in (each for each in report["intervals"] if "median" in each):
        report["figures"][name] = figure
        report["intervals"][name] |= {"low": None, "high": None, "alike": False} | ends
    Comparison.objects.update(report=report)
    page = page_of(sealed)
    reasons = re.findall(r"<span class=\"soft small\">([^<]*)</span></dd>", page)
    assert reasons == [words] * 2
    assert page.count("cannot be told") == (2 if figure is None else 0)
    assert page.count(f"<td>{words}</td>") == 2


# Places that are given up


@pytest.mark.parametrize(
    ("exhibits", "spares"), [(3, 0), (4, 0), (5, 0), (6, 1), (7, 1), (8, 2), (100, 2), (experiments.MOST_ROUNDS, 2)]
)
def test_spare_places_are_as_many_as_people_or_as_the_set_has_photographs_for(exhibits: int, spares: int) -> None:
    asked = Experiment(people=2, exhibits_each=2)
    assert experiments.spare_places(asked, exhibits) == spares
    asked.shared = True
    assert experiments.spare_places(asked, exhibits) == 0


def test_no_experiment_has_more_rounds_than_one_may_have_with_its_spare_places() -> None:
    most = experiments.MOST_ROUNDS
    assert experiments.spare_places(Experiment(people=most - 3, exhibits_each=1), 2 * most) == 3


def test_spare_places_are_sealed_too_and_nobody_gets_one_at_first(
    spared: Experiment, ana: Person, ben: Person, cleo: Person
) -> None:
    told = spared.protocol
    assert told is not None
    assert sorted(number for place in [*told["places"], *told["spares"]] for number in place) == [1, 2, 3, 4, 5, 6]
    assert (len(told["places"]), len(told["spares"])) == (2, 1)
    assert "1 spare place, with photographs of its own" in page_of(spared)
    games = [experiments.take_part(spared, person, person.name, NOON) for person in (ana, ben)]
    assert {game.slot.number for game in games} == {1, 2}
    with pytest.raises(NotNow, match="All places are taken"):
        experiments.take_part(spared, cleo, "Cleo", NOON)
    assert experiments.standing(spared, NOON) == experiments.Standing(done=0, playing=2, late=0, free=0)


def test_a_place_that_is_given_up_is_replaced_by_a_spare_one_and_then_given_again(
    spared: Experiment, ana: Person, ben: Person, cleo: Person
) -> None:
    given_up = experiments.take_part(spared, ana, "Ana", NOON)
    play_all(experiments.take_part(spared, ben, "Ben", NOON))
    experiments.exclude(given_up, Slot.Excluded.WITHDRAWN, LATER)
    assert experiments.standing(spared, LATER) == experiments.Standing(done=1, playing=0, late=0, free=1)
    instead = experiments.take_part(spared, cleo, "Cleo", LATER)
    assert (instead.slot.number, instead.slot.attempt) == (3, 1)
    assert not set(instead.slot.exhibits) & set(given_up.slot.exhibits)
    assert "1 of 1 spare places stands in for one that was given up." in page_of(spared)
    experiments.exclude(instead, Slot.Excluded.VOIDED, LATER)
    assert "1 time a place was given again with the same photographs" in page_of(spared)
    last = experiments.take_part(spared, Person.objects.create(name="Dan"), "Dan", LATER)
    assert (last.slot.number, last.slot.attempt, last.slot.exhibits) == (3, 2, instead.slot.exhibits)
    assert experiments.reserve(spared) == experiments.Reserve(spares=1, used=1, again=1)
    play_all(last)
    assert experiments.tidy(LATER) == 1
    reckoned(spared)
    page = page_of(spared)
    assert "games that were withdrawn</th><td>1</td>" in page
    assert "given again" in page
    assert "Since the end" not in page
    assert "The seal holds." in page
    assert "<b>4</b> won by people" in page


def test_who_is_taken_out_after_the_end_is_replaced_by_nobody(spared: Experiment, ana: Person, ben: Person) -> None:
    games = play_experiment(spared, ana, ben)
    experiments.exclude(games[0], Slot.Excluded.WITHDRAWN, LATER)
    assert experiments.standing(spared, LATER) == experiments.Standing(done=1, playing=0, late=0, free=0)
    assert experiments.excluded_since(spared) == {"withdrawn": 1}
    assert experiments.reserve(spared) == experiments.Reserve(spares=1, used=0, again=0)


def test_where_all_see_the_same_there_are_no_spare_places_and_the_protocol_says_why(made: Experiment) -> None:
    Experiment.objects.update(shared=True)
    sealed = sealed_now(made)
    assert sealed.slots.count() == 2
    page = page_of(sealed)
    assert "so there are no spare places with others" in page
    assert "There were too few" not in page


def test_a_set_that_is_too_small_for_spare_places_is_said_so(made: Experiment, staff: Client) -> None:
    experiments.prepare(made, NOON)
    predict(made)
    here = f"/admin/geogame/experiment/{made.pk}/"
    assert "too few photographs for as many spare places" in staff.get(f"{here}change/").content.decode()
    told = staff.post(f"{here}seal/", follow=True).content.decode()
    assert "0 spare places were drawn. The set has too few photographs for more" in told
    assert "There were too few for spare places" in page_of(made)


def test_in_old_tables_what_had_another_attempt_was_replaced(sealed: Experiment, ana: Person, ben: Person) -> None:
    experiments.exclude(experiments.take_part(sealed, ana, "Ana", NOON), Slot.Excluded.VOIDED, NOON)
    Slot.objects.update(replaced=False)
    migration = importlib.import_module("geogame.migrations.0011_spares_checks_abandoning")
    migration.note_which_were_replaced(apps, None)
    assert list(sealed.slots.filter(replaced=True)) == [sealed.slots.get(excluded="voided")]


def test_who_deletes_their_data_gets_no_second_place_in_the_same_browser(sealed: Experiment, ana: Person) -> None:
    browser = browser_of(ana)
    browser.post("/experiments/small/take-part/", {"name": "Ana"})
    people.forget(ana, LATER)
    del browser.cookies["person"]
    assert "in this browser" in page_of(sealed, browser)
    again = browser.post("/experiments/small/take-part/", {"name": "Ana"})
    assert again.status_code == 409
    assert b"Somebody has had a place in this experiment in this browser" in again.content
    assert not Person.objects.filter(name="Ana").exists()


def test_the_mark_of_a_browser_is_the_same_for_all_and_of_one_experiment(
    sealed: Experiment, ana: Person, ben: Person
) -> None:
    marks = []
    for person in (ana, ben):
        browser = browser_of(person)
        browser.post("/experiments/small/take-part/", {"name": person.name})
        marks.append(browser.cookies["place"])
    assert marks[0].value == marks[1].value
    assert (marks[0]["path"], marks[0]["httponly"], marks[0]["samesite"]) == ("/experiments/small/", True, "Lax")
    other = sealed_now(experiments.again(sealed, NOON))
    stranger = Client()
    stranger.cookies["place"] = marks[0].value
    answer = stranger.post(f"/experiments/{other.slug}/take-part/", {"name": "Dan"})
    assert answer.status_code == 302, answer.content.decode()
    forger = Client()
    forger.cookies["place"] = f"{other.seal}:forged"
    assert forger.post(f"/experiments/{other.slug}/take-part/", {"name": "Eve"}).status_code == 302


# Abandoning


def test_an_experiment_that_is_abandoned_is_never_compared_and_says_so(
    sealed: Experiment, ana: Person, ben: Person, cleo: Person
) -> None:
    games = [experiments.take_part(sealed, person, person.name, NOON) for person in (ana, ben)]
    play_all(games[0])
    experiments.abandon(sealed, "  The photographs\nwere in the paper. ", LATER)
    play_all(games[1], LATER + timedelta(minutes=5))  # who has begun may go on
    experiments.tidy(LATER + timedelta(days=9))
    sealed.refresh_from_db()
    assert (sealed.finished_at, sealed.abandoned_at) == (None, LATER)
    reckoned(sealed)
    page = page_of(sealed)
    assert "Ended after 1 of 2 places. Nothing of it is compared." in page
    assert "The photographs were in the paper." in page
    assert "begun and not finished</th><td>1</td>" in page
    assert "The seal holds." in page
    assert "The result" not in page
    assert "abandoned on 1 March 2026 after 1 of 2 places" in Client().get("/experiments/").content.decode()
    assert not Selection(experiment="small").rounds().exists()
    assert not Selection().rounds().exists()
    assert "“Small one” was abandoned" in Client().get("/comparison/?experiment=small").content.decode()
    with pytest.raises(NotNow, match="was abandoned"):
        experiments.take_part(sealed, cleo, "Cleo", LATER)
    experiments.exclude(games[0], Slot.Excluded.WITHDRAWN, LATER)
    assert sealed.slots.count() == 2  # nobody plays instead
    photos.move(Exhibit.objects.get(pk=sealed.slots.get(number=2).exhibits[0]).photos.get(), Point(1, 2))


def test_who_sits_in_an_abandoned_experiment_is_shown_the_way_back(sealed: Experiment, ana: Person) -> None:
    game = experiments.take_part(sealed, ana, "Ana", NOON)
    experiments.abandon(sealed, "No time.", LATER)
    assert f'You can play your game to its end. <a href="/games/{game.code}/">' in page_of(sealed, browser_of(ana))
    assert "play your game" not in page_of(sealed)


def test_only_a_sealed_experiment_that_runs_is_abandoned_and_for_a_reason(
    made: Experiment, ana: Person, ben: Person
) -> None:
    with pytest.raises(NotNow, match="Only what is sealed"):
        experiments.abandon(made, "No time.", NOON)
    sealed = sealed_now(made)
    for reason in ("", " ", "x" * 301):
        with pytest.raises(BadInput, match="Say why"):
            experiments.abandon(sealed, reason, NOON)
    for game in [experiments.take_part(sealed, person, person.name, NOON) for person in (ana, ben)]:
        play_all(game)
    with pytest.raises(NotNow, match="its result stands"):  # though nobody has noticed yet
        experiments.abandon(sealed, "We do not like it.", LATER)
    other = sealed_now(experiments.again(sealed, NOON))
    experiments.abandon(other, "No time.", NOON)
    with pytest.raises(NotNow, match="abandoned already"):
        experiments.abandon(other, "No money.", LATER)
    assert Experiment.objects.get(pk=other.pk).abandoned_because == "No time."


def test_staff_abandon_an_experiment_in_the_admin(sealed: Experiment, staff: Client) -> None:
    here = f"/admin/geogame/experiment/{sealed.pk}/"
    assert "Abandon the experiment" in staff.get(f"{here}change/").content.decode()
    assert "Say why" in staff.post(f"{here}abandon/", {"reason": " "}, follow=True).content.decode()
    told = staff.post(f"{here}abandon/", {"reason": "No time."}, follow=True).content.decode()
    assert "Abandoned. Its page says so" in told
    assert "Abandon the experiment" not in told
    assert "No time." in told
    assert "Abandoned." in staff.get(f"{here}history/").content.decode()
    assert "abandoned" in staff.get("/admin/geogame/experiment/").content.decode()


# Photographs that players can meet meanwhile


def test_publishing_what_a_running_experiment_shows_is_warned_of_and_told_on_its_page(
    made: Experiment, staff: Client
) -> None:
    PhotoSet.objects.update(published=False)
    sealed = sealed_now(made)
    assert sealed.exposed_at is None
    assert "players could choose" not in page_of(sealed)
    chosen = {"action": "publish", "_selected_action": [sealed.photo_set_id]}
    told = staff.post("/admin/geogame/photoset/", chosen, follow=True).content.decode()
    assert "“Small one” is running with photographs that players can now meet" in told
    sealed.refresh_from_db()
    first = sealed.exposed_at
    assert first is not None
    assert "While the experiment ran, its photographs were published" in page_of(sealed)
    form = {"name": "Toy", "slug": "toy", "description": "", "domain": "toy-earth"}
    address = f"/admin/geogame/photoset/{sealed.photo_set_id}/change/"
    assert "“Small one”" not in staff.post(address, form, follow=True).content.decode()
    assert "“Small one”" in staff.post(address, {**form, "published": "on"}, follow=True).content.decode()
    assert "“Small one”" not in staff.post(address, {**form, "published": "on"}, follow=True).content.decode()
    sealed.refresh_from_db()
    assert sealed.exposed_at == first


def test_what_was_published_past_the_admin_is_noted_when_the_record_is_checked(made: Experiment) -> None:
    PhotoSet.objects.update(published=False)
    sealed = sealed_now(made)
    PhotoSet.objects.update(published=True)
    experiments.check(sealed, LATER)
    sealed.refresh_from_db()
    assert sealed.exposed_at == LATER


def test_what_was_published_before_the_seal_is_sealed_so(sealed: Experiment) -> None:
    assert sealed.protocol is not None
    assert sealed.protocol["photo_set"]["published"] is True
    page = page_of(sealed)
    assert "When this was sealed, players could choose its photographs" in page
    assert "as a copy of the same file in another set" in page


def test_a_copy_in_another_set_is_noticed_while_it_is_in_play(made: Experiment) -> None:
    PhotoSet.objects.update(published=False)
    sealed = sealed_now(made)
    shown = Exhibit.objects.get(pk=sealed.slots.get(number=1).exhibits[0]).photos.get()
    other = PhotoSet.objects.create(name="Other", slug="other", published=True)
    others = PhotoSet.objects.filter(pk=other.pk)
    copied = add_photo(other, Point(3, 4))
    assert experiments.published(others, LATER) == []
    copied.photos.update(original_sha256=shown.original_sha256)
    photos.withdraw(copied.photos.all(), NOON)
    assert experiments.published(others, LATER) == []
    photos.restore(copied.photos.all())
    assert experiments.published(others, LATER) == [sealed]
    experiments.abandon(sealed, "No time.", LATER)
    assert experiments.published(others, LATER) == []


def test_an_import_that_publishes_warns(made: Experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    PhotoSet.objects.update(published=False)
    sealed_now(made)
    (tmp_path / "new.jpg").write_bytes(jpeg())
    (tmp_path / "photos.csv").write_text("filename,latitude,longitude\nnew.jpg,1,2\n")
    call_command("import_photos", tmp_path / "photos.csv", "--set", "Toy")
    assert "Small one" not in capsys.readouterr().err
    (tmp_path / "new.jpg").write_bytes(jpeg())
    call_command("import_photos", tmp_path / "photos.csv", "--set", "Toy", "--publish")
    assert "The sealed experiment Small one is running" in capsys.readouterr().err
