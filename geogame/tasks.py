"""The clock's errands, run by Celery. Each may run twice or in two places at once without harm."""

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from geogame import play
from geogame.models import Round


@shared_task(name="geogame.tasks.sweep")
def sweep() -> int:
    """Close the rounds whose time has come though no browser is watching; return how many."""
    now = timezone.now()
    open_rounds = Round.objects.filter(opened_at__isnull=False, closed_at=None)
    # Without a time limit a round can be due only once somebody has guessed.
    candidates = open_rounds.filter(Q(closes_at__lte=now) | Q(guesses__isnull=False)).distinct()
    return sum(play.close_if_due(each, timezone.now()) for each in candidates)
