"""What people may send from pages, parsed and checked."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from geogame.models import CODE_ALPHABET, PhotoSet
from geogame.rules import names
from geogame.rules.rounds import OFFERED

COUNTDOWNS = [(0, _("None")), (10, _("10 seconds")), (20, _("20 seconds")), (30, _("30 seconds"))]
PHOTOS_EACH = [("any", _("As the set has them")), ("one", _("Single photographs")), ("several", _("Trips of several"))]
TIME_LIMITS = [(0, _("No limit")), (30, _("30 seconds")), (60, _("1 minute")), (120, _("2 minutes"))]


READ_AS = str.maketrans("OIL", "011")  # what Crockford's base32 leaves out since it reads like something else


def seen(name: str) -> str:
    """Return a name as it is kept; raise ValidationError where something was typed, but nothing that can be seen."""
    tidy = names.tidy(name)
    if name and not tidy:
        raise forms.ValidationError(_("Nobody could see this name. Use letters or digits."))
    return tidy


class StartForm(forms.Form):
    """How a game shall be."""

    photo_set = forms.ModelChoiceField(
        PhotoSet.objects.filter(published=True), to_field_name="slug", empty_label=None, label=_("Photos")
    )
    rounds = forms.IntegerField(min_value=1, max_value=50, initial=OFFERED, label=_("Rounds"))
    time_limit = forms.TypedChoiceField(choices=TIME_LIMITS, coerce=int, initial=60, label=_("Time for each round"))
    name = forms.CharField(max_length=40, required=False, label=_("Your name"))

    def clean_name(self) -> str:
        return seen(self.cleaned_data["name"])


class RoomForm(StartForm):
    """How a room shall be."""

    countdown = forms.TypedChoiceField(
        choices=COUNTDOWNS,
        coerce=int,
        initial=0,
        required=False,
        label=_("Countdown from the first guess"),
    )
    photos_each = forms.ChoiceField(choices=PHOTOS_EACH, initial="any", required=False, label=_("In each round"))
    zoom = forms.BooleanField(initial=True, required=False, label=_("Photographs may be zoomed"))
    plays = forms.BooleanField(initial=True, required=False, label=_("I play too"))
    opponents = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label=_("Opponents"),
        error_messages={"required": _("Choose at least one opponent.")},
    )

    def __init__(self, *args: Any, machines: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["opponents"]
        choices.choices = [(card.name, card.label) for card in machines]  # type: ignore[attr-defined]
        choices.initial = [card.name for card in machines]

    def clean_photos_each(self) -> str:
        return self.cleaned_data["photos_each"] or "any"


class NameForm(forms.Form):
    """Who comes in."""

    name = forms.CharField(max_length=40, label=_("Your name"), error_messages={"required": _("Say your name first.")})

    def clean_name(self) -> str:
        return seen(self.cleaned_data["name"])


class CodeForm(forms.Form):
    """A room's code, as somebody typed it: with spaces or hyphens, in small letters, O for 0."""

    code = forms.CharField(max_length=40, label=_("Code"))

    def clean_code(self) -> str:
        code = "".join(c for c in self.cleaned_data["code"].upper() if c.isalnum()).translate(READ_AS)
        if len(code) != 10 or set(code) - set(CODE_ALPHABET):
            raise forms.ValidationError(_("A code has ten letters and digits."))
        return code
