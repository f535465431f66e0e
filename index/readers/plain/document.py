"""Plain text: articles, and in each its title, imprint, headings, paragraphs, items and furniture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.readers.builder import document_id, title_from
from index.readers.lines import (
    HEADING_WORDS,
    could_stand_beside_hashtags,
    ends_sentence,
    heading_like,
    is_advertisement,
    is_hashtags,
    lines_of,
    may_be_advertisement,
    same_line,
    title_like,
)
from index.readers.plain.articles import article_starts
from index.readers.plain.imprint import Imprint, find_imprint
from index.readers.plain.units import Unit, units_of
from index.readers.text import decode
from index.schema import Block, BlockKind, Document

_TOP_UNITS = 5  # units among which the title is looked for
_CHAIN = 3  # headings in a row before their text: part, chapter, section
_LONG_PARAGRAPH = 80  # characters of text that make the single bullet above it a heading
_ADVERTISEMENTS = 3  # lines in a row between the last paragraph and the hashtags


@dataclass(frozen=True, slots=True)
class Layout:
    """The blocks of a text and what its first and last lines say of it."""

    title: str | None
    imprint: Imprint
    blocks: tuple[Block, ...]


def read_plain(data: bytes, *, source: str) -> list[Document]:
    """The articles in a plain-text file, each with the slice of the decoded text that is its own.

    Raises EmptyFile and UnsupportedFormat as `decode` does.

    >>> read_plain(b"Soup\\n\\nIt is hot.", source="soup.txt")[0].title
    'Soup'
    """
    text, notes = decode(data, source=source)
    starts = article_starts(text)
    documents: list[Document] = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), start=1):
        body = text[start:end].rstrip()
        layout = layout_of(body)
        documents.append(
            Document(
                id=document_id(source, number),
                text=body,
                title=layout.title or title_from(source),
                source=source,
                author=layout.imprint.author,
                publisher=layout.imprint.publisher,
                date=layout.imprint.date,
                blocks=layout.blocks,
                metadata={**notes, "file_offset": str(start)} if len(starts) > 1 else notes,
            )
        )
    return documents


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a plain text, in order and without overlap; none for white space.

    >>> [(block.kind, text) for text in ["Soup\\n\\nIt is hot.\\n\\n#soup #food"] for block in blocks_of(text)][0][0]
    'heading'
    >>> [block.kind for block in blocks_of("Soup\\n\\nIt is hot.\\n\\n#soup #food")]
    ['heading', 'paragraph', 'furniture']
    """
    return layout_of(text).blocks


def layout_of(text: str) -> Layout:
    """The layout of one article: linear in its length, whatever the text."""
    lines = lines_of(text)
    imprint = find_imprint(lines)
    units = units_of(text, lines, imprint.furniture)
    title_at = _title_at(units) if imprint.title is None else None
    if title_at is not None:
        units = _without_repeats(units, title_at)
    kinds = _kinds(units)
    blocks = []
    for number, (unit, kind) in enumerate(zip(units, kinds, strict=True)):
        skipped = unit.marker or 0 if kind in ("heading", "item") else 0
        level = (1 if number == title_at else 2) if kind == "heading" else 0
        blocks.append(Block(unit.start + skipped, unit.end, kind, level))
    title = imprint.title if title_at is None else " ".join(units[title_at].content.split())
    return Layout(title, imprint, tuple(blocks))


def _title_at(units: Sequence[Unit]) -> int | None:
    """The number of the unit that is the title: the first one, or the first near the top that looks like a heading."""
    candidates = [number for number, unit in enumerate(units) if not unit.furniture][:_TOP_UNITS]
    for number in candidates:
        unit = units[number]
        fits = title_like if number == candidates[0] else heading_like
        if unit.alone and fits(unit.content) and not (unit.isolated and is_advertisement(unit.text)):
            return number
    return None


def _without_repeats(units: list[Unit], title_at: int) -> list[Unit]:
    """The units with further copies of the title, close below it, marked as furniture."""
    title = units[title_at].text
    near = range(title_at + 1, min(title_at + 4, len(units)))
    copies = {number for number in near if same_line(units[number].text, title)}
    return [replace(unit, furniture=True) if number in copies else unit for number, unit in enumerate(units)]


