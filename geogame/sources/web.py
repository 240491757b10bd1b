"""Asking services politely: one question at a time, who asks is said, and who is asked to wait waits."""

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from http.client import HTTPException, HTTPResponse, InvalidURL
from typing import Any, NoReturn
from urllib.parse import urlsplit

from geogame.pictures import Unusable
from geogame.rules.refusals import gettext_noop
from geogame.tables import SourceError

log = logging.getLogger(__name__)

TIMEOUT_S = 30.0  # between two signs of life
LONGEST_S = 300.0  # of one answer
TRIES = 5
FIRST_WAIT_S = 1.0  # doubled after each failure
LONGEST_WAIT_S = 120.0
MOST_BYTES = 50_000_000
PART_BYTES = 1 << 16
BUSY = frozenset({429, 502, 503, 504})
DENIED = frozenset({400, 401, 403})  # services differ in which of them a wrong token is
TOKEN = gettext_noop("%(service)s refuses the question (HTTP %(code)d). Is the token right, and still in force?")
NO_ADDRESS = gettext_noop("Its address is none of the web's.")

Headers = Message | Mapping[str, str]


class Elsewhere(urllib.error.URLError):
    """An address leads to another host."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow redirections within a host only: a service that sends us elsewhere was not asked for that."""

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        target = rest[-1]
        if urlsplit(target).netloc != urlsplit(req.full_url).netloc:
            raise Elsewhere("it leads to another host")
        return super().redirect_request(req, *rest)


class Web:
    """A polite browser. `service` is the name of who is asked, `sleep` is what waits."""

    def __init__(self, service: str, headers: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> None:
        self._service, self._headers, self._sleep = service, dict(headers), sleep
        self._opener = urllib.request.build_opener(_SameHost)

    def ask(self, url: str, must_wait: Callable[[Any], bool] = lambda said: False) -> Any:
        """Return what a service says as JSON; `must_wait` tells of an answer whether it asks to come again later.

        Raises SourceError where it does not answer, or not what it says it does; TooMuch for HTTP 500.
        """
        for number in range(TRIES):
            headers: Headers = Message()
            try:
                body, headers = self._get(url, self._headers)
                said = _kept(json.loads(body, parse_constant=_refuse))
                if not must_wait(said):
                    return said
            except urllib.error.HTTPError as error:
                headers = error.headers
                if error.code == 500:
                    raise TooMuch from error
                if error.code in DENIED and "Authorization" in self._headers:
                    raise SourceError(TOKEN, service=self._service, code=error.code) from error
                if error.code not in BUSY:
                    self._give_up(f"HTTP {error.code}", error)
            except (ValueError, RecursionError) as error:
                self._give_up("no JSON", error)
            except Elsewhere as error:
                self._give_up("it leads to another host", error)
            except (OSError, HTTPException) as error:
                log.warning("%s did not answer: %s", self._service, error)
            self._wait(number, headers)
        self._give_up(f"{TRIES} tries", None)

    def picture(self, url: str) -> bytes:
        """Return a file. Raises Unusable where it does not come."""
        if not url.startswith(("http://", "https://")):
            raise Unusable(NO_ADDRESS)
        own = {"User-Agent": self._headers.get("User-Agent", "")}  # no token: files lie on hosts of their own
        for number in range(TRIES):
            headers: Headers = Message()
            try:
                body, _ = self._get(url, own)
                return body
            except urllib.error.HTTPError as error:
                if error.code not in BUSY:
                    raise Unusable(
                        gettext_noop("The service answers %(code)d for its file."), code=error.code
                    ) from error
                headers = error.headers
            except Elsewhere as error:
                raise Unusable(gettext_noop("The address of its file leads to another host.")) from error
            except (ValueError, InvalidURL) as error:
                raise Unusable(NO_ADDRESS) from error
            except (OSError, HTTPException) as error:
                log.warning("%s did not give a file: %s", self._service, error)
            self._wait(number, headers)
        raise Unusable(gettext_noop("Its file did not come, after %(tries)d tries."), tries=TRIES)

    def _get(self, url: str, headers: Mapping[str, str]) -> tuple[bytes, Headers]:
        request = urllib.request.Request(url, headers=dict(headers))
        with self._opener.open(request, timeout=TIMEOUT_S) as answer:
            body = _all(answer)
            length = answer.headers.get("Content-Length", "")
            if length.isdecimal() and len(body) < int(length):
                raise OSError("the answer is cut short")
            return body, answer.headers

    def _wait(self, number: int, headers: Headers) -> None:
        """Wait after a try that failed, as long as the service asks for or twice as long as before."""
        if number + 1 < TRIES:
            self._sleep(_asked_for(headers) or FIRST_WAIT_S * 2**number)

    def _give_up(self, why: str, error: Exception | None) -> NoReturn:
        raise SourceError(
            gettext_noop(
                "%(service)s gives no answer that can be used (%(why)s). What came before it is kept; try later."
            ),
            service=self._service,
            why=why,
        ) from error


class Nonsense(SourceError):
    """A service answers, but nothing that it is known to say."""

    sentence = gettext_noop("%(service)s says something that it has never said before. What came before it is kept.")


class TooMuch(Exception):
    """A service says HTTP 500, as Mapillary does where a question has too large an answer."""


def _all(answer: HTTPResponse) -> bytes:
    """Read an answer to its end. Raises OSError where that is too far away: one that drips is always in time."""
    body, until = bytearray(), time.monotonic() + LONGEST_S
    while part := answer.read1(PART_BYTES):
        body += part
        if len(body) > MOST_BYTES or time.monotonic() > until:
            raise OSError("the answer is far too long, or takes too long")
    return bytes(body)


def _asked_for(headers: Headers) -> float | None:
    """Return how long a service asks to be left alone, in seconds, if it says so."""
    said = str(headers.get("Retry-After", ""))
    return min(float(said), LONGEST_WAIT_S) if said.isdecimal() else None


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not know. Raises ValueError."""
    raise ValueError(constant)


def _kept(said: Any) -> Any:
    """Return an answer as databases can keep it: without NUL and halves of characters."""
    if isinstance(said, str):
        return said.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(said, list):
        return [_kept(each) for each in said]
    return {_kept(key): _kept(value) for key, value in said.items()} if isinstance(said, dict) else said
