"""What is stored of whoever asks: to see, to take along, to delete."""

from typing import Any

from django import forms
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from limits import RateLimitItemPerMinute

from geogame import limits, people, seats
from geogame.models import Person
from geogame.rules import names
from geogame.views.answers import refusing_page

DOWNLOAD = RateLimitItemPerMinute(10, namespace="download")  # by a person


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Say what is stored of this browser's person, and how they fared."""
    person = seats.person_of(request)
    context: dict[str, Any] = {"person": person}
    if person is not None and seats.is_owner(request, person):
        context |= {"is_owner": True, "figures": people.figures(person), "games": people.games(person)}
        context["more"] = max(0, person.seats.count() - people.LATEST)
    return render(request, "people/you.html", context)


@require_safe
@never_cache
@refusing_page
def data(request: HttpRequest) -> HttpResponse:
    """Give a person all that is stored of them, as a file."""
    person = seats.person_of(request)
    if person is None or not seats.is_owner(request, person):
        return _to_sign_in(person)
    limits.spare(DOWNLOAD, person.pk)
    answer = JsonResponse(people.stored(person), json_dumps_params={"indent": 1, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="beat-planet-my-data.json"'
    return answer


class ConfirmForm(forms.Form):
    """That it is meant: the person's name, typed once more, where they have one."""

    name = forms.CharField(max_length=80, required=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_name(self) -> str:
        if names.alike(self.cleaned_data["name"]) != names.alike(self.person.name):
            raise forms.ValidationError(_("That is not the name that stands above."))
        return self.person.name


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest) -> HttpResponse:
    """Ask once more, and delete all that is stored of this browser's person."""
    person = seats.person_of(request)
    if person is None or not seats.is_owner(request, person):
        return _to_sign_in(person)
    is_staff = person.user is not None and person.user.is_staff
    form = ConfirmForm(request.POST if request.method == "POST" else None, person=person)
    if request.method != "POST" or not form.is_valid():
        context = {"person": person, "form": form, "is_staff": is_staff}
        return render(request, "people/delete.html", context, status=400 if form.errors else 200)
    people.forget(person, timezone.now())
    if person.user is not None and not is_staff:  # not who is signed in beside a guest
        logout(request)
    response = redirect("deleted")
    seats.forget(response)
    return response


def _to_sign_in(person: Person | None) -> HttpResponse:
    """Send those of whom nothing is stored to the page that says so, others to the door of their account."""
    if person is None:
        return redirect("you")
    return redirect(f"{reverse('sign-in')}?{urlencode({'next': reverse('you')})}")


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "people/deleted.html")
