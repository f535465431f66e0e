"""The text of a message: the sender's own words, what is quoted or signed below them, and what is forwarded."""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import html

from index.readers.builder import Canvas
from index.readers.lines import Line, lines_of
from index.readers.markup.elements import depth_of, draw_visible, parse
from index.readers.plain.units import units_of
from index.readers.text import clean
from index.schema import Block

_SIGNATURE_LINES = 15  # a lone "--" that more lines follow parts a text
_ATTRIBUTION_LINES = 3
_ATTRIBUTION = re.compile(r"\d|@|\bwrote\b")
_MARKER = re.compile(r"-{3,}[^-\n]{3,60}-{3,}|Begin forwarded message:", re.IGNORECASE)
_FORWARDED = re.compile(r"-{3,} ?forwarded.*|begin forwarded message:|(?:fwd?|wg|tr|rv|i)\s*:.*", re.I)
_FIELD = r"[*_]{0,2}(?P<%s>%s)\s?:[*_]{0,2}[ \t]*(?P<%s>[^\n]{0,400})"
_FROM = re.compile("^" + _FIELD % ("from", "From|Von|De|Da|Van", "sender") + "$", re.MULTILINE)
_NEXT = re.compile(
    r"\n+"
    + _FIELD % ("key", "Sent|Date|To|Cc|Subject|Reply-To|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Importance", "value")
    + "$",
    re.MULTILINE,
)
_KEYS = {
    "sent": "date",
    "gesendet": "date",
    "datum": "date",
    "envoyé": "date",
    "betreff": "subject",
    "objet": "subject",
}
_QUOTING = (
    "descendant-or-self::*[self::blockquote[@type='cite' or contains(@class, 'gmail_quote')]"
    " or self::div[contains(@class, 'gmail_quote') or contains(@class, 'gmail_signature')"
    " or contains(@class, 'yahoo_quoted') or contains(@class, 'moz-cite-prefix')"
    " or contains(@class, 'moz-signature') or @id='Signature']]"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """The blocks of one message; `headers` are those that stand above a forwarded or quoted one."""

    canvas: Canvas
    headers: Mapping[str, str] = field(default_factory=dict)
    forwarded: bool = False


def draw_texts(texts: Sequence[tuple[bool, str]], *, source: str) -> Canvas:
    """The blocks of the texts of a message, each HTML or plain: quotes, attributions and signatures are furniture.

    >>> canvas = draw_texts([(False, "It is hot.\\n\\nOn 3 May Bo wrote:\\n> Is it?\\n-- \\nAnn")], source="a.eml")
    >>> [(block.kind, canvas.text[block.start : block.end]) for block in canvas.blocks][1:]
    [('furniture', 'On 3 May Bo wrote:'), ('furniture', '> Is it?'), ('furniture', '--'), ('furniture', 'Ann')]
    """
    canvas = Canvas()
    for is_html, text in texts:
        if is_html:
            _draw_page(text, canvas, source)
        else:
            _draw_plain(clean(text), canvas)
    return canvas


def segments_of(drawn: Canvas, subject: str) -> list[Segment]:
    """The message, and the messages forwarded in it, each with the headers above it.

    What is quoted whole below a reply is furniture of that reply; it is forwarded where the subject or a line says so.
    """
    text = drawn.text
    forwarded = _FORWARDED.match(subject) is not None
    segments = [Segment(Canvas())]
    upcoming = deque(_headers_in(text))
    for block in drawn.blocks:
        at = block.start
        while upcoming and upcoming[0][0] < block.end:
            start, end, headers = upcoming[0]
            if start > at:
                forwarded = _draw_part(segments[-1].canvas, text, replace(block, start=at, end=start)) or forwarded
            if start >= block.start:
                segments.append(Segment(Canvas(), headers, forwarded))
            _draw_part(segments[-1].canvas, text, Block(max(start, at), min(end, block.end), "furniture"))
            at = min(end, block.end)
            if end > block.end:
                break
            upcoming.popleft()
        if at < block.end:
            forwarded = _draw_part(segments[-1].canvas, text, replace(block, start=at)) or forwarded
    return segments


def _draw_part(canvas: Canvas, text: str, block: Block) -> bool:
    """Put a block, or what is left of it, on the canvas; whether it says that what follows is forwarded."""
    shown = text[block.start : block.end].strip()
    canvas.extend(text, [block], kind="furniture" if _MARKER.fullmatch(shown) else None)
    return _FORWARDED.match(shown[:100]) is not None


def _headers_in(text: str) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Start, end and fields of the blocks of headers inside a text: a sender and at least two more."""
    at = 0
    while first := _FROM.search(text, at):
        fields = {"from": first["sender"].strip()}
        at = first.end()
        while follower := _NEXT.match(text, at):
            key = follower["key"].lower()
            fields.setdefault(_KEYS.get(key, key), follower["value"].strip())
            at = follower.end()
        if len(fields) >= 3 and fields["from"]:
            yield first.start(), at, fields


def _draw_plain(text: str, canvas: Canvas) -> None:
    lines = lines_of(text)
    furniture = _furniture(text, lines)
    for unit in units_of(text, lines, furniture):
        if unit.furniture or unit.marker is None:
            canvas.add(unit.text, "furniture" if unit.furniture else "paragraph")
        else:
            canvas.add(unit.content, "item")


def _furniture(text: str, lines: Sequence[Line]) -> set[int]:
    """The numbers of the lines that are quoted, say whom they quote, or sign."""
    found: set[int] = set()
    signed = False
    for number, line in enumerate(lines):
        if line.text.startswith(">"):
            if number and number - 1 not in found:
                found.update(_attribution(lines, number))
            found.add(number)
        elif _MARKER.fullmatch(line.text) or _FROM.fullmatch(line.text):
            signed = False
        elif line.text == "--":
            signed = signed or text[line.end : line.end + 1] == " " or len(lines) - number <= _SIGNATURE_LINES
        if signed:
            found.add(number)
    return found


def _attribution(lines: Sequence[Line], quote: int) -> range:
    """The lines above a quote that say who wrote it, and when."""
    if not lines[quote - 1].text.endswith(":"):
        return range(0)
    first = quote - 1
    while first > max(0, quote - _ATTRIBUTION_LINES) and not lines[first].gap:
        first -= 1
    said = " ".join(line.text for line in lines[first:quote])
    return range(first, quote) if _ATTRIBUTION.search(said) and len(said) < 300 else range(0)


def _draw_page(markup: str, canvas: Canvas, source: str) -> None:
    tree = parse(clean(markup))
    if tree is None:
        return
    depth_of(tree, source=source)
    for element in tree.xpath(_QUOTING):
        if not _FORWARDED.match(_beginning(element)):
            element.tag = "nav"  # is drawn as furniture, and so is all in it
    draw_visible(tree, canvas)


def _beginning(element: html.HtmlElement) -> str:
    """The first characters an element shows."""
    shown = ""
    for part in element.itertext():
        shown = (shown + part).lstrip()
        if len(shown) > 60:
            break
    return shown
