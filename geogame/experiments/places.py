"""The verbs of an experiment's places: take one, give it up, take it out, end it when all are played or before."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from geogame import comparisons, play
from geogame.experiments.reading import counting, in_play, is_late, lock, running, standing
from geogame.models import Exhibit, ExhibitPhoto, Experiment, Game, Person, PhotoSet, Round, Slot
from geogame.rules.protocol import Machine
from geogame.rules.refusals import BadInput, NotNow, gettext_noop

LONGEST_REASON = 300  # characters, as its column holds


@transaction.atomic
def take_part(experiment: Experiment, person: Person, name: str, now: datetime, *, marked: bool = False) -> Game:
    """Give somebody a place and open its game; who has one is shown the way back. Raises NotNow.

    `marked`: somebody in the same browser had a place, whoever that was.
    """
    locked = lock(experiment)
    if locked.sealed_at is None:
        raise NotNow(gettext_noop("This experiment has not begun."))
    _settle(locked, now)
    had = locked.slots.filter(game__players__person=person).order_by("excluded").first()
    if had and had.game and not had.excluded:
        return had.game
    free = [slot for slot in in_play(locked) if slot.game_id is None]
    _refuse_newcomer(locked, had is not None, marked, free)
    slot = _place_for(person, free)
    assert locked.protocol is not None
    exhibits = Exhibit.objects.in_bulk(slot.exhibits)
    shows = [exhibits[key] for key in slot.exhibits]
    game = play.open_sealed(locked, locked.protocol["photo_set"]["domain"], shows, sealed_machine(locked), now)
    play.join(game, person, name, now)
    Slot.objects.filter(pk=slot.pk).update(game=game, taken_at=now)  # once for each slot: the experiment is locked
    play.start_round(game, now)
    return game


def sealed_machine(experiment: Experiment) -> Machine:
    """Return the opponent as it was sealed, whatever opponents there are by now: its answers are all stored."""
    assert experiment.protocol is not None
    told = experiment.protocol["opponent"]
    return Machine(**{name: told[name] for name in Machine.__dataclass_fields__})


def _refuse_newcomer(experiment: Experiment, had: bool, marked: bool, free: Sequence[Slot]) -> None:
    if had:
        raise NotNow(gettext_noop("You have had your place in this experiment; there is one for each person."))
    if experiment.finished_at:
        raise NotNow(gettext_noop("This experiment is over: everybody has played."))
    if experiment.abandoned_at:
        raise NotNow(gettext_noop("This experiment was abandoned: nobody can begin any more."))
    if marked:
        raise NotNow(
            gettext_noop("Somebody has had a place in this experiment in this browser; there is one for each person.")
        )
    if not free:
        raise NotNow(gettext_noop("All places are taken just now. If somebody does not finish, one is free again."))
    if experiment.broken:
        raise NotNow(gettext_noop("What was sealed has been changed since: until that is put right nobody can begin."))


def _place_for(person: Person, free: Sequence[Slot]) -> Slot:
    """Return the first free place in which nothing, else the least, was met before. Raises NotNow if nothing is new."""
    met = _met(person, free[0].experiment.photo_set)
    in_order = sorted(free, key=lambda each: (each.attempt, each.number))  # what was given up before goes last
    slot = min(in_order, key=lambda each: len(met.intersection(each.exhibits)))
    if met.issuperset(slot.exhibits):
        raise NotNow(gettext_noop("You have met all photographs of this experiment before; it needs fresh eyes."))
    return slot


def _met(person: Person, photo_set: PhotoSet) -> set[int]:
    """Return the exhibits of a set that show a file which somebody has met, in whichever set."""
    shown = Round.objects.filter(opened_at__isnull=False, game__players__person=person).order_by()
    files = ExhibitPhoto.objects.filter(exhibit__in=shown.values("exhibit")).order_by().values("photo__original_sha256")
    known = ExhibitPhoto.objects.filter(exhibit__photo_set=photo_set, photo__original_sha256__in=files).order_by()
    return set(known.values_list("exhibit", flat=True))


def tidy(now: datetime) -> int:
    """Give up the places whose time has run out, and end the experiments that are complete; return how many changed."""
    return sum(tidy_one(each, now) for each in running())


def tidy_one(experiment: Experiment, now: datetime) -> int:
    """Do the same for one experiment. Nothing is locked where nothing is to be done, as nearly always."""
    places = standing(experiment, now)
    if experiment.over_at() or not (places.late or places.done == experiment.people):
        return 0
    with transaction.atomic():
        return _settle(lock(experiment), now)


def _settle(locked: Experiment, now: datetime) -> int:
    if locked.over_at():
        return 0
    late = [slot for slot in in_play(locked) if is_late(slot, locked, now)]
    for slot in late:
        _give_up(slot, Slot.Excluded.UNFINISHED)
    if late or standing(locked, now).done < locked.people:
        return len(late)
    locked.finished_at = now
    locked.save(update_fields=["finished_at"])
    return 1


@transaction.atomic
def exclude(game: Game, reason: Slot.Excluded, now: datetime) -> bool:
    """Take a game out of its experiment; return whether this call did it. Of a game outside experiments nothing is.

    Before the end its place is played again by somebody else; after the end the result is reckoned without it.
    """
    if game.experiment_id is None:
        return False
    locked = Experiment.objects.select_for_update().get(pk=game.experiment_id)
    _settle(locked, now)  # who was done before has been there
    slot = counting(locked).filter(game=game).first()
    if slot is None:
        return False
    if locked.over_at():
        Slot.objects.filter(pk=slot.pk).update(excluded=reason)
        comparisons.forget()
    else:
        _give_up(slot, reason)
    return True


def _give_up(slot: Slot, reason: Slot.Excluded) -> None:
    """Count a place out. A spare one moves up; where none is left the same exhibits are offered again."""
    experiment = slot.experiment
    Slot.objects.filter(pk=slot.pk).update(excluded=reason, replaced=True)
    if counting(experiment).count() < experiment.people:
        Slot.objects.create(experiment=experiment, number=slot.number, attempt=slot.attempt + 1, exhibits=slot.exhibits)


@transaction.atomic
def abandon(experiment: Experiment, reason: str, now: datetime) -> None:
    """End a sealed experiment before its number is reached: nobody begins any more, and nothing of it is ever compared.

    Games that have begun can be played to their end. Raises BadInput or NotNow.
    """
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise BadInput(
            gettext_noop("Say why, in %(most)d characters at most: it stands on the experiment’s page."),
            most=LONGEST_REASON,
        )
    locked = lock(experiment)
    if locked.sealed_at is None:
        raise NotNow(
            gettext_noop("Only what is sealed can be abandoned. This experiment can still be changed or deleted.")
        )
    _settle(locked, now)
    if locked.finished_at:
        raise NotNow(gettext_noop("Everybody has played: the experiment is finished, and its result stands."))
    if locked.abandoned_at:
        raise NotNow(gettext_noop("This experiment is abandoned already."))
    Experiment.objects.filter(pk=locked.pk).update(abandoned_at=now, abandoned_because=reason)
