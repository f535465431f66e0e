"""The list that a sentence is of, or leads into: items, or headings."""

from collections.abc import Sequence
from dataclasses import dataclass

from index import Block, Span


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: the paragraph before it, where there is one, and its items, two at least."""

    lead: Block | None
    items: tuple[Block, ...]

    def __contains__(self, span: Span) -> bool:
        """Whether a sentence is of an item."""
        return self.items[0].start <= span.start and span.end <= self.items[-1].end

    def leads_in(self, span: Span) -> bool:
        """Whether a sentence is of the paragraph before it."""
        return self.lead is not None and self.lead.start <= span.start and span.end <= self.lead.end


def listing_around(span: Span, blocks: Sequence[Block]) -> Listing | None:
    """The list that a sentence is of, or else the one that its paragraph leads into.

    >>> blocks = [Block(0, 6, "paragraph"), Block(8, 14, "item"), Block(16, 22, "item"), Block(24, 30, "paragraph")]
    >>> found = Listing(blocks[0], (blocks[1], blocks[2]))
    >>> listing_around(Span(16, 22), blocks) == listing_around(Span(0, 6), blocks) == found
    True
    >>> listing_around(Span(24, 30), blocks) is None
    True
    """
    at = next((n for n, block in enumerate(blocks) if block.start <= span.start < block.end), None)
    if at is None:
        return None
    if blocks[at].kind != "item":
        at += 1
    first = last = at
    while first > 0 and blocks[first - 1].kind == "item":
        first -= 1
    while last < len(blocks) and blocks[last].kind == "item":
        last += 1
    if last - first < 2:
        return None
    before = blocks[first - 1] if first else None
    return Listing(before if before and before.kind == "paragraph" else None, tuple(blocks[first:last]))


def sections_after(span: Span, blocks: Sequence[Block]) -> list[Block]:
    """The headings that a sentence leads into, of one level, where its paragraph ends a section's introduction.

    >>> blocks = [Block(0, 6, "paragraph"), Block(8, 9, "heading", 2), Block(10, 14, "paragraph")]
    >>> blocks += [Block(16, 17, "heading", 2), Block(18, 20, "heading", 1), Block(22, 23, "heading", 2)]
    >>> [block.start for block in sections_after(Span(0, 6), blocks)]
    [8, 16]
    >>> sections_after(Span(10, 14), blocks[:4])
    []
    """
    following = [block for block in blocks if block.start >= span.end and block.kind != "furniture"]
    if not following or following[0].kind != "heading":
        return []
    level = following[0].level
    headings = [block for block in following if block.kind == "heading"]
    ends = next((n for n, block in enumerate(headings) if block.level < level), len(headings))
    same = [block for block in headings[:ends] if block.level == level]
    return same if len(same) > 1 else []


def leads(text: str) -> bool:
    """Whether a sentence says nothing without what follows it."""
    return text.rstrip().endswith(":")
