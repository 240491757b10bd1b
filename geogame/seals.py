"""What an experiment freezes, read from the tables: once to seal it, and again whenever somebody asks if that holds.

How it is written and hashed is in `rules.protocol`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from typing import Any

from django.db.models import QuerySet

from geogame.models import Exhibit, ExhibitPhoto, Experiment, Prediction, Round, Slot
from geogame.rules import protocol
from geogame.rules.protocol import Design, Source
from geogame.rules.refusals import gettext_noop
from geogame.rules.sphere import Point

# What can be found broken, and what that means.
PARTS = {
    "seal": gettext_noop("The protocol is not the one that was sealed."),
    "settings": gettext_noop("The experiment’s settings differ from the protocol."),
    "photographs": gettext_noop(
        "Photographs, or the places where they were taken, have changed since. Rounds keep the places that they were "
        "drawn with, so what was played stays as it is."
    ),
    "rounds": gettext_noop("Rounds that were played show other photographs, or other places, than were sealed."),
    "answers": gettext_noop("The machine’s stored answers differ from those that were sealed."),
    "places": gettext_noop("Who plays which photographs differs from the protocol."),
}


def pool(experiment: Experiment) -> QuerySet[Exhibit]:
    """Return the exhibits that are drawn from at the seal."""
    return experiment.photo_set.exhibits.filter(retired_at=None).order_by()


def predictions(experiment: Experiment) -> QuerySet[Prediction]:
    """Return what the experiment's machine has answered to anything."""
    return Prediction.objects.filter(opponent=experiment.opponent, weights=experiment.weights)


def design(experiment: Experiment) -> Design:
    """Return what the makers of an experiment chose."""
    return Design(**{each.name: getattr(experiment, each.name) for each in fields(Design)})


def source(experiment: Experiment, digests: Collection[str]) -> Source:
    """Describe the photo set as it is now; `digests` are those of all its exhibits in play."""
    of = experiment.photo_set
    return Source(of.name, of.slug, of.domain, len(digests), protocol.exhibits(digests))


def digests(exhibits: QuerySet[Exhibit], places: Mapping[int, Point] | None = None) -> dict[int, str]:
    """Return the digest of each exhibit by its key; `places` stand in for those that exhibits have now."""
    photos: dict[int, list[str]] = defaultdict(list)
    rows = ExhibitPhoto.objects.filter(exhibit__in=exhibits).order_by("position")
    for key, sha256 in rows.values_list("exhibit", "photo__original_sha256"):
        photos[key].append(sha256)
    known = {key: Point(lat, lng) for key, lat, lng in exhibits.order_by().values_list("pk", "lat", "lng")} | dict(
        places or {}
    )
    return {key: protocol.exhibit(photos[key], place) for key, place in known.items()}


def answers(experiment: Experiment, of: Mapping[int, str]) -> dict[str, Point | None]:
    """Return the machine's answers by the digests of these exhibits."""
    stored = predictions(experiment).filter(exhibit__in=list(of)).defer("probabilities")
    return {of[each.exhibit_id]: each.point() for each in stored}


def broken(experiment: Experiment) -> list[str]:
    """Reckon everything anew and return which of PARTS do not hold; none where the seal does.

    Where nobody can tell any more which photograph is which, answers and places are not held against the protocol.
    """
    told = experiment.protocol
    assert told is not None
    slots = list(experiment.slots.all())
    shown = {key for slot in slots for key in slot.exhibits}
    played = _played(experiment)
    exhibits = Exhibit.objects.filter(pk__in=shown)
    now, then = digests(exhibits), digests(exhibits, {key: next(iter(places)) for key, places in played.items()})
    known = next((each for each in (then, now) if _is_sealed(each, told)), None)
    checks = {
        "seal": protocol.digest(told) == experiment.seal,
        "settings": _told_settings(experiment).items() <= told.items() and _is_machine(experiment, told),
        "photographs": _is_sealed(now, told),
        "rounds": _as_drawn(experiment, slots)
        and all(len(places) == 1 for places in played.values())
        and (known is then or (known is None and played.keys() != shown)),
        "answers": known is None or protocol.answers(answers(experiment, known)) == told["opponent"]["answers_sha256"],
        "places": known is None or _numbered(slots, known) == told["places"],
    }
    return [part for part, holds in checks.items() if not holds]


def _played(experiment: Experiment) -> dict[int, set[Point]]:
    """Return the places of the exhibits that rounds were drawn of: one each, unless something is wrong."""
    found: dict[int, set[Point]] = defaultdict(set)
    rows = Round.objects.filter(game__experiment=experiment).order_by()
    for exhibit, lat, lng in rows.values_list("exhibit", "lat", "lng").distinct():
        found[exhibit].add(Point(lat, lng))
    return found


def _is_sealed(of: Mapping[int, str], told: dict[str, Any]) -> bool:
    return bool(protocol.exhibits(set(of.values())) == told["shown_sha256"])


def _told_settings(experiment: Experiment) -> dict[str, Any]:
    return asdict(design(experiment))


def _is_machine(experiment: Experiment, told: dict[str, Any]) -> bool:
    sealed = told["opponent"]
    return (sealed["name"], sealed["weights"]) == (experiment.opponent, experiment.weights)


def _as_drawn(experiment: Experiment, slots: Collection[Slot]) -> bool:
    """Tell whether every game's rounds show what its place says, in that order."""
    shown: dict[int, list[int]] = defaultdict(list)
    rows = Round.objects.filter(game__experiment=experiment).order_by("game", "number")
    for game, exhibit in rows.values_list("game", "exhibit"):
        shown[game].append(exhibit)
    return shown == {slot.game_id: slot.exhibits for slot in slots if slot.game_id}


def _numbered(slots: Collection[Slot], of: Mapping[int, str]) -> list[list[int]] | None:
    """Return the places as the protocol tells them; None where attempts at one place show different exhibits."""
    called = protocol.numbers(set(of.values()))
    places: dict[int, list[int]] = {}
    for slot in slots:
        shows = [called[of[key]] for key in slot.exhibits]
        if places.setdefault(slot.number, shows) != shows:
            return None
    return [places[number] for number in sorted(places)]
