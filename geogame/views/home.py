"""The first page and the leaderboard."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from geogame import comparisons, photos, records, seats
from geogame.forms import CodeForm, StartForm
from geogame.models import Comparison, PhotoSet
from geogame.selections import Selection
from geogame.tasks import nudge_reckoning


@require_safe
@ensure_csrf_cookie
def show(request: HttpRequest) -> HttpResponse:
    return page(request, None)


def page(request: HttpRequest, form: StartForm | None, code_form: CodeForm | None = None) -> HttpResponse:
    """Render the home page; with a form that did not pass, its errors are shown and nothing typed is lost."""
    person = seats.person_of(request)
    sets = published_sets()
    first = next((each["slug"] for each in sets), None)
    form_here = form or StartForm(initial={"name": person.name if person else "", "photo_set": first})
    context = {"form": form_here, "code_form": code_form or CodeForm(), "sets": sets, **standing()}
    return render(request, "home.html", context, status=400 if form or code_form else 200)


def standing() -> dict[str, Any]:
    """Return people against the machine over all games as it was last reckoned; None before the first duel."""
    return _standing(everything())


def everything() -> Comparison:
    """Return what was last reckoned of all games, and let it be reckoned anew where there is something new."""
    now = timezone.now()
    row = comparisons.ask(Selection(), now)
    if comparisons.is_due(row, now):
        nudge_reckoning()
    return row


def _standing(row: Comparison) -> dict[str, Any]:
    if row.report is None:
        return {"standing": None, "is_counted": False}
    seen = row.report["figures"]
    told = seen["counts"] | {name: seen[name] for name in ("people_median_km", "machine_median_km")}
    return {"standing": told if told["duels"] else None, "is_counted": True}


def published_sets() -> list[dict[str, Any]]:
    """Return the sets that can be played, with how many exhibits of each a game may show."""
    shown = photos.in_play().filter(photo_set__published=True).order_by()
    counted = dict(shown.values_list("photo_set").annotate(Count("pk")))
    return [
        {
            "slug": each.slug,
            "name": each.name,
            "description": each.description,
            "domain_label": each.get_domain_display(),
            "exhibits": counted[each.pk],
            "cover_url": reverse("cover", args=[each.slug]),
        }
        for each in PhotoSet.objects.filter(pk__in=counted).order_by("created_at")
    ]


@require_safe
def leaderboard(request: HttpRequest) -> HttpResponse:
    """Show the boards as they were last reckoned; the page asks for them again when they are reckoned anew."""
    row = everything()
    context = {"row": row, "most": records.MOST_LINES, **_standing(row)}
    boards = row.report and row.report.get("boards")  # those that an earlier version reckoned have none
    if boards:
        context |= {side: [records.Standing(**line) for line in boards[side]] for side in ("people", "machines")}
        context["reckoned_at"] = row.report and parse_datetime(row.report["reckoned_at"])
    return render(request, "leaderboard.html", context)
