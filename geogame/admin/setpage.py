"""The frame around the pages of one photo set: who may see and do what, the tabs, what is to be done next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext

from geogame import doubts, photos, unpacking
from geogame.language import isolated
from geogame.models import Arrival, Doubt, Photo, PhotoSet
from geogame.views.answers import refusing

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Page:
    """A page of a set, or a verb that is posted: where it lies below the set's address, and who may."""

    where: str
    name: str  # of its address, after "geogame_photoset_"
    view: View  # of request and photo set, and what the address names besides
    permission: str = "view_photo"
    posted: bool = False


def addresses(pages: list[Page]) -> list[URLPattern]:
    """Return the addresses of pages, below the one that the admin gives to a set."""
    views = [admin.site.admin_view(refusing(_guarded(page))) for page in pages]
    return [
        path(f"<int:pk>/{page.where}", view, name=f"geogame_photoset_{page.name}")
        for page, view in zip(pages, views, strict=True)
    ]


def _guarded(page: Page) -> View:
    @wraps(page.view)
    def answering(request: HttpRequest, pk: int, **named: Any) -> HttpResponseBase:
        if not request.user.has_perm(f"geogame.{page.permission}"):
            raise PermissionDenied
        if page.posted and request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return page.view(request, get_object_or_404(PhotoSet, pk=pk), **named)

    return answering


def address_of(name: str, photo_set: PhotoSet, asked: str = "") -> str:
    return reverse(f"admin:geogame_photoset_{name}", args=[photo_set.pk]) + (f"?{asked}" if asked else "")


@dataclass(frozen=True)
class Standing:
    """How far a set has come, in numbers of photos."""

    photos: int
    on_their_way: int  # files that are not dealt with yet
    playable: int  # things that a game may show
    unplaced: int
    offered: int  # for which a doubt offers a place, or another one
    held: int  # kept out of games by a grave doubt, though they have a place
    doubted: int  # that are in games meanwhile
    rejected: int
    unlicensed: int
    uncredited: int


def doubted(severities: tuple[int, ...] = (Doubt.HINT, Doubt.DOUBT, Doubt.GRAVE)) -> Exists:
    """Ask of a photo whether nobody has settled a doubt of these severities about it."""
    return Exists(Doubt.objects.filter(photo=OuterRef("pk"), verdict=Doubt.Verdict.OPEN, severity__in=severities))


def with_offer() -> Exists:
    """Ask of a photo whether an open doubt about it offers a place."""
    return Exists(Doubt.objects.filter(doubts.OFFERING, photo=OuterRef("pk"), verdict=Doubt.Verdict.OPEN))


def standing(photo_set: PhotoSet) -> Standing:
    asked = photo_set.photos.annotate(
        grave=doubted((Doubt.GRAVE,)), worth_a_look=doubted((Doubt.DOUBT,)), offer=with_offer()
    )
    kept = ~Q(review=Photo.Review.REJECTED)
    counted = asked.aggregate(
        photos=Count("pk"),
        unplaced=Count("pk", filter=kept & Q(lat=None)),
        offered=Count("pk", filter=kept & Q(offer=True)),
        held=Count("pk", filter=kept & Q(grave=True, lat__isnull=False)),
        doubted=Count("pk", filter=kept & Q(grave=False, worth_a_look=True)),
        rejected=Count("pk", filter=~kept),
        unlicensed=Count("pk", filter=kept & Q(licence="")),
        uncredited=Count("pk", filter=kept & Q(credit="")),
    )
    waiting = Arrival.objects.filter(source__photo_set=photo_set, arrived_at__isnull=False, done_at=None)
    return Standing(**counted, on_their_way=waiting.count(), playable=photos.usable(photo_set, "any").count())


@dataclass(frozen=True)
class Step:
    """Something that is to be done before a set is good, or has been."""

    done: bool
    says: str
    address: str
    button: str


def steps(photo_set: PhotoSet, here: Standing) -> list[Step]:
    """Return what a set needs, in the order that it is best done in."""
    review = partial(address_of, "review", photo_set)
    look, write = gettext("Have a look"), gettext("Write it down")
    return [
        *_arriving(photo_set, here),
        *_without_table(photo_set, here),
        *_offered(photo_set, here),
        _step(here.unplaced, gettext("Every photo has a place."), ngettext(
            "%d photo has no place yet: put it on the map.", "%d photos have no place yet: put them on the map.",
            here.unplaced), address_of("map", photo_set), gettext("Open the map")),
        _step(here.held, gettext("No photo is kept out of games by a doubt."), ngettext(
            "%d photo is kept out of games until somebody has looked at it.",
            "%d photos are kept out of games until somebody has looked at them.",
            here.held), review("doubts=held"), look),
        _step(here.doubted, gettext("No photo has a doubt that is open."), ngettext(
            "%d photo is worth a look. It is in games meanwhile.",
            "%d photos are worth a look. They are in games meanwhile.",
            here.doubted), review("doubts=worth"), look),
        _step(here.unlicensed, gettext("Every photo has a licence."), ngettext(
            "%d photo has no licence: may others see it?", "%d photos have no licence: may others see them?",
            here.unlicensed), review("lacks=licence#credit-form"), write),
        _step(here.uncredited, gettext("Every photo names who took it."), ngettext(
            "%d photo does not say who took it.", "%d photos do not say who took them.",
            here.uncredited), review("lacks=credit#credit-form"), write),
        *_unplayable(here, review()),
    ]  # fmt: skip


