"""The Content-Security-Policy of every answer: scripts come from this site's files alone, and nobody frames it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:{tiles}; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'{sockets}; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)  # some pages and the admin set styles in attributes


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def answering(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        policy = POLICY.format(tiles=tiles(settings.TILE_URL), sockets=sockets(request))
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return answering


def sockets(request: HttpRequest) -> str:
    """Return this site's sockets as sources: older Safaris do not take 'self' to mean them."""
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""  # the page says so already
    return f" ws://{host} wss://{host}"


def tiles(url: str) -> str:
    """Return where map tiles come from, as a source with a space before it; nothing where they come from here.

    >>> tiles("https://{s}.tile.example.org/{z}/{x}/{y}.png"), tiles("/tiles/{z}/{x}/{y}.png"), tiles("")
    (' https://*.tile.example.org', '', '')
    """
    scheme, place = urlsplit(url)[:2]
    if not place:
        return ""
    if place.startswith("{s}."):
        place = f"*{place[3:]}"
    if "{" in place:  # a part of a name cannot be left open
        return f" {scheme or 'https'}:"
    return f" {scheme}://{place}" if scheme else f" {place}"
