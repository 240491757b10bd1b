"""Who plays here: `{% load people %}{% who %}`."""

from typing import Any

from django import template
from django.template.context import Context

from geogame import seats

register = template.Library()


@register.inclusion_tag("people/_who.html", takes_context=True)
def who(context: Context) -> dict[str, Any]:
    """Say as whom one plays who is signed in; offer others, quietly, to sign in and come back here."""
    request = context["request"]
    signed_in = request.user.is_authenticated
    person = seats.person_of(request) if signed_in else None
    name = (person and person.name) or (request.user.get_username() if signed_in else "")
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    return {"signed_in": signed_in, "name": name, "back": back}
