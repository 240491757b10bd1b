"""Who may only see photo sets in the admin changes nothing there, at any of its addresses; who may, does."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

from geogame import imports, reviews
from geogame.admin.reviewing import VERBS
from geogame.models import Arrival, Doubt, Import, Photo, PhotoSet
from tests.conftest import CARD, NOON

User = get_user_model()
TO_LOOK_AT = {
    "photoset_upload", "photoset_import_progress", "photoset_review", "photoset_map", "photoset_points",
    "photoset_photo", "photoset_albums", "photoset_history", "photo_history", "photo_picture", "photoset_take_away",
    "photo_add",  # which nobody may: photos come in through their set
}  # fmt: skip


class Doing(NamedTuple):
    """What is posted to an address to change something: a form, or JSON."""

    name: str
    body: dict[str, Any]
    is_json: bool = False
    verb: str = ""


@pytest.fixture
def world(toy_set: PhotoSet, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A set with all that can be decided about, and the values of its addresses."""
    settings.INBOX_ROOT, settings.COMMONS_CONTACT = tmp_path, "us@example.org"
    for nudge in ("nudge_developing", "nudge_fetching"):
        monkeypatch.setattr(f"geogame.admin.uploading.{nudge}", lambda: None)
    monkeypatch.setattr("geogame.admin.keeping.cards", lambda: [CARD])
    monkeypatch.setattr("geogame.admin.keeping.contamination.named", lambda index: None)
    monkeypatch.setattr("geogame.admin.keeping.begin_check", lambda photo_set, *words: _doubt(photo_set, "trained-on"))
    monkeypatch.setattr("geogame.admin.keeping.doubts.doubt_labels", lambda photo_set: _doubt(photo_set, "label"))
    one, two, three = toy_set.photos.order_by("pk")
    Doubt.objects.all().delete()
    odd = Doubt.objects.create(photo=one, kind="place-odd", severity=Doubt.HINT, detail={"lat": 5.0, "lng": 6.0})
    Photo.objects.filter(pk=two.pk).update(review="accepted", reviewed_at=NOON)
    reviews.order(toy_set, "Trip", [two.pk, three.pk], NOON)
    upload = imports.open_import(toy_set, imports.UPLOAD, {}, User.objects.create_user("somebody"), NOON)
    (arrival,) = imports.expect(upload, [("a.jpg", 4, 0)])
    return {
        "pk": toy_set.pk, "object_id": toy_set.pk, "photo": one.pk, "two": two.pk, "three": three.pk, "width": 320,
        "number": upload.pk, "arrival": arrival.pk, "doubt": odd.pk, "verb": "accept",
    }  # fmt: skip


def _doubt(photo_set: PhotoSet, kind: str) -> Doubt:
    return Doubt.objects.create(photo=photo_set.photos.earliest("pk"), kind=kind, severity=Doubt.DOUBT)


def doings(world: dict[str, Any]) -> list[Doing]:
    one, two, three = ([world[name]] for name in ("photo", "two", "three"))
    chosen = {"_selected_action": world["pk"]}, {"_selected_action": one}
    decisions: dict[str, dict[str, Any]] = {
        "accept": {"photos": one}, "reject": {"photos": one}, "reopen": {"photos": two}, "tag": {"scene": "city"},
        "place": {"lat": 1, "lng": 2}, "credit": {"credit": "New"}, "album": {"album": "Other"}, "offered": {},
        "settle": {"doubt": world["doubt"], "verdict": "fine"},
    }  # fmt: skip
    assert set(decisions) == set(VERBS)
    words = {"name": "New", "slug": "new", "domain": "real"}
    return [
        Doing("photoset_changelist", {"action": "publish", **chosen[0]}),
        Doing("photoset_changelist", {"action": "withdraw", **chosen[0]}),
        Doing("photoset_changelist", {"action": "delete_selected", "decided": "1", **chosen[0]}),
        Doing("photo_changelist", {"action": "withdraw", **chosen[1]}),
        Doing("photo_changelist", {"action": "restore", **chosen[1]}),
        Doing("photo_changelist", {"action": "delete_selected", "decided": "1", **chosen[1]}),
        Doing("photoset_add", words),
        Doing("photoset_change", words),
        Doing("photo_change", {"title": "New"}),
        Doing("photoset_delete", {"post": "yes"}),
        Doing("photo_delete", {"post": "yes"}),
        Doing("photoset_publish", {}),
        Doing("photoset_freeze", {}),
        Doing("photoset_labels", {}),
        Doing("photoset_check", {"index": "x.npz", "opponent": CARD.name}),
        Doing("photoset_ask", {"service": "commons", "where": "FR", "each": "5", "most": "50"}),
        Doing("photoset_import_open", {}, True),
        Doing("photoset_import_expect", {"files": [["b.jpg", 5, 0]]}, True),
        Doing("photoset_import_receive", {}, True),
        Doing("photoset_import_close", {}, True),
        Doing("photoset_import_stop", {}),
        Doing("photoset_order", {"album": "Trip", "photos": [*three, *two]}, True),
        Doing("photoset_rename", {"album": "Trip", "name": "Journey"}, True),
        *(Doing("photoset_review_verb", {"photos": one, **body}, True, verb) for verb, body in decisions.items()),
    ]


