"""Covers of photo sets."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from geogame import photos
from geogame.models import PhotoSet
from geogame.views import pictures
from geogame.views.answers import refusing_page

COVER_PX = 640  # pixels across


@require_safe
@refusing_page
@cache_control(public=True, max_age=3600)
def cover(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Return a small picture that stands for the set."""
    photo = photos.cover(get_object_or_404(PhotoSet, slug=slug, published=True))
    if photo is None:
        raise Http404
    file, media_type = pictures.opened(photo, COVER_PX, request)
    with file:
        response = HttpResponse(file.read(), content_type=media_type)
    patch_vary_headers(response, ["Accept"])
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
