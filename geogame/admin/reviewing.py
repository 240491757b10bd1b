"""The review of a set: its photos as a grid and on a map, what is odd about each, and the decisions of staff."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from geogame import doubts, photos, reviews, tables
from geogame.admin.setpage import Page, doubted, refreshed, show, with_offer
from geogame.language import isolated
from geogame.models import Doubt, Exhibit, ExhibitPhoto, Photo, PhotoSet
from geogame.positions import plausible
from geogame.rules.refusals import BadInput, NotNow, NotYours, gettext_noop
from geogame.rules.sphere import Point, point
from geogame.tasks import nudge_naming
from geogame.views.answers import STATUS, body_of

A_PAGE = 60  # photos of the grid
MOST_SHOWN = 500  # photos whose new state an answer tells
SEVERITIES = {"held": (Doubt.GRAVE,), "worth": (Doubt.DOUBT, Doubt.GRAVE), "hints": (Doubt.HINT,)}
STATES = {"waiting": Photo.Review.WAITING, "accepted": Photo.Review.ACCEPTED, "rejected": Photo.Review.REJECTED}
LACKS = {"place": Q(lat=None), "licence": Q(licence=""), "credit": Q(credit="")}
MAKES = {"accept": Photo.Review.ACCEPTED, "reject": Photo.Review.REJECTED, "reopen": Photo.Review.WAITING}
MEANWHILE: dict[str, str] = {
    Photo.Review.ACCEPTED: gettext_noop("Somebody has accepted this photo meanwhile."),
    Photo.Review.REJECTED: gettext_noop("Somebody has rejected this photo meanwhile."),
    Photo.Review.WAITING: gettext_noop("Somebody has taken the decision about this photo back meanwhile."),
}
GONE = gettext_noop("This photo is not in the set any more.")
ALONE = "-"  # of photos that are in no album
PICTURE = {"small": 320, "large": 1280}  # pixels


def asked_for(photo_set: PhotoSet, asked: QueryDict) -> QuerySet[Photo]:
    """Return the photos of a set that somebody asked to see; whatever is no filter is left aside."""
    state, lacks, photo = (str(asked.get(name, "")) for name in ("state", "lacks", "photo"))
    found = photo_set.photos.order_by("pk")
    for kind in asked.getlist("doubts"):  # all of them: "held" and a kind
        if kind in SEVERITIES:
            found = found.filter(doubted(SEVERITIES[kind])).exclude(review=Photo.Review.REJECTED)
        elif kind == "offered":
            found = found.filter(with_offer()).exclude(review=Photo.Review.REJECTED)
        elif kind in doubts.KINDS:
            still_open = Doubt.objects.filter(kind=kind, verdict=Doubt.Verdict.OPEN)
            found = found.filter(doubts__in=still_open).exclude(review=Photo.Review.REJECTED).distinct()
    if state in STATES:
        found = found.filter(review=STATES[state])
    if lacks in LACKS:
        found = found.filter(LACKS[lacks]).exclude(review=Photo.Review.REJECTED)
    if photo.isdecimal():
        found = found.filter(pk=photo)
    return _of_album(_of_words(found, asked), str(asked.get("album", "")))


def _of_words(found: QuerySet[Photo], asked: QueryDict) -> QuerySet[Photo]:
    if tag := asked.get("tag", ""):  # SQLite cannot ask whether a list holds a word
        with_tags = found.filter(extra__has_key="tags").values_list("pk", "extra__tags")
        found = found.filter(pk__in=[pk for pk, tags in with_tags if tag in tags])
    if words := asked.get("q", "").strip():
        found = found.filter(Q(title__icontains=words) | Q(original_name__icontains=words) | Q(credit__icontains=words))
    return found


def _of_album(found: QuerySet[Photo], album: str) -> QuerySet[Photo]:
    in_albums = Exhibit.objects.exclude(album="")
    if album == ALONE:
        return found.exclude(exhibits__in=in_albums)
    return found.filter(exhibits__in=in_albums.filter(album=album)) if album else found


def with_doubts(found: QuerySet[Photo]) -> QuerySet[Photo]:
    """Fetch along what a record of a photo tells."""
    still_open = Doubt.objects.filter(verdict=Doubt.Verdict.OPEN).select_related("other__photo_set")
    return found.prefetch_related(
        Prefetch("doubts", still_open, to_attr="open_doubts"),
        Prefetch("exhibits", told_albums(), to_attr="albums"),
        Prefetch("exhibits", photos.in_play(), to_attr="in_play"),
    )


def told_albums() -> QuerySet[Exhibit]:
    """Return all albums, each with whether games show it, and what may keep it whole out of them."""
    shown = ExhibitPhoto.objects.filter(exhibit=OuterRef("pk"))
    grave = shown.filter(photo__doubts__severity=Doubt.GRAVE, photo__doubts__verdict=Doubt.Verdict.OPEN)
    return Exhibit.objects.exclude(album="").annotate(
        in_play=Exists(photos.in_play().filter(pk=OuterRef("pk"))),
        has_rejected=Exists(shown.filter(photo__review=Photo.Review.REJECTED)),
        has_doubted=Exists(grave),
    )


def why_out(album: Any) -> str:
    """Say why games do not show an album, one of `told_albums`; nothing of one that they show."""
    if album.in_play:
        return ""
    if album.has_rejected:
        return gettext("Not in games: a photo of the album was rejected.")
    if album.has_doubted:
        return gettext("Not in games until a doubt about a photo of the album is settled.")
    return gettext("Not in games: it was withdrawn.")


def record(photo: Any) -> dict[str, Any]:
    """Return what the review shows of a photo, which was fetched `with_doubts`."""
    offer = doubts.offered(photo.open_doubts)
    return {
        "pk": photo.pk,
        "name": photo.original_name,
        "title": photo.title,
        "small": picture_of(photo, "small"),
        "large": picture_of(photo, "large"),
        "width": photo.width,
        "height": photo.height,
        "colour": photo.colour,
        "place": None if photo.lat is None else {"lat": photo.lat, "lng": photo.lng},
        "placeFrom": photo.get_place_from_display(),
        "offered": {"lat": offer.detail["lat"], "lng": offer.detail["lng"]} if offer else None,
        "offerSays": gettext(doubts.KINDS[offer.kind].offer) if offer else "",
        "near": ", ".join(filter(None, (photo.extra.get("near"), photo.extra.get("country")))),
        "takenAt": date_format(photo.taken_at, "DATETIME_FORMAT") if photo.taken_at else "",
        "review": photo.review,
        "inGames": bool(photo.in_play),
        "state": " ".join([*([gettext("Accepted.")] if photo.review == Photo.Review.ACCEPTED else []), _games(photo)]),
        "credit": photo.credit,
        "licence": photo.licence,
        "sourceUrl": photo.source_url,
        "scene": photo.extra.get("scene", ""),
        "difficulty": photo.extra.get("difficulty") or 0,
        "tags": photo.extra.get("tags", []),
        "albums": [each.album for each in photo.albums],
        "doubts": [_doubt(each) for each in photo.open_doubts],
    }


def _games(photo: Any) -> str:
    """Say whether games show a photo, and if not, why."""
    if not photo.file:
        return gettext("Its picture was destroyed: it is in no game.")
    if photo.review == Photo.Review.REJECTED:
        return gettext("Rejected: it is in no game.")
    if photo.lat is None:
        return gettext("It has no place, so it is in no game.")
    if any(each.severity == Doubt.GRAVE for each in photo.open_doubts):
        return gettext("Kept out of games until a doubt is settled.")
    if photo.in_play:
        return gettext("In games.")
    return next(filter(None, map(why_out, photo.albums)), gettext("Not in games: it was withdrawn."))


def _doubt(doubt: Doubt) -> dict[str, Any]:
    other = doubt.other
    return {
        "pk": doubt.pk,
        "kind": doubt.kind,
        "ofPlace": doubt.kind in doubts.OF_PLACE,
        "severity": doubt.severity,
        "title": title_of(doubt.kind),
        "says": _says(doubt),
        "other": other
        and {
            "pk": other.pk,
            "name": other.original_name,
            "set": other.photo_set.name,
            "isHere": other.photo_set_id == doubt.photo.photo_set_id,
            "large": picture_of(other, "large"),
        },
    }


def title_of(kind: str) -> str:
    known = doubts.KINDS.get(kind)
    return gettext(known.title) if known else kind


def _says(doubt: Doubt) -> str:
    """Return a doubt as a sentence. A reason among its values is a sentence of its own, with its own values."""
    kind = doubts.KINDS.get(doubt.kind)
    if kind is None:
        return doubt.kind
    detail = {key: gettext(value) if key == "why" else isolated(value) for key, value in doubt.detail.items()}
    try:
        if "why" in detail:
            detail["why"] = detail["why"] % detail
        return gettext(kind.sentence) % detail
    except (KeyError, TypeError, ValueError):  # found by an older version of its finder
        return gettext(kind.title)


def picture_of(photo: Photo, size: str) -> str:
    return reverse("admin:geogame_photo_picture", args=[photo.pk, PICTURE[size]])


def grid(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Show the photos that match a filter, a page of them; decisions are posted by its script."""
    found = asked_for(photo_set, request.GET)
    page = page_of(found, request.GET)
    asked = request.GET.copy()
    for name in ("after", "before"):
        asked.pop(name, None)
    count, earlier = found.count(), found.filter(pk__lt=page[0]).count() if page else 0
    context = {
        "found": count,
        "first": earlier + 1,
        "last": earlier + len(page),
        "before": page[0] if earlier else None,
        "after": page[-1] if earlier + len(page) < count else None,
        "records": [record(each) for each in with_doubts(found.filter(pk__in=page))],
        "asked": asked,
        "asked_text": asked.urlencode(),
        "is_filtered": any(asked.values()),
        "choices": choices(photo_set),
        "may_change": request.user.has_perm("geogame.change_photo"),
        "may_decide": may_decide(request, photo_set),
        "verbs": reverse("admin:geogame_photoset_review_verb", args=[photo_set.pk, "verb"]),
    }
    return show(request, photo_set, "review", "review.html", context)


