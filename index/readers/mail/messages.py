"""Mail: a message and what is attached to it, and mailboxes of messages."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from index.errors import EmptyFile, EncryptedFile, ReadError
from index.readers.builder import Canvas, document_id, title_from
from index.readers.formats import ENVELOPE
from index.readers.mail.headers import addresses, date_of, header, people, raw_header
from index.readers.mail.parts import content_of, parts_of
from index.readers.mail.text import Segment, draw_texts, segments_of
from index.readers.members import Names, Unpacker
from index.schema import Document, Failure, Reading

_LONGEST_HEADERS = 1_000_000  # bytes; the parser takes a second for each
# The parser takes quadratic time for a long header of parameters.
_ENDLESS = re.compile(rb"^content-[a-z-]{2,30}:(?:[^\n]|\n[ \t]){20000}", re.IGNORECASE | re.MULTILINE)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_mail(data: bytes, *, source: str, read: Unpacker) -> Reading:
    """A message, the messages forwarded in its text, and its attachments, whose sources are "mail.eml/report.pdf".

    Its title is the subject, its author the sender, its date the day it was written. Raises ReadError for headers made
    to stall a parser, EncryptedFile where all of it is encrypted, EmptyFile where it shows and holds nothing.
    """
    message = _parsed(data, source)
    parts = parts_of(message)
    documents = _documents(
        message, draw_texts(parts.texts, source=source), source, alone=not parts.attachments and not parts.sealed
    )
    failures: list[Failure] = []
    if parts.sealed:
        sealed = f"{source} is encrypted; open it in a mail program and save it decrypted"
        if not documents and not parts.attachments:
            raise EncryptedFile(sealed)
        failures.append(Failure(source, sealed))
    names = Names()
    for attachment in parts.attachments:
        inner = f"{source}/{names.of(attachment.name)}"
        reading = read(content_of(attachment.part), inner)
        documents += reading.documents
        failures += reading.failures
    if not documents and not failures:
        raise EmptyFile(f"{source} is a message without text or attachments; nothing to index")
    return Reading(tuple(documents), tuple(failures))


def read_mbox(data: bytes, *, source: str, read: Unpacker) -> Reading:
    """The messages of a mailbox, whose sources are "box.mbox/message 3"; those that cannot be read are failures."""
    documents: list[Document] = []
    failures: list[Failure] = []
    for number, message in enumerate(_messages(data), start=1):
        reading = read(message, f"{source}/message {number}", form="mail")
        documents += reading.documents
        failures += reading.failures
    return Reading(tuple(documents), tuple(failures))


def _messages(data: bytes) -> Iterator[bytes]:
    """The messages of a mailbox, their lines that begin with "From " as they were written.

    >>> list(_messages(b"From a 9:30\\nTo: b\\n\\n>From me\\n\\nFrom c 9:40\\nTo: d\\n\\nhi\\n"))
    [b'To: b\\n\\nFrom me\\n\\n', b'To: d\\n\\nhi\\n']
    """
    start: int | None = None
    for mark in ENVELOPE.finditer(data):
        before = data[max(0, mark.start() - 3) : mark.start()]
        if start is not None and not before.endswith((b"\n\n", b"\n\r\n")):
            continue
        if start is not None:
            yield _ESCAPED.sub(rb"\1", data[start : mark.start()])
        start = mark.end()
    if start is not None:
        yield _ESCAPED.sub(rb"\1", data[start:])


def _parsed(data: bytes, source: str) -> Message:
    """The message, parsed by the old and lenient rules: the new ones take gigabytes for long headers."""
    data = data.lstrip()
    ends = [end for mark in (b"\n\n", b"\n\r\n") if (end := data.find(mark, 0, _LONGEST_HEADERS)) >= 0]
    if not ends and len(data) > _LONGEST_HEADERS:
        raise ReadError(f"{source} has headers of more than {_LONGEST_HEADERS:,} bytes; it is damaged, save it again")
    if _ENDLESS.search(data):
        raise ReadError(f"{source} has a header of more than 20,000 bytes about a part; it is damaged, save it again")
    return message_from_bytes(data)


def _documents(message: Message, drawn: Canvas, source: str, *, alone: bool) -> list[Document]:
    """The message and those forwarded in it, those that show text. The subject is text where a message has no other."""
    subject = header(message, "subject")
    segments = segments_of(drawn, subject)
    own = Canvas()
    if subject:
        own.add(subject, "heading", level=1)
    own.extend(segments[0].canvas.text, segments[0].canvas.blocks)
    forwarded = []
    for segment in segments[1:]:
        if segment.forwarded and segment.canvas.blocks:
            forwarded.append(segment)
        else:
            own.extend(segment.canvas.text, segment.canvas.blocks, kind="furniture")
    if subject and alone and not drawn.blocks:
        own = Canvas()
        own.add(subject)
    documents = []
    sender = raw_header(message, "from")
    author = people(sender) or None
    if own.blocks and (drawn.blocks or alone):
        documents.append(
            Document(
                id=document_id(source),
                text=own.text,
                title=subject[:300].strip() or title_from(source),
                source=source,
                author=author,
                date=date_of(raw_header(message, "date")),
                blocks=own.blocks,
                metadata=_facts(message, sender),
            )
        )
    documents += [
        _forwarded(segment, source, number, subject or title_from(source), author)
        for number, segment in enumerate(forwarded, start=2)
    ]
    return documents


def _forwarded(segment: Segment, source: str, number: int, title: str, by: str | None) -> Document:
    """A message forwarded in the text of another: its author is who wrote it, not who passed it on."""
    said = segment.headers
    return Document(
        id=document_id(source, number),
        text=segment.canvas.text,
        title=said.get("subject") or title,
        source=source,
        author=people(said["from"]) or None,
        date=date_of(said.get("date", "")),
        blocks=segment.canvas.blocks,
        metadata={"forwarded_by": by} if by else {},
    )


def _facts(message: Message, sender: str) -> dict[str, str]:
    """Who got the message, and the sender's address."""
    facts = {"from": ", ".join(address for _, address in addresses(sender))}
    facts.update({name: people(raw_header(message, name)) for name in ("to", "cc")})
    return {name: value for name, value in facts.items() if value}
