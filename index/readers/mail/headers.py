"""What the headers of a message say: subject, sender, date, names of attachments, in bounded time."""

import codecs
import contextlib
import re
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from index.readers.dates import iso_date
from index.readers.text import clean

_LONGEST = 8_000  # characters of a header that are looked at; decoding is quadratic
_MOST_ADDRESSES = 50
_ADDRESS = re.compile(
    r"(?:\"(?P<quoted>(?:[^\"\\]|\\.){0,300})\"|(?P<name>[^<>,;:\"]{0,300}?))\s*<(?P<address>[^<>\s]{1,300})>"
    r"|(?P<bare>[^\s<>,;:\"()]{1,100}@[^\s<>,;:\"()]{1,200})(?:\s*\((?P<comment>[^()]{1,300})\))?"
)
# Codecs that are none of text, or that take quadratic time.
_NO_CHARSET = re.compile(
    r"idna|punycode|.*escape|undefined|mbcs|oem|.*(?:_codec|zlib|bz2|base64|hex|uu|quopri|rot)", re.I
)


def header(message: Message, name: str) -> str:
    """A header on one line, its encoded words decoded; "" where there is none.

    >>> from email import message_from_bytes
    >>> header(message_from_bytes(b"Subject: =?utf-8?q?So=C3=9Fe?= =?latin-1?q?_f=FCr_alle?=\\n\\n"), "subject")
    'Soße für alle'
    """
    return decoded(raw_header(message, name))


def raw_header(message: Message, name: str) -> str:
    """The first header of that name as it stands, unfolded and cut; "" where there is none."""
    for key, value in message.raw_items():
        if key.lower() == name:
            return " ".join(str(value)[:_LONGEST].split())
    return ""


def decoded(raw: str) -> str:
    """Text of a header with its encoded words and raw bytes decoded, on one line."""
    raw = raw[:_LONGEST]
    with contextlib.suppress(UnicodeEncodeError):  # is text already
        raw = raw.encode("ascii", "surrogateescape").decode("utf-8", "replace")
    if "=?" not in raw:
        return " ".join(clean(raw).split())
    try:
        parts = decode_header(raw)
    except Exception:  # noqa: BLE001 - base64 garbage: several kinds of error in several versions
        parts = [(raw, None)]
    text = "".join(part if isinstance(part, str) else in_charset(part, charset or "utf-8") for part, charset in parts)
    return " ".join(clean(text).split())


def in_charset(data: bytes, charset: str) -> str:
    """The text of `data` in a charset, as far as it can be read; as UTF-8 where the charset is none.

    >>> in_charset(b"f\\xfcr", "iso-8859-1"), in_charset(b"hot", "x-unheard-of")
    ('für', 'hot')
    """
    try:
        name = codecs.lookup(charset.strip("\"' ")[:50]).name
        # What calls itself Latin-1 or ASCII is Windows-1252 more often than not.
        name = {"iso8859-1": "cp1252", "ascii": "utf-8"}.get(name, name)
        return data.decode("utf-8" if _NO_CHARSET.fullmatch(name) else name, errors="replace")
    except (LookupError, UnicodeError, ValueError):
        return data.decode("utf-8", errors="replace")


def addresses(raw: str) -> list[tuple[str, str]]:
    """Names ("" where there is none) and addresses in a header of addresses, at most 50.

    >>> addresses('"Lee, Ann" <ann@a.example>, bo@b.example (Bo Roe), Undisclosed:;')
    [('Lee, Ann', 'ann@a.example'), ('Bo Roe', 'bo@b.example')]
    """
    found = []
    for match in _ADDRESS.finditer(raw[:_LONGEST]):
        name = (match["quoted"] or "").replace("\\", "") or match["name"] or match["comment"] or ""
        found.append((decoded(name).strip(" '\""), decoded(match["address"] or match["bare"])))
        if len(found) == _MOST_ADDRESSES:
            break
    return found


def people(raw: str) -> str:
    """Who a header of addresses names: names where there are any, else addresses, with commas between them."""
    return ", ".join(name or address for name, address in addresses(raw)) or decoded(raw)


def date_of(raw: str) -> str | None:
    """The ISO day of a Date header, as it was where the message was written; None for a day that cannot be told.

    >>> date_of("Tue, 1 Apr 2025 23:50:00 -0700 (PDT)"), date_of("yesterday")
    ('2025-04-01', None)
    """
    try:
        return parsedate_to_datetime(raw[:200]).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return iso_date(raw[:200])
