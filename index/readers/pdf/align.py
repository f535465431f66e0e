"""The characters of a PDF's page put beside those of the text that was read from it."""

import re
from collections.abc import Iterable, Iterator, Sequence

from index.errors import ReadError
from index.schema import Document, Page

# What is the same in a file and in its text: not white space, control characters, hyphens (they come and go).
_KEPT = re.compile("[^\\s\x00-\x1f\x7f-\x9f\u00ad\ud800-\udfff\ufffe\uffff-]")
_HYPHENS = "-\u00ad"
_MOST_WAYS = 1000  # to part the lines of a page among its strands that are followed at once

Span = tuple[int, int]
_Way = tuple[int, ...]  # how far each strand has been followed


def aligned(text: str, lines: Iterable[Span], document: Document, page: Page) -> Iterator[list[tuple[int, int]]]:
    """For each line of `text`, which pdfium gave for a page, its characters: (offset in the document, place in `text`).

    White space, hyphens and control characters are left out. The reader keeps the order of a page's lines within three
    strands: what runs along (furniture), the block that goes on on the next page, and the rest. Raises ReadError where
    the lines cannot be parted so that every character has its place; nothing is guessed.

    >>> from index.schema import Block
    >>> blocks = Block(0, 1, "furniture"), Block(2, 13, "paragraph")
    >>> document = Document("x", "7\\nSoup is hot", "", "a.pdf", pages=(Page(1, 0, 9), Page(2, 9, 13)), blocks=blocks)
    >>> list(aligned("Soup\\r\\nis\\r\\n7", [(0, 4), (6, 8), (10, 11)], document, document.pages[0]))
    [[(2, 0), (3, 1), (4, 2), (5, 3)], [(7, 6), (8, 7)], [(0, 10)]]
    """
    kept = [_kept(text, [span]) for span in lines]
    strands = [_kept(document.text, spans) for spans in _strands(document, page)]
    ways = _parted([said for said, _ in kept], [said for said, _ in strands])
    if ways is None:
        raise ReadError(
            f"{document.source}: the characters of page {page.number} are not those of its text; sync it again"
        )
    for (_, places), (number, at) in zip(kept, ways, strict=True):
        offsets = strands[number][1][at : at + len(places)]
        yield list(zip(offsets, places, strict=True))


def unbroken(offsets: Sequence[int], text: str) -> bool:
    """Whether between the first and the last of these offsets nothing else stands in `text`, save what is left out.

    >>> unbroken([0, 2, 4], "a b-c"), unbroken([0, 4], "a b-c")
    (True, False)
    """
    return len(_KEPT.findall(text, offsets[0], offsets[-1] + 1)) == len(offsets)


def with_hyphens(lines: Sequence[Span], text: str, page: Page) -> list[Span]:
    """The spans of a page's lines, in order, with the hyphens that stand at either end.

    >>> with_hyphens([(0, 3), (4, 8), (12, 13)], "non-stop\\n- -5", Page(1, 0, 13))
    [(0, 4), (4, 8), (9, 13)]
    """
    starts, ends = [start for start, _ in lines], [end for _, end in lines]
    for number, (end, start) in enumerate(zip([page.start, *ends], [*starts, page.end], strict=True)):
        gap = text[end:start]
        behind = len(gap) - len(gap.lstrip(_HYPHENS)) if number else 0
        before = gap[behind:]
        before = before[len(before.rstrip(f"{_HYPHENS} ")) :].lstrip()
        if number:
            ends[number - 1] += behind
        if number < len(starts):
            starts[number] -= len(before)
    return list(zip(starts, ends, strict=True))


def _kept(text: str, spans: Iterable[Span]) -> tuple[str, list[int]]:
    """The characters of `text[start:end]` for all spans that count, and where they are."""
    places = [match.start() for start, end in spans for match in _KEPT.finditer(text, start, end)]
    return "".join(map(text.__getitem__, places)), places


def _strands(document: Document, page: Page) -> tuple[list[Span], list[Span], list[Span]]:
    """A page's furniture, what of its last block goes on on the next page, and the rest."""
    furniture: list[Span] = []
    last: list[Span] = []
    rest: list[Span] = []
    at = page.start
    for block in document.blocks:
        if block.end <= page.start or block.start >= page.end:
            continue
        end = min(block.end, page.end)
        goes_on = block.start >= page.start and block.end > page.end
        # The mark of a list item stands before its block.
        (furniture if block.kind == "furniture" else last if goes_on else rest).append((at, end))
        at = end
    return furniture, last, [*rest, (at, page.end)]


def _parted(lines: Sequence[str], strands: Sequence[str]) -> list[tuple[int, int]] | None:
    """For every line the strand it is next in and where; None where that is not so for all characters.

    What could lie in two strands is taken for furniture at either end of the page, where that mostly stands.

    >>> _parted(["soup", "hot", "7"], ["7", "", "souphot"])
    [(2, 0), (2, 4), (0, 0)]
    """
    reached: list[set[_Way]] = [{(0,) * len(strands)}]
    for line in lines:
        reached.append({way for before in reached[-1] for _, way in _steps(before, line, strands, +1)})
        if len(reached[-1]) > _MOST_WAYS:
            return None
    way: _Way = tuple(map(len, strands))
    if way not in reached[-1]:
        return None
    found: list[tuple[int, int]] = []
    for number in range(len(lines) - 1, -1, -1):
        steps = [step for step in _steps(way, lines[number], strands, -1) if step[1] in reached[number]]
        strand, way = steps[0 if 2 * number >= len(lines) else -1]
        found.append((strand, way[strand]))
    return found[::-1]


def _steps(way: _Way, line: str, strands: Sequence[str], sign: int) -> Iterator[tuple[int, _Way]]:
    """The ways to go on, or back, by a line."""
    for number, strand in enumerate(strands):
        at = way[number] if sign > 0 else way[number] - len(line)
        if at >= 0 and strand.startswith(line, at):
            yield number, (*way[:number], way[number] + sign * len(line), *way[number + 1 :])
