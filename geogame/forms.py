"""What people may send from pages, parsed and checked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from geogame.models import PhotoSet

TIME_LIMITS = [(0, _("No limit")), (30, _("30 seconds")), (60, _("1 minute")), (120, _("2 minutes"))]


class StartForm(forms.Form):
    """How a game shall be."""

    photo_set = forms.ModelChoiceField(
        PhotoSet.objects.filter(published=True), to_field_name="slug", empty_label=None, label=_("Photos")
    )
    rounds = forms.IntegerField(min_value=1, max_value=50, initial=5, label=_("Rounds"))
    time_limit = forms.TypedChoiceField(choices=TIME_LIMITS, coerce=int, initial=60, label=_("Time for each round"))
    name = forms.CharField(max_length=40, required=False, label=_("Your name"))

    def clean_name(self) -> str:
        return " ".join("".join(c for c in self.cleaned_data["name"] if c.isprintable()).split())
