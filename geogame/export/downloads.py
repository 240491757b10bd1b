"""An answer that is made while it is sent, for as long as it takes."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header


class Aside(StreamingHttpResponse):
    """The site's door (`asgi`) asks for its parts one by one, in a thread apart from those that players ask in."""

    is_long = True


class Download(Aside):
    """A file to be kept."""

    def __init__(self, parts: Iterator[bytes], content_type: str, filename: str) -> None:
        disposition = content_disposition_header(True, filename) or "attachment"
        super().__init__(parts, content_type=content_type, headers={"Content-Disposition": disposition})
