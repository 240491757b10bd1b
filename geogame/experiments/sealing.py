"""The verbs before an experiment's first round: prepare, seal, and make a new one like another."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from geogame import play, seals
from geogame.experiments.checks import note_exposure
from geogame.experiments.reading import lock
from geogame.models import Experiment, Slot
from geogame.rules import protocol
from geogame.rules.protocol import Drawn, Machine
from geogame.rules.refusals import NotNow, gettext_noop

MOST_ROUNDS = 20_000  # of one experiment, all places together, spare ones too
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
    note_exposure(locked, now)
    locked.refresh_from_db()
    return locked


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
