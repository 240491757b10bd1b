"""The verbs of the game, one sentence about people each."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from geogame import photos, play, tasks
from geogame.models import Exhibit, Game, Guess, Person, PhotoSet, Player, Round
from geogame.rules.refusals import AlreadyGuessed, NotNow, NotYours, TooLate
from geogame.rules.sphere import Point
from geogame.selections import Selection
from tests.conftest import CARD, NOON, add_photo

HERE, THERE = Point(10.0, 20.0), Point(-5.5, 99.25)
Says = Callable[..., None]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def guess_of(player: Player, this_round: Round) -> Guess:
    return Guess.objects.get(player=player, round=this_round)


def test_a_game_draws_each_exhibit_once(game: Game) -> None:
    exhibits = list(game.rounds.values_list("exhibit", flat=True))
    assert len(exhibits) == len(set(exhibits)) == 3


def test_a_game_on_a_small_set_has_as_many_rounds_as_there_are_photos(toy_set: PhotoSet) -> None:
    assert play.open_game(toy_set, [CARD], 10, None, NOON).rounds.count() == 3


def test_no_game_opens_on_an_empty_set(db: None) -> None:
    empty = PhotoSet.objects.create(name="Empty", slug="empty")
    with pytest.raises(NotNow):
        play.open_game(empty, [CARD], 5, None, NOON)


def test_a_set_of_another_painter_is_refused_with_a_sentence(toy_set: PhotoSet) -> None:
    """Weights know only the made-up world that they have learnt; photographs are no made-up world."""
    toy_set.photos.update(extra={"painter": "2"})
    assert play.open_game(toy_set, [replace(CARD, painter=2)], 1, None, NOON)
    assert play.open_game(toy_set, [replace(CARD, painter=0)], 1, None, NOON)  # it has learnt none of them
    with pytest.raises(NotNow, match="painted by version 2 of Toy Earth's painter; PlaNet has learnt version 3"):
        play.open_game(toy_set, [CARD, replace(CARD, painter=3)], 1, None, NOON)
    assert toy_set.games.count() == 2
    old = toy_set.photos.first()
    assert old is not None
    photos.Photo.objects.filter(pk=old.pk).update(extra={"painter": "1"})
    with pytest.raises(NotNow, match="painted by version 1, 2"):
        play.open_game(toy_set, [replace(CARD, painter=2)], 1, None, NOON)
    photos.withdraw([old], NOON)  # and what is withdrawn no longer matters
    assert play.open_game(toy_set, [replace(CARD, painter=2)], 1, None, NOON)
    PhotoSet.objects.filter(pk=toy_set.pk).update(domain="real")
    toy_set.refresh_from_db()
    assert play.open_game(toy_set, [replace(CARD, painter=3)], 1, None, NOON)


def test_ana_gets_the_photos_first_that_she_has_not_met(toy_set: PhotoSet, ana: Person) -> None:
    first = play.open_game(toy_set, [], 1, None, NOON, ana)
    play.join(first, ana, "Ana", NOON)
    met = play.start_round(first, NOON)
    second = play.open_game(toy_set, [], 3, None, NOON, ana)
    assert met is not None
    assert [each.exhibit_id for each in second.rounds.all()][-1] == met.exhibit_id


def test_joining_twice_gives_the_same_seat(game: Game, ana: Person, ana_seat: Player) -> None:
    assert play.join(game, ana, "Somebody else", NOON) == ana_seat


def test_a_guess_knows_its_error_points_and_time(ana_seat: Player, first_round: Round) -> None:
    play.guess(ana_seat, first_round, first_round.truth(), "k", at(7.5))
    written = guess_of(ana_seat, first_round)
    assert (written.error_km, written.points, written.seconds, written.auto) == (0.0, 5000, 7.5, False)


def test_the_same_guess_sent_twice_counts_once(ana_seat: Player, first_round: Round) -> None:
    first = play.guess(ana_seat, first_round, HERE, "key", at(1))
    again = play.guess(ana_seat, first_round, THERE, "key", at(2))
    assert first == again
    assert guess_of(ana_seat, first_round).point() == HERE


def test_a_second_guess_is_refused_and_the_first_stays(ana_seat: Player, first_round: Round) -> None:
    play.guess(ana_seat, first_round, HERE, "one", at(1))
    with pytest.raises(AlreadyGuessed):
        play.guess(ana_seat, first_round, THERE, "two", at(2))
    assert guess_of(ana_seat, first_round).point() == HERE


def test_a_guess_at_the_deadline_is_too_late(ana_seat: Player, first_round: Round) -> None:
    with pytest.raises(TooLate):
        play.guess(ana_seat, first_round, HERE, "k", at(60))
    assert not Guess.objects.exists()


def test_nobody_guesses_in_somebody_elses_game(toy_set: PhotoSet, ben: Person, first_round: Round) -> None:
    other = play.open_game(toy_set, [], 1, None, NOON)
    stranger = play.join(other, ben, "Ben", NOON)
    with pytest.raises(NotYours):
        play.guess(stranger, first_round, HERE, "k", at(1))


def test_the_round_closes_when_both_have_answered(
    ana_seat: Player, first_round: Round, machine_says: Says, machine: Player
) -> None:
    machine_says(first_round, THERE, at(2))
    first_round.refresh_from_db()
    assert first_round.closed_at is None
    play.guess(ana_seat, first_round, HERE, "k", at(5))
    first_round.refresh_from_db()
    assert first_round.closed_at == at(5)
    assert guess_of(machine, first_round).point() == THERE


def test_a_machine_that_knows_the_answer_already_guesses_as_the_round_opens(
    game: Game, ana_seat: Player, machine: Player, machine_says: Says
) -> None:
    machine_says(game.rounds.get(number=1), THERE)
    opened = play.start_round(game, at(1))
    assert opened is not None
    assert guess_of(machine, opened).point() == THERE


def test_a_machine_answers_once_however_often_it_is_told(
    first_round: Round, machine_says: Says, machine: Player
) -> None:
    machine_says(first_round, THERE)
    machine_says(first_round, HERE)
    assert guess_of(machine, first_round).point() == THERE


def test_a_machine_that_cannot_read_the_photo_has_no_answer_and_nobody_waits(
    ana_seat: Player, first_round: Round, machine: Player, machine_says: Says
) -> None:
    machine_says(first_round, "The photo could not be read.", at(1))
    play.guess(ana_seat, first_round, HERE, "k", at(2))
    first_round.refresh_from_db()
    assert first_round.closed_at == at(2)
    assert guess_of(machine, first_round).error_km is None


def test_a_dead_worker_does_not_stop_the_round(ana_seat: Player, machine: Player, first_round: Round) -> None:
    play.guess(ana_seat, first_round, HERE, "k", at(5))
    assert not play.close_if_due(first_round, at(19.9))
    assert play.close_if_due(first_round, at(20))
    missing = guess_of(machine, first_round)
    assert (missing.lat, missing.error_km, missing.points, missing.seconds) == (None, None, None, None)


def test_a_dropped_pin_counts_at_the_deadline(ana_seat: Player, first_round: Round) -> None:
    play.draft(ana_seat, first_round, HERE, at(50))
    play.draft(ana_seat, first_round, THERE, at(58))
    assert not play.close_if_due(first_round, at(60.9))  # a guess that came in time may still stand in line
    assert play.close_if_due(first_round, at(61))
    written = guess_of(ana_seat, first_round)
    assert (written.point(), written.auto) == (THERE, True)


def test_no_pin_moves_after_the_deadline_or_the_guess(ana_seat: Player, first_round: Round) -> None:
    with pytest.raises(TooLate):
        play.draft(ana_seat, first_round, HERE, at(60))
    play.guess(ana_seat, first_round, HERE, "k", at(30))
    with pytest.raises(AlreadyGuessed):
        play.draft(ana_seat, first_round, THERE, at(31))


def test_without_a_pin_the_answer_is_missing_and_not_zero(ana_seat: Player, first_round: Round) -> None:
    play.close_if_due(first_round, at(61))
    assert guess_of(ana_seat, first_round).error_km is None


def test_closing_twice_changes_nothing(ana_seat: Player, first_round: Round, game: Game) -> None:
    assert play.close_if_due(first_round, at(61))
    game.refresh_from_db()
    version = game.version
    assert not play.close_if_due(first_round, at(62))
    game.refresh_from_db()
    assert (game.version, Guess.objects.count()) == (version, 2)


def test_the_sweep_closes_what_nobody_watches(
    ana_seat: Player, first_round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geogame.tasks.timezone.now", lambda: at(59))
    assert tasks.sweep() == 0
    monkeypatch.setattr("geogame.tasks.timezone.now", lambda: at(61))
    assert tasks.sweep() == 1
    assert tasks.sweep() == 0


def test_a_round_opens_only_after_the_last_one_has_closed(game: Game, first_round: Round) -> None:
    with pytest.raises(NotNow):
        play.start_round(game, at(1))
    play.close_if_due(first_round, at(61))
    second = play.start_round(game, at(70))
    assert second is not None
    assert second.number == 2


def test_the_database_refuses_two_open_rounds(game: Game, first_round: Round) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        game.rounds.filter(number=2).update(opened_at=NOON)


def test_the_database_refuses_a_second_guess_and_a_zero_for_a_missing_one(ana_seat: Player, first_round: Round) -> None:
    play.guess(ana_seat, first_round, HERE, "k", at(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Guess.objects.create(round=first_round, player=ana_seat)
    with pytest.raises(IntegrityError), transaction.atomic():
        Guess.objects.filter(player=ana_seat).update(lat=None, lng=None, error_km=0)


def test_a_game_ends_after_its_last_round_and_only_once(game: Game, first_round: Round) -> None:
    assert not play.finish(game, at(1))
    now = 0
    opened: Round | None = first_round
    while opened:
        now += 100
        assert play.close_if_due(opened, at(now))
        opened = play.start_round(game, at(now + 1))
    assert play.finish(game, at(999))
    assert not play.finish(game, at(1000))


def test_a_photo_met_in_an_earlier_game_is_marked(toy_set: PhotoSet, ana: Person) -> None:
    marks = [play.guess(seat, opened, HERE, "k", at(1)).seen_before for seat, opened in twice(toy_set, ana, 0.5)]
    assert marks == [False, True]


def copy_of(exhibit: Exhibit, name: str) -> PhotoSet:
    """Make a set that shows the file of this exhibit once more."""
    made = PhotoSet.objects.create(name=name, slug=name, domain="toy-earth", published=True)
    copy = add_photo(made, HERE)
    copy.photos.update(original_sha256=exhibit.photos.get().original_sha256)
    return made


def test_a_photo_met_as_a_copy_in_another_set_is_marked_and_in_no_comparison(toy_set: PhotoSet, ana: Person) -> None:
    """Whether the copy came first or not; a photo that is no copy is not marked."""
    one, two = toy_set.exhibits.all()[:2]
    sets = [copy_of(two, "b"), copy_of(one, "a"), toy_set, copy_of(two, "c")]
    marks = []
    for number, photo_set in enumerate(sets):
        game = play.open_game(photo_set, [], 1, None, at(number))
        game.rounds.update(exhibit=one if photo_set == toy_set else photo_set.exhibits.get())
        seat, opened = play.join(game, ana, "Ana", at(number)), play.start_round(game, at(number))
        assert opened
        marks.append(play.guess(seat, opened, HERE, "k", at(number)).seen_before)
        play.close_if_due(opened, at(number))
    assert marks == [False, False, True, True]
    assert Selection().people().count() == 2


@pytest.mark.parametrize("later", [0, 0.5])
def test_of_two_games_in_two_tabs_one_is_the_first(toy_set: PhotoSet, ana: Person, later: float) -> None:
    """Both rounds are open before Ana guesses in either, and she guesses in the second first."""
    tabs = list(twice(toy_set, ana, later))
    marks = {opened.pk: play.guess(seat, opened, HERE, "k", at(1)).seen_before for seat, opened in reversed(tabs)}
    assert sorted(marks.values()) == [False, True]
    if later:
        assert marks[tabs[0][1].pk] is False


def twice(photo_set: PhotoSet, person: Person, later: float) -> Iterator[tuple[Player, Round]]:
    """Show somebody the same exhibit in two games."""
    for seconds in (0, later):
        game = play.open_game(photo_set, [], 3, 60, NOON)
        seat = play.join(game, person, person.name, NOON)
        opened = play.start_round(game, at(seconds))
        assert opened is not None
        Round.objects.filter(pk=opened.pk).update(exhibit=Exhibit.objects.earliest("pk"))
        yield seat, opened


def test_a_clock_that_is_behind_harms_nothing(game: Game, ana_seat: Player, first_round: Round) -> None:
    """Another web server, its clock two seconds behind, takes the guess and the bell."""
    assert play.guess(ana_seat, first_round, HERE, "k", at(-2)).seconds == 0.0
    assert play.close_if_due(first_round, at(61))
    second = play.start_round(game, at(70))
    assert second is not None
    Round.objects.filter(pk=second.pk).update(closes_at=at(69))
    assert play.close_if_due(second, at(68))
    second.refresh_from_db()
    assert second.closed_at == at(70)


def test_next_after_the_deadline_closes_the_round_that_nobody_closed(game: Game, first_round: Round) -> None:
    second = play.start_round(game, at(61))
    first_round.refresh_from_db()
    assert second is not None
    assert (first_round.closed_at, second.number) == (at(61), 2)


@pytest.mark.parametrize("time_limit_s", [None, 60])
def test_the_sweep_passes_by_where_somebody_is_thinking(
    toy_set: PhotoSet, ana: Person, time_limit_s: int | None, machine_says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    game = play.open_game(toy_set, [CARD], 1, time_limit_s, NOON)
    seat = play.join(game, ana, "Ana", NOON)
    opened = play.start_round(game, NOON)
    assert opened is not None
    machine_says(opened, THERE)
    visited: list[Round] = []
    monkeypatch.setattr("geogame.tasks.timezone.now", lambda: at(30))
    with monkeypatch.context() as patch:
        patch.setattr("geogame.play.close_if_due", lambda each, now: visited.append(each) or False)
        tasks.sweep()
    assert visited == []
    Guess.objects.all().delete()
    play.guess(seat, opened, HERE, "k", at(10))
    assert tasks.sweep() == 1  # the wait for the machine is over


def test_a_later_correction_of_the_place_changes_no_result(ana_seat: Player, first_round: Round) -> None:
    truth = first_round.truth()
    Exhibit.objects.filter(pk=first_round.exhibit_id).update(lat=0, lng=0)
    assert play.guess(ana_seat, first_round, truth, "k", at(1)).error_km == 0.0


def test_guesses_that_arrive_together_are_judged_each_for_itself(
    game: Game, ana_seat: Player, first_round: Round, ben: Person, machine: Player
) -> None:
    late = play.join(game, ben, "Ben", at(1))  # plays from the next round on
    sent = [
        play.Sent(late.pk, HERE, "ben", at(2)),
        play.Sent(ana_seat.pk, THERE, "second", at(4)),
        play.Sent(ana_seat.pk, HERE, "first", at(3)),
        play.Sent(ana_seat.pk, THERE, "first", at(5)),
        play.Sent(0, HERE, "nobody", at(2)),
    ]
    made = play.guess_all(first_round.pk, sent)
    assert [type(each) for each in made] == [NotYours, AlreadyGuessed, Guess, Guess, NotYours]
    assert made[2] is made[3]
    stored = Guess.objects.get(round=first_round, player=ana_seat)
    assert (stored.lat, stored.lng, stored.key, stored.seconds) == (HERE.lat, HERE.lng, "first", 3.0)


def test_together_with_the_guess_that_starts_the_countdown_comes_one_that_is_too_late(
    game: Game, ana_seat: Player, ben: Person
) -> None:
    Game.objects.filter(pk=game.pk).update(countdown_s=5)
    game.refresh_from_db()
    ben_seat = play.join(game, ben, "Ben", NOON)
    opened = play.start_round(game, NOON)
    assert opened is not None
    sent = [play.Sent(ben_seat.pk, HERE, "b", at(9)), play.Sent(ana_seat.pk, HERE, "a", at(3))]
    made = play.guess_all(opened.pk, sent)
    assert [type(each) for each in made] == [TooLate, Guess]
