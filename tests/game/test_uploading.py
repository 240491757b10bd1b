"""The admin's upload page: files that are announced, sent in parts and told about."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from geogame import imports, photos, pictures, unpacking
from geogame.models import Arrival, Doubt, Import, PhotoSet
from geogame.sources import single
from tests.conftest import NOON, jpeg


class Reader:
    """A darkroom in this process."""

    def develop(self, data: bytes) -> pictures.Developed:
        return pictures.develop(data, 10_000_000)


@pytest.fixture(autouse=True)
def _inbox(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.INBOX_ROOT = tmp_path
    for name in ("developing", "fetching"):
        monkeypatch.setattr(f"geogame.admin.uploading.nudge_{name}", lambda: None)


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.fixture
def root(toy_set: PhotoSet) -> str:
    return f"/admin/geogame/photoset/{toy_set.pk}/"


def told(client: Client, address: str, body: object = None) -> Any:
    return client.post(address, json.dumps(body or {}), content_type="application/json")


def send(client: Client, address: str, data: bytes, offset: int = 0) -> Any:
    return client.post(f"{address}?offset={offset}", data, content_type="application/octet-stream")


def develop_all() -> None:
    while arrival := imports.take_up(timezone.now()):
        imports.work(arrival, Reader(), timezone.now())
    imports.end_what_is_done(timezone.now())


def test_what_has_arrived_stays_and_a_part_that_does_not_fit_is_told_where_to_begin(staff: Client, root: str) -> None:
    data = jpeg()
    number = told(staff, f"{root}imports/").json()["import"]
    assert told(staff, f"{root}imports/").json()["import"] == number  # as long as it is open
    files = f"{root}imports/{number}/files/"
    ((pk, received, whole),) = told(staff, files, {"files": [["trip/a.jpg", len(data), 5]]}).json()["files"]
    assert (received, whole) == (0, False)
    assert send(staff, f"{files}{pk}/", data[:100]).json() == {"received": 100, "whole": False}
    assert told(staff, files, {"files": [["trip/a.jpg", len(data), 5]]}).json()["files"] == [[pk, 100, False]]
    wrong = send(staff, f"{files}{pk}/", data[50:], 50)
    assert (wrong.status_code, wrong.json()["received"]) == (409, 100)
    assert send(staff, f"{files}{pk}/", data[100:], 100).json() == {"received": len(data), "whole": True}
    assert told(staff, f"{root}imports/{number}/close/").json()["closed"]
    develop_all()
    progress = staff.get(f"{root}imports/{number}/progress/").json()
    assert (progress["counts"]["taken"], progress["done"], progress["finished"]) == (1, 1, True)


def test_every_file_has_its_fate_and_its_reason(staff: Client, root: str, toy_set: PhotoSet) -> None:
    number = told(staff, f"{root}imports/").json()["import"]
    data = jpeg()
    sent = {"a.jpg": data, "again.jpg": data, "notes.txt": b"Do not forget the sandwiches", "late.jpg": b""}
    rows = told(
        staff, f"{root}imports/{number}/files/",
        {"files": [[name, len(each) or 9, 0] for name, each in sent.items()]},
    ).json()["files"]  # fmt: skip
    for (pk, _, _), each in zip(rows, sent.values(), strict=True):
        if each:
            send(staff, f"{root}imports/{number}/files/{pk}/", each)
    page = staff.get(f"{root}upload/").content.decode()
    assert "not here yet" in page
    assert "Drop the same folder again" in page
    told(staff, f"{root}imports/{number}/close/")
    develop_all()
    page = staff.get(f"{root}upload/?import={number}").content.decode()
    for words in ("a photo now", "The same file is in this set already.", "not used", "It did not arrive whole."):
        assert words in page
    shown = staff.get(f"{root}upload/?import={number}&state=refused").context["files"]
    assert [each["arrival"].name for each in shown] == ["notes.txt", "late.jpg"]
    assert all(each["why"] for each in shown)


@pytest.mark.parametrize(
    "files", [None, "all", [["a.jpg", 5]], [[5, 5, 5]], [["a.jpg", -1, 0]], [["a.jpg", True, 0]], [["a", 1, 1]] * 501]
)
def test_what_is_no_list_of_files_is_refused(staff: Client, root: str, files: object) -> None:
    number = told(staff, f"{root}imports/").json()["import"]
    answer = told(staff, f"{root}imports/{number}/files/", {"files": files})
    assert (answer.status_code, Arrival.objects.count()) == (400, 0)
    assert answer.json()["error"]


def test_only_who_may_add_photos_sends_any(client: Client, root: str) -> None:
    client.force_login(get_user_model().objects.create_user("helper", is_staff=True))
    assert told(client, f"{root}imports/").status_code == 403
    assert client.get(f"{root}upload/").status_code == 403
    client.logout()
    assert told(client, f"{root}imports/").status_code == 302
    assert not Import.objects.exists()


def test_nobody_sends_into_the_import_of_another_set(staff: Client, root: str) -> None:
    number = told(staff, f"{root}imports/").json()["import"]
    other = PhotoSet.objects.create(name="Other", slug="other")
    answer = told(staff, f"/admin/geogame/photoset/{other.pk}/imports/{number}/files/", {"files": [["a.jpg", 5, 0]]})
    assert answer.status_code == 404


def test_a_service_is_asked_only_where_it_can_be_and_for_what_makes_sense(
    staff: Client, root: str, settings: Any
) -> None:
    form = {"service": "commons", "where": "FR", "each": "5", "most": "50", "box": ""}
    settings.COMMONS_CONTACT = ""
    assert "COMMONS_CONTACT" in staff.get(f"{root}upload/").content.decode()
    staff.post(f"{root}imports/ask/", form)
    assert not Import.objects.exists()
    settings.COMMONS_CONTACT = "us@example.org"
    both = {"box": "48.8, 2.2, 48.9, 2.4"}
    for wrong in (
        both,
        {"most": ""},
        {"each": "0"},
        {"where": "", "box": "1, 2, 3"},
        {"where": "", "box": "9, 2, 3, 4"},
    ):
        page = staff.post(f"{root}imports/ask/", {**form, **wrong}, follow=True)
        assert page.context["messages"], wrong
        assert not Import.objects.exists()
    staff.post(f"{root}imports/ask/", form)
    assert Import.objects.get().asked == {"where": "FR", "each": 5, "most": 50}
    page = staff.get(f"{root}upload/").content.decode()
    assert '<option value="FR">France</option>' in page
    assert '<option value="+AF">Africa</option>' in page
    staff.post(f"{root}imports/ask/", {**form, "where": "", "box": "48.8, 2.2, 48.9, 2.4"})
    assert Import.objects.latest("pk").asked["box"] == [48.8, 2.2, 48.9, 2.4]


def test_a_service_is_stopped_by_who_may_bring_photos_in_and_that_is_told(
    staff: Client, root: str, toy_set: PhotoSet
) -> None:
    source = imports.open_import(toy_set, imports.COMMONS, {"where": "FR"}, None, timezone.now())
    address = f"{root}imports/{source.pk}/stop/"
    looks = get_user_model().objects.create_user("looks", is_staff=True)
    looks.user_permissions.add(Permission.objects.get(codename="view_photo"))
    visitor = Client()
    visitor.force_login(looks)
    assert address not in visitor.get(f"{root}upload/").content.decode()
    assert visitor.post(address).status_code == 403
    assert staff.get(address).status_code == 405
    assert address in staff.get(f"{root}upload/").content.decode()
    assert imports.is_open(source)
    page = staff.post(address, follow=True)
    assert "Somebody stopped it. What had arrived by then is kept." in page.content.decode()
    assert address not in page.content.decode()
    assert not imports.is_open(source)


def test_an_upload_is_not_stopped_as_a_service_is(staff: Client, root: str) -> None:
    number = told(staff, f"{root}imports/").json()["import"]
    address = f"{root}imports/{number}/stop/"
    assert address not in staff.get(f"{root}upload/").content.decode()
    assert staff.post(address).status_code == 404


def test_nothing_more_comes_into_a_frozen_set(staff: Client, root: str, toy_set: PhotoSet) -> None:
    PhotoSet.objects.update(frozen_at=timezone.now(), frozen_sha256="a" * 64)
    answer = told(staff, f"{root}imports/")
    assert (answer.status_code, "frozen" in answer.json()["error"]) == (409, True)
    page = staff.get(f"{root}upload/").content.decode()
    assert "nothing more comes into it" in page
    assert 'class="drop"' not in page


def test_a_set_in_which_nothing_is_left_to_play_is_not_called_in_order(
    staff: Client, root: str, toy_set: PhotoSet
) -> None:
    toy_set.photos.update(licence="CC0-1.0", credit="Ana")
    Doubt.objects.all().delete()
    says = "No photo is in games: each was rejected or withdrawn"
    assert says not in staff.get(f"{root}review/").content.decode()
    photos.withdraw(toy_set.photos.all(), NOON)
    page = staff.get(f"{root}review/").content.decode()
    assert says in page
    assert "All is in order" not in page


def test_a_table_that_was_not_used_is_what_is_to_be_done_next(staff: Client, root: str, toy_set: PhotoSet) -> None:
    photos.take_in(toy_set, single("lost.jpg", jpeg()))
    upload = imports.open_import(toy_set, imports.UPLOAD, {}, None, timezone.now())
    table = {"source": upload, "is_table": True, "done_at": timezone.now()}
    Arrival.objects.create(**table, name="orte.csv", reason=["It lacks columns.", {}])
    words = "The table orte.csv was not used"
    assert words in staff.get(f"{root}review/").content.decode()
    Arrival.objects.update(reason=[unpacking.READ, {"more": 3}])
    assert words not in staff.get(f"{root}review/").content.decode()
