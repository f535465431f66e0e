"""Blocks of a PDF's pages to one text, in which sentences go on across pages."""

from collections.abc import Sequence

from index.readers.lines import marker
from index.readers.pdf.blocks import Draft, Piece
from index.readers.pdf.hyphens import Hyphens
from index.schema import Block, Page


def flowing(paged: Sequence[Sequence[Piece]], hyphens: Hyphens) -> tuple[str, tuple[Page, ...], tuple[Block, ...]]:
    """One text, the pages that cover it, and its blocks: each in one line, for where a page's lines end says nothing.

    What stands between the halves of a block that goes on on the next page (footers, footnotes, headers) is put before
    the half above and behind the half below, each on its page. A word cut at the end of a page is put together, so a
    page may begin inside a word.

    >>> from index.readers.pdf.lines import PdfLine
    >>> def piece(kind, said): return Piece(Draft.begun(kind, PdfLine(said, len(said))), [PdfLine(said, len(said))])
    >>> above, foot, head = piece("paragraph", "Soup is"), piece("furniture", "1"), piece("furniture", "Soups")
    >>> below = Piece(above.draft, [PdfLine("hot.", 4)], comes=True)
    >>> above.goes_on = True
    >>> text, pages, blocks = flowing([[above, foot], [head, below]], Hyphens())
    >>> text, pages[1].start, [block.kind for block in blocks]
    ('1\\nSoup is hot.\\nSoups', 10, ['furniture', 'paragraph', 'furniture'])
    """
    sheet = _Sheet()
    starts: list[int] = []
    spans: dict[Draft, tuple[int, int]] = {}
    for page in paged:
        first: int | None = None
        for piece in _in_order(page):
            for line in piece.lines:
                known = spans.get(piece.draft)
                # The first line of a piece that comes from the page before may have the other half of a word.
                halves = hyphens.join(sheet.last, line.text) if known and line is piece.lines[0] else None
                if halves:
                    sheet.amend(halves[0])
                at = sheet.put(line.text, "" if halves else " " if known else "\n")
                first = at if first is None else first
                spans[piece.draft] = (known[0] if known else at, sheet.length)
        starts.append(sheet.put("", "\n") if first is None else first)
    text = sheet.text
    ends = [*starts[1:], len(text)]
    pages = (Page(number, start, end) for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1))
    return text, tuple(pages), tuple(_block(draft, *span, text) for draft, span in spans.items())


class _Sheet:
    """A text that grows by lines."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.length = 0

    @property
    def last(self) -> str:
        return self._parts[-1]

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def put(self, line: str, between: str) -> int:
        """Add a line, with what parts it from the one before; where it begins."""
        if self._parts:
            self._parts.append(between)
            self.length += len(between)
        at = self.length
        self._parts.append(line)
        self.length += len(line)
        return at

    def amend(self, line: str) -> None:
        """Let the last line be another."""
        self.length += len(line) - len(self._parts[-1])
        self._parts[-1] = line


def _in_order(page: Sequence[Piece]) -> list[Piece]:
    """The blocks of a page with those first and last that touch blocks of other pages."""
    first = next((number for number, piece in enumerate(page) if piece.comes), 0)
    page = [*page[first : first + 1], *page[:first], *page[first + 1 :]]
    last = next((number for number, piece in enumerate(page) if piece.goes_on), len(page))
    return [*page[:last], *page[last + 1 :], *page[last : last + 1]]


def _block(draft: Draft, start: int, end: int, text: str) -> Block:
    skipped = marker(text[start : start + 20]) or 0 if draft.kind == "item" else 0
    return Block(start + skipped, end, draft.kind, draft.level)
