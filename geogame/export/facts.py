"""Every guess of a selection with all that is known of it, in time's order: what exports and releases are made of.

A few rounds are read at a time, by queries of their own along an index. No cursor stays open: the first guesses come at
once, memory stays flat, and any thread may ask for what comes next. Rounds that close meanwhile are not in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from geogame.models import ExhibitPhoto, Guess, Player, Prediction, Round
from geogame.selections import Selection

FIRST_ROUNDS, MOST_ROUNDS = 25, 500  # read at a time
ROWS = 4_000  # guesses that one reading aims at
MOST_EXHIBITS = 50_000  # remembered; then they are asked for anew


class RoundFacts(NamedTuple):
    pk: UUID
    number: int
    exhibit: int
    lat: float  # the place as it was when the round was drawn
    lng: float
    closed_at: datetime
    game: int
    code: str
    photo_set: str
    photo_set_slug: str
    domain: str
    time_limit_s: int | None
    experiment: str | None


class Answer(NamedTuple):
    """One guess and who gave it."""

    pk: int
    round: UUID
    lat: float | None
    lng: float | None
    error_km: float | None
    points: int | None
    seconds: float | None
    auto: bool
    seen_before: bool
    looked_away: int | None
    created_at: datetime
    kind: str
    name: str
    opponent: str
    weights: str
    learned: str  # the domain of a machine
    voided_at: datetime | None
    person: int | None  # their key in the table, which stays when that of their cookies is renewed
    group: str | None

    @property
    def is_machine(self) -> bool:
        return self.kind == MACHINE


class ExhibitFacts(NamedTuple):
    photos: int
    scene: str  # as the columns of the photo tell whose place the exhibit has: the last
    country: str


class PredictionFacts(NamedTuple):
    seconds: float | None
    device: str | None


class Fact(NamedTuple):
    round: RoundFacts
    answer: Answer
    exhibit: ExhibitFacts
    prediction: PredictionFacts


Page = list[Fact]
MACHINE = Player.Kind.MACHINE.value
NO_PREDICTION = PredictionFacts(None, None)  # of people, and where nobody measured
ROUND_COLUMNS = (
    "pk", "number", "exhibit_id", "lat", "lng", "closed_at", "game_id", "game__code", "game__photo_set__name",
    "game__photo_set__slug", "game__domain", "game__time_limit_s", "game__experiment__slug",
)  # fmt: skip
ANSWER_COLUMNS = (
    "pk", "round_id", "lat", "lng", "error_km", "points", "seconds", "auto", "seen_before", "looked_away", "created_at",
    "player__kind", "player__name", "player__opponent", "player__weights", "player__domain", "player__voided_at",
    "player__person_id", "player__person__group",
)  # fmt: skip


def pages(selection: Selection, until: datetime, *, voided: bool = False) -> Iterator[Page]:
    """Return what is known of all guesses in rounds closed up to a moment, pieces at a time.

    Guesses of voided seats are among them only where asked for. Raises BadInput, at once, for what is not there: a
    wrong name must not cost a file that is to be written.
    """
    answers = Guess.objects.filter(selection.is_answer_wanted())
    if not voided:
        answers = answers.filter(player__voided_at=None)
    return pages_of(selection.rounds().filter(closed_at__lte=until), answers)


def pages_of(rounds: QuerySet[Round], answers: QuerySet[Guess]) -> Iterator[Page]:
    """Yield what is known of these guesses, in the order in which their rounds closed."""
    known, many = Known(), FIRST_ROUNDS
    ordered = rounds.order_by("closed_at", "pk").values_list(*ROUND_COLUMNS)
    here = [RoundFacts(*row) for row in ordered[:many]]
    while here:
        page = _page(here, answers, known)
        yield page
        each = max(1.0, len(page) / len(here))
        many = max(1, min(MOST_ROUNDS, 2 * many, int(ROWS / each)))
        last = here[-1]
        after = Q(closed_at__gt=last.closed_at) | Q(pk__gt=last.pk)
        here = [RoundFacts(*row) for row in ordered.filter(after, closed_at__gte=last.closed_at)[:many]]


def _page(rounds: list[RoundFacts], answers: QuerySet[Guess], known: "Known") -> Page:
    by_round: dict[UUID, list[Answer]] = defaultdict(list)
    # Sorted here: a database that is to sort by the key may read the whole table in its order.
    here = answers.filter(round__in=[each.pk for each in rounds]).order_by().values_list(*ANSWER_COLUMNS)
    for row in sorted(here, key=itemgetter(0)):
        by_round[row[1]].append(Answer(*row))
    known.meet({each.exhibit for each in rounds})
    return [
        Fact(each, answer, known.exhibits[each.exhibit], known.prediction(each.exhibit, answer))
        for each in rounds
        for answer in by_round[each.pk]
    ]


@dataclass
class Known:
    """What is known of exhibits and of the machines' answers to them: many rounds show the same."""

    exhibits: dict[int, ExhibitFacts] = field(default_factory=dict)
    predictions: dict[tuple[int, str, str], PredictionFacts] = field(default_factory=dict)

    def meet(self, exhibits: Iterable[int]) -> None:
        """Ask for what is not yet known."""
        if len(self.exhibits) > MOST_EXHIBITS:
            self.exhibits, self.predictions = {}, {}
        new = [each for each in exhibits if each not in self.exhibits]
        if not new:
            return
        self.exhibits |= {each: ExhibitFacts(0, "", "") for each in new} | exhibit_facts(new)
        told = Prediction.objects.filter(exhibit__in=new).order_by()
        answered = told.values_list("exhibit", "opponent", "weights", "seconds", "device")
        for exhibit, opponent, weights, seconds, device in answered:
            self.predictions[exhibit, opponent, weights] = PredictionFacts(seconds, device)

    def prediction(self, exhibit: int, answer: Answer) -> PredictionFacts:
        return self.predictions.get((exhibit, answer.opponent, answer.weights), NO_PREDICTION)


def exhibit_facts(exhibits: Iterable[int]) -> dict[int, ExhibitFacts]:
    """Return how many photos each exhibit has, and what is told of the last of them."""
    photos = ExhibitPhoto.objects.filter(exhibit__in=list(exhibits)).order_by("exhibit", "position")
    found: dict[int, ExhibitFacts] = {}
    for exhibit, extra in photos.values_list("exhibit", "photo__extra"):
        before = found[exhibit].photos if exhibit in found else 0
        found[exhibit] = ExhibitFacts(before + 1, _text(extra, "scene"), _text(extra, "country"))
    return found


def _text(extra: dict[str, Any], name: str) -> str:
    return str(extra.get(name) or "")
