"""Which address of this site others can use."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from geogame import oneprocess

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}  # names that mean another machine on every machine


def for_others(request: HttpRequest, path: str) -> str:
    """Return the whole address of a page, by this machine's name in its network where the one asked for is no use."""
    whole = request.build_absolute_uri(path)
    name = _in_the_network(request)
    if name is None:
        return whole
    port = split_domain_port(request.get_host())[1]
    return urlunsplit(urlsplit(whole)._replace(netloc=f"{name}:{port}" if port else name))


def is_only_here(request: HttpRequest) -> bool:
    """Tell whether phones cannot come in: the site was asked by a name of this machine alone, and has no other."""
    return _is_loopback(request) and _in_the_network(request) is None


def _is_loopback(request: HttpRequest) -> bool:
    return split_domain_port(request.get_host())[0] in LOOPBACK


def _in_the_network(request: HttpRequest) -> str | None:
    """Return this machine's address in its network, if this site was asked by another and answers to that one too."""
    if not _is_loopback(request):
        return None
    address = oneprocess.local_address()  # `make play HOST=0.0.0.0` lets Django answer to it
    return address if address and validate_host(address, _named_hosts()) else None


def _named_hosts() -> list[str]:
    return [host for host in settings.ALLOWED_HOSTS if host != "*"]  # which says nothing of where it listens