def may_decide(request: HttpRequest, photo_set: PhotoSet) -> bool:
    """Tell whether somebody may change what a set shows and where; licences, credits and tags outlive its freezing."""
    return request.user.has_perm("geogame.change_photo") and not photo_set.frozen_at


def page_of(found: QuerySet[Photo], asked: QueryDict) -> list[int]:
    """Return the keys of a page of photos: those after one or before one. Where there is none, the first page.

    By key and not by number: a filter finds fewer with every decision, and nobody must miss those that move up.
    """
    keys = found.values_list("pk", flat=True)
    after, before = (str(asked.get(each, "")) for each in ("after", "before"))
    if after.isdecimal() and (page := list(keys.filter(pk__gt=after)[:A_PAGE])):
        return page
    if before.isdecimal() and len(page := list(keys.filter(pk__lt=before).order_by("-pk")[:A_PAGE])) == A_PAGE:
        return page[::-1]
    return list(keys[:A_PAGE])


def choices(photo_set: PhotoSet) -> dict[str, Any]:
    """Return what the photos of a set can be filtered by, as far as it would find any."""
    still_open = Doubt.objects.filter(photo__photo_set=photo_set, verdict=Doubt.Verdict.OPEN)
    kinds = set(still_open.order_by().values_list("kind", flat=True).distinct())
    extras = photo_set.photos.filter(extra__has_key="tags").values_list("extra__tags", flat=True)
    scenes = photo_set.photos.filter(extra__has_key="scene").order_by().values_list("extra__scene", flat=True)
    return {
        "offers": still_open.filter(doubts.OFFERING).exists(),
        "kinds": [(name, gettext(kind.title)) for name, kind in doubts.KINDS.items() if name in kinds],
        "albums": list(photo_set.exhibits.exclude(album="").order_by("album").values_list("album", flat=True)),
        "tags": sorted({tag for tags in extras for tag in tags}),
        "scenes": sorted({str(scene) for scene in scenes.distinct()}),
    }


