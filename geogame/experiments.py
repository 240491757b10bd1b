"""The verbs of experiments: prepare, seal, take part, give up, take out, abandon, check. What is sealed never changes.

The experiment's row is the one lock: whoever takes a place, gives one up or ends it all locks that row. Experiments
are locked before any round, game or seat, several of them in the order of their keys (`lock_of`); see `play` for what
comes after. Each verb may run twice, or in two processes at once, without harm.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.text import slugify

from geogame import comparisons, play, seals
from geogame.models import (
    Exhibit,
    ExhibitPhoto,
    Experiment,
    Game,
    Guess,
    Person,
    Photo,
    PhotoSet,
    Player,
    Round,
    Slot,
)
from geogame.rules import protocol
from geogame.rules.protocol import Drawn, Machine
from geogame.rules.refusals import BadInput, NotNow, gettext_noop
from geogame.selections import Selection

MOST_ROUNDS = 20_000  # of one experiment, all places together, spare ones too
LONGEST_REASON = 300  # characters, as its column holds
# The record of an experiment that runs is held against the seal so often at most, while rounds close; that of any
# experiment once a day, since tables can be changed without a trace.
BETWEEN_CHECKS, LONGEST_UNCHECKED = timedelta(minutes=1), timedelta(days=1)
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
    """Return how many exhibits an experiment shows, if nobody gives a place up."""
    return experiment.exhibits_each * (1 if experiment.shared else experiment.people)


def spare_places(experiment: Experiment, exhibits: int) -> int:
    """Return how many spare places can be drawn from so many exhibits: as many as places, or fewer.

    Where all see the same photographs there are none: another place would show nothing else.
    """
    if experiment.shared:
        return 0
    places = min(exhibits, MOST_ROUNDS) // experiment.exhibits_each
    return max(0, min(experiment.people, places - experiment.people))


@transaction.atomic
def prepare(experiment: Experiment, now: datetime) -> None:
    """Want the machine's answers to everything that could be drawn. Raises NotNow."""
    locked = lock(experiment)
    _refuse_impossible(locked)
    if locked.prepared_at is None:
        Experiment.objects.filter(pk=locked.pk).update(prepared_at=now)


def seal(
    experiment: Experiment, card: play.Opponent | None, now: datetime, *, out_of_domain: bool = False
) -> Experiment:
    """Draw who plays which exhibits, and freeze everything. Raises NotNow, with what is missing.

    `card` describes the opponent; None where it is no longer here. `out_of_domain`: it has learnt from other pictures
    than it will be shown, and that is meant.
    """
    here = Experiment.objects.select_related("photo_set").get(pk=experiment.pk)
    _ready(here, card, out_of_domain)
    places = _drawn(here)
    sums = seals.sums({key for place in places for key in place})  # before anything is locked: it takes a while
    if lost := sum("" in of for of in sums.values()):
        raise NotNow(gettext_noop("The files of %(lost)d exhibits are not there. Withdraw or restore them."), lost=lost)
    return _freeze(here, card, now, places, sums, out_of_domain)


@transaction.atomic
def _freeze(
    here: Experiment,
    card: play.Opponent | None,
    now: datetime,
    places: Sequence[Sequence[int]],
    sums: Mapping[int, Sequence[str]],
    out_of_domain: bool,
) -> Experiment:
    """Seal what was drawn, unless something has changed since."""
    locked = lock(here)
    machine = _ready(locked, card, out_of_domain)
    pool = seals.digests(seals.pool(locked))
    if (
        seals.design(locked) != seals.design(here)
        or locked.photo_set != here.photo_set
        or not sums.keys() <= pool.keys()
    ):
        raise NotNow(
            gettext_noop("The experiment, or its photographs, were changed at this moment. Look, and try again.")
        )
    called = {key: pool[key] for key in sums}
    shown = [[called[key] for key in place] for place in places]
    told = protocol.write(
        seals.design(locked),
        seals.source(locked, pool.values()),
        machine,
        seals.answers(locked, called),
        {called[key]: of for key, of in sums.items()},
        Drawn(shown[: locked.people], shown[locked.people :]),
        out_of_domain,
    )
    numbered = enumerate(places, start=1)
    Slot.objects.bulk_create(Slot(experiment=locked, number=number, exhibits=place) for number, place in numbered)
    Experiment.objects.filter(pk=locked.pk).update(
        protocol=told, seal=protocol.digest(told), sealed_at=now, checked_at=now, checked_rounds=0, broken=[]
    )
    _note_exposure(locked, now)
    locked.refresh_from_db()
    return locked


def lock_of(games: QuerySet[Game]) -> None:
    """Lock the experiments of these games, those of smaller keys first: before any of their rounds, games or seats."""
    keys = games.filter(experiment__isnull=False).order_by().values("experiment")
    list(Experiment.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))


def lock(experiment: Experiment) -> Experiment:
    """Return the experiment, locked. It comes before any round, game, seat or person."""
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


