"""Whether the record is still what was sealed, and whether players can meet the photographs elsewhere."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from geogame import seals
from geogame.experiments.reading import lock, running
from geogame.models import ExhibitPhoto, Experiment, Photo, PhotoSet, Round

# The record of an experiment that runs is held against the seal so often at most, while rounds close; that of any
# experiment once a day, since tables can be changed without a trace.
BETWEEN_CHECKS, LONGEST_UNCHECKED = timedelta(minutes=1), timedelta(days=1)


def published(sets: QuerySet[PhotoSet], now: datetime) -> list[Experiment]:
    """Note which running experiments show photographs of these sets, which players can choose now; return them."""
    found = [each for each in running() if _shows_any_of(each, sets)]
    for each in found:
        note_exposure(each, now)
    return found


def note_exposure(experiment: Experiment, now: datetime) -> None:
    """Note since when players can choose photographs of an experiment, if they can."""
    if experiment.exposed_at is None and _shows_any_of(experiment, PhotoSet.objects.filter(published=True)):
        Experiment.objects.filter(pk=experiment.pk, exposed_at=None).update(exposed_at=now)


def _shows_any_of(experiment: Experiment, sets: QuerySet[PhotoSet]) -> bool:
    """Tell whether these sets have in play what an experiment shows: the same files, in its own set or another."""
    keys = {key for exhibits in experiment.slots.values_list("exhibits", flat=True) for key in exhibits}
    files = ExhibitPhoto.objects.filter(exhibit__in=keys).order_by().values("photo__original_sha256")
    in_play = Photo.objects.filter(photo_set__in=sets, exhibits__retired_at=None)
    return in_play.filter(original_sha256__in=files).exists()


def check_all(now: datetime) -> int:
    """Hold the records that are due against their seals; return how many."""
    return len([check(each, now) for each in _unchecked(now)])


def _unchecked(now: datetime) -> QuerySet[Any]:
    """Return the experiments that nobody has checked since they ended, for a day, or since rounds closed."""
    overdue = Q(checked_at=None) | Q(checked_at__lte=now - LONGEST_UNCHECKED)
    overdue |= Q(checked_at__lt=F("finished_at")) | Q(checked_at__lt=F("abandoned_at"))
    has_rested = Q(finished_at=None, abandoned_at=None, checked_at__lte=now - BETWEEN_CHECKS)
    candidates = Experiment.objects.filter(overdue | has_rested, sealed_at__isnull=False)
    counted = candidates.annotate(closed=Count("games__rounds", filter=Q(games__rounds__closed_at__isnull=False)))
    return counted.filter(overdue | ~Q(closed=F("checked_rounds")))


def check(experiment: Experiment, now: datetime) -> list[str]:
    """Hold the record against the seal, keep and return which parts do not hold; the files too, once it is over."""
    lost = [] if experiment.over_at() is None or seals.files_hold(experiment) else ["files"]
    with transaction.atomic():
        locked = lock(experiment)  # nobody takes a place between two looks at the tables
        found = [*seals.broken(locked), *lost]
        closed = Round.objects.filter(game__experiment=locked, closed_at__isnull=False).count()
        Experiment.objects.filter(pk=locked.pk).update(checked_at=now, checked_rounds=closed, broken=found)
        if locked.over_at() is None:
            note_exposure(locked, now)  # sets are published in more ways than through `published`
    return found


def uncheck(experiment: Experiment) -> None:
    """Let the record be held against the seal once more, when the task comes by."""
    Experiment.objects.filter(pk=experiment.pk, sealed_at__isnull=False).update(checked_at=None)


def is_checked(experiment: Experiment) -> bool:
    """Tell whether the record was held against the seal, and since the end, if that has come."""
    over_at = experiment.over_at()
    return experiment.checked_at is not None and (over_at is None or experiment.checked_at >= over_at)
