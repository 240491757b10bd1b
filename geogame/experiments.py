"""The verbs of experiments: prepare, seal, take part, give up, take out. What is sealed never changes; see `models`.

The experiment's row is the one lock: whoever takes a place, gives one up or ends it all locks that row first, and no
round or game of before after it. Each verb may run twice, or in two processes at once, without harm.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils.text import slugify

from geogame import comparisons, play, seals
from geogame.models import Exhibit, Experiment, Game, Guess, Person, Player, Round, Slot
from geogame.rules import protocol
from geogame.rules.protocol import Machine
from geogame.rules.refusals import NotNow, gettext_noop
from geogame.selections import Selection

MOST_ROUNDS = 20_000  # of one experiment, all places together
# The paper's protocol: ten people, five exhibits each of their own, one guess; no zoom, no hints, no countdown.
PAPER: dict[str, Any] = {"people": 10, "exhibits_each": 5, "shared": False, "time_limit_s": None, "zoom": False}


@dataclass(frozen=True)
class Progress:
    """How many of the machine's answers are there."""

    computed: int
    wanted: int

    @property
    def missing(self) -> int:
        return self.wanted - self.computed


def progress(experiment: Experiment) -> Progress:
    """Tell how far the machine is. All that could be drawn is asked, so that what it knows chooses nothing."""
    pool = seals.pool(experiment)
    return Progress(seals.predictions(experiment).filter(exhibit__in=pool).count(), pool.count())


def needed(experiment: Experiment) -> int:
    """Return how many exhibits an experiment shows."""
    return experiment.exhibits_each * (1 if experiment.shared else experiment.people)


@transaction.atomic
def prepare(experiment: Experiment, now: datetime) -> None:
    """Want the machine's answers to everything that could be drawn. Raises NotNow."""
    locked = _lock(experiment)
    _refuse_impossible(locked)
    if locked.prepared_at is None:
        Experiment.objects.filter(pk=locked.pk).update(prepared_at=now)


@transaction.atomic
def seal(
    experiment: Experiment, card: play.Opponent | None, now: datetime, *, out_of_domain: bool = False
) -> Experiment:
    """Draw who plays which exhibits, and freeze everything. Raises NotNow, with what is missing.

    `card` describes the opponent; None where it is no longer here. `out_of_domain`: it has learnt from other pictures
    than it will be shown, and that is meant.
    """
    locked = _lock(experiment)
    _refuse_impossible(locked)
    _refuse_unprepared(locked)
    machine = _machine(locked, card, out_of_domain)
    pool = seals.digests(seals.pool(locked))
    places = _drawn(locked, list(pool))
    shown = {key: pool[key] for place in places for key in place}
    told = protocol.write(
        seals.design(locked),
        seals.source(locked, pool.values()),
        machine,
        seals.answers(locked, shown),
        [[shown[key] for key in place] for place in places],
        out_of_domain,
    )
    numbered = enumerate(places, start=1)
    Slot.objects.bulk_create(Slot(experiment=locked, number=number, exhibits=place) for number, place in numbered)
    Experiment.objects.filter(pk=locked.pk).update(protocol=told, seal=protocol.digest(told), sealed_at=now)
    locked.refresh_from_db()
    return locked


def _lock(experiment: Experiment) -> Experiment:
    return Experiment.objects.select_for_update(of=("self",)).select_related("photo_set").get(pk=experiment.pk)


def _refuse_impossible(experiment: Experiment) -> None:
    if experiment.sealed_at:
        raise NotNow(gettext_noop("This experiment is sealed already. Make a new one from it."))
    if not (experiment.people and experiment.exhibits_each and experiment.give_up_after_h):
        raise NotNow(gettext_noop("An experiment needs people, rounds for each of them, and hours to finish."))
    if experiment.people * experiment.exhibits_each > MOST_ROUNDS:
        raise NotNow(gettext_noop("An experiment has %(most)d rounds at most, all people together."), most=MOST_ROUNDS)
    there, wanted = seals.pool(experiment).count(), needed(experiment)
    if there < wanted:
        raise NotNow(
            gettext_noop(
                "The set has %(there)d exhibits in play, and %(wanted)d are needed. Bring more photos, or ask for "
                "fewer people or rounds."
            ),
            there=there,
            wanted=wanted,
        )


