"""The record as files, for staff: the rows tell the places of photos that are in play, so nobody else may have them."""

from dataclasses import replace

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geogame import filters
from geogame.export import columns, facts, formats
from geogame.export.downloads import Download
from geogame.language import sentence
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.selections import Selection


@require_safe
@staff_member_required
def show(request: HttpRequest) -> HttpResponse:
    """Offer the files of a selection, and tell what their columns mean; of what is not there, only that."""
    query = request.GET.urlencode()
    context = {"formats": list(formats.FORMATS), "query": query, "columns": columns.COLUMNS, "version": columns.VERSION}
    try:
        _selection(request).rounds()  # asks for the names
    except BadInput as refusal:
        return render(request, "exports/show.html", context | {"refusal": sentence(refusal)}, status=400)
    return render(request, "exports/show.html", context)


@require_safe
@never_cache
@staff_member_required
def rounds(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send every guess of a selection, made while it is sent. `names=1` and `voided=1` ask for more."""
    if kind not in formats.FORMATS:
        raise Http404
    now = timezone.now()
    try:
        pages = facts.pages(_selection(request), now, voided=bool(request.GET.get("voided")))
    except BadInput as refusal:
        return HttpResponse(f"{sentence(refusal)}\n", status=400, content_type="text/plain; charset=utf-8")
    wanted = columns.NAMED if request.GET.get("names") else columns.COLUMNS
    written = formats.FORMATS[kind]
    return Download(written.parts(wanted, pages), written.content_type, f"rounds-{now:%Y-%m-%d}.{kind}")


def _selection(request: HttpRequest) -> Selection:
    """What the comparison's address says, and a game's code, which only staff may ask by. Raises BadInput."""
    known = (*filters.FilterForm.base_fields, "game", "names", "voided")
    for name in request.GET:
        if name not in known:  # else what was to leave something out would leave out nothing
            words = gettext_noop("Nothing can be chosen by %(name)s. By these it can: %(known)s.")
            raise BadInput(words, name=name[:40], known=", ".join(known))
    return replace(filters.selection(request.GET), game=request.GET.get("game", "").strip())
