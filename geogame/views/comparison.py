"""The comparison of people and machine: its page, its charts, and how it is reckoned. Nothing is reckoned here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from limits import RateLimitItemPerMinute

from geogame import charts, comparisons, filters, findings, limits
from geogame.export.downloads import Aside
from geogame.language import sentence
from geogame.methods import SECTIONS
from geogame.models import Comparison, Experiment
from geogame.rules.refusals import BadInput, NotYours, gettext_noop
from geogame.selections import SMALLEST_GROUP, Selection
from geogame.tasks import nudge_reckoning
from geogame.views.answers import refusing, refusing_page

NEW = RateLimitItemPerMinute(30, namespace="comparison")  # by an address: selections that nobody has asked for before
KEPT_S = 3600  # for which a drawing is remembered
Response = TypeVar("Response", bound=HttpResponseBase)


@require_safe
@refusing_page
def show(request: HttpRequest) -> HttpResponse:
    """Show what was last reckoned of a selection; say that it is being reckoned where nothing was yet."""
    form = filters.FilterForm(request.GET, is_staff=request.user.is_staff)  # type: ignore[union-attr]
    row = None
    try:
        row = _asked(request, comparisons.meant(filters.selection(request.GET))) if form.is_valid() else None
    except BadInput as refusal:
        form.add_error(None, sentence(refusal))
    if row is None:
        context = {"form": form, "state": "wrong", "query": _query(request)}
        return render(request, "comparison/show.html", context, status=400)
    response = render(request, "comparison/show.html", _page(request, form, row))
    response["Cache-Control"] = "no-cache"
    return response


def _asked(request: HttpRequest, chosen: Selection) -> Comparison:
    """Note that somebody looks, and let a task know where there is something to do."""
    if not Comparison.objects.filter(key=chosen.key()).exists():
        limits.spare(NEW, limits.address(request))
    now = timezone.now()
    row = comparisons.ask(chosen, now)
    if comparisons.is_due(row, now):
        nudge_reckoning()
    return row


def _page(request: HttpRequest, form: filters.FilterForm, row: Comparison) -> dict[str, Any]:
    chosen, query = Selection.from_dict(row.selection), _query(request)
    report = row.report
    context: dict[str, Any] = {"form": form, "row": row, "chosen": chosen, "query": query}
    if sealed := _under_seal(chosen):
        return context | {"state": "sealed", "experiment": sealed}
    if report is None:
        return context | {"state": "waiting"}
    context |= {
        "machine": report["machine"],
        "others": _other_machines(report, request),
        "reckoned_at": parse_datetime(report["reckoned_at"]),
        "counts": report["figures"]["counts"],
        "figures": findings.figures(report),
        "labels": findings.labels(report),
    }
    if not context["counts"]["rounds"]:
        return context | {"state": "empty"}
    are_few = comparisons.are_few(chosen, context["counts"]["people"])
    if are_few and not request.user.is_staff:  # type: ignore[union-attr]
        return {"form": form, "row": row, "chosen": chosen, "query": query, "state": "few", "least": SMALLEST_GROUP}
    return context | {
        "are_few": are_few,
        "paper": findings.paper(),
        "least": SMALLEST_GROUP,
        "state": "told",
        "charts": _charts(report, row, query),
        "enough": findings.enough(report),
        "tests": findings.tests(report),
        "experiment": chosen.experiment and Experiment.objects.filter(slug=chosen.experiment).first(),
    }


def _query(request: HttpRequest) -> str:
    """Return the selection as it stands in an address, without what was left open."""
    known = filters.FilterForm.base_fields
    return urlencode([(name, value) for name, value in request.GET.items() if value and name in known])


def _under_seal(chosen: Selection) -> Experiment | None:
    """Return the experiment whose sealed number is not yet reached: of it nothing is told."""
    if not chosen.experiment:
        return None
    return Experiment.objects.filter(slug=chosen.experiment, finished_at=None).first()


def _other_machines(report: findings.Report, request: HttpRequest) -> list[dict[str, str]]:
    """Return the machines that played here and are not the one compared, each with its page."""
    here = report["machine"] and (report["machine"]["opponent"], report["machine"]["weights"])
    found = []
    for each in report["machines"]:
        if (each["opponent"], each["weights"]) != here:
            asked = {**request.GET.dict(), "opponent": f"{each['opponent']}@{each['weights']}"}
            found.append({"name": f"{each['name']} {each['weights']}", "query": urlencode(asked)})
    return found


def _charts(report: findings.Report, row: Comparison, query: str) -> list[dict[str, Any]]:
    """Return each chart with its words and the addresses of its drawings."""
    return [
        {
            "finding": each,
            "size": charts.CHARTS[each.name].wide,
            "small": charts.CHARTS[each.name].narrow,
            "address": reverse("chart", args=[each.name, "svg"])[: -len("svg")],
            "query": f"{query}&as_of={row.as_of}" if query else f"as_of={row.as_of}",
        }
        for each in findings.all_of(report)
    ]


@require_safe
@refusing
def chart(request: HttpRequest, name: str, kind: str) -> HttpResponseBase:
    """Show a chart of what was last reckoned; who has that drawing already is told so.

    A chart takes a tenth of a second and more to draw, and a page has eight: what is not drawn yet is drawn apart from
    all requests, one after the other, and remembered.
    """
    if name not in charts.CHARTS or kind not in charts.KINDS:
        raise Http404
    form = filters.FilterForm(request.GET, is_staff=request.user.is_staff)  # type: ignore[union-attr]
    chosen = comparisons.meant(filters.selection(request.GET))
    if not form.is_valid():  # what the page offers to nobody is drawn for nobody
        raise BadInput(gettext_noop("There is no such comparison here: choose one on the page of the comparison."))
    key = chosen.key()
    told = Comparison.objects.filter(key=key).values_list("report__reckoned_at", "report__figures__counts__people")
    made, people = told.first() or (None, 0)
    if comparisons.are_few(chosen, people or 0) and not request.user.is_staff:  # type: ignore[union-attr]
        raise NotYours(gettext_noop("Fewer than %(least)s people are in this selection: of so few nothing is told."),
                       least=SMALLEST_GROUP)  # fmt: skip
    theme = "light" if request.GET.get("theme") == "light" else "dark"
    games = _games_in_words(request) if "saved" in request.GET else ""
    wanted = Drawing(name, kind, theme, "narrow" in request.GET, games)
    etag = wanted.etag(key, made)
    if made is not None and etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _fresh(HttpResponseNotModified(), etag)
    drawn = None if made is None else cache.get(etag)
    if drawn is not None:
        return _fresh(HttpResponse(drawn, content_type=charts.KINDS[kind]), etag)
    report = Comparison.objects.filter(key=key).values_list("report", flat=True).first()
    if report is None:
        raise Http404
    etag = wanted.etag(key, report["reckoned_at"])
    return _fresh(Aside(wanted.parts(report, etag), content_type=charts.KINDS[kind]), etag)


def _games_in_words(request: HttpRequest) -> str:
    """Return what was asked for in words: as anybody may see them, for one drawing is kept for all."""
    return " · ".join(filters.FilterForm(request.GET, is_staff=False).in_words()) or _("all")


@dataclass(frozen=True)
class Drawing:
    """A chart as somebody wants it, in the language of the request."""

    name: str
    kind: str
    theme: str
    narrow: bool
    games: str  # of one that is taken along: of which games it is, in words; else empty
    language: str = field(default_factory=translation.get_language)

    def etag(self, key: str, reckoned_at: str | None) -> str:
        width = "narrow" if self.narrow else "wide"
        saved = "-saved" if self.games else ""
        return f'"{key[:32]}-{reckoned_at}-{self.name}-{self.kind}-{self.theme}-{width}-{self.language}{saved}"'

    def parts(self, report: findings.Report, etag: str) -> Iterator[bytes]:
        """Draw once the first part is asked for, unless somebody else's request has drawn it meanwhile."""
        yield cast(bytes, cache.get_or_set(etag, lambda: self._draw(report), KEPT_S))

    def _draw(self, report: findings.Report) -> bytes:
        with translation.override(self.language):
            told = next(each for each in findings.all_of(report) if each.name == self.name)
            caption = self._caption(report, told) if self.games else ()
            options: dict[str, Any] = {"narrow": self.narrow, "title": told.sentence, "caption": caption}
            return charts.draw(self.name, report, self.kind, self.theme, **options)

    def _caption(self, report: findings.Report, told: findings.Finding) -> list[str]:
        """Say what the drawing shows, of which games, and as of when."""
        machine, at = report["machine"], parse_datetime(report["reckoned_at"])
        of = {
            "games": self.games,
            "machine": machine["name"] if machine else "–",
            "n": report["figures"]["counts"]["rounds"],
            "at": f"{at:%Y-%m-%d %H:%M} UTC",
        }
        when = _("Beat PlaNet. Games: %(games)s. Machine: %(machine)s. As of round %(n)s, reckoned at %(at)s.") % of
        return [told.title, told.sentence, *([told.marks] if told.marks else []), when]


def _fresh(response: Response, etag: str) -> Response:
    response["ETag"], response["Cache-Control"] = etag, "no-cache"
    return response


@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    return render(request, "comparison/methods.html", {"sections": SECTIONS})
