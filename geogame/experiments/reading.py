"""Reads of experiments: the one lock, how far one is, what its result is reckoned from, what is left out of it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from geogame.models import Experiment, Game, Guess, Person, Player, Slot
from geogame.selections import Selection


def lock_of(games: QuerySet[Game]) -> None:
    """Lock the experiments of these games, those of smaller keys first: before any of their rounds, games or seats."""
    keys = games.filter(experiment__isnull=False).order_by().values("experiment")
    list(Experiment.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))


def lock(experiment: Experiment) -> Experiment:
    """Return the experiment, locked. It comes before any round, game, seat or person."""
    return Experiment.objects.select_for_update(of=("self",)).select_related("photo_set").get(pk=experiment.pk)


def running() -> QuerySet[Experiment]:
    """Return the experiments that are sealed and neither finished nor abandoned."""
    return Experiment.objects.filter(sealed_at__isnull=False, finished_at=None, abandoned_at=None)


def counting(experiment: Experiment) -> QuerySet[Slot]:
    return experiment.slots.filter(excluded="")


def in_play(experiment: Experiment) -> list[Any]:
    """Return the places that count, as many as there are people, with what became of their rounds.

    Those beyond are spare: one of them moves up whenever one before it is given up. Once it is finished none does.
    """
    slots = _with_rounds(counting(experiment)).order_by("number")
    return list((slots.exclude(game=None) if experiment.finished_at else slots)[: experiment.people])


@dataclass(frozen=True)
class Standing:
    """How many places are in which state. What was done before the end counts here whatever became of it since."""

    done: int
    playing: int
    late: int  # given up by the next `tidy`
    free: int


def standing(experiment: Experiment, now: datetime) -> Standing:
    """Tell how far an experiment is."""
    slots = in_play(experiment)
    done = sum(_is_done(slot, experiment) for slot in slots)
    late = sum(is_late(slot, experiment, now) for slot in slots)
    free = sum(slot.game_id is None for slot in slots)
    return Standing(done, len(slots) - done - late - free, late, free)


@dataclass(frozen=True)
class Reserve:
    """What stands in for places that are given up."""

    spares: int  # drawn at the seal
    used: int
    again: int  # given again, with the same photographs: no spare place was left


def reserve(experiment: Experiment) -> Reserve:
    """Tell how many spare places there were and are used, and how many places were given again."""
    assert experiment.protocol is not None
    again = experiment.slots.filter(attempt__gt=1).count()
    replaced = experiment.slots.filter(replaced=True).count()
    return Reserve(len(experiment.protocol.get("spares", [])), replaced - again, again)


def _with_rounds(slots: QuerySet[Slot]) -> QuerySet[Any]:
    return slots.annotate(
        open_rounds=Count("game__rounds", filter=Q(game__rounds__closed_at=None)),
        last_closed=Max("game__rounds__closed_at"),
    )


def _is_done(slot: Any, experiment: Experiment) -> bool:
    """Tell whether all rounds were closed in time: a fact that no later look changes."""
    return slot.game_id is not None and not slot.open_rounds and slot.last_closed <= _deadline(slot, experiment)


def is_late(slot: Any, experiment: Experiment, now: datetime) -> bool:
    return slot.game_id is not None and not _is_done(slot, experiment) and now > _deadline(slot, experiment)


def _deadline(slot: Slot, experiment: Experiment) -> datetime:
    assert slot.taken_at is not None
    hours = slot.taken_at + timedelta(hours=experiment.give_up_after_h)
    return min(hours, experiment.abandoned_at or hours)


def selection(experiment: Experiment) -> Selection:
    """Return the games that the result is reckoned from."""
    meant = bool(experiment.protocol and experiment.protocol["out_of_domain"])
    return Selection(experiment=experiment.slug, include_seen=False, include_out_of_domain=meant)


def counted_rounds(experiment: Experiment) -> int:
    """Return how many rounds the result must be of: a report of fewer or more was reckoned of another record."""
    return selection(experiment).people().order_by().values("round").distinct().count()


def excluded(experiment: Experiment) -> dict[str, int]:
    """Count what is counted out: games by the reason, and rounds whose photographs had been met before."""
    reasons = Counter(experiment.slots.exclude(excluded="").values_list("excluded", flat=True))
    seen = Guess.objects.filter(
        round__game__slot__experiment=experiment,
        round__game__slot__excluded="",
        player__kind=Player.Kind.HUMAN,
        seen_before=True,
    )
    return {"seen_before": seen.count(), **{reason: reasons[reason] for reason in Slot.Excluded.values}}


TAKEN_OUT = Q(replaced=False) & ~Q(excluded="")  # of places that were complete at the end: since then


def excluded_since(experiment: Experiment) -> dict[str, int]:
    """Count the places that were complete at the end and have been taken out since, by the reason."""
    if experiment.finished_at is None:
        return {}
    return dict(Counter(experiment.slots.filter(TAKEN_OUT).values_list("excluded", flat=True)))


def place_of(experiment: Experiment, person: Person | None) -> Slot | None:
    """Return the last place that somebody had here, if any."""
    if person is None:
        return None
    return experiment.slots.filter(game__players__person=person).select_related("game").last()


def open_to_all() -> list[Experiment]:
    """Return the experiments that people may know of: those that are sealed, running ones first."""
    sealed = Experiment.objects.filter(sealed_at__isnull=False).select_related("photo_set")
    return sorted(sealed.order_by("-sealed_at"), key=lambda each: each.over_at() is not None)
