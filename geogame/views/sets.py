"""Covers of photo sets."""

import io

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from PIL import Image, ImageOps

from geogame.models import PhotoSet

COVER_PX = (640, 400)


@require_safe
@cache_control(public=True, max_age=3600)
def cover(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a small picture that stands for the set: its first photo that is in play, cut to shape."""
    photo_set = get_object_or_404(PhotoSet, slug=slug, published=True)
    photo = photo_set.cover()
    if photo is None:
        raise Http404
    out = io.BytesIO()
    try:
        with photo.file.open("rb") as file:
            ImageOps.fit(Image.open(file), COVER_PX).save(out, "JPEG", quality=82)
    except OSError as error:
        raise Http404 from error
    return HttpResponse(out.getvalue(), content_type="image/jpeg")
