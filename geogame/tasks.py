"""The clock's errands, run by Celery. Each may run twice or in two places at once without harm."""

import logging
import threading

from celery import shared_task
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from geogame import comparisons, experiments, play
from geogame.models import Player, Round

log = logging.getLogger(__name__)
_reckoning = threading.Lock()


@shared_task(name="geogame.tasks.sweep")
def sweep() -> int:
    """Close the rounds whose time has come though no browser is watching; return how many."""
    now = timezone.now()
    here = Player.objects.filter(game=OuterRef("game"), removed_at=None, from_round__lte=OuterRef("number"))
    thinks = here.filter(kind=Player.Kind.HUMAN).exclude(guesses__round=OuterRef("pk"))
    open_rounds = Round.objects.filter(opened_at__isnull=False, closed_at=None)
    # Before its time is up a round can be due only once nobody human is still thinking.
    candidates = open_rounds.filter(Q(closes_at__lte=now) | ~Exists(thinks))
    closed = sum(play.close_if_due(each, timezone.now()) for each in candidates)
    experiments.tidy(timezone.now())
    return closed


@shared_task(name="geogame.tasks.reckon")
def reckon() -> int:
    """Reckon the comparisons that somebody watches and that are older than the record; return how many.

    Before that experiments are held against their seals: no result is told unchecked. One at a time in a process:
    whoever comes meanwhile leaves it to the next beat.
    """
    if not _reckoning.acquire(blocking=False):
        return 0
    try:
        comparisons.throw_away(timezone.now())
        experiments.check_all(timezone.now())
        return sum(comparisons.reckon(row, timezone.now()) for row in comparisons.due(timezone.now()))
    finally:
        _reckoning.release()


def nudge_reckoning() -> None:
    """Say that somebody waits for a comparison. Without a broker beat says so, or it stays as it is."""
    try:
        reckon.apply_async(expires=10)
    except (OperationalError, ConnectionError) as error:
        log.warning("The broker does not answer, so nothing is reckoned now: %s", error)
