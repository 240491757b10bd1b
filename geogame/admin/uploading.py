"""Photos on their way into a set: files that a browser sends one by one, services that are asked, and their fates."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from geogame import imports
from geogame.admin.reviewing import picture_of
from geogame.admin.setpage import Page, address_of, show
from geogame.language import isolated, sentence
from geogame.models import Arrival, Import, PhotoSet
from geogame.rules.refusals import BadInput, Refused, gettext_noop
from geogame.sources import commons
from geogame.tasks import nudge_developing, nudge_fetching
from geogame.views.answers import body_of

A_PAGE = 50  # files of the list
MOST_AT_ONCE = 500  # files that a browser announces

KINDS = {  # of imports, in words
    imports.UPLOAD: _("Upload"),
    imports.COMMONS: "Wikimedia Commons",
    imports.MAPILLARY: "Mapillary",
    imports.FOLDER: _("a folder, by command"),
    imports.ZIP: _("a zip, by command"),
    imports.TABLE: _("a table, by command"),
}
FATES = {  # of a file, as `imports.FATES` knows them, in words
    "sending": _("not here yet"),
    "waiting": _("waiting or at work"),
    "taken": _("a photo now"),
    "known": _("here already"),
    "refused": _("not used"),
    "opened": _("opened: its files are listed by themselves"),
    "deleted": _("a photo that was deleted since"),
}


def fate(arrival: Arrival) -> str:
    if arrival.done_at is None:
        return "sending" if arrival.arrived_at is None else "waiting"
    if arrival.photo_id is not None:
        return "known" if arrival.reason else "taken"
    return "refused" if arrival.reason else "deleted" if arrival.sha256 else "opened"


def why(reason: Any) -> str:
    """Return a stored reason, a sentence and its values, in the reader's language."""
    if not reason:
        return ""
    words, values = reason
    return gettext(words) % {name: isolated(value) for name, value in values.items()}


def uploads(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Show where files are brought in, and what became of those of one import: the last, or one that is named."""
    shown = _asked_import(request, photo_set)
    context = {
        "unfinished": _unfinished(request, photo_set),
        "imports": [
            (each, KINDS.get(each.kind, each.kind), imports.progress(each))
            for each in photo_set.imports.select_related("by")[:20]
        ],
        "may_add": request.user.has_perm("geogame.add_photo") and not photo_set.frozen_at,
        "services": services(),
        **(_files(request, shown) if shown else {}),
    }
    return show(request, photo_set, "upload", "upload.html", context)


def _asked_import(request: HttpRequest, photo_set: PhotoSet) -> Import | None:
    wanted = request.GET.get("import", "")
    found = photo_set.imports.filter(pk=wanted) if wanted.isdecimal() else photo_set.imports.all()
    return found.first()


def _unfinished(request: HttpRequest, photo_set: PhotoSet) -> Import | None:
    """Return the upload of this person that files can still be added to."""
    return photo_set.imports.filter(kind=imports.UPLOAD, closed_at=None, by_id=request.user.pk).first()


def _files(request: HttpRequest, shown: Import) -> dict[str, Any]:
    state = request.GET.get("state", "")
    arrivals = shown.arrivals.select_related("photo")
    found = arrivals.filter(imports.FATES[state]) if state in FATES else arrivals
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    told = imports.progress(shown)
    return {
        "shown": shown,
        "may_stop": _may_stop(request, shown),
        "failure": why(shown.failure),
        "kind": KINDS.get(shown.kind, shown.kind),
        "page": page,
        "files": [_line(each) for each in page],
        "state": state,
        "counts": [(name, says, told["counts"][name]) for name, says in FATES.items() if told["counts"][name]],
        "total": told["total"],
    }


def _may_stop(request: HttpRequest, shown: Import) -> bool:
    """Tell whether a service is still asked, and this person may say that it is enough."""
    return shown.kind in imports.SERVICES and shown.closed_at is None and request.user.has_perm("geogame.add_photo")


def _line(arrival: Arrival) -> dict[str, Any]:
    where = fate(arrival)
    return {
        "arrival": arrival,
        "fate": where,
        "says": FATES[where],
        "why": why(arrival.reason),
        "picture": arrival.photo and picture_of(arrival.photo, "small"),
    }


def services() -> list[dict[str, Any]]:
    """Return the services that can be asked for photos, and of those that cannot what is missing."""
    return [
        {
            "kind": imports.COMMONS,
            "name": KINDS[imports.COMMONS],
            "says": gettext("Photographs with their authors and open licences, from an area or a whole country."),
            "lacks": "" if settings.COMMONS_CONTACT else gettext(
                "Wikimedia asks who is asking. Start the game with COMMONS_CONTACT=you@example.org to use this."
            ),
            "regions": list(zip((gettext("Continents"), gettext("Countries")), commons.regions(), strict=True)),
        },
        {
            "kind": imports.MAPILLARY,
            "name": KINDS[imports.MAPILLARY],
            "says": gettext("Street photographs from an area, all CC BY-SA 4.0."),
            "lacks": "" if settings.MAPILLARY_TOKEN else gettext(
                "Mapillary asks for a token of yours. Start the game with MAPILLARY_TOKEN=… to use this."
            ),
        },
    ]  # fmt: skip


def _import_of(photo_set: PhotoSet, number: int) -> Import:
    return get_object_or_404(photo_set.imports, pk=number)


def open_upload(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Open an upload, or go on with the one that is open."""
    there = _unfinished(request, photo_set)
    an_import = there or imports.open_import(photo_set, imports.UPLOAD, {}, request.user, timezone.now())
    return JsonResponse(imports.progress(an_import))


def expect(request: HttpRequest, photo_set: PhotoSet, number: int) -> HttpResponse:
    """Be told which files are to come; answer which of their bytes are here."""
    files = body_of(request).get("files")
    if not isinstance(files, list) or len(files) > MOST_AT_ONCE or not all(_is_file(each) for each in files):
        raise BadInput(gettext_noop("Files are announced by name, size and time, %(most)d at once."), most=MOST_AT_ONCE)
    arrivals = imports.expect(_import_of(photo_set, number), [tuple(each) for each in files])
    rows = [[each.pk, each.received, each.arrived_at is not None] for each in arrivals]
    return JsonResponse({"files": rows})


def _is_file(each: Any) -> bool:
    if not isinstance(each, list) or len(each) != 3 or not isinstance(each[0], str):
        return False
    return all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in each[1:])


