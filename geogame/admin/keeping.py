"""What keeps a photo set as it is: freezing it, what it was held against, and taking it away."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext

from geogame import contamination, doubts, freezes, taking_away
from geogame.admin.experiments import cards
from geogame.admin.reviewing import title_of
from geogame.admin.setpage import Page, address_of
from geogame.export.downloads import Download
from geogame.language import sentence
from geogame.models import PhotoSet
from geogame.rules.refusals import BadInput, Refused, gettext_noop
from geogame.tasks import begin_check


def freeze(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Freeze a set, for good; say why not where that cannot be."""
    try:
        digest = freezes.freeze(photo_set, timezone.now())
    except freezes.Unfinished as held_up:
        messages.error(request, format_html("{} {}", sentence(held_up), _lists(photo_set, held_up.kinds)))
    except Refused as refusal:
        upload = format_html('<a href="{}">{}</a>', address_of("upload", photo_set), gettext("To the upload page"))
        messages.error(request, format_html("{} {}", sentence(refusal), upload))
    else:
        messages.success(request, gettext("The set is frozen. Its hash is %(digest)s.") % {"digest": digest})
    return redirect("admin:geogame_photoset_change", photo_set.pk)


def _lists(photo_set: PhotoSet, kinds: Mapping[str, int]) -> str:
    """Return links to the photos with a grave doubt, by its kind."""
    told = (
        (address_of("review", photo_set, f"doubts=held&doubts={kind}"), title_of(kind), count)
        for kind, count in kinds.items()
    )
    return format_html_join(", ", '<a href="{}">{} ({})</a>', told)


def take_away(request: HttpRequest, photo_set: PhotoSet) -> HttpResponseBase:
    """Send a set as a zip, while it is made."""
    return Download(taking_away.write(photo_set), "application/zip", f"{photo_set.slug}.zip")


def doubt_labels(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Put forward the photos whose place is far from where strong players agree on; say how many there are."""
    doubts.doubt_labels(photo_set)
    count = doubts.open_of(photo_set.photos.all()).filter(kind="label").count()
    if count:
        told = ngettext(
            "Strong players agree far from the place of %d photo.",
            "Strong players agree far from the places of %d photos.",
            count,
        )
        look = format_html(
            '<a href="{}">{}</a>', address_of("review", photo_set, "doubts=label"), gettext("Have a look")
        )
        messages.warning(request, format_html("{} {}", told % count, look))
    else:
        messages.success(request, gettext("Nowhere do strong players agree on a place far from a photo's own."))
    return redirect("admin:geogame_photoset_change", photo_set.pk)


def check(request: HttpRequest, photo_set: PhotoSet) -> HttpResponse:
    """Have a set held against an index that lies here; the worker says what it found."""
    index = request.POST.get("index", "")
    try:
        contamination.named(index)
        card = next((card for card in cards() if card.name == request.POST.get("opponent")), None)
        if card is None:
            raise BadInput(gettext_noop("Choose whose training photos these are."))
    except BadInput as refusal:
        messages.error(request, sentence(refusal))
    else:
        if begin_check(photo_set, index, card.name, card.weights):
            told = gettext("The set is being held against %(index)s. In a moment this page says what was found.")
            messages.success(request, told % {"index": index})
        else:
            messages.error(request, gettext("The worker cannot be reached. Try again later."))
    return redirect("admin:geogame_photoset_change", photo_set.pk)


PAGES = [
    Page("labels/", "labels", doubt_labels, "change_photoset", posted=True),
    Page("check/", "check", check, "change_photoset", posted=True),
    Page("freeze/", "freeze", freeze, "change_photoset", posted=True),
    Page("take-away/", "take_away", take_away, "change_photoset"),  # to see photos is less than to have them
]
