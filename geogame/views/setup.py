"""The first admin: a one-time link, printed at the start, while nobody has an account yet."""

from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

SALT = "geogame.setup"
VALID_S = 24 * 3600


class FirstAdminForm(UserCreationForm):  # type: ignore[type-arg]
    class Meta(UserCreationForm.Meta):
        model = get_user_model()
        fields = ("username",)


def is_needed() -> bool:
    """Tell whether nobody can enter the admin yet."""
    return not get_user_model().objects.filter(is_superuser=True).exists()


def link() -> str:
    """Return the path of the one-time link; it dies with its use, or after a day."""
    return reverse("setup", args=[signing.dumps("first admin", salt=SALT)])


@require_http_methods(["GET", "POST"])
def first_admin(request: HttpRequest, token: str) -> HttpResponse:
    try:
        signing.loads(token, salt=SALT, max_age=VALID_S)
    except signing.BadSignature as error:
        raise Http404 from error
    form = FirstAdminForm(request.POST or None)
    with transaction.atomic():
        # A row that is always there: of several who use the link in the same instant, the others wait here and lose.
        ContentType.objects.select_for_update().get(app_label="auth", model="user")
        if not is_needed():
            raise Http404
        if not form.is_valid():
            return render(request, "setup.html", {"form": form}, status=400 if request.POST else 200)
        user = form.save(commit=False)
        user.is_staff = user.is_superuser = True
        user.save()
    login(request, user)
    return redirect("admin:index")