def receive(request: HttpRequest, photo_set: PhotoSet, number: int, arrival: int) -> HttpResponse:
    """Take a part of a file, from the byte that `offset` says; answer how many are here now."""
    expected = get_object_or_404(_import_of(photo_set, number).arrivals, pk=arrival)
    offset = request.GET.get("offset", "0")
    if not offset.isdecimal():
        raise BadInput(gettext_noop("Where does this part of the file begin?"))
    try:
        expected = imports.receive(expected, int(offset), request, timezone.now())  # type: ignore[arg-type]
    except Refused as refusal:
        expected.refresh_from_db()
        here = expected.received if expected.done_at is None else None
        return JsonResponse({"error": sentence(refusal), "received": here}, status=409)
    if expected.arrived_at:
        nudge_developing()
    return JsonResponse({"received": expected.received, "whole": expected.arrived_at is not None})


def close(request: HttpRequest, photo_set: PhotoSet, number: int) -> HttpResponse:
    """Say that nothing more is to come."""
    an_import = _import_of(photo_set, number)
    imports.close(an_import, timezone.now())
    nudge_developing()
    an_import.refresh_from_db()
    return JsonResponse(imports.progress(an_import))


def progress(request: HttpRequest, photo_set: PhotoSet, number: int) -> HttpResponse:
    return JsonResponse(imports.progress(_import_of(photo_set, number)), headers={"Cache-Control": "no-store"})


def ask(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Ask a service for photos; the worker does it, page by page."""
    service = request.POST.get("service", "")
    back = redirect("admin:geogame_photoset_upload", photo_set.pk)
    if next((each["lacks"] for each in services() if each["kind"] == service), "?"):
        return back
    try:
        asked = _question(request, service)
        opened = imports.open_import(photo_set, service, asked, request.user, timezone.now())
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return back
    nudge_fetching()
    return redirect(address_of("upload", photo_set, f"import={opened.pk}"))


def stop(request: HttpRequest, photo_set: PhotoSet, number: int) -> HttpResponse:
    """Ask a service for no more; what has arrived becomes photos."""
    asked = get_object_or_404(photo_set.imports, pk=number, kind__in=imports.SERVICES)
    imports.stop(asked, timezone.now())
    nudge_developing()
    return redirect(address_of("upload", photo_set, f"import={number}"))


def _question(request: HttpRequest, service: str) -> dict[str, Any]:
    """Return what a form asks of a service: an area or, of Commons, a country or continent. Raises BadInput."""
    asked: dict[str, Any] = {"most": _number(request, "most", imports.MOST_ASKED)}
    if service == imports.COMMONS:
        asked["each"] = _number(request, "each", imports.MOST_OF_A_SPOT)
        if where := request.POST.get("where", "").strip():
            if request.POST.get("box", "").strip():
                raise BadInput(gettext_noop("Choose a country or an area: both are not asked for at once."))
            return {**asked, "where": where}
    try:
        south, west, north, east = (float(each) for each in request.POST.get("box", "").split(","))
    except ValueError as error:
        raise BadInput(gettext_noop("An area is four numbers: south, west, north, east, in degrees.")) from error
    return {**asked, "box": list(commons.box(south, west, north, east))}


def _number(request: HttpRequest, name: str, most: int) -> int:
    value = request.POST.get(name, "").strip()
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise BadInput(gettext_noop("How many? From 1 to %(most)d."), most=most)
    return int(value)


PAGES = [
    Page("upload/", "upload", uploads),
    Page("imports/ask/", "ask", ask, "add_photo", posted=True),
    Page("imports/", "import_open", open_upload, "add_photo", posted=True),
    Page("imports/<int:number>/files/", "import_expect", expect, "add_photo", posted=True),
    Page("imports/<int:number>/files/<int:arrival>/", "import_receive", receive, "add_photo", posted=True),
    Page("imports/<int:number>/close/", "import_close", close, "add_photo", posted=True),
    Page("imports/<int:number>/stop/", "import_stop", stop, "add_photo", posted=True),
    Page("imports/<int:number>/progress/", "import_progress", progress),
]
