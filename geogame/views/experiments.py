"""Experiments as everybody sees them: the seal, the protocol in words, a place to take, and at the end the result."""

from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from geogame import comparisons, experiments, findings, limits, seals, seats
from geogame.forms import NameForm
from geogame.language import sentence
from geogame.models import Domain, Experiment, Game, Person
from geogame.rules import protocol
from geogame.rules.refusals import Refused
from geogame.tasks import nudge_reckoning
from geogame.views import addresses
from geogame.views.answers import STATUS

REFRESH_S = 4  # while the result is being reckoned, or the record held against the seal
# In a browser that had a place in an experiment: the experiment's seal, signed, the same for all. It holds no identity,
# and stays when somebody's data are deleted.
MARK, MARK_SALT = "place", "geogame.experiments"
MARKS = 60  # places that are drawn one by one
REASONS = {
    "seen_before": gettext_lazy("rounds whose photographs the person had met before"),
    "unfinished": gettext_lazy("games that were not finished in time"),
    "withdrawn": gettext_lazy("games that were withdrawn"),
    "voided": gettext_lazy("games that staff took out"),
}


@require_safe
def all_of_them(request: HttpRequest) -> HttpResponse:
    """List the experiments that are sealed: those that run, and those that are finished."""
    now = timezone.now()
    found = experiments.open_to_all()
    running = [(each, experiments.standing(each, now).done) for each in found if not each.over_at()]
    finished = [(each, each.people) for each in found if each.finished_at]
    abandoned = [(each, experiments.standing(each, now).done) for each in found if each.abandoned_at]
    groups = {"running": running, "finished": finished, "abandoned": abandoned}
    return render(request, "experiments/list.html", groups)


@require_safe
@ensure_csrf_cookie
def show(request: HttpRequest, slug: str) -> HttpResponse:
    experiment, person = _known(slug), seats.person_of(request)
    experiments.tidy_one(experiment, timezone.now())
    experiment.refresh_from_db()
    return page(request, experiment, person, NameForm(initial={"name": person.name if person else ""}))


