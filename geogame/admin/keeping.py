"""What keeps a photo set as it is: freezing it, what it was held against, and taking it away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from geogame import freezes, taking_away
from geogame.admin.setpage import Page
from geogame.export.downloads import Download
from geogame.language import sentence
from geogame.models import PhotoSet
from geogame.rules.refusals import Refused


def freeze(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Freeze a set, for good; say why not where that cannot be."""
    try:
        digest = freezes.freeze(photo_set, timezone.now())
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    else:
        messages.success(request, gettext("The set is frozen. Its hash is %(digest)s.") % {"digest": digest})
    return redirect("admin:geogame_photoset_change", photo_set.pk)


def take_away(request: HttpRequest, photo_set: PhotoSet) -> HttpResponseBase:
    """Send a set as a zip, while it is made."""
    return Download(taking_away.write(photo_set), "application/zip", f"{photo_set.slug}.zip")


PAGES = [
    Page("freeze/", "freeze", freeze, "change_photoset", posted=True),
    Page("take-away/", "take_away", take_away),
]
