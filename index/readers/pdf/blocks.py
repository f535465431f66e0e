"""Lines of a PDF to blocks: headings, paragraphs, items, table rows, furniture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.readers.lines import ends_sentence, marker
from index.readers.pdf.kinds import EARLY, LARGE, Style, drop_between, has_gap, kinds_of, pitch_of
from index.readers.pdf.lines import PdfLine, furniture_of
from index.schema import BlockKind

_FAR = 2.5  # times the usual distance of baselines; a sentence may go on below a footnote mark, not below a picture
_INSIDE = frozenset(",-–—/%$€£")  # what a line may end with in mid-sentence
_CHAIN = 4  # headings in a row before their text


@dataclass(slots=True, eq=False)
class Draft:
    """A block in the making: its last line so far, and what is needed of the others."""

    kind: BlockKind
    last: PdfLine
    widest: int
    size: float
    lines: int = 1
    level: int = 0

    @classmethod
    def begun(cls, kind: BlockKind, line: PdfLine) -> "Draft":
        """A block whose first line is known."""
        listed = kind == "paragraph" and marker(line.text) is not None
        return cls("item" if listed else kind, line, line.width, line.size)

    def grow(self, line: PdfLine) -> None:
        """Take one more line."""
        self.last, self.lines, self.widest = line, self.lines + 1, max(self.widest, line.width)


@dataclass(slots=True, eq=False)
class Piece:
    """What of a block stands on one page; whether the block comes from the page before, and goes on on the next."""

    draft: Draft
    lines: list[PdfLine]
    comes: bool = False
    goes_on: bool = False


def blocks_of(paged: Sequence[Sequence[PdfLine]], style: Style) -> list[list[Piece]]:
    """The blocks on every page, from top to bottom; linear in the number of lines.

    A block that goes on on the next page has a piece on each, whatever runs along between them.

    >>> from index.readers.pdf.kinds import style_of
    >>> lines = ["Soups", "Borscht is a soup that is made of beets and eaten", "hot or cold.", "Borscht 4.50 12"]
    >>> page = [PdfLine(line, len(line)) for line in lines]
    >>> [piece.draft.kind for piece in blocks_of([page], style_of([page]))[0]]
    ['heading', 'paragraph', 'row']
    """
    pages: list[list[Piece]] = []
    for lines, furniture in zip(paged, furniture_of(paged), strict=True):
        page: list[Piece] = []
        begun = False
        for line, kind in zip(lines, kinds_of(lines, furniture, style), strict=True):
            if kind != "furniture" and not begun:
                begun = True
                draft = _open_at_end(pages[-1], line, style) if pages and kind == "paragraph" else None
                if draft is not None:
                    draft.grow(line)
                    page.append(Piece(draft, [line], comes=True))
                    continue
            elif begun and _joins(page[-1].draft, line, kind, style):
                page[-1].draft.grow(line)
                page[-1].lines.append(line)
                continue
            page.append(Piece(Draft.begun(kind, line), [line]))
        pages.append(page)
    drafts = list(dict.fromkeys(piece.draft for page in pages for piece in page))
    _demote(drafts)
    _rank(drafts, style)
    return pages


def _joins(last: Draft, line: PdfLine, kind: BlockKind, style: Style) -> bool:
    """Whether a line goes into the block above it on its page."""
    if kind == "paragraph" and last.kind in ("paragraph", "item"):
        return _continues(last, line, style)
    if kind == "heading" and last.kind == "heading":
        return last.last.size == line.size and last.last.weight == line.weight and not has_gap(last.last, line, style)
    if kind == "row" and _is_label(last, line, style):
        last.kind = "row"  # a label too long for its column ends in the line of the numbers
        return True
    return False


def _is_label(last: Draft, line: PdfLine, style: Style) -> bool:
    single = last.kind == "paragraph" and last.lines == 1 and not ends_sentence(last.last.text)
    return single and line.text[0].islower() and not has_gap(last.last, line, style)


def _open_at_end(page: list[Piece], line: PdfLine, style: Style) -> Draft | None:
    """The block at the end of a page, footnotes aside, of which `line` on the next page is the continuation.

    What stands below that block, or runs along, is put before it (`pdf_flow`). A page that holds nothing but the middle
    of one paragraph has no such place, so that paragraph is parted there after a sentence.
    """
    body = [piece for piece in page if piece.draft.kind != "furniture"]
    while body and LARGE * body[-1].draft.last.size < line.size:
        body.pop()  # footnotes
    if not body or not _continues_page(body[-1].draft, line, style):
        return None
    piece = body[-1]
    if piece.comes and len(page) > 1:
        ends = [n for n in range(1, len(piece.lines)) if ends_sentence(piece.lines[n - 1].text)]
        if not ends:
            return None
        rest = Piece(Draft.begun("paragraph", piece.lines[ends[-1]]), piece.lines[ends[-1] :])
        for tail in rest.lines[1:]:
            rest.draft.grow(tail)
        del piece.lines[ends[-1] :]
        page.insert(page.index(piece) + 1, rest)
        piece = rest
    piece.goes_on = True
    return piece.draft


def _continues_page(block: Draft, line: PdfLine, style: Style) -> bool:
    """Whether a page begins in the middle of the sentence with which the page before it ended."""
    last = block.last
    if block.kind not in ("paragraph", "item") or ends_sentence(last.text):
        return False
    if last.size and line.size and max(last.size, line.size) > LARGE * min(last.size, line.size):
        return False
    if line.text[0].islower():
        return True
    # Any word may follow inside a sentence, but it is one of running text and looks the same.
    prose = block.widest >= EARLY * style.width and last.weight == line.weight and marker(line.text) is None
    return prose and (last.text[-1].isalnum() or last.text[-1] in _INSIDE)


def _continues(block: Draft, line: PdfLine, style: Style) -> bool:
    """Whether a line belongs to the block above it."""
    last = block.last
    open_ = not ends_sentence(last.text)
    drop = drop_between(last, line)
    pitch = pitch_of(line, style)
    if open_ and line.text[0].islower():
        return drop is None or not pitch or drop <= _FAR * pitch
    if has_gap(last, line, style) or (drop is not None and drop < 0):
        return False
    found = marker(line.text)
    if found is not None and (found > 0 or block.kind == "item" or not open_ or last.text.endswith((":", ";"))):
        return False
    if style.size and last.size and abs(last.size - line.size) > (LARGE - 1) * style.size:
        return False
    column = max(block.widest, line.width)
    first_word = len(line.text.split(maxsplit=1)[0])
    if last.width + 1 + first_word < EARLY * column and not last.text.endswith(","):
        return False  # the first word would have fitted above
    return open_ or last.width >= EARLY * style.width or line.text[0].islower()


def _demote(drafts: Sequence[Draft]) -> None:
    """Make paragraphs of headings with no text below them: lines of a cover, of a list of contents."""
    chain = 0  # 0: no text below; n: text below n - 1 headings
    for draft in reversed(drafts):
        if draft.kind == "heading":
            if not 0 < chain <= _CHAIN:
                draft.kind = "paragraph"
            chain += chain > 0
        elif draft.kind != "furniture":
            chain = 1


def _rank(drafts: Iterable[Draft], style: Style) -> None:
    """Give headings their level by their size: the largest has 1, those no larger than the body the last."""
    headings = [draft for draft in drafts if draft.kind == "heading"]
    sizes = {max(draft.size, style.size) for draft in headings}
    ranks = {size: min(rank, 6) for rank, size in enumerate(sorted(sizes, reverse=True), start=1)}
    for draft in headings:
        draft.level = ranks[max(draft.size, style.size)]
