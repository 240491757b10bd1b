"""An answer that is made while it is sent, for as long as it takes."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header


class Download(StreamingHttpResponse):
    """A file to be kept. The site's door (`asgi`) asks for its parts one by one, apart from what players ask."""

    is_long = True

    def __init__(self, parts: Iterator[bytes], content_type: str, filename: str) -> None:
        disposition = content_disposition_header(True, filename) or "attachment"
        super().__init__(parts, content_type=content_type, headers={"Content-Disposition": disposition})
