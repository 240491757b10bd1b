"""Asking services politely: one question at a time, who asks is said, and who is asked to wait waits."""

import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from http.client import HTTPException
from typing import Any, NoReturn
from urllib.parse import urlsplit

from geogame.pictures import Unusable
from geogame.rules.refusals import gettext_noop
from geogame.tables import SourceError

log = logging.getLogger(__name__)

TIMEOUT_S = 30.0
TRIES = 5
FIRST_WAIT_S = 1.0  # doubled after each failure
LONGEST_WAIT_S = 120.0
MOST_BYTES = 50_000_000
BUSY = frozenset({429, 502, 503, 504})
DENIED = frozenset({400, 401, 403})  # services differ in which of them a wrong token is
TOKEN = gettext_noop("%(host)s refuses the question (HTTP %(code)d). Is the token right, and still in force?")

Headers = Message | Mapping[str, str]


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follow redirections within a host only: a service that sends us elsewhere was not asked for that."""

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        target = rest[-1]
        if urlsplit(target).netloc != urlsplit(req.full_url).netloc:
            raise urllib.error.URLError("it leads to another host")
        return super().redirect_request(req, *rest)


class Web:
    """A polite browser. `sleep` is what waits."""

    def __init__(self, headers: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> None:
        self._headers, self._sleep = dict(headers), sleep
        self._opener = urllib.request.build_opener(_SameHost)

    def ask(self, url: str, must_wait: Callable[[Any], bool] = lambda said: False) -> Any:
        """Return what a service says as JSON; `must_wait` tells of an answer whether it asks to come again later.

        Raises SourceError where it does not answer, or not what it says it does; TooMuch for HTTP 500.
        """
        for number in range(TRIES):
            wait_s = FIRST_WAIT_S * 2**number
            headers: Headers = Message()
            try:
                body, headers = self._get(url, self._headers)
                said = json.loads(body)
                if not must_wait(said):
                    return said
            except urllib.error.HTTPError as error:
                headers = error.headers
                if error.code == 500:
                    raise TooMuch from error
                if error.code in DENIED and "Authorization" in self._headers:
                    raise SourceError(TOKEN, host=urlsplit(url).netloc, code=error.code) from error
                if error.code not in BUSY:
                    self._give_up(url, f"HTTP {error.code}", error)
            except ValueError as error:
                self._give_up(url, "no JSON", error)
            except (OSError, HTTPException) as error:
                log.warning("%s did not answer: %s", urlsplit(url).netloc, error)
            self._sleep(_asked_for(headers) or wait_s)
        self._give_up(url, f"{TRIES} tries", None)

    def picture(self, url: str) -> bytes:
        """Return a file. Raises Unusable where it does not come."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise Unusable(gettext_noop("Its address is none of the web's."))
        own = {"User-Agent": self._headers.get("User-Agent", "")}  # no token: files lie on hosts of their own
        for number in range(TRIES):
            try:
                body, _ = self._get(url, own)
                return body
            except urllib.error.HTTPError as error:
                if error.code not in BUSY:
                    raise Unusable(
                        gettext_noop("The service answers %(code)d for its file."), code=error.code
                    ) from error
                wait_s = _asked_for(error.headers)
            except (OSError, HTTPException):
                wait_s = None
            self._sleep(wait_s or FIRST_WAIT_S * 2**number)
        raise Unusable(gettext_noop("Its file did not come, after %(tries)d tries."), tries=TRIES)

    def _get(self, url: str, headers: Mapping[str, str]) -> tuple[bytes, Headers]:
        request = urllib.request.Request(url, headers=dict(headers))
        with self._opener.open(request, timeout=TIMEOUT_S) as answer:
            body = answer.read(MOST_BYTES + 1)
            length = answer.headers.get("Content-Length", "")
            if len(body) > MOST_BYTES or (length.isdigit() and len(body) < int(length)):
                raise OSError("the answer is cut short or far too long")
            return body, answer.headers

    def _give_up(self, url: str, why: str, error: Exception | None) -> NoReturn:
        raise SourceError(
            gettext_noop(
                "%(host)s gives no answer that can be used (%(why)s). What came before it is kept; try later."
            ),
            host=urlsplit(url).netloc,
            why=why,
        ) from error


class TooMuch(Exception):
    """A service says HTTP 500, as Mapillary does where a question has too large an answer."""


def _asked_for(headers: Headers) -> float | None:
    """Return how long a service asks to be left alone, in seconds, if it says so."""
    said = str(headers.get("Retry-After", ""))
    return min(float(said), LONGEST_WAIT_S) if said.isdigit() else None
