"""Accounts: Django's own sign-in, for players. A guest needs none; an account lets one play from several devices."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model, login, views
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, UserCreationForm, UsernameField
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute

from geogame import limits, people, seats
from geogame.forms import seen
from geogame.language import sentence
from geogame.models import Person
from geogame.rules import names
from geogame.rules.refusals import TooOften
from geogame.views.answers import refusing_page

SIGN_IN = RateLimitItemPerMinute(60, namespace="sign-in")  # by an address: a class signs in at once
TRY = RateLimitItemPerMinute(10, namespace="try")  # by an address and an account: passwords that are tried
SIGN_UP = RateLimitItemPerHour(300, namespace="sign-up")  # by an address

Counted = list[tuple[RateLimitItem, object]]


class Limited(FormView):  # type: ignore[type-arg]
    """A form that may be sent only so often; one that does not pass is answered with 400, one too many with 429."""

    def counted(self) -> Counted:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            for limit, who in self.counted():
                limits.spare(limit, who)
        except TooOften as refusal:  # nothing that was sent is looked at
            empty = {name: value for name, value in self.get_form_kwargs().items() if name not in {"data", "files"}}
            context = self.get_context_data(form=self.get_form_class()(**empty), refusal=sentence(refusal))
            return self.render_to_response(context, status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: forms.BaseForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


def tries(request: HttpRequest) -> Counted:
    """What a try to sign in counts against: its address, and there the account, however its name is written."""
    address, name = limits.address(request), request.POST.get("username", "").strip()[:150]
    return [(SIGN_IN, address), (TRY, f"{address} {names.alike(name)}")]


class SignInForm(AuthenticationForm):
    username = UsernameField(label=_("Account name"), widget=forms.TextInput(attrs={"autofocus": True}))


class SignIn(Limited, views.LoginView):
    """Make this browser the account's person; what its guest had played stays that guest's."""

    template_name = "people/sign_in.html"
    form_class = SignInForm
    next_page = "you"
    redirect_authenticated_user = True

    def counted(self) -> Counted:
        return tries(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        guest = seats.person_of(self.request)
        left = guest.seats.count() if guest and guest.user_id is None else 0
        return super().get_context_data(guest=guest, left=left, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _stay_signed_in(self.request)
        seats.remember(response, seats.person_of_account(form.get_user()), secure=self.request.is_secure())
        return response


@refusing_page
def admin_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Open the admin's own door, as Django has it; passwords are tried there no oftener than at the site's."""
    if request.method == "POST":
        for limit, who in tries(request):
            limits.spare(limit, who)
    return admin.site.login(request)


class SignUpForm(UserCreationForm):  # type: ignore[type-arg]
    class Meta(BaseUserCreationForm.Meta):
        model = get_user_model()
        fields = ("username",)
        labels = {"username": _("Account name")}
        help_texts = {"username": _("For signing in. Others see the name that you give yourself in a game.")}

    def clean_username(self) -> str:
        name = super().clean_username()
        if name:  # none where somebody has it
            seen(name)
        return name


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class SignUp(views.RedirectURLMixin, Limited):
    """Make an account of this browser's person: their games stay theirs."""

    template_name = "people/sign_up.html"
    form_class = SignUpForm
    next_page = "you"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect("you")
        return super().dispatch(request, *args, **kwargs)

    def counted(self) -> Counted:
        return [(SIGN_UP, limits.address(self.request))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        guest = seats.person_of(self.request)
        kept = guest.seats.count() if guest and guest.user_id is None else 0
        return super().get_context_data(kept=kept, next=self.get_redirect_url(), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            user = form.save()
            person = people.sign_up(user, seats.person_of(self.request))
        login(self.request, user)
        _stay_signed_in(self.request)
        return _as(self.request, person, self.get_success_url())


def _stay_signed_in(request: HttpRequest) -> None:
    """Keep players signed in for as long as their cookie lasts; staff, who may do more, for Django's two weeks."""
    if not request.user.is_staff:  # type: ignore[union-attr]
        request.session.set_expiry(seats.MAX_AGE_S)


class SignOut(views.LogoutView):
    """Sign out; who plays in this browser next is a new guest."""

    http_method_names = ["post", "options"]
    next_page = "home"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        person = seats.person_of(request)
        response = super().post(request, *args, **kwargs)
        if person and person.user_id is not None:
            seats.forget(response)
        return response


class ChangePassword(Limited, views.PasswordChangeView):
    """Change the password; other browsers are signed out, and their cookies are nobody's."""

    template_name = "people/password.html"

    def counted(self) -> Counted:
        return [(TRY, f"account {self.request.user.pk}")]

    def get_success_url(self) -> str:
        return reverse("you")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        mine = Person.objects.filter(user=self.request.user.pk).first()
        here = seats.person_of(self.request)
        if mine is not None:
            people.renew_key(mine)
            if here == mine:
                seats.remember(response, mine, secure=self.request.is_secure())
        return response


@require_POST
def play_as_account(request: HttpRequest) -> HttpResponse:
    """Let this browser play as the account that is signed in: who came by the admin's door was a guest until now."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    return _as(request, seats.person_of_account(request.user), str(redirect("you").url))  # type: ignore[attr-defined]


def _as(request: HttpRequest, person: Person, address: str) -> HttpResponse:
    response = HttpResponseRedirect(address)
    seats.remember(response, person, secure=request.is_secure())
    return response