@require_POST
def take_part(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a place, and go to its first round."""
    experiment, form = _known(slug), NameForm(request.POST)
    person = seats.person_of(request)
    if not form.is_valid():
        return page(request, experiment, person, form, status=400)
    try:
        limits.spare(limits.JOIN, limits.address(request))
        game, person = _taken(request, experiment, form.cleaned_data["name"])
    except Refused as refusal:
        form.add_error(None, sentence(refusal))
        return page(request, experiment, person, form, status=STATUS[type(refusal)])
    response = redirect("game", code=game.code)
    seats.remember(response, person, secure=request.is_secure())
    _mark(response, experiment, secure=request.is_secure())
    return response


@transaction.atomic
def _taken(request: HttpRequest, experiment: Experiment, name: str) -> tuple[Game, Person]:
    experiments.lock(experiment)  # first: the person's row comes after it, as in every other verb
    person, marked = seats.person_called(request, name), _is_marked(request, experiment)
    return experiments.take_part(experiment, person, name, timezone.now(), marked=marked), person


def _mark(response: HttpResponse, experiment: Experiment, secure: bool) -> None:
    """Note in a browser that it had a place in this experiment; nothing else is sent the note."""
    signed, path = signing.Signer(salt=MARK_SALT).sign(experiment.seal), reverse("experiment", args=[experiment.slug])
    response.set_cookie(MARK, signed, max_age=seats.MAX_AGE_S, path=path, httponly=True, samesite="Lax", secure=secure)


def _is_marked(request: HttpRequest, experiment: Experiment) -> bool:
    try:
        return signing.Signer(salt=MARK_SALT).unsign(request.COOKIES.get(MARK, "")) == experiment.seal
    except signing.BadSignature:
        return False


@require_safe
def protocol_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the protocol away as the bytes that were hashed: their SHA-256 is the seal."""
    experiment = _known(slug)
    headers = {"Content-Disposition": f'attachment; filename="protocol-{experiment.slug}.json"'}
    return HttpResponse(protocol.canonical(experiment.protocol), content_type="application/json", headers=headers)


def _known(slug: str) -> Experiment:
    """Return a sealed experiment; of others nobody outside knows."""
    found = Experiment.objects.select_related("photo_set").filter(slug=slug, sealed_at__isnull=False).first()
    if found is None:
        raise Http404
    return found


def page(
    request: HttpRequest, experiment: Experiment, person: Person | None, form: NameForm, status: int = 200
) -> HttpResponse:
    """Show an experiment in whatever state it is."""
    assert experiment.protocol is not None
    now = timezone.now()
    standing = experiments.standing(experiment, now)
    told: dict[str, Any] = experiment.protocol
    path = f"{reverse('experiment', args=[experiment.slug])}?seal={experiment.seal}"
    context = {
        "experiment": experiment,
        "protocol": told,
        "machine": told["opponent"],
        "domains": {side: Domain(told[side]["domain"]).label for side in ("photo_set", "opponent")},
        "form": form,
        "place": experiments.place_of(experiment, person),
        "marked": _is_marked(request, experiment),
        "standing": standing,
        "reserve": experiments.reserve(experiment),
        "marks": _marks(experiment, standing),
        "checked": experiments.is_checked(experiment),
        "broken": [_(seals.PARTS[part]) for part in experiment.broken or []],
        "digest": [experiment.seal[start : start + 8] for start in range(0, 64, 8)],
        "link": addresses.for_others(request, path),
        "other_seal": request.GET.get("seal", experiment.seal) != experiment.seal,
        "rules": [_(each) for each in told["excluded"].values()],
        "words": {name: _(told["decision"][name]) for name in ("test", "duel", "ties", "missing")},
        "taking_part": _(told["taking_part"]),
        "ending": _(told["ending"]) if "ending" in told else "",
    }
    if experiment.over_at():
        context["excluded"] = [(REASONS[reason], n) for reason, n in experiments.excluded(experiment).items()]
    if not context["checked"]:
        nudge_reckoning()
        context["refresh_s"] = experiment.over_at() and REFRESH_S  # before that somebody may be typing a name
    if experiment.finished_at:
        context |= _result(experiment, now)
    response = render(request, "experiments/show.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _marks(experiment: Experiment, standing: experiments.Standing) -> list[str]:
    """The places one by one, for an eye to count; none where there are too many."""
    if experiment.people > MARKS:
        return []
    if experiment.finished_at:
        return ["done"] * experiment.people
    playing = standing.playing + standing.late
    return ["done"] * standing.done + ["playing"] * playing + ["free"] * standing.free


def _result(experiment: Experiment, now: datetime) -> dict[str, Any]:
    """What came of it, or that it is being reckoned. Nothing is reckoned here, and nothing told that is unchecked."""
    row = comparisons.ask(experiments.selection(experiment), now)
    since = experiments.excluded_since(experiment)
    told: dict[str, Any] = {"since": [(REASONS[reason], count) for reason, count in since.items()]}
    if since and experiments.is_checked(experiment):
        told["first"] = experiment.first_result
    if not experiments.is_checked(experiment):
        return told
    if row.report is None or row.as_of != experiments.counted_rounds(experiment):
        if comparisons.is_due(row, now):
            nudge_reckoning()
        return told | {"refresh_s": REFRESH_S}
    test = experiments.tested(experiment, row.report)
    if test:
        told["cannot_decide"] = findings.cannot_decide(test["units"], 100 * test["level"])
    return told | {"report": row.report, "test": test, "figures": _figures(row.report)}


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    """The figures and their intervals, as the page says them; differences with what they mean for whom."""
    seen, intervals, cells = report["figures"], report["intervals"], findings.figures(report)
    sides = [
        {"kind": kind, "won": seen["counts"][f"{side}_won"], "km": seen[f"{side}_median_km"],
         "answered_km": seen[f"{side}_median_answered_km"], "missing": seen["counts"][f"missing_{side}"],
         "interval": intervals[f"{side}_median_km"], "unsure": cells[f"{side}_median_km"].interval}
        for kind, side in (("person", "people"), ("machine", "machine"))
    ]  # fmt: skip
    differences = [
        (label, _signed(seen[name]), [_signed(intervals[name][end]) for end in ("low", "high")], cells[name].interval)
        for name, label in (
            ("difference_of_medians_km", _("Difference of the two medians")),
            ("median_of_paired_differences_km", _("Median of the differences, duel by duel")),
        )
    ]
    return {"sides": sides, "differences": differences, "win_rate": seen["win_rate"], "wins": intervals["win_rate"]}


def _signed(km: float | None) -> dict[str, Any] | None:
    """A person's error less the machine's, in km: above zero the machine was nearer. None: it cannot be said."""
    return None if km is None else {"km": abs(km), "machine_nearer": km > 0}
