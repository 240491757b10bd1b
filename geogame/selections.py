"""Which games count: a selection of the record, the same for page, command, export and release."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac

from geogame.models import ExhibitPhoto, Experiment, Game, Guess, Person, Photo, PhotoSet, Player, Round, Slot
from geogame.rules.refusals import BadInput, gettext_noop

TEXTS = ("photo_set", "opponent", "weights", "game", "experiment", "scene", "country", "group")
TIMES = ("since", "until")
# Of an experiment nothing is told before its sealed number is reached: nobody can stop when it suits them.
NO_SECRET = Q(game__experiment=None) | Q(game__experiment__finished_at__isnull=False)
SMALLEST_GROUP = 5  # people: of fewer nothing is told that was chosen, for those figures would be somebody's
MOST_NAMED = 20  # in a refusal that tells what there is
# PostgreSQL would take "no slot, or one that is not excluded" for rare, and loop through a long record for hours.
KEPT = ~Exists(Slot.objects.filter(game=OuterRef("game")).exclude(excluded=""))
_NEXT = ExhibitPhoto.objects.filter(exhibit=OuterRef("exhibit"), position__gt=OuterRef("position"))
IS_LAST = ~Exists(_NEXT)  # of a trip's photos: that which tells place, scene and country


@dataclass(frozen=True)
class Selection:
    """Which games count. Out of its domain, or before an exhibit already met, a duel is left out unless asked for.

    Rounds that a host skipped, seats that staff have voided, and experiments whose sealed number is not yet reached are
    never counted; of an experiment that is finished, what its sealed rules exclude is not.
    """

    photo_set: str = ""  # name or slug; empty: all
    opponent: str = ""
    weights: str = ""
    game: str = ""  # code
    experiment: str = ""  # slug
    scene: str = ""  # as the photo's own column of that name tells; of a trip the last one's
    country: str = ""  # likewise
    group: str = ""  # of people
    since: datetime | None = None
    until: datetime | None = None
    include_seen: bool = False
    include_out_of_domain: bool = False

    def as_dict(self) -> dict[str, Any]:
        """What makes this selection, without what it does not ask for; JSON can hold it."""
        told = {name: value for name, value in asdict(self).items() if value}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> "Selection":
        values: dict[str, Any] = {
            name: datetime.fromisoformat(value) if name in TIMES else value for name, value in told.items()
        }
        return cls(**values)

    def key(self) -> str:
        """The same for equal selections, and for no others; nobody can tell it who was not told.

        Who has it hears the figures: a stranger must not find that of a set which only staff may choose.
        """
        asked = json.dumps(self.as_dict(), sort_keys=True)
        return salted_hmac("geogame.selection", asked, algorithm="sha256").hexdigest()

    def rounds(self) -> QuerySet[Round]:
        """Return the rounds of the selection that count. Raises BadInput for a name that nothing here bears."""
        return self.asked_for(Round.objects.filter(closed_at__isnull=False, skipped=False).filter(NO_SECRET, KEPT))

    def asked_for(self, rounds: QuerySet[Round]) -> QuerySet[Round]:
        """Return those of some rounds that the selection asks for, whether they count or not. Raises BadInput."""
        self._refuse_unknown()
        if self.photo_set:
            rounds = rounds.filter(game__photo_set=set_called(self.photo_set))
        if self.game:
            if not Game.objects.filter(code=self.game).exists():
                raise BadInput(gettext_noop("There is no game %(code)s."), code=self.game)
            rounds = rounds.filter(game__code=self.game)
        if self.experiment:
            rounds = rounds.filter(game__experiment=_experiment_called(self.experiment))
        if self.scene or self.country:
            rounds = rounds.filter(exhibit__in=self._shown().values("exhibit"))
        if self.opponent or self.weights:
            seated = Player.objects.filter(self.is_machine_wanted(), game=OuterRef("game"))
            rounds = rounds.filter(Exists(seated))
        if self.since:
            rounds = rounds.filter(opened_at__gte=self.since)
        if self.until:
            rounds = rounds.filter(opened_at__lt=self.until)
        return rounds.order_by()

    def _refuse_unknown(self) -> None:
        """Raise BadInput for a group, scene, country or machine that nobody has met, and for a time that is none.

        Nothing would be found, and that would look like an answer.
        """
        if self.group and not Person.objects.filter(group=self.group).exists():
            words = gettext_noop("There is no group %(name)s. Groups here: %(known)s.")
            raise _unknown(words, self.group, _values(Person.objects.all(), "group"))
        for column, words in PHOTO_COLUMNS.items():
            value = getattr(self, column)
            if value and not Photo.objects.filter(**{f"extra__{column}": value}).exists():
                raise _unknown(words, value, _values(Photo.objects.all(), f"extra__{column}"))
        if (self.opponent or self.weights) and not Player.objects.filter(self.is_machine_wanted()).exists():
            machines = _values(Player.objects.filter(kind=Player.Kind.MACHINE), "opponent", "weights")
            words = gettext_noop("No machine %(name)s has played here. Machines here: %(known)s.")
            raise _unknown(words, "@".join(filter(None, (self.opponent, self.weights))), map("@".join, machines))
        if self.since and self.until and self.since >= self.until:
            raise BadInput(gettext_noop("The time that was asked for ends before it begins."))

    def _shown(self) -> QuerySet[ExhibitPhoto]:
        told = {"scene": self.scene, "country": self.country}
        wanted = {f"photo__extra__{name}": value for name, value in told.items() if value}
        return ExhibitPhoto.objects.filter(IS_LAST, **wanted)

    def guesses(self) -> QuerySet[Guess]:
        """Return the guesses of the selection's rounds: all people's that count, and the selected machines'."""
        return Guess.objects.filter(
            self.is_answer_wanted(), round__in=self.rounds().values("pk"), player__voided_at=None
        )

    def is_answer_wanted(self) -> Q:
        """Return the condition on a guess of being by people of this selection, or by one of its machines."""
        people = Q(player__kind=Player.Kind.HUMAN)
        if self.group:
            people &= Q(player__person__group=self.group)
        return people | self.is_machine_wanted("player__")

    def people(self) -> QuerySet[Guess]:
        """Return the people's guesses that count: before exhibits that they had not met, unless asked for."""
        seen = {} if self.include_seen else {"seen_before": False}
        return self.guesses().filter(player__kind=Player.Kind.HUMAN, **seen)

    def machines(self) -> QuerySet[Guess]:
        """Return the machines' guesses that count: before what they have learnt to see, unless asked for."""
        learned = {} if self.include_out_of_domain else {"player__domain": F("round__game__domain")}
        return self.guesses().filter(player__kind=Player.Kind.MACHINE, **learned)

    def is_machine_wanted(self, prefix: str = "") -> Q:
        """Return the condition on a player (found under `prefix`) of being a machine of this selection."""
        wanted = {"kind": Player.Kind.MACHINE, "opponent": self.opponent, "weights": self.weights}
        return Q(**{f"{prefix}{name}": value for name, value in wanted.items() if value})


