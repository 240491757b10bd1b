"""The form by which a comparison is chosen: what is in the address becomes a Selection, and the other way round."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from geogame import comparisons
from geogame.models import Comparison, Experiment, Person, PhotoSet, Player
from geogame.rules.refusals import BadInput, gettext_noop
from geogame.selections import Selection

NAMES = {  # in the address → of the Selection
    "experiment": "experiment",
    "set": "photo_set",
    "scene": "scene",
    "country": "country",
    "group": "group",
}
FLAGS = {"seen": "include_seen", "others": "include_out_of_domain"}
Choices = list[tuple[str, str]]
REMEMBERED_S = 60  # what the record was asked for: pages cost the same however long it is


def selection(asked: Mapping[str, str]) -> Selection:
    """Read a selection from the words of an address. Raises BadInput for what is no date."""
    opponent, _at, weights = asked.get("opponent", "").partition("@")
    since, until = (_day(asked.get(name, "")) for name in ("since", "until"))
    words: dict[str, Any] = {theirs: asked.get(ours, "").strip() for ours, theirs in NAMES.items()}
    words |= {theirs: _is_on(asked.get(ours, "")) for ours, theirs in FLAGS.items()}
    try:
        until = until and until + timedelta(days=1)  # the day itself counts
    except OverflowError as error:
        raise BadInput(gettext_noop("%(text)s is no date that a calendar goes on from."), text="9999-12-31") from error
    return Selection(**words, opponent=opponent, weights=weights, since=since, until=until)


def _is_on(text: str) -> bool:
    return bool(forms.BooleanField(required=False).clean(text.strip()))  # "0" and "false" are off


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError as error:
        raise BadInput(gettext_noop("%(text)s is no date; write it as 2026-03-01."), text=text[:40]) from error


class FilterForm(forms.Form):
    """What is compared. Made of small tables and of what the last reckoning of everything found."""

    experiment = forms.ChoiceField(label=_("Experiment"), required=False)
    set = forms.ChoiceField(label=_("Photo set"), required=False)
    opponent = forms.ChoiceField(label=_("Machine"), required=False)
    scene = forms.ChoiceField(label=_("Scene"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    group = forms.ChoiceField(label=_("Group of players"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, input_formats=["%Y-%m-%d"], widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Up to and with"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    seen = forms.BooleanField(label=_("Photographs seen before count, too"), required=False)
    others = forms.BooleanField(
        label=_("So do machines before pictures of another kind than they learned from"), required=False
    )

    def __init__(self, asked: Mapping[str, str], *, is_staff: bool) -> None:
        super().__init__(asked)
        known, machines = found_in_all()
        if is_staff:  # they see groups of a few people too
            groups = Person.objects.exclude(group="").order_by("group").values_list("group", flat=True).distinct()
            known = {**known, "group": list(groups)}
        sets = PhotoSet.objects.all() if is_staff else PhotoSet.objects.filter(published=True)
        names = {
            "experiment": [(each.slug, each.name) for each in Experiment.objects.exclude(sealed_at=None)],
            "set": list(sets.values_list("slug", "name")),
            "opponent": machines,
            **{name: [(value, value) for value in known.get(name, [])] for name in ("scene", "country", "group")},
        }
        for name, pairs in names.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("all")), *pairs]

    def is_shown(self) -> list[str]:
        """Name the fields that offer a choice."""
        asked = [name for name in self.fields if self.data.get(name) or not self._choices(name)]
        return asked + [name for name in self.fields if len(self._choices(name)) > 2]

    def _choices(self, name: str) -> Choices:
        return list(getattr(self.fields[name], "choices", []))

    def in_words(self) -> list[str]:
        """Return what was asked for, each as its label and value."""
        told = []
        for name, field in self.fields.items():
            asked = self.data.get(name, "")
            if isinstance(field, forms.BooleanField):
                told += [str(field.label)] if _is_on(asked) else []
            elif asked and isinstance(field, forms.ChoiceField):
                told.append(f"{field.label}: {dict(self._choices(name)).get(asked, asked)}")
            elif asked:
                told.append(f"{field.label} {asked}")
        return told


def found_in_all() -> tuple[dict[str, list[str]], Choices]:
    """Return the scenes, countries and groups that were played, and the machines, as everything last told.

    Where nothing is told, since something was deleted for example, the record is asked.
    """
    found = Comparison.objects.filter(key=Selection().key()).values_list("report__choices", "report__machines").first()
    known, machines = found or (None, None)
    names = {f"{each['opponent']}@{each['weights']}": f"{each['name']} {each['weights']}" for each in machines or []}
    if known is None:
        known = cache.get_or_set("filters-choices", comparisons.choices, REMEMBERED_S)
    for opponent, weights, name in cache.get_or_set("filters-machines", _seated, REMEMBERED_S) or []:
        names.setdefault(f"{opponent}@{weights}", f"{name} {weights}")  # those too that played in other domains only
    return known or {}, list(names.items())


def _seated() -> list[tuple[str, str, str]]:
    machines = Player.objects.filter(kind=Player.Kind.MACHINE).order_by("opponent", "weights", "name")
    return list(machines.values_list("opponent", "weights", "name").distinct())
