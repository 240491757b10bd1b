"""What an experiment freezes, read from the tables: once to seal it, and again whenever a task asks if that holds.

How it is written and hashed is in `rules.protocol`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from geogame.models import Exhibit, ExhibitPhoto, Experiment, Game, Guess, Photo, Player, Prediction, Round, Slot
from geogame.rules import protocol
from geogame.rules.commitments import e7
from geogame.rules.protocol import Design, Source
from geogame.rules.refusals import gettext_noop
from geogame.rules.sphere import Point, distance_km

SAME_KM = 1e-6  # a millimetre: another machine's sines may end in other digits

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
    "games": gettext_noop("Games were played by other settings than were sealed, or rounds of them were skipped."),
    "guesses": gettext_noop("What stands in the rounds as the machine’s answer is not what was sealed."),
    "distances": gettext_noop("Stored distances are not those between the answers and the places."),
    "files": gettext_noop("Files of photographs are not there any more, or not as they were sealed."),
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
    return Source(of.name, of.slug, of.domain, of.published, len(digests), protocol.exhibits(digests))


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


def sums(exhibits: Iterable[int]) -> dict[int, list[str]]:
    """Read the files that these exhibits show; return their SHA-256 in the order shown, "" where there is no file."""
    read: dict[int, list[str]] = defaultdict(list)
    shown = ExhibitPhoto.objects.filter(exhibit__in=list(exhibits)).select_related("photo").order_by("position")
    for each in shown.iterator():
        read[each.exhibit_id].append(_sum(each.photo))
    return dict(read)


def _sum(photo: Photo) -> str:
    try:
        with photo.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except ConnectionError:  # where photos are kept does not answer: what is there nobody knows
        raise
    except (OSError, ValueError):  # no such file, or no name of one
        return ""


def broken(experiment: Experiment) -> list[str]:
    """Hold all that the tables say against the protocol; return which of PARTS do not hold, none where the seal does.

    Files are read by `files_hold`. Against a protocol that is not the sealed one nothing can be held; and where nobody
    can tell any more which photograph is which, answers and places are not.
    """
    told = experiment.protocol
    assert told is not None
    if not _is_whole(told, experiment.seal):
        return ["seal"]
    slots, rounds = list(experiment.slots.all()), _rounds(experiment)
    shown, played = _shown(slots), _played(rounds)
    now, then = _digests(shown, played)
    known = _known(now, then, told)
    checks = {
        "settings": _told_settings(experiment).items() <= told.items() and _is_machine(experiment, told),
        "photographs": _is_sealed(now, told),
        "rounds": _as_drawn(rounds, slots)
        and all(len(places) == 1 for places in played.values())
        and (known is then or (known is None and played.keys() != shown)),
        "answers": known is None or protocol.answers(answers(experiment, known)) == told["opponent"]["answers_sha256"],
        "places": known is None or _numbered(slots, known) == [*told["places"], *told.get("spares", [])],
        "games": _by_the_settings(experiment, rounds, told),
        "guesses": _as_answered(experiment, rounds, shown),
        "distances": _measured(experiment),
    }
    return [part for part, holds in checks.items() if not holds]


def files_hold(experiment: Experiment) -> bool:
    """Read all files that are shown, and tell whether they are the sealed ones; of those that nobody sealed they are.

    Where nobody can tell any more which photograph is which, the files are not held against the protocol.
    """
    told = experiment.protocol
    assert told is not None
    if "files_sha256" not in told:
        return True
    shown = _shown(experiment.slots.all())
    known = _known(*_digests(shown, _played(_rounds(experiment))), told)
    return known is None or protocol.files({known[key]: of for key, of in sums(shown).items()}) == told["files_sha256"]


def _is_whole(told: dict[str, Any], seal: str) -> bool:
    try:
        return protocol.digest(told) == seal
    except ValueError:  # somebody has written a fraction into it
        return False


def _shown(slots: Iterable[Slot]) -> set[int]:
    return {key for slot in slots for key in slot.exhibits}


def _rounds(experiment: Experiment) -> Sequence[Any]:
    rows = Round.objects.filter(game__experiment=experiment).order_by("game", "number")
    columns = ("pk", "game", "exhibit", "lat", "lng", "opened_at", "closes_at", "skipped")
    return list(rows.values_list(*columns, named=True))


def _played(rounds: Iterable[Any]) -> dict[int, set[Point]]:
    """Return the places of the exhibits that rounds were drawn of: one each, unless something is wrong."""
    found: dict[int, set[Point]] = defaultdict(set)
    for each in rounds:
        found[each.exhibit].add(Point(each.lat, each.lng))
    return found


def _digests(shown: Collection[int], played: Mapping[int, set[Point]]) -> tuple[dict[int, str], dict[int, str]]:
    """Return the exhibits' digests as they are now, and with the places that rounds were drawn with."""
    exhibits = Exhibit.objects.filter(pk__in=shown)
    return digests(exhibits), digests(exhibits, {key: next(iter(places)) for key, places in played.items()})


