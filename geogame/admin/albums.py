"""The albums of a set: photos that a game shows one after the other, as a trip. Ordered by hand or by time."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from geogame import reviews
from geogame.admin.reviewing import may_decide, note, picture_of, told_albums, why_out
from geogame.admin.setpage import Page, show
from geogame.language import isolated
from geogame.models import PhotoSet
from geogame.rules.refusals import BadInput, NotNow, gettext_noop
from geogame.views.answers import body_of


def albums(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    here = told_albums().filter(photo_set=photo_set).order_by("album").prefetch_related("rounds")
    context = {
        "albums": [_told(each) for each in here],
        "may_decide": may_decide(request, photo_set),
        "verbs": reverse("admin:geogame_photoset_albums", args=[photo_set.pk]),
    }
    return show(request, photo_set, "albums", "albums.html", context)


def _told(album: Any) -> dict[str, Any]:
    return {
        "name": album.album,
        "played": bool(album.rounds.all()),
        "why_out": why_out(album),
        "photos": [(each, picture_of(each, "small")) for each in album.ordered_photos()],
    }


def order(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Put an album into the order of these photos, or into that of their times; whoever is left out leaves it."""
    body = body_of(request)
    album, pks = _text(body, "album"), body.get("photos")
    before = _order(photo_set, album)
    if body.get("seen", before) != before:
        raise NotNow(gettext_noop("Somebody has changed this album meanwhile. Load the page again."))
    if pks is None:
        reviews.order_by_time(photo_set, album, timezone.now())
    elif isinstance(pks, list) and all(isinstance(pk, int) and not isinstance(pk, bool) for pk in pks):
        reviews.order(photo_set, album, pks, timezone.now())
    else:
        raise BadInput(gettext_noop("An album shows photos of its own set, each once."))
    now = _order(photo_set, album) if pks != [] else []
    said = _said(album, before, now)
    if now != before:
        note(request, photo_set, said)
    return _answer(request, photo_set, album, said)


def rename(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Call an album otherwise; its order stays."""
    body = body_of(request)
    album, name = _text(body, "album"), _text(body, "name").strip()
    reviews.rename(photo_set, album, name)
    said = gettext("“%(album)s” is called “%(name)s” now.") % {"album": isolated(album), "name": isolated(name)}
    note(request, photo_set, said)
    return _answer(request, photo_set, name, said)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise BadInput(gettext_noop("There is no album of this name."))
    return value


def _order(photo_set: PhotoSet, album: str) -> list[int]:
    return [each.pk for each in reviews.album_named(photo_set, album).ordered_photos()]


def _said(album: str, before: Sequence[int], now: Sequence[int]) -> str:
    """Say what became of an album that showed these photos before."""
    left = len(set(before) - set(now))
    if not now:
        says = gettext("“%(album)s” is dissolved: its photos are shown one by one.")
    elif now == before:
        says = gettext("“%(album)s” has this order already.")
    elif left:
        says = ngettext(
            "%(count)d photo has left “%(album)s”: it is shown alone.",
            "%(count)d photos have left “%(album)s”: they are shown alone.",
            left,
        )
    else:
        says = gettext("“%(album)s” has a new order.")
    return says % {"album": isolated(album), "count": left}


def _answer(request: HttpRequest, photo_set: PhotoSet, album: str, said: str) -> HttpResponse:
    """Tell what was done, and how the album is shown now; with nothing where it is gone."""
    there = told_albums().filter(photo_set=photo_set, album=album).first()
    context = {"album": there and _told(there), "may_decide": may_decide(request, photo_set)}
    html = render_to_string("admin/geogame/photoset/_album.html", context, request) if there else ""
    return JsonResponse({"said": said, "album": html})


PAGES = [
    Page("albums/", "albums", albums),
    Page("albums/order/", "order", order, "change_photo", posted=True),
    Page("albums/rename/", "rename", rename, "change_photo", posted=True),
]