def _ready(experiment: Experiment, card: play.Opponent | None, out_of_domain: bool) -> Machine:
    """Refuse an experiment that cannot be sealed; return its machine as it is sealed. Raises NotNow."""
    _refuse_impossible(experiment)
    _refuse_unprepared(experiment)
    return _machine(experiment, card, out_of_domain)


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


def _drawn(experiment: Experiment) -> list[list[int]]:
    """Draw what each place shows, in order: exhibits of its own, or the same ones in an order of its own.

    Spare places come last.
    """
    chance = random.SystemRandom()
    keys, each = list(seals.pool(experiment).values_list("pk", flat=True)), experiment.exhibits_each
    if experiment.shared:
        drawn = chance.sample(keys, each)
        return [chance.sample(drawn, each) for _ in range(experiment.people)]
    drawn = chance.sample(keys, each * (experiment.people + spare_places(experiment, len(keys))))
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
    free = [slot for slot in _in_play(locked) if slot.game_id is None]
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


def _refuse_newcomer(experiment: Experiment, had: bool, marked: bool, free: Collection[Slot]) -> None:
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


def _place_for(person: Person, free: Iterable[Slot]) -> Slot:
    """Return the first free place in which nothing, else the least, was met before. Raises NotNow if nothing is new."""
    shown = Round.objects.filter(opened_at__isnull=False, game__players__person=person)
    met = set(shown.order_by().values_list("exhibit", flat=True))
    in_order = sorted(free, key=lambda each: (each.attempt, each.number))  # what was given up before goes last
    slot = min(in_order, key=lambda each: len(met.intersection(each.exhibits)))
    if met.issuperset(slot.exhibits):
        raise NotNow(gettext_noop("You have met all photographs of this experiment before; it needs fresh eyes."))
    return slot


def _counting(experiment: Experiment) -> QuerySet[Slot]:
    return experiment.slots.filter(excluded="")


def _in_play(experiment: Experiment) -> list[Any]:
    """Return the places that count, as many as there are people, with what became of their rounds.

    Those beyond are spare: one of them moves up whenever one before it is given up. Once it is finished none does.
    """
    counting = _with_rounds(_counting(experiment)).order_by("number")
    return list((counting.exclude(game=None) if experiment.finished_at else counting)[: experiment.people])


def running() -> QuerySet[Experiment]:
    """Return the experiments that are sealed and neither finished nor abandoned."""
    return Experiment.objects.filter(sealed_at__isnull=False, finished_at=None, abandoned_at=None)


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
    late = [slot for slot in _in_play(locked) if _is_late(slot, locked, now)]
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
    if _counting(experiment).count() < experiment.people:
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


def published(sets: QuerySet[PhotoSet], now: datetime) -> list[Experiment]:
    """Note which running experiments show photographs of these sets, which players can choose now; return them."""
    found = [each for each in running() if _shows_any_of(each, sets)]
    for each in found:
        _note_exposure(each, now)
    return found


def _note_exposure(experiment: Experiment, now: datetime) -> None:
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
            _note_exposure(locked, now)  # sets are published in more ways than through `published`
    return found


def uncheck(experiment: Experiment) -> None:
    """Let the record be held against the seal once more, when the task comes by."""
    Experiment.objects.filter(pk=experiment.pk, sealed_at__isnull=False).update(checked_at=None)


def is_checked(experiment: Experiment) -> bool:
    """Tell whether the record was held against the seal, and since the end, if that has come."""
    over_at = experiment.over_at()
    return experiment.checked_at is not None and (over_at is None or experiment.checked_at >= over_at)


@dataclass(frozen=True)
class Standing:
    """How many places are in which state. What was done before the end counts here whatever became of it since."""

    done: int
    playing: int
    late: int  # given up by the next `tidy`
    free: int


def standing(experiment: Experiment, now: datetime) -> Standing:
    """Tell how far an experiment is."""
    slots = _in_play(experiment)
    done = sum(_is_done(slot, experiment) for slot in slots)
    late = sum(_is_late(slot, experiment, now) for slot in slots)
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


def _is_late(slot: Any, experiment: Experiment, now: datetime) -> bool:
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


def excluded_since(experiment: Experiment) -> dict[str, int]:
    """Count the places that were complete at the end and have been taken out since, by the reason."""
    if experiment.finished_at is None:
        return {}
    return dict(
        Counter(experiment.slots.filter(replaced=False).exclude(excluded="").values_list("excluded", flat=True))
    )


def place_of(experiment: Experiment, person: Person | None) -> Slot | None:
    """Return the last place that somebody had here, if any."""
    if person is None:
        return None
    return experiment.slots.filter(game__players__person=person).select_related("game").last()


def open_to_all() -> list[Experiment]:
    """Return the experiments that people may know of: those that are sealed, running ones first."""
    sealed = Experiment.objects.filter(sealed_at__isnull=False).select_related("photo_set")
    return sorted(sealed.order_by("-sealed_at"), key=lambda each: each.over_at() is not None)