def _chosen(photo_set: PhotoSet, body: dict[str, Any]) -> QuerySet[Photo]:
    """Return the photos that a decision is about: those named, or all that a filter finds."""
    if isinstance(body.get("asked"), str):
        return photo_set.photos.filter(pk__in=asked_for(photo_set, QueryDict(body["asked"])).values("pk"))
    pks = body.get("photos")
    if not isinstance(pks, list) or not all(isinstance(pk, int) and not isinstance(pk, bool) for pk in pks):
        raise BadInput(gettext_noop("Choose photos first."))
    return photo_set.photos.filter(pk__in=pks)


def _accept(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    done, left = reviews.accept(some, _user(request), timezone.now()), some.filter(lat=None).count()
    told = ngettext("%d photo accepted.", "%d photos accepted.", done) % done
    if left:
        told += " " + ngettext("%d has no place yet.", "%d have no place yet.", left) % left
    return told


def _reject(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    done = reviews.reject(some, _user(request), timezone.now())
    return ngettext("%d photo rejected.", "%d photos rejected.", done) % done


def _reopen(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    done = reviews.reopen(some)
    return ngettext("%d decision taken back.", "%d decisions taken back.", done) % done


def _place(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    chosen = list(some.select_related("photo_set"))
    where = _written(body["text"]) if "text" in body else plausible(*point(body.get("lat"), body.get("lng")))
    for photo in chosen:
        reviews.place(photo, where, _user(request), timezone.now())
    nudge_naming(chosen[0].photo_set)
    count = len(chosen)
    return ngettext("%d photo put on the map.", "%d photos put on the map.", count) % count


def _written(text: Any) -> Point:
    """Read a place as somebody wrote it, in degrees, minutes and seconds for example. Raises BadInput."""
    place = tables.place_in(text) if isinstance(text, str) else None
    if place is None:
        raise BadInput(gettext_noop("Write latitude and longitude in degrees, like 48.86, 2.35 or 48°51'24\"N 2°21'E."))
    return place


def _offered(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    photo_set, chosen = PhotoSet.objects.get(photos__in=some[:1]), some.count()
    count = reviews.take_offers(some, _user(request), timezone.now())
    if count:
        nudge_naming(photo_set)
    told = ngettext("%d photo put on the map.", "%d photos put on the map.", count) % count
    if left := chosen - count:
        told += " " + ngettext("For %d photo no place is offered.", "For %d photos no place is offered.", left) % left
    return told


def _credit(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    words = {name: _text(body, name) for name in ("licence", "credit")}
    done = reviews.credit(some, words["licence"], words["credit"])
    return ngettext("Written beside %d photo.", "Written beside %d photos.", done) % done


def _tag(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    difficulty = body.get("difficulty")
    if difficulty is not None and (isinstance(difficulty, bool) or not isinstance(difficulty, int)):
        raise BadInput(gettext_noop("Difficulty is a number."))
    added, dropped = (_words(body.get(name, [])) for name in ("add", "drop"))
    done = reviews.tag(some, _text(body, "scene"), difficulty, added, dropped)
    return ngettext("Written beside %d photo.", "Written beside %d photos.", done) % done


def _settle(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    doubt = Doubt.objects.filter(photo__in=some, pk=body.get("doubt")).first()
    if doubt is None:
        raise BadInput(gettext_noop("This doubt is settled already."))
    reviews.settle(doubt, str(body.get("verdict")), _user(request), timezone.now())
    return gettext("Settled.")


def _album(request: HttpRequest, some: QuerySet[Photo], body: dict[str, Any]) -> str:
    """Put photos at the end of an album, which is made if there is none of this name; in the order of their times."""
    photo_set, album = PhotoSet.objects.get(photos__in=some[:1]), (_text(body, "album") or "").strip()
    there = photo_set.exhibits.filter(album=album).exclude(album="").first()
    before = [each.pk for each in there.ordered_photos()] if there else []
    new = [each.pk for each in some.order_by("taken_at", "pk") if each.pk not in before]
    reviews.order(photo_set, album, [*before, *new], timezone.now())
    told = ngettext("%(count)d photo is in “%(album)s” now.", "%(count)d photos are in “%(album)s” now.", len(new))
    return told % {"count": len(new), "album": isolated(album)}


Verb = Callable[[HttpRequest, QuerySet[Photo], dict[str, Any]], str]
VERBS: dict[str, Verb] = {
    "accept": _accept, "reject": _reject, "reopen": _reopen, "place": _place, "credit": _credit, "tag": _tag,
    "settle": _settle, "album": _album, "offered": _offered,
}  # fmt: skip


def decide(request: HttpRequest, photo_set: PhotoSet, verb: str) -> HttpResponse:
    """Do one of the verbs to some photos; tell what was done, and how those photos and the counts are now."""
    body = body_of(request)
    if verb not in VERBS:
        raise BadInput(gettext_noop("There is no such decision."))
    some = _chosen(photo_set, body)
    pks = list(some.values_list("pk", flat=True))
    gone = len(set(body.get("photos") or ()) - set(pks)) if "asked" not in body else 0
    if not pks:
        raise BadInput(GONE if gone else gettext_noop("Choose photos first."))
    some = photo_set.photos.filter(pk__in=pks)  # what a filter found stays the same while it is decided
    if why := _overtaken(some, verb, body.get("seen")):
        return JsonResponse({"error": why, **_news(request, photo_set, body, pks)}, status=STATUS[NotNow])
    said = VERBS[verb](request, some, body)
    if gone:
        said += " " + ngettext("%d is not in the set any more.", "%d are not in the set any more.", gone) % gone
    note(request, photo_set, said)
    return JsonResponse({"said": said, **_news(request, photo_set, body, pks)})


def _overtaken(some: QuerySet[Photo], verb: str, seen: Any) -> str:
    """Say what somebody else has decided about photos since they were seen; nothing where that is the same."""
    if verb not in MAKES or not isinstance(seen, dict):
        return ""
    now = [each for pk, each in some.values_list("pk", "review") if each not in (seen.get(str(pk), each), MAKES[verb])]
    if len(seen) > 1 and now:
        return gettext("Somebody has decided about %d of them meanwhile. Look again.") % len(now)
    return gettext(MEANWHILE[now[0]]) if now else ""


def _news(request: HttpRequest, photo_set: PhotoSet, body: dict[str, Any], pks: list[int]) -> dict[str, Any]:
    """Return how photos are now, with their twins and the other photos of their albums; and the counts."""
    named = [pk for pk in [*body.get("also", []), *pks][:MOST_SHOWN] if isinstance(pk, int)]
    albums = Exhibit.objects.exclude(album="").filter(photos__in=named)
    around = (Doubt.objects.filter(other__in=named), ExhibitPhoto.objects.filter(exhibit__in=albums))
    touched = Q(pk__in=named) | Q(pk__in=around[0].values("photo")) | Q(pk__in=around[1].values("photo"))
    shown = with_doubts(photo_set.photos.filter(touched))
    news = {"photos": [record(each) for each in shown], **refreshed(request, photo_set)}
    if isinstance(body.get("filter"), str):
        news["found"] = asked_for(photo_set, QueryDict(body["filter"])).count()
    return news


def note(request: HttpRequest, photo_set: PhotoSet, said: str) -> None:
    """Keep in the set's history what somebody did."""
    LogEntry.objects.log_actions(_user(request).pk, [photo_set], CHANGE, said, single_object=True)


def _user(request: HttpRequest) -> Any:
    if not request.user.is_authenticated:
        raise NotYours
    return request.user


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadInput(gettext_noop("That is no text."))
    return value


def _words(value: Any) -> Iterable[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadInput(gettext_noop("That is no text."))
    return value


def atlas(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Show the whole set on a map, and beside it what is not on it yet."""
    lost = photo_set.photos.filter(lat=None).exclude(review=Photo.Review.REJECTED)
    context = {
        "lost": [record(each) for each in with_doubts(lost[:MOST_SHOWN])],
        "may_decide": may_decide(request, photo_set),
        "verbs": reverse("admin:geogame_photoset_review_verb", args=[photo_set.pk, "verb"]),
    }
    return show(request, photo_set, "map", "map.html", context)


def points(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Tell where the photos of a set are: of each its key, latitude, longitude, and whether it is doubted."""
    placed = photo_set.photos.exclude(lat=None).exclude(review=Photo.Review.REJECTED)
    rows = placed.annotate(odd=doubted(SEVERITIES["worth"])).values_list("pk", "lat", "lng", "odd", "title")
    return JsonResponse({"photos": [list(row) for row in rows]}, headers={"Cache-Control": "no-store"})


def one(request: HttpRequest, photo_set: PhotoSet, photo: int) -> HttpResponse:
    """Tell all of one photo."""
    found = with_doubts(photo_set.photos.filter(pk=photo)).first()
    if found is None:
        raise BadInput(GONE)
    return JsonResponse(record(found), headers={"Cache-Control": "no-store"})


PAGES = [
    Page("review/", "review", grid),
    Page("review/<slug:verb>/", "review_verb", decide, "change_photo", posted=True),
    Page("map/", "map", atlas),
    Page("map/points/", "points", points),
    Page("photos/<int:photo>/", "photo", one),
]
