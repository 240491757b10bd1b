"""A photo as a browser gets it: in a size and format that it can show, under no name of its own."""

import logging
import re

from django.core.files.base import File
from django.http import Http404, HttpRequest

from geogame import derivatives
from geogame.models import Photo
from geogame.rules.refusals import Away, BadInput, gettext_noop

log = logging.getLogger(__name__)
NOT_HERE = "A file of photo %s is not in MEDIA_ROOT or S3_BUCKET as this server sees it: %s"


def opened(photo: Photo, width: int | None, request: HttpRequest) -> tuple[File, str]:
    """Return the open file of what this browser is to get of a photo, and its media type. Raises Http404, Away.

    `width` is how many pixels across are wanted, None for all there are. Where photos are kept elsewhere the file is
    fetched from there: nobody is sent to the place itself, which is closed.
    """
    accepted = {f"{each.main_type}/{each.sub_type}" for each in request.accepted_types}
    size = derivatives.best([(photo.width, "jpeg"), *map(tuple, photo.derived)], width, accepted)
    kept = str(photo.file.name)
    name = derivatives.name(kept, *size) if list(size) in photo.derived else kept
    return fetched(photo, name), derivatives.TYPES[size[1]]


def fetched(photo: Photo, name: str) -> File:
    """Open one of a photo's files. Raises Http404 where there is none, Away where nobody can tell; both are logged."""
    if not photo.file:
        raise Http404("It was destroyed.")
    try:
        return photo.file.storage.open(name)
    except FileNotFoundError as error:
        log.error(NOT_HERE, photo.pk, error)
        raise Http404 from error
    except OSError as error:
        log.error(NOT_HERE, photo.pk, error)
        raise Away from error


def width_of(request: HttpRequest) -> int | None:
    """Return how many pixels across a browser asks for, None for all there are. Raises BadInput."""
    text = request.GET.get("width")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text):
        raise BadInput(gettext_noop("The width of a picture is a number of pixels."))
    return int(text)
