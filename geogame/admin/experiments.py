"""Experiments in the admin: made here, prepared, sealed; after the seal to be looked at and copied."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from geogame import experiments
from geogame.admin.games import ReadOnlyRows
from geogame.language import sentence
from geogame.models import Experiment, Slot
from geogame.rules import protocol
from geogame.rules.refusals import Refused
from geogame.tasks import nudge_reckoning
from predictor import opponents
from predictor.tasks import nudge

log = logging.getLogger(__name__)
PAPER = {"name": _("The paper’s protocol"), "slug": "paper", **experiments.PAPER, "give_up_after_h": 48}


def cards() -> list[opponents.Card]:
    """Return the opponents that are here; none where a file cannot be read."""
    try:
        return opponents.available()
    except opponents.Unavailable:
        log.exception("No experiment can be made: an opponent's file cannot be read")
        return []


def card_of(experiment: Experiment) -> opponents.Card | None:
    wanted = (experiment.opponent, experiment.weights)
    return next((card for card in cards() if (card.name, card.weights) == wanted), None)


class ExperimentForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be chosen before the seal."""

    machine = forms.ChoiceField(label=_("Opponent"), help_text=_("With the weights that it has now; they are sealed."))

    class Meta:
        model = Experiment
        fields = (
            "name", "slug", "question", "photo_set", "people", "exhibits_each", "shared", "time_limit_s", "zoom",
            "give_up_after_h",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {f"{card.name}@{card.weights}": f"{card.label} ({card.weights})" for card in cards()}
        if self.instance.pk:
            chosen = f"{self.instance.opponent}@{self.instance.weights}"
            choices.setdefault(chosen, gettext("%s, no longer here") % chosen)
            self.initial["machine"] = chosen
        self.fields["machine"].choices = list(choices.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("people", "exhibits_each", "give_up_after_h"):
            if cleaned.get(name) == 0:
                self.add_error(name, _("At least 1."))
        if cleaned.get("time_limit_s") == 0:
            self.add_error("time_limit_s", _("Leave it empty for no limit."))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        chosen = self.cleaned_data.get("machine")
        if chosen:
            self.instance.opponent, _at, self.instance.weights = chosen.partition("@")
        return super().save(commit)


class SlotRows(ReadOnlyRows):
    model = Slot
    fields = ("number", "attempt", "game", "taken_at", "excluded")
    verbose_name_plural = _("places: those beyond the number of people are spare")


@admin.register(Experiment)
class ExperimentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ExperimentForm
    list_display = ("name", "state", "photo_set", "opponent", "weights", "created_at")
    list_select_related = ("photo_set",)
    prepopulated_fields = {"slug": ("name",)}
    change_list_template = "admin/geogame/experiment/list.html"
    change_form_template = "admin/geogame/experiment/form.html"
    actions = None
    CHOSEN = (
        "name", "slug", "question", "photo_set", "machine", "people", "exhibits_each", "shared", "time_limit_s", "zoom",
        "give_up_after_h",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        if obj is None or not obj.sealed_at:
            return self.CHOSEN
        frozen = [name for each in self.CHOSEN for name in (("opponent", "weights") if each == "machine" else (each,))]
        return (*frozen, "seal", "sealed_at", "finished_at", "abandoned_at", "abandoned_because", "checked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        return self.get_fields(request, obj) if obj and obj.sealed_at else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        return {} if obj and obj.sealed_at else self.prepopulated_fields

    def get_inlines(self, request: HttpRequest, obj: Experiment | None) -> Any:
        return (SlotRows,) if obj and obj.sealed_at else ()

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.sealed_at)

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.sealed_at)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        if request.GET.get("preset") == "paper":
            return {**PAPER}
        return {key: value for key, value in super().get_changeform_initial_data(request).items() if key != "preset"}

    @admin.display(description=_("state"))
    def state(self, experiment: Experiment) -> str:
        if experiment.finished_at:
            return gettext("finished")
        if experiment.abandoned_at:
            return gettext("abandoned")
        if experiment.sealed_at:
            done = experiments.standing(experiment, timezone.now()).done
            return gettext("sealed: %(done)d of %(people)d played") % {"done": done, "people": experiment.people}
        if experiment.prepared_at:
            here = experiments.progress(experiment)
            told = {"computed": here.computed, "wanted": here.wanted}
            return gettext("prepared: %(computed)d of %(wanted)d answers") % told
        return gettext("being made")

    def get_urls(self) -> list[URLPattern]:
        verbs = {
            "prepare": self._prepare, "seal": self._seal, "again": self._again, "abandon": self._abandon,
            "check": self._check,
        }  # fmt: skip
        made = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(self._posted(verb)), name=f"geogame_experiment_{name}")
            for name, verb in verbs.items()
        ]
        return [*made, *super().get_urls()]

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["preset"] = f"{reverse('admin:geogame_experiment_add')}?{urlencode({'preset': 'paper'})}"
        if obj and not obj.sealed_at:
            card, progress = card_of(obj), experiments.progress(obj)
            context |= {
                "progress": progress,
                "spares": experiments.spare_places(obj, progress.wanted),
                "other_domain": card and card.domain != obj.photo_set.domain and card.label,
                "least_p": protocol.least_p(obj.people, obj.exhibits_each, obj.shared),
                "level": protocol.LEVEL_PERCENT / 100,
                "watching": obj.prepared_at and "watch" in request.GET,
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _posted(self, verb: Callable[[HttpRequest, Experiment], HttpResponse]) -> Callable[..., HttpResponse]:
        """Make a page of a verb: by POST alone, for who may make experiments; a refusal becomes a message."""

        def answering(request: HttpRequest, pk: int) -> HttpResponse:
            experiment = get_object_or_404(Experiment, pk=pk)
            here = redirect("admin:geogame_experiment_change", pk)
            if request.method != "POST" or not self.has_add_permission(request):
                return here
            try:
                return verb(request, experiment)
            except Refused as refusal:
                messages.error(request, sentence(refusal))
                return here

        return answering

    def _prepare(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        experiments.prepare(experiment, timezone.now())
        nudge()
        return redirect(f"{reverse('admin:geogame_experiment_change', args=[experiment.pk])}?watch=1")

    def _seal(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        meant = request.POST.get("out_of_domain") == "on"
        sealed = experiments.seal(experiment, card_of(experiment), timezone.now(), out_of_domain=meant)
        page = reverse("experiment", args=[sealed.slug])
        told = gettext("Sealed. From now on nothing changes, and people can take part:")
        messages.success(request, format_html('{} <a href="{}">{}</a>', told, page, page))
        self._tell_spares(request, sealed)
        if sealed.exposed_at:
            messages.warning(
                request,
                gettext(
                    "Players can meet its photographs in ordinary games, since a set that holds them is published."
                ),
            )
        return redirect("admin:geogame_experiment_change", sealed.pk)

    def _tell_spares(self, request: HttpRequest, sealed: Experiment) -> None:
        """Say how many spare places there are, and warn where the set was too small for as many as there are people."""
        if sealed.shared:
            return
        spares = experiments.reserve(sealed).spares
        told = ngettext("%d spare place was drawn.", "%d spare places were drawn.", spares) % spares
        if spares < sealed.people:
            told += " " + gettext("The set has too few photographs for more: after that, places are given again.")
        (messages.info if spares == sealed.people else messages.warning)(request, told)

    def _abandon(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        experiments.abandon(experiment, request.POST.get("reason", ""), timezone.now())
        self.log_change(request, experiment, gettext("Abandoned."))
        messages.success(request, gettext("Abandoned. Its page says so, with your reason; nothing of it is compared."))
        return redirect("admin:geogame_experiment_change", experiment.pk)

    def _check(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        """Let the record be held against the seal once more, by the worker: files may take a while to read."""
        experiments.uncheck(experiment)
        nudge_reckoning()
        messages.success(request, gettext("The record is being held against the seal; the experiment’s page tells."))
        return redirect("admin:geogame_experiment_change", experiment.pk)

    def _again(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        made = experiments.again(experiment, timezone.now())
        messages.success(request, gettext("A new experiment, made like the other one. Nothing of it is sealed."))
        return redirect("admin:geogame_experiment_change", made.pk)
