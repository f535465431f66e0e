"""Documents to passages, ready for the catalog."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from index.catalog import Catalog
from index.chunking import chunk, embeddable
from index.embedding import Embedder
from index.errors import StoreError
from index.readers.plain.document import blocks_of
from index.schema import Chunk, Document, Origin

# A commit costs an fsync, a crash costs what is not committed: these keep both small.
PASSAGES_A_COMMIT = 256
_SECONDS_A_COMMIT = 2.0

_TEXTS = ("id", "text", "title", "source", "author", "publisher", "date")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with its passages and the hash of what is embedded for each."""

    document: Document
    chunks: tuple[Chunk, ...]
    hashes: tuple[bytes, ...]


def prepare(document: Document, embedder: Embedder) -> Prepared:
    """The document cut into passages that fit the embedder. Raises StoreError for text that cannot be stored."""
    try:
        "".join(filter(None, (getattr(document, name) for name in _TEXTS))).encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"document {document.id!r} holds half a character (a lone surrogate); remove it") from error
    except TypeError as error:
        raise StoreError(f"document {document.id!r} holds something that is no text in {', '.join(_TEXTS)}") from error
    blocks = document.blocks or blocks_of(document.text)
    chunks = chunk(document, blocks, embedder, limit=embedder.limit)
    texts = embeddable([(document.title, each) for each in chunks], embedder)
    return Prepared(document, tuple(chunks), tuple(text_hash(text) for text in texts))


def batches(things: Iterable[_T], *, passages: Callable[[_T], int]) -> Iterator[list[_T]]:
    """The things, as many at a time as are stored in one commit; `passages` tells how many one of them has.

    What comes slowly is not waited for: what has come so far is stored.

    >>> [len(batch) for batch in batches([200, 100, 300, 7], passages=lambda thing: thing)]
    [2, 1, 1]
    """
    batch: list[_T] = []
    count, began = 0, time.monotonic()
    for thing in things:
        batch.append(thing)
        count += max(1, passages(thing))
        if count >= PASSAGES_A_COMMIT or time.monotonic() - began >= _SECONDS_A_COMMIT:
            yield batch
            batch, count, began = [], 0, time.monotonic()
    if batch:
        yield batch


def text_hash(text: str) -> bytes:
    """What a text's vector is kept under: half a SHA-256, 16 bytes."""
    return hashlib.sha256(text.encode()).digest()[:16]


def store(prepared: Iterable[Prepared], catalog: Catalog, embedder: Embedder, *, origin: Origin | None = None) -> None:
    """Put documents prepared for the embedder into the catalog, inside a transaction; binds the catalog to it."""
    for each in prepared:
        catalog.pin_model(embedder.name, embedder.dimension)
        catalog.put_document(each.document, each.chunks, each.hashes, origin=origin)
