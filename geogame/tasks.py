"""The clock's errands, run by Celery. Each may run twice or in two places at once without harm."""

from celery import shared_task
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from geogame import play
from geogame.models import Player, Round


@shared_task(name="geogame.tasks.sweep")
def sweep() -> int:
    """Close the rounds whose time has come though no browser is watching; return how many."""
    now = timezone.now()
    thinks = Player.objects.filter(game=OuterRef("game"), kind=Player.Kind.HUMAN).exclude(guesses__round=OuterRef("pk"))
    open_rounds = Round.objects.filter(opened_at__isnull=False, closed_at=None)
    # Before its time is up a round can be due only once nobody human is still thinking.
    candidates = open_rounds.filter(Q(closes_at__lte=now) | ~Exists(thinks))
    return sum(play.close_if_due(each, timezone.now()) for each in candidates)