def _kinds(units: Sequence[Unit]) -> list[BlockKind]:
    """The kind of every unit. A heading needs text below it, so a list of unpunctuated notes stays paragraphs."""
    headings = _headings(units)
    kinds: list[BlockKind] = []
    for number, unit in enumerate(units):
        if unit.furniture:
            kinds.append("furniture")
        elif number in headings:
            kinds.append("heading")
        else:
            kinds.append("paragraph" if unit.marker is None else "item")
    for number in _advertisements(units, headings):
        kinds[number] = "furniture"
    return kinds


def _headings(units: Sequence[Unit]) -> set[int]:
    """The numbers of the units that are headings."""
    shown = [number for number, unit in enumerate(units) if not unit.furniture]
    candidates = {number for number in shown if _may_head(units[number], first=number == shown[0])}
    bodies = sum(_is_body(units[number]) for number in shown if number not in candidates)
    if len(candidates) >= 3 and len(candidates) > 2 * bodies:
        return set()  # notes: one unpunctuated line after another
    headings: set[int] = set()
    chain = 0  # 0: no text below; n: text below n - 1 headings
    for place in range(len(shown) - 1, -1, -1):
        number = shown[place]
        unit = units[number]
        if number in candidates or _is_bullet_heading(units, shown, place):
            if 0 < chain <= _CHAIN:
                headings.add(number)
            chain += chain > 0
        else:
            chain = 1 if _is_body(unit) else 0
    return headings


def _may_head(unit: Unit, *, first: bool) -> bool:
    fits = title_like if first else heading_like
    return (
        unit.alone and unit.marker is None and fits(unit.text) and not (unit.isolated and is_advertisement(unit.text))
    )


def _is_body(unit: Unit) -> bool:
    """Whether the unit is text that a heading can stand above."""
    if unit.marker is not None or not unit.alone or ends_sentence(unit.text) or unit.text.endswith(":"):
        return True
    return len(unit.text) > _LONG_PARAGRAPH and len(unit.text.split()) > HEADING_WORDS


def _is_bullet_heading(units: Sequence[Unit], shown: Sequence[int], place: int) -> bool:
    """Whether a bullet with no bullets beside it stands above a long paragraph: a heading in a list's dress."""
    unit = units[shown[place]]
    if unit.marker is None or not unit.alone or not heading_like(unit.content) or place + 1 == len(shown):
        return False
    below = units[shown[place + 1]]
    if below.marker is not None or len(below.text) < _LONG_PARAGRAPH:
        return False
    above = units[shown[place] - 1] if shown[place] else None
    return above is None or above.furniture or (above.marker is None and not above.text.endswith(":"))


def _advertisements(units: Sequence[Unit], headings: set[int]) -> set[int]:
    """The numbers of isolated units that advertise, or stand between the last paragraph and the hashtags."""
    sentences = sum(ends_sentence(unit.text) for unit in units if not unit.furniture)
    found: set[int] = set()
    for number, unit in enumerate(units):
        if unit.furniture and is_hashtags(unit.text):
            found.update(_above_hashtags(units, number))
        elif unit.isolated and not unit.furniture and unit.marker is None and sentences:
            # Without a sentence anywhere this is somebody's list of notes, and "sign up now" is one of them.
            weak = number not in headings and may_be_advertisement(unit.text)
            if weak or is_advertisement(unit.text):
                found.add(number)
    return found


def _above_hashtags(units: Sequence[Unit], hashtags: int) -> set[int]:
    """The units just above a line of hashtags that follow the text's last paragraph and are none themselves."""
    for number in range(hashtags - 1, max(hashtags - _ADVERTISEMENTS - 2, -1), -1):
        unit = units[number]
        if not unit.furniture and (ends_sentence(unit.text) or not unit.isolated):
            return set(range(number + 1, hashtags))
        if not unit.furniture and (unit.marker is not None or not could_stand_beside_hashtags(unit.text)):
            break
    return set()