def _refuse_unprepared(experiment: Experiment) -> None:
    if experiment.prepared_at is None:
        raise NotNow(gettext_noop("Prepare the experiment first: the machine answers before anybody plays."))
    here = progress(experiment)
    if here.missing:
        raise NotNow(
            gettext_noop("%(missing)d of the machine’s %(wanted)d answers are not there yet. Wait until all are."),
            missing=here.missing,
            wanted=here.wanted,
        )


def _machine(experiment: Experiment, card: play.Opponent | None, out_of_domain: bool) -> Machine:
    """Describe the opponent as it is sealed. Raises NotNow where it is another than is wanted, or of another world."""
    if card is None or (card.name, card.weights) != (experiment.opponent, experiment.weights):
        raise NotNow(
            gettext_noop("The opponent %(name)s with the weights %(weights)s is not on this site. Choose another."),
            name=experiment.opponent,
            weights=experiment.weights,
        )
    if card.domain != experiment.photo_set.domain and not out_of_domain:
        raise NotNow(
            gettext_noop(
                "%(name)s has learnt from other pictures than this set holds. If that is what you want to compare, "
                "say so when you seal."
            ),
            name=card.label,
        )
    play.refuse_another_world(experiment.photo_set, [card])
    return Machine(card.name, card.label, card.weights, card.domain, card.painter)


def _drawn(experiment: Experiment, keys: Sequence[int]) -> list[list[int]]:
    """Draw what each place shows, in order: exhibits of its own, or the same ones in an order of its own."""
    chance = random.SystemRandom()
    drawn, each = chance.sample(keys, needed(experiment)), experiment.exhibits_each
    if experiment.shared:
        return [chance.sample(drawn, each) for _ in range(experiment.people)]
    return [drawn[start : start + each] for start in range(0, len(drawn), each)]


def again(experiment: Experiment, now: datetime) -> Experiment:
    """Make a new experiment from what was chosen for another; nothing of its seal comes along."""
    chosen = ("name", "question", "photo_set", "opponent", "weights", "people", "exhibits_each", "shared")
    settings = ("time_limit_s", "zoom", "give_up_after_h")
    copied = {name: getattr(experiment, name) for name in (*chosen, *settings)}
    return Experiment.objects.create(**copied, slug=_free_slug(experiment.slug), created_at=now)


