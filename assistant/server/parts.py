"""Multipart bodies whose parts have heads no longer than a file name needs."""

from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

LONGEST_HEAD: Final = 4_096


class Heads:
    """Follows a body as it comes in. Parsers read a head letter by letter, and keep all of it.

    >>> heads = Heads(b"X", longest=60)
    >>> heads.take(b'--X\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\nbody'), heads.take(b"\\r\\n--X--")
    (True, True)
    >>> heads.take(b"\\r\\n--X\\r\\nContent-Disposition: " + b"a" * 99)
    False
    """

    def __init__(self, boundary: bytes, *, longest: int = LONGEST_HEAD) -> None:
        self._delimiter, self._longest = b"\r\n--" + boundary, longest
        self._in_head = False
        # As if a line ended before the first boundary.
        self._rest = b"\r\n"

    def take(self, data: bytes) -> bool:
        """Whether no head so far is longer than it may be."""
        data = self._rest + data
        while True:
            mark = b"\r\n\r\n" if self._in_head else self._delimiter
            place = data.find(mark)
            if self._in_head and (place if place >= 0 else len(data)) > self._longest:
                return False
            if place < 0:
                self._rest = data if self._in_head else data[-len(mark) :]
                return True
            data = data[place + len(mark) :]
            self._in_head = not self._in_head


def watched(scope: Scope, receive: Receive) -> Receive:
    """What the application receives; a head that is too long ends it with 400."""
    kind, options = parse_options_header(Headers(scope=scope).get("content-type"))
    if kind != b"multipart/form-data" or not (boundary := options.get(b"boundary")):
        return receive
    heads = Heads(boundary)

    async def receiving() -> Message:
        message = await receive()
        if message["type"] == "http.request" and not heads.take(message.get("body", b"")):
            raise HTTPException(
                400, f"a part of the form has a head of over {LONGEST_HEAD:,} bytes; shorten file names"
            )
        return message

    return receiving
