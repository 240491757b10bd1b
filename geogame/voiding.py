"""The verbs by which a seat counts no more: staff take it out of every figure, for a reason, or put it back.

A seat that is voided stays in its game, with all that it guessed; figures ask for the seats that count (`selections`).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from geogame import comparisons, experiments
from geogame.models import Game, Player, Slot
from geogame.news import announce
from geogame.rules.refusals import BadInput, gettext_noop

WITHDRAWN = Slot.Excluded.WITHDRAWN.value  # the reason, and the name, of a chair whose person deleted their data


@transaction.atomic
def void(seats: QuerySet[Player], reason: str, now: datetime) -> int:
    """Take people's seats out of every figure; return how many counted until now. Raises BadInput.

    In an experiment the place is excluded with its seat, and another attempt may be made at it.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise BadInput(gettext_noop("Say why: the reason stands beside the seat."))
    if reason == WITHDRAWN:
        raise BadInput(gettext_noop("Only a person withdraws, by deleting their data. Give another reason."))
    counting = Player.objects.filter(pk__in=_keys(seats.filter(kind=Player.Kind.HUMAN, voided_at=None)))
    experiments.lock_of(Game.objects.filter(players__in=counting))
    for game in _announced(counting, "voided"):
        experiments.exclude(game, Slot.Excluded.VOIDED, now)
    changed = counting.filter(voided_at=None).update(voided_at=now, void_reason=reason)
    comparisons.forget()
    return changed


@transaction.atomic
def restore(seats: QuerySet[Player]) -> int:
    """Let voided seats count again; return how many do.

    Who withdrew stays withdrawn, and a place in an experiment that was excluded is somebody else's by now.
    """
    voided = seats.filter(voided_at__isnull=False, game__experiment=None).exclude(void_reason=WITHDRAWN)
    chosen = Player.objects.filter(pk__in=_keys(voided))
    _announced(chosen, "restored")
    changed = chosen.exclude(void_reason=WITHDRAWN).update(voided_at=None, void_reason="")
    comparisons.forget()
    return changed


def _keys(seats: QuerySet[Player]) -> list[int]:
    """Return the seats' keys, read now: what is done to them changes what the question would find."""
    return list(seats.order_by().values_list("pk", flat=True))


def _announced(seats: QuerySet[Player], headline: str) -> Iterable[Game]:
    """Tell all games of these seats, which locks them: games come before seats, those of smaller keys first."""
    games = list(Game.objects.filter(players__in=seats).distinct().order_by("pk"))
    for game in games:
        announce(game, headline)
    return games