def patterns() -> dict[str, URLPattern]:
    """All addresses of the rooms of photos and sets, by name."""
    here = [each for model in (Photo, PhotoSet) for each in admin.site.get_model_admin(model).get_urls()]
    return {each.name.removeprefix("geogame_"): each for each in here if each.name}


def address(name: str, world: dict[str, Any], verb: str = "") -> str:
    wanted = patterns()[name].pattern.converters
    named = {**world, **({"object_id": world["photo"]} if name.startswith("photo_") else {})}
    named |= {"pk": world["photo"]} if name == "photo_picture" else {}
    named |= {"verb": verb} if verb else {}
    return reverse(f"admin:geogame_{name}", kwargs={key: named[key] for key in wanted})


def post(client: Client, doing: Doing, world: dict[str, Any]) -> int:
    kind = {"content_type": "application/json"} if doing.is_json else {}
    return client.post(address(doing.name, world, doing.verb), doing.body, **kind).status_code


def record() -> list[Any]:
    """All that is stored."""
    models = [*apps.get_app_config("geogame").get_models(), LogEntry]
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def test_every_address_is_gone_through(world: dict[str, Any]) -> None:
    assert set(patterns()) == TO_LOOK_AT | {each.name for each in doings(world)}


def test_who_may_only_see_changes_nothing(client: Client, world: dict[str, Any]) -> None:
    guest = User.objects.create_user("guest", is_staff=True)
    guest.user_permissions.set(Permission.objects.filter(codename__in=["view_photoset", "view_photo"]))
    client.force_login(guest)
    before = record()
    for doing in doings(world):
        status = post(client, doing, world)
        assert record() == before, doing
        assert status == 403 or doing.name.endswith("_changelist"), (doing, status)  # where the action is unknown
    for name in patterns():
        shown = client.get(address(name, world)).status_code
        assert client.post(address(name, world), {"name": "New", "post": "yes"}).status_code < 500, name
        assert record() == before, name
        if name in TO_LOOK_AT - {"photoset_take_away", "photo_add"}:
            assert shown == 200, name
        else:
            assert shown in {403, 405} or name.endswith(("_changelist", "_change")), (name, shown)


def test_who_may_does(client: Client, world: dict[str, Any]) -> None:
    """The same requests: each of them would change something."""
    client.force_login(User.objects.create_superuser("boss"))
    idle = []
    for doing in doings(world):
        with transaction.atomic():
            _make_ready(doing, world)
            before = record()
            post(client, doing, world)
            if record() == before:
                idle.append(doing)
            transaction.set_rollback(True)
    assert idle == []


def _make_ready(doing: Doing, world: dict[str, Any]) -> None:
    if doing.name == "photoset_freeze":
        Arrival.objects.update(done_at=NOON)
    if doing.name == "photoset_import_stop":
        Import.objects.update(kind=imports.COMMONS)
    if doing.body.get("action") == "publish":
        PhotoSet.objects.update(published=False)
    if doing.body.get("action") == "restore":
        Photo.objects.get(pk=world["photo"]).exhibits.update(retired_at=NOON)
