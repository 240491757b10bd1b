"""The albums of a set: photos that a game shows one after the other, as a trip. Ordered by hand or by time."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from geogame import reviews
from geogame.admin.reviewing import note, picture_of
from geogame.admin.setpage import Page, show
from geogame.models import PhotoSet
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.views.answers import body_of


def albums(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    exhibits = photo_set.exhibits.exclude(album="").order_by("album").prefetch_related("rounds")
    told = [
        {
            "name": exhibit.album,
            "played": bool(exhibit.rounds.all()),
            "photos": [(each, picture_of(each, "small")) for each in exhibit.ordered_photos()],
        }
        for exhibit in exhibits
    ]
    may = request.user.has_perm("geogame.change_photo")
    order = reverse("admin:geogame_photoset_order", args=[photo_set.pk])
    return show(request, photo_set, "albums", "albums.html", {"albums": told, "may_change": may, "order": order})


def order(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Put an album into the order of these photos, or into that of their times; tell the order that it has now."""
    body = body_of(request)
    album, pks = body.get("album"), body.get("photos")
    if not isinstance(album, str):
        raise BadInput(gettext_noop("There is no album of this name."))
    if pks is None:
        reviews.order_by_time(photo_set, album, timezone.now())
    elif isinstance(pks, list) and all(isinstance(pk, int) and not isinstance(pk, bool) for pk in pks):
        reviews.order(photo_set, album, pks, timezone.now())
    else:
        raise BadInput(gettext_noop("An album shows photos of its own set, each once."))
    said = gettext("“%(album)s” has a new order.") % {"album": album}
    note(request, photo_set, said)
    there = photo_set.exhibits.filter(album=album).first()
    return JsonResponse({"said": said, "photos": [each.pk for each in there.ordered_photos()] if there else []})


PAGES = [Page("albums/", "albums", albums), Page("albums/order/", "order", order, "change_photo", posted=True)]
