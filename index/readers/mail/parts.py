"""The parts of a message: what is its text, what is attached, and what is neither."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.message import Message
from mimetypes import guess_extension

from index.errors import ReadError
from index.readers.mail.headers import decoded, header, in_charset, raw_header
from index.readers.text import decode

_LONGEST_PARAMETERS = 8_000  # characters of a header of parameters; parsing them is quadratic
# Parts that say something about a message and nothing to its reader.
_SILENT = frozenset(("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"))
_SEALED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"))
_SUFFIXES = {"text/plain": ".txt", "message/rfc822": ".eml", "application/xml": ".xml", "text/markdown": ".md"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is attached; `number` counts the parts of the message from 1."""

    name: str
    number: int
    part: Message


@dataclass(slots=True)
class Parts:
    """The parts of a message: text as (is HTML, text), what is attached, and whether all of it is encrypted."""

    texts: list[tuple[bool, str]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    sealed: bool = False
    count: int = 0


def parts_of(message: Message) -> Parts:
    """The parts of a message in order. Of alternatives, plain text is its text and the rest only has attachments."""
    found = Parts()
    _collect(message, found, shown=True)
    return found


def content_of(part: Message) -> bytes:
    """The bytes of a part, its transfer encoding undone; a message that is attached as it was sent."""
    if part.is_multipart() or part.get_content_maintype() == "message":
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload and _is_message(part) else part
        stream = io.BytesIO()
        BytesGenerator(stream, mangle_from_=False, maxheaderlen=0).flatten(inner)
        return stream.getvalue()
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _collect(part: Message, found: Parts, *, shown: bool) -> None:
    """Add a part and the parts in it; text only where it is `shown`."""
    found.count += 1
    kind = part.get_content_type()
    if kind in _SEALED and _parameter(part, "smime-type") != "signed-data":
        found.sealed = True
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        chosen = _chosen(part) if kind == "multipart/alternative" else None
        for inner in _inner(part):
            _collect(inner, found, shown=shown and chosen in (None, inner))
    elif _is_text(part, kind):
        if shown:
            found.texts.append((kind == "text/html", _text(part)))
    elif not _is_silent(part, kind, shown=shown):
        found.attachments.append(Attachment(_name(part, found.count, kind), found.count, part))


def _chosen(part: Message) -> Message | None:
    """Which of several alternatives to read: plain text that says something, else HTML."""
    for wanted in ("text/plain", "text/html"):
        for inner in _inner(part):
            for leaf in inner.walk():
                if leaf.get_content_type() == wanted and _is_text(leaf, wanted) and _text(leaf).strip():
                    return inner
    return None


def _inner(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    return (inner for inner in payload if isinstance(inner, Message)) if isinstance(payload, list) else iter(())


def _is_message(part: Message) -> bool:
    return part.get_content_type() in ("message/rfc822", "message/global")


def _is_text(part: Message, kind: str) -> bool:
    """Whether a part belongs to the text of the message: text without a name, not meant to be saved."""
    # Parts whose boundary is missing are one text.
    textual = kind in ("text/plain", "text/html") or (kind.startswith("multipart/") and not part.is_multipart())
    return textual and part.get_content_disposition() != "attachment" and not _file_name(part)


def _is_silent(part: Message, kind: str, *, shown: bool) -> bool:
    """Whether a part is for programs, an image that is shown inside the text, or says the text once more."""
    if kind in _SILENT:
        return True
    if not shown and kind.startswith("text/") and not _file_name(part):
        return part.get_content_disposition() != "attachment"
    image = part.get_content_maintype() == "image"
    return image and (part.get_content_disposition() != "attachment" or bool(raw_header(part, "content-id")))


def _text(part: Message) -> str:
    """The text of a part in its charset; as it looks where none is named."""
    data = content_of(part)
    if charset := _parameter(part, "charset"):
        return in_charset(data, charset)
    try:
        return decode(data, source="part")[0]
    except ReadError:
        return data.decode(errors="replace")


def _name(part: Message, number: int, kind: str) -> str:
    """What an attachment is called: its file name, the subject of a message, or one such as "part-2.pdf"."""
    if name := _file_name(part):
        return name
    if _is_message(part) and (subject := next((header(inner, "subject") for inner in _inner(part)), "")):
        return subject.replace("/", "-") + ".eml"
    suffix = _SUFFIXES.get(kind) or guess_extension(kind, strict=False) or ""
    return f"part-{number}{suffix}"


def _file_name(part: Message) -> str:
    return decoded(_parameter(part, "filename", "content-disposition") or _parameter(part, "name"))


def _parameter(part: Message, name: str, of: str = "content-type") -> str:
    """A parameter of a header, RFC 2231 undone; "" where there is none, or too much to look through."""
    if sum(len(str(value)) for key, value in part.raw_items() if key.lower() == of) > _LONGEST_PARAMETERS:
        return ""
    value = part.get_param(name, "", header=of)
    if isinstance(value, tuple):
        charset, _, raw = value
        return in_charset(raw.encode("latin-1", "replace"), charset or "utf-8")
    return str(value)