PHOTO_COLUMNS = {
    "scene": gettext_noop("No photograph is of the scene %(name)s. Scenes here: %(known)s."),
    "country": gettext_noop("No photograph is of the country %(name)s. Countries here: %(known)s."),
}


def _values(rows: QuerySet[Any], *columns: str) -> QuerySet[Any]:
    return rows.order_by().values_list(*columns, flat=len(columns) == 1).distinct()


def _unknown(words: str, name: str, known: Iterable[Any]) -> BadInput:
    """Refuse a name, and tell which there are."""
    found = sorted({value for value in known if isinstance(value, str) and value})
    more = ["…"] if len(found) > MOST_NAMED else []
    return BadInput(words, name=name, known=", ".join([*found[:MOST_NAMED], *more]) or "none yet")


def set_called(name: str) -> PhotoSet:
    """Return the set of this name or slug. Raises BadInput where there is none."""
    found = PhotoSet.objects.filter(name__iexact=name).first() or PhotoSet.objects.filter(slug__iexact=name).first()
    if found is None:
        known = ", ".join(PhotoSet.objects.values_list("name", flat=True)) or "none yet"
        raise BadInput(gettext_noop("There is no photo set %(name)s. Sets here: %(known)s."), name=name, known=known)
    return found


def _experiment_called(slug: str) -> Experiment:
    found = Experiment.objects.filter(slug=slug).first()
    if found is None:
        raise BadInput(gettext_noop("There is no experiment %(slug)s."), slug=slug)
    return found
