"""The list that a sentence is of, or leads into: items, or headings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index import Block, Span

# Headings that close a document are of no list in it.
_CLOSING = re.compile(
    r"(?:see also|references|notes|sources|conclusions?|summary|comments|about\b|subscribe|further reading|"
    r"external links|related|appendix|acknowledge?ments?)",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(r"\b(?:follow(?:s|ing)?|these|below|list(?:s|ed)?|steps|rules|points)\b", re.IGNORECASE)


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


def sections_after(span: Span, text: str, blocks: Sequence[Block]) -> list[Block]:
    """The headings that a sentence leads into: those of the next level down, as far as its own section goes.

    >>> text = "# T\\nThree follow:\\n## A\\nx\\n## B\\ny\\n## See also\\nz"
    >>> blocks = [Block(2, 3, "heading", 1), Block(4, 17, "paragraph"), Block(21, 22, "heading", 2)]
    >>> blocks += [Block(23, 24, "paragraph"), Block(28, 29, "heading", 2), Block(35, 43, "heading", 2)]
    >>> [text[block.start : block.end] for block in sections_after(Span(4, 17), text, blocks)]
    ['A', 'B']
    >>> sections_after(Span(23, 24), text, blocks)
    []
    """
    above = [block for block in blocks if block.kind == "heading" and block.end <= span.start]
    following = [block for block in blocks if block.start >= span.end and block.kind != "furniture"]
    if not following or following[0].kind != "heading":
        return []
    level = following[0].level
    if above and above[-1].level >= level:
        return []
    found: list[Block] = []
    for block in (each for each in following if each.kind == "heading" and each.level <= level):
        if block.level < level or _CLOSING.match(text[block.start : block.end]):
            break
        found.append(block)
    return found if len(found) > 1 else []


def leads(text: str) -> bool:
    """Whether a sentence says nothing without what follows it."""
    return text.rstrip().endswith(":")


def announces(text: str) -> bool:
    """Whether a sentence before a list speaks of it.

    >>> announces("Follow these steps."), announces("Cracks are the cause.")
    (True, False)
    """
    return leads(text) or bool(_ANNOUNCES.search(text))
