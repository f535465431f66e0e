"""Documents as JSON-ready values, for the catalog and for the way out of the sandbox."""

from collections.abc import Iterable, Mapping
from typing import Any

from index.schema import Block, Document, Failure, Page, Reading

_FACTS = ("id", "text", "title", "source", "author", "publisher", "date")


def pages_record(pages: Iterable[Page]) -> list[list[Any]]:
    """Each page as [number, start, end] and its label where it has one.

    >>> pages_record([Page(1, 0, 9), Page(2, 9, 12, "slide 2")])
    [[1, 0, 9], [2, 9, 12, 'slide 2']]
    """
    return [[p.number, p.start, p.end, *([p.label] if p.label else [])] for p in pages]


def blocks_record(blocks: Iterable[Block]) -> list[list[Any]]:
    """Each block as [start, end, kind, level] and its label where it has one."""
    return [[b.start, b.end, b.kind, b.level, *([b.label] if b.label else [])] for b in blocks]


def pages_from(record: Iterable[Any]) -> tuple[Page, ...]:
    """The pages of a `pages_record`."""
    return tuple(Page(*page) for page in record)


def blocks_from(record: Iterable[Any]) -> tuple[Block, ...]:
    """The blocks of a `blocks_record`."""
    return tuple(Block(*block) for block in record)


def reading_record(reading: Reading) -> dict[str, Any]:
    """What a file held, ready for JSON."""
    return {
        "documents": [
            {
                **{fact: getattr(document, fact) for fact in _FACTS},
                "pages": pages_record(document.pages),
                "blocks": blocks_record(document.blocks),
                "metadata": dict(document.metadata),
            }
            for document in reading.documents
        ],
        "failures": [[failure.source, failure.reason] for failure in reading.failures],
    }


def reading_from(record: Mapping[str, Any]) -> Reading:
    """What a file held, from a `reading_record`.

    >>> reading = Reading((Document("x", "Soup.", "Soup", "a.txt", blocks=(Block(0, 5, "row", label="row 2"),)),))
    >>> reading_from(reading_record(reading)) == reading
    True
    """
    return Reading(
        tuple(
            Document(
                **{fact: document[fact] for fact in _FACTS},
                pages=pages_from(document["pages"]),
                blocks=blocks_from(document["blocks"]),
                metadata=document["metadata"],
            )
            for document in record["documents"]
        ),
        tuple(Failure(*failure) for failure in record["failures"]),
    )
