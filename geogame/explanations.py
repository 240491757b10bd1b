"""The verbs of explanations: somebody asks why a machine answered so, a worker takes it up, tells how far it is, and
keeps what it found. Asking is for the reveal alone. Each may run twice, or in two processes at once, without harm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from geogame.models import Explanation, Game, Player, Prediction, Round
from geogame.news import announce
from geogame.rules.refusals import NotNow, NotYours, gettext_noop

LEARNT_ANEW = gettext_noop(
    "The machine has learnt anew since it played this round, and no longer knows why it answered so."
)
SIGN_OF_LIFE = timedelta(seconds=30)  # a worker that gave none for so long is gone, and another takes its work up


class Explainer(Protocol):
    """What the game must know of a machine that is here now, to ask it why."""

    @property
    def name(self) -> str: ...
    @property
    def weights(self) -> str: ...
    @property
    def explains(self) -> bool: ...


@dataclass(frozen=True)
class Reason:
    """Where the belief in one region comes from. `drops` are float16 bytes in nats, rows by columns."""

    belief: float
    drops: bytes


@transaction.atomic
def ask(player: Player, this_round: Round, here: Sequence[Explainer], now: datetime) -> Explanation:
    """Ask why the machine answered so in a closed round, `here` being the machines of this installation.

    What is known already, or being found out, is not asked again; what failed is. Raises NotYours or NotNow.
    """
    if player.game_id != this_round.game_id:
        raise NotYours
    if this_round.closed_at is None or this_round.skipped:  # a round that was skipped has no reveal
        raise NotNow(gettext_noop("What a machine saw in a photograph is told after the reveal."))
    machine = explainer_in(this_round.game)
    if machine is None or not _answered(machine, this_round):
        raise NotNow(gettext_noop("In this round no machine gave an answer that it can explain."))
    explanation = _stored(machine, this_round, here, now)
    failed = Explanation.objects.filter(pk=explanation.pk).exclude(failure="")
    tries_again = failed.update(failure="", taken_at=None, progress=0, asked_at=now)
    if tries_again or not explanation.rounds.filter(pk=this_round.pk).exists():
        explanation.rounds.add(this_round)
        announce(this_round.game, "why")
    return explanation


def explainer_in(game: Game) -> Player | None:
    """Return the machine of this game that can be asked."""
    return game.players.filter(kind=Player.Kind.MACHINE, explains=True).first()


def _answered(machine: Player, this_round: Round) -> bool:
    return Prediction.objects.filter(
        exhibit=this_round.exhibit_id, opponent=machine.opponent, weights=machine.weights, lat__isnull=False
    ).exists()


def _stored(machine: Player, this_round: Round, here: Sequence[Explainer], now: datetime) -> Explanation:
    key = {
        "exhibit_id": this_round.exhibit_id, "opponent": machine.opponent, "weights": machine.weights,
        "lat": this_round.lat, "lng": this_round.lng,
    }  # fmt: skip
    known = Explanation.objects.filter(**key).first()
    if known and known.made_at:
        return known
    if not any((each.name, each.weights, each.explains) == (machine.opponent, machine.weights, True) for each in here):
        raise NotNow(LEARNT_ANEW)
    return known or Explanation.objects.get_or_create(**key, defaults={"asked_at": now})[0]


def take_up(opponent: str, weights: str, now: datetime) -> Explanation | None:
    """Give the explanation that has waited longest to one worker, and to no other while that one shows life."""
    waiting = Explanation.objects.filter(opponent=opponent, weights=weights, made_at=None, failure="")
    free = waiting.filter(Q(taken_at=None) | Q(taken_at__lt=now - SIGN_OF_LIFE)).order_by("asked_at", "pk")
    for each in free.select_related("exhibit"):
        if waiting.filter(pk=each.pk, taken_at=each.taken_at).update(taken_at=now):
            return each  # else somebody else took it first
    return None


def fail_the_forgotten(here: Sequence[Explainer]) -> None:
    """Let what waits for weights that no machine here has any more wait no longer, `here` being all that explain."""
    known = Q(pk__in=[])
    for each in here:
        known |= Q(opponent=each.name, weights=each.weights)
    for waiting in Explanation.objects.filter(made_at=None, failure="").exclude(known):
        fail(waiting, LEARNT_ANEW)


def give_back(explanation: Explanation) -> None:
    """Leave it to another worker, now."""
    Explanation.objects.filter(pk=explanation.pk, made_at=None).update(taken_at=None)


@transaction.atomic
def tell_progress(explanation: Explanation, share: float, now: datetime) -> None:
    """Note how far it is; on the wire it never goes back."""
    waiting = Explanation.objects.filter(pk=explanation.pk, made_at=None, failure="")
    waiting.update(taken_at=now)
    if waiting.filter(progress__lt=share).update(progress=share):
        _announce(explanation)


@transaction.atomic
def keep(explanation: Explanation, rows: int, columns: int, answer: Reason, truth: Reason, now: datetime) -> None:
    """Store both maps, for the answer and for the true place; what is stored already stays as it is."""
    made = Explanation.objects.filter(pk=explanation.pk, made_at=None).update(
        made_at=now, progress=1, failure="", rows=rows, columns=columns, answer_drops=answer.drops,
        truth_drops=truth.drops, answer_belief=answer.belief, truth_belief=truth.belief,
    )  # fmt: skip
    if made:
        _announce(explanation)


@transaction.atomic
def fail(explanation: Explanation, sentence: str) -> None:
    """Store why there is no explanation; asking again tries again."""
    if Explanation.objects.filter(pk=explanation.pk, made_at=None).update(failure=sentence[:300]):
        _announce(explanation)


def _announce(explanation: Explanation) -> None:
    """Tell the games that asked and still show that round."""
    later = Round.objects.filter(game=OuterRef("game"), number__gt=OuterRef("number"), opened_at__isnull=False)
    showing = explanation.rounds.filter(~Exists(later), game__finished_at=None).annotate(of=F("game"))
    for game in Game.objects.filter(pk__in=showing.values("of")).order_by("pk"):  # the order in which they are locked
        announce(game, "why")