def _free_slug(slug: str) -> str:
    stem, number = slugify(slug)[:70], 2
    while Experiment.objects.filter(slug=f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"


@transaction.atomic
def take_part(experiment: Experiment, person: Person, name: str, now: datetime) -> Game:
    """Give somebody a place and open its game; who has one is shown the way back. Raises NotNow."""
    locked = _lock(experiment)
    if locked.sealed_at is None:
        raise NotNow(gettext_noop("This experiment has not begun."))
    _settle(locked, now)
    had = locked.slots.filter(game__players__person=person).order_by("excluded").first()
    if had and had.game and not had.excluded:
        return had.game
    _refuse_newcomer(locked, had)
    slot = _place_for(person, _counting(locked).filter(game=None))
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


def _refuse_newcomer(experiment: Experiment, had: Slot | None) -> None:
    if had:
        raise NotNow(gettext_noop("You have had your place in this experiment; there is one for each person."))
    if experiment.finished_at:
        raise NotNow(gettext_noop("This experiment is over: everybody has played."))
    if not _counting(experiment).filter(game=None).exists():
        raise NotNow(gettext_noop("All places are taken just now. If somebody does not finish, one is free again."))
    if seals.broken(experiment):
        raise NotNow(gettext_noop("What was sealed has been changed since: until that is put right nobody can begin."))


def _place_for(person: Person, free: QuerySet[Slot]) -> Slot:
    """Return the first free place in which nothing, else the least, was met before. Raises NotNow if nothing is new."""
    shown = Round.objects.filter(opened_at__isnull=False, game__players__person=person)
    met = set(shown.order_by().values_list("exhibit", flat=True))
    slot = min(free.order_by("attempt", "number"), key=lambda each: len(met.intersection(each.exhibits)))
    if met.issuperset(slot.exhibits):
        raise NotNow(gettext_noop("You have met all photographs of this experiment before; it needs fresh eyes."))
    return slot


def _counting(experiment: Experiment) -> QuerySet[Slot]:
    return experiment.slots.filter(excluded="")


def tidy(now: datetime) -> int:
    """Give up the places whose time has run out, and end the experiments that are complete; return how many changed."""
    running = Experiment.objects.filter(sealed_at__isnull=False, finished_at=None)
    return sum(tidy_one(each, now) for each in running)


def tidy_one(experiment: Experiment, now: datetime) -> int:
    """Do the same for one experiment. Nothing is locked where nothing is to be done, as nearly always."""
    places = standing(experiment, now)
    if experiment.finished_at or not (places.late or places.done == experiment.people):
        return 0
    with transaction.atomic():
        return _settle(_lock(experiment), now)


def _settle(locked: Experiment, now: datetime) -> int:
    if locked.finished_at:
        return 0
    late = [slot for slot in _with_rounds(_counting(locked)) if _is_late(slot, locked, now)]
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
    slot = _counting(locked).filter(game=game).first()
    if slot is None:
        return False
    if locked.finished_at:
        Slot.objects.filter(pk=slot.pk).update(excluded=reason)
        comparisons.forget()
    else:
        _give_up(slot, reason)
    return True


def _give_up(slot: Slot, reason: Slot.Excluded) -> None:
    """Count a place out, and offer the same exhibits again."""
    Slot.objects.filter(pk=slot.pk).update(excluded=reason)
    Slot.objects.create(
        experiment=slot.experiment, number=slot.number, attempt=slot.attempt + 1, exhibits=slot.exhibits
    )


@dataclass(frozen=True)
class Standing:
    """How many places are in which state. What was done before the end counts here whatever became of it since."""

    done: int
    playing: int
    late: int  # given up by the next `tidy`
    free: int


def standing(experiment: Experiment, now: datetime) -> Standing:
    """Tell how far an experiment is."""
    slots = list(_with_rounds(_counting(experiment)))
    done = sum(_is_done(slot, experiment) for slot in slots)
    late = sum(_is_late(slot, experiment, now) for slot in slots)
    free = sum(slot.game_id is None for slot in slots)
    return Standing(done, len(slots) - done - late - free, late, free)


def _with_rounds(slots: QuerySet[Slot]) -> QuerySet[Any]:
    return slots.annotate(
        open_rounds=Count("game__rounds", filter=Q(game__rounds__closed_at=None)),
        last_closed=Max("game__rounds__closed_at"),
    )


def _is_done(slot: Any, experiment: Experiment) -> bool:
    """Tell whether all rounds were closed in time: a fact that no later look changes."""
    return slot.game_id is not None and not slot.open_rounds and slot.last_closed <= _deadline(slot, experiment)


def _is_late(slot: Any, experiment: Experiment, now: datetime) -> bool:
    return slot.game_id is not None and not _is_done(slot, experiment) and now > _deadline(slot, experiment)


def _deadline(slot: Slot, experiment: Experiment) -> datetime:
    assert slot.taken_at is not None
    return slot.taken_at + timedelta(hours=experiment.give_up_after_h)


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


def excluded_since(experiment: Experiment) -> dict[str, int]:
    """Count the places that were complete at the end and have been taken out since, by the reason."""
    if experiment.finished_at is None:
        return {}
    kept = set(_counting(experiment).values_list("number", flat=True))
    last = {slot.number: slot.excluded for slot in experiment.slots.order_by("number", "attempt")}
    return dict(Counter(reason for number, reason in last.items() if number not in kept))


def place_of(experiment: Experiment, person: Person | None) -> Slot | None:
    """Return the last place that somebody had here, if any."""
    if person is None:
        return None
    return experiment.slots.filter(game__players__person=person).select_related("game").last()


def open_to_all() -> list[Experiment]:
    """Return the experiments that people may know of: those that are sealed, running ones first."""
    sealed = Experiment.objects.filter(sealed_at__isnull=False).select_related("photo_set")
    return sorted(sealed.order_by("-sealed_at"), key=lambda each: each.finished_at is not None)
