"""The command that asks services for photos, against one that plays back answers."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from geogame import imports, tasks
from geogame.models import Import, PhotoSet
from geogame.sources.commons import Commons
from geogame.sources.mapillary import Mapillary
from tests.conftest import jpeg
from tests.game.playback import Answer, Service, service
from tests.game.test_networks import file, image

pytestmark = pytest.mark.django_db
FRANCE = ("--commons", "--where", "FR", "--set", "France")
PARIS = ("--commons", "--place", "48.85", "2.35", "--set", "Paris")


@pytest.fixture
def there(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    settings.INBOX_ROOT, settings.COMMONS_CONTACT, settings.MAPILLARY_TOKEN = tmp_path, "us@example.org", "secret"
    with service() as made:
        monkeypatch.setattr(tasks, "Commons", partial(Commons, api=f"{made.address}/commons"))
        monkeypatch.setattr(tasks, "Mapillary", partial(Mapillary, api=f"{made.address}/mapillary"))
        for number in range(1, 10):
            made.says(f"/{number}.jpg", Answer(jpeg()))
        yield made


def commons(there: Service, *numbers: int) -> Answer:
    return Answer({"query": {"pages": [file(there, number) for number in numbers]}})


def asked_for(there: Service, path: str) -> int:
    return sum(each.path == path for each in there.asked)


def test_photos_around_a_place_come_into_a_set_and_every_file_is_told(
    there: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    there.says("/commons", commons(there, 1, 2, 3))
    there.says("/2.jpg", Answer(status=404))
    call_command("fetch_photos", *PARIS, "--publish")
    said = capsys.readouterr().out
    assert "2 photos imported into the new set Paris, 1 not used." in said
    assert "not used: 2.jpg: The service answers 404 for its file." in said
    photo_set = PhotoSet.objects.get(name="Paris")
    assert (photo_set.published, photo_set.photos.filter(credit="Ana & Ben", place_from="service").count()) == (True, 2)
    assert photo_set.imports.get().finished_at is not None
    assert there.asked[0].words["ggscoord"] == "48.85000|2.35000"


def test_of_a_country_a_few_photos_of_each_town_are_taken_until_it_is_enough(there: Service) -> None:
    there.says("/commons", commons(there, *range(1, 10)))
    call_command("fetch_photos", *FRANCE, "--most", "7", "--each", "4", "--json")
    assert PhotoSet.objects.get().photos.count() == 7
    assert len({each.words["ggscoord"] for each in there.asked if each.path == "/commons"}) >= 2


def test_an_area_south_of_the_equator_is_asked_of_mapillary(there: Service, capsys: pytest.CaptureFixture[str]) -> None:
    there.says("/mapillary/images", Answer({"data": [image(there), "x"]}))
    there.says("/t.jpg", Answer(jpeg()))
    call_command(
        "fetch_photos", "--mapillary", "--box", "-33.9", "151.2", "-33.85", "151.25", "--set", "Sydney", "--json"
    )
    report = json.loads(capsys.readouterr().out)
    assert (report["imported"], report["held"]) == (1, 0)
    assert [each["file"] for each in report["refused"]] == ["?.jpg"]
    assert there.asked[0].words["bbox"] == "151.200000,-33.900000,151.250000,-33.850000"


def test_what_was_broken_off_is_left_to_the_command_and_goes_on_when_it_is_run_again(
    there: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.says("/commons", commons(there, 1, 2, 3))
    work, worked = imports.work, list[str]()

    def until_the_second(arrival: Any, *rest: Any) -> None:
        worked.append(arrival.name)
        if len(worked) == 2:
            raise KeyboardInterrupt
        work(arrival, *rest)

    monkeypatch.setattr(imports, "work", until_the_second)
    with pytest.raises(KeyboardInterrupt):
        call_command("fetch_photos", *PARIS)
    asked = len(there.asked)
    monkeypatch.setattr(tasks, "nudge_developing", lambda: None)
    assert (tasks.fetch(), len(there.asked)) == (0, asked)  # no worker of the game asks for the same at the same time
    Import.objects.get().arrivals.update(taken_at=None)  # as long after that
    call_command("fetch_photos", *PARIS)
    assert PhotoSet.objects.get().photos.count() == 3
    assert Import.objects.get().finished_at is not None
    assert [asked_for(there, f"/{number}.jpg") for number in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Answer({"batchcomplete": True}), "Nothing was found there"), (Answer([]), "never said before")],
)
def test_where_a_service_gives_nothing_the_command_says_so(
    there: Service, capsys: pytest.CaptureFixture[str], answer: Answer, words: str
) -> None:
    there.says("/commons", answer)
    with pytest.raises(CommandError, match=words):
        call_command("fetch_photos", *PARIS)
    assert "0 photos imported" in capsys.readouterr().out
    assert Import.objects.get().finished_at is not None


def test_a_service_that_gives_up_in_between_leaves_what_came_before(there: Service) -> None:
    there.says("/commons", commons(there, 1), Answer([]))
    with pytest.raises(CommandError, match="Wikimedia Commons says something that it has never said before"):
        call_command("fetch_photos", *FRANCE)
    assert PhotoSet.objects.get().photos.count() == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--commons --where XX", "no country's code"),
        ("--commons --place 91 2", "between -90 and 90"),
        ("--commons --box 3 2 1 4", "south below north"),
        ("--commons --box -60 -170 70 170", "too large"),
        ("--mapillary --box -60 -170 70 170", "too large"),
        ("--mapillary --place 48 2", "asked for a --box"),
        ("--mapillary --box 48 2 48.1 2.1 --each 3", "asked for a --box"),
        ("--commons --place 48 2 --most 0", "from 1 to 10000"),
        ("--commons --place 48 2 --box 1 2 3 4", "not allowed with"),
        ("--commons", "is required"),
    ],
)
def test_what_makes_no_sense_is_asked_of_nobody_and_makes_no_set(there: Service, words: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("fetch_photos", *words.split(), "--set", "New")
    assert (PhotoSet.objects.count(), there.asked) == (0, [])


@pytest.mark.parametrize(
    ("words", "name"),
    [("--commons --place 48 2", "COMMONS_CONTACT"), ("--mapillary --box 48 2 48.1 2.1", "MAPILLARY_TOKEN")],
)
def test_who_asks_has_to_be_said(there: Service, settings: Any, words: str, name: str) -> None:
    setattr(settings, name, "")
    with pytest.raises(CommandError, match=name):
        call_command("fetch_photos", *words.split(), "--set", "New")
    assert not PhotoSet.objects.exists()