def _known(now: dict[int, str], then: dict[int, str], told: dict[str, Any]) -> dict[int, str] | None:
    """Return which of these digests were sealed; None if neither were."""
    return next((each for each in (then, now) if _is_sealed(each, told)), None)


def _is_sealed(of: Mapping[int, str], told: dict[str, Any]) -> bool:
    return bool(protocol.exhibits(set(of.values())) == told.get("shown_sha256"))


def _told_settings(experiment: Experiment) -> dict[str, Any]:
    return asdict(design(experiment))


def _is_machine(experiment: Experiment, told: dict[str, Any]) -> bool:
    sealed = told["opponent"]
    return (sealed["name"], sealed["weights"]) == (experiment.opponent, experiment.weights)


def _as_drawn(rounds: Iterable[Any], slots: Collection[Slot]) -> bool:
    """Tell whether every game's rounds show what its place says, in that order."""
    shown: dict[int, list[int]] = defaultdict(list)
    for each in rounds:
        shown[each.game].append(each.exhibit)
    return shown == {slot.game_id: slot.exhibits for slot in slots if slot.game_id}


def _by_the_settings(experiment: Experiment, rounds: Iterable[Any], told: dict[str, Any]) -> bool:
    """Tell whether every game was for one person, with the sealed time and zoom, and every round had just that time."""
    limit = told["time_limit_s"]
    sealed = (told["photo_set"]["domain"], limit, None, told["zoom"], False)
    games = Game.objects.filter(experiment=experiment).order_by()
    found = games.values_list("domain", "time_limit_s", "countdown_s", "zoom", "is_room").distinct()
    timed = all(
        each.closes_at == (each.opened_at + timedelta(seconds=limit) if limit else None)
        for each in rounds
        if each.opened_at
    )
    return timed and set(found) <= {sealed} and not any(each.skipped for each in rounds)


def _as_answered(experiment: Experiment, rounds: Iterable[Any], shown: Collection[int]) -> bool:
    """Tell whether in every round that was opened the machine's one guess is its stored answer."""
    stored = predictions(experiment).filter(exhibit__in=shown).defer("probabilities")
    machine = (experiment.opponent, experiment.weights)
    said = {each.exhibit_id: (*machine, e7(each.point())) for each in stored}
    given: dict[Any, list[Any]] = defaultdict(list)
    guesses = Guess.objects.filter(round__game__experiment=experiment, player__kind=Player.Kind.MACHINE)
    for each in guesses.select_related("player"):
        given[each.round_id].append((each.player.opponent, each.player.weights, e7(each.point())))
    return all(given[each.pk] == [said.get(each.exhibit)] for each in rounds if each.opened_at)


def _measured(experiment: Experiment) -> bool:
    """Tell whether all stored distances are those from the guess to the round's place."""
    guesses = Guess.objects.filter(round__game__experiment=experiment, lat__isnull=False).order_by()
    rows: Iterable[Any] = guesses.values_list("lat", "lng", "round__lat", "round__lng", "error_km")
    return all(abs(distance_km(Point(*row[:2]), Point(*row[2:4])) - row[4]) < SAME_KM for row in rows)


def _numbered(slots: Collection[Slot], of: Mapping[int, str]) -> list[list[int]] | None:
    """Return the places as the protocol tells them; None where attempts at one place show different exhibits."""
    called = protocol.numbers(set(of.values()))
    places: dict[int, list[int]] = {}
    for slot in slots:
        shows = [called[of[key]] for key in slot.exhibits]
        if places.setdefault(slot.number, shows) != shows:
            return None
    return [places[number] for number in sorted(places)]