def _arriving(photo_set: PhotoSet, here: Standing) -> Iterator[Step]:
    upload = address_of("upload", photo_set)
    if here.on_their_way:
        says = ngettext("%d file is being worked on.", "%d files are being worked on.", here.on_their_way)
        yield Step(False, says % here.on_their_way, upload, gettext("Watch"))
    elif not here.photos:
        yield Step(False, gettext("There are no photos in this set yet."), upload, gettext("Bring some in"))
    else:
        says = ngettext("%d photo is here.", "%d photos are here.", here.photos)
        yield Step(True, says % here.photos, upload, gettext("Bring in more"))


def _without_table(photo_set: PhotoSet, here: Standing) -> Iterator[Step]:
    """Speak of a table that could not be used before of the photos that it would have placed."""
    last = photo_set.imports.order_by("pk").last()
    table = unpacking.unread_table(last) if here.unplaced and last else None
    if table:
        says = gettext("The table %(name)s was not used: mend it and send it again, its photos need not come twice.")
        yield Step(False, says % {"name": isolated(table.name)}, address_of("upload", photo_set), gettext("See why"))


def _offered(photo_set: PhotoSet, here: Standing) -> Iterator[Step]:
    """Speak of places that only somebody has to agree to: quicker than to put each photo on the map."""
    if here.offered:
        says = ngettext(
            "For %d photo a place is offered: see whether it is right, and take it.",
            "For %d photos a place is offered: see whether they are right, and take them at once.",
            here.offered,
        )
        address = address_of("review", photo_set, "doubts=offered")
        yield Step(False, says % here.offered, address, gettext("Have a look"))


def _unplayable(here: Standing, review: str) -> Iterator[Step]:
    """Speak of a set in which nothing is left to play, whatever else is in order."""
    if here.photos and not (here.playable or here.on_their_way):
        says = gettext("No photo is in games: each was rejected or withdrawn, or waits for one of its album.")
        yield Step(False, says, review, gettext("Have a look"))


def _step(left: int, good: str, bad: str, address: str, button: str) -> Step:
    return Step(not left, bad % left if left else good, address, button)


def warnings(here: Standing) -> list[str]:
    """Return what somebody should know who publishes a set as it is."""
    told = (
        (here.unplaced, ngettext("%d photo has no place.", "%d photos have no place.", here.unplaced)),
        (here.held, ngettext("%d photo is kept out by a doubt.", "%d photos are kept out by doubts.", here.held)),
        (here.unlicensed, ngettext("%d photo has no licence.", "%d photos have no licence.", here.unlicensed)),
        (here.uncredited, ngettext("%d photo has no credit.", "%d photos have no credit.", here.uncredited)),
    )
    return [says % count for count, says in told if count]


def tabs(photo_set: PhotoSet, here: Standing, current: str) -> list[dict[str, Any]]:
    change = reverse("admin:geogame_photoset_change", args=[photo_set.pk])
    to_look_at = here.held + here.doubted + here.unplaced
    told = (
        ("set", gettext("Set"), change, 0),
        ("upload", gettext("Upload"), address_of("upload", photo_set), here.on_their_way),
        ("review", gettext("Review"), address_of("review", photo_set), to_look_at),
        ("map", gettext("Map"), address_of("map", photo_set), here.unplaced),
        ("albums", gettext("Albums"), address_of("albums", photo_set), 0),
        ("fairness", gettext("Fairness"), f"{change}#fairness", 0),
        ("away", gettext("Take away"), f"{change}#take-away", 0),
    )
    return [
        {"name": name, "says": says, "address": where, "count": count, "current": name == current}
        for name, says, where, count in told
    ]


def frame(photo_set: PhotoSet, current: str) -> dict[str, Any]:
    """Return what every page of a set shows above its own."""
    here = standing(photo_set)
    todo = steps(photo_set, here)
    return {
        "photo_set": photo_set,
        "standing": here,
        "tabs": tabs(photo_set, here, current),
        "steps": todo,
        "next_step": next((step for step in todo if not step.done), None),
    }


def refreshed(request: HttpRequest, photo_set: PhotoSet) -> dict[str, Any]:
    """Return what a decision may have changed above a page: the numbers on the tabs, and what is to be done next."""
    around = frame(photo_set, "")
    return {
        "tabs": {tab["name"]: tab["count"] for tab in around["tabs"]},
        "next": render_to_string("admin/geogame/photoset/_next.html", around, request),
    }


def show(request: HttpRequest, photo_set: PhotoSet, tab: str, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with a page of a set."""
    around = {
        **admin.site.each_context(request),
        **frame(photo_set, tab),
        "opts": PhotoSet._meta,
        "title": photo_set.name,
        "tile_url": settings.TILE_URL,
        "tile_credit": settings.TILE_CREDIT,
    }
    return render(request, f"admin/geogame/photoset/{template}", {**around, **context})
