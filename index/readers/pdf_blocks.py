"""Lines of a PDF to blocks: headings, paragraphs, items, table rows, furniture."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.readers.lines import ends_sentence, marker
from index.readers.pdf_kinds import EARLY, LARGE, Style, drop_between, has_gap, kinds_of, pitch_of, style_of
from index.readers.pdf_lines import PdfLine, furniture_of
from index.schema import Block, BlockKind

Placed = tuple[int, PdfLine]

_FAR = 2.5  # times the usual distance of baselines; a sentence may go on below a footnote mark, not below a picture
_CHAIN = 4  # headings in a row before their text


@dataclass(slots=True)
class _Draft:
    """A block in the making."""

    kind: BlockKind
    start: int
    end: int
    last: PdfLine
    widest: int
    lines: int = 1
    size: float = 0.0


def blocks_from(placed: Sequence[Sequence[Placed]], text: str) -> tuple[Block, ...]:
    """The blocks of a document whose pages hold lines at the offsets given; linear in their number.

    >>> lines = ["Soups", "Borscht is a soup that is made of beets and eaten", "hot or cold.", "Borscht 4.50 12"]
    >>> page = [(sum(map(len, lines[:n])) + n, PdfLine(line, len(line))) for n, line in enumerate(lines)]
    >>> [block.kind for block in blocks_from([page], "\\n".join(lines))]
    ['heading', 'paragraph', 'row']
    """
    paged = [[line for _, line in page] for page in placed]
    style = style_of(paged)
    drafts: list[_Draft] = []
    for page, furniture in zip(placed, furniture_of(paged), strict=True):
        lines = [line for _, line in page]
        kinds = kinds_of(lines, furniture, style)
        for number, (offset, line) in enumerate(page):
            _place(drafts, offset, line, kinds[number], style, turned=number == 0)
    _demote(drafts)
    ranks = _ranks(drafts, style)
    return tuple(_block(draft, text, ranks) for draft in drafts)


def _place(drafts: list[_Draft], offset: int, line: PdfLine, kind: BlockKind, style: Style, *, turned: bool) -> None:
    """Add a line to the last block or begin a new one with it. `turned`: it is the first of a page."""
    last = drafts[-1] if drafts else None
    if kind == "paragraph" and last is not None and last.kind in ("paragraph", "item"):
        joins = _continues_page(last.last, line) if turned else _continues(last, line, style)
    elif kind == "heading" and last is not None and last.kind == "heading" and not turned:
        joins = last.last.size == line.size and last.last.weight == line.weight and not has_gap(last.last, line, style)
    else:
        # A label too long for its column ends in the line of the numbers.
        joins = kind == "row" and last is not None and not turned and _is_label(last, line, style)
        if joins and last is not None:
            last.kind = "row"
    if last is not None and joins:
        last.end, last.last, last.lines = offset + len(line.text), line, last.lines + 1
        last.widest = max(last.widest, line.width)
        return
    if kind == "paragraph" and marker(line.text) is not None:
        kind = "item"
    drafts.append(_Draft(kind, offset, offset + len(line.text), line, line.width, size=line.size))


def _is_label(last: _Draft, line: PdfLine, style: Style) -> bool:
    single = last.kind == "paragraph" and last.lines == 1 and not ends_sentence(last.last.text)
    return single and line.text[0].islower() and not has_gap(last.last, line, style)


def _continues_page(last: PdfLine, line: PdfLine) -> bool:
    """Whether a page begins in the middle of the sentence with which the page before it ended."""
    return not ends_sentence(last.text) and line.text[0].islower()


def _continues(block: _Draft, line: PdfLine, style: Style) -> bool:
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


def _demote(drafts: Sequence[_Draft]) -> None:
    """Make paragraphs of headings with no text below them: lines of a cover, of a list of contents."""
    chain = 0  # 0: no text below; n: text below n - 1 headings
    for draft in reversed(drafts):
        if draft.kind == "heading":
            if not 0 < chain <= _CHAIN:
                draft.kind = "paragraph"
            chain += chain > 0
        elif draft.kind != "furniture":
            chain = 1


def _ranks(drafts: Sequence[_Draft], style: Style) -> dict[float, int]:
    """The level of a heading by its size: the largest has 1, those no larger than the body the last."""
    sizes = {max(draft.size, style.size) for draft in drafts if draft.kind == "heading"}
    return {size: min(rank, 6) for rank, size in enumerate(sorted(sizes, reverse=True), start=1)}


def _block(draft: _Draft, text: str, ranks: dict[float, int]) -> Block:
    skipped = marker(text[draft.start : draft.start + 20]) or 0 if draft.kind == "item" else 0
    level = 0
    if draft.kind == "heading":
        level = ranks.get(draft.size) or max(ranks.values())
    return Block(draft.start + skipped, draft.end, draft.kind, level)
