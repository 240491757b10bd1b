"""Let eight people take the two places of an experiment at the same moment, and staff void people who sit in the same
two experiments, on the database that DATABASE_URL names; print as JSON what became of them. Run by
`test_experiments.py`: `python -m tests.game.last_places`."""

import json
from collections.abc import Callable

from tests.game.eight_players import at_once  # first: it sets Django up  # isort: skip

from django.utils import timezone

from geogame import experiments, people, photos, voiding
from geogame.models import Experiment, Person, PhotoSet, Slot
from geogame.rules.refusals import NotNow
from geogame.rules.sphere import Point
from tests.conftest import CARD, add_photo, answer

PEOPLE, PLACES, TIMES = 8, 2, 3


def sealed(slug: str) -> Experiment:
    photo_set = PhotoSet.objects.create(name=slug, slug=slug, domain=CARD.domain)
    made = Experiment.objects.create(
        slug=slug, name=slug, photo_set=photo_set, opponent=CARD.name, weights=CARD.weights, people=PLACES,
        exhibits_each=1,
    )  # fmt: skip
    for number in range(PLACES):
        photos.record_prediction(
            add_photo(photo_set, Point(number, number)), CARD.name, CARD.weights, answer(Point(0, 0))
        )
    experiments.prepare(made, timezone.now())
    return experiments.seal(made, CARD, timezone.now())


def rush() -> dict[str, object]:
    experiment = sealed("small")
    refused: list[str] = []

    def taker(person: Person) -> Callable[[], object]:
        def take() -> None:
            try:
                experiments.take_part(experiment, person, person.name, timezone.now())
            except NotNow as refusal:
                refused.append(str(refusal))

        return take

    errors = at_once([taker(Person.objects.create(name=f"P{number}")) for number in range(PEOPLE)])
    taken = Slot.objects.filter(game__isnull=False)
    return {"errors": errors, "taken": taken.count(), "refused": len(refused), "places": Slot.objects.count()}


def cross() -> list[str]:
    """Void one person and forget another at once, who took their places in two experiments the other way round.

    Return what went wrong.
    """
    one, other = sealed("one"), sealed("other")
    for number in range(TIMES):
        persons = [Person.objects.create(name=f"{side} {number}") for side in ("this", "that")]
        for person, way in zip(persons, [(one, other), (other, one)], strict=True):
            for experiment in way:
                experiments.take_part(experiment, person, person.name, timezone.now())
        voided, forgotten = persons
        if errors := at_once([voider(voided), lambda person=forgotten: people.forget(person, timezone.now())]):
            return errors
    return []


def voider(person: Person) -> Callable[[], object]:
    return lambda: voiding.void(person.seats.all(), "together with somebody", timezone.now())


if __name__ == "__main__":
    print(json.dumps([rush() | {"crossed": cross()}]))
