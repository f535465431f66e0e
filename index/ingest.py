"""Documents to passages, ready for the catalog."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from index.catalog import Catalog
from index.chunking import chunk, embeddable
from index.embedding import Embedder
from index.errors import StoreError
from index.readers.plain.document import blocks_of
from index.schema import Chunk, Document

# A commit costs an fsync, a crash costs what is not committed: this many keep both small.
PASSAGES_A_COMMIT = 256

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
        f"{document.title}\n{document.text}".encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"document {document.id!r} holds half a character (a lone surrogate); remove it") from error
    blocks = document.blocks or blocks_of(document.text)
    chunks = chunk(document, blocks, embedder, limit=embedder.limit)
    texts = embeddable([(document.title, each) for each in chunks], embedder)
    return Prepared(document, tuple(chunks), tuple(text_hash(text) for text in texts))


def batches(things: Iterable[_T], *, passages: Callable[[_T], int]) -> Iterator[list[_T]]:
    """The things, as many at a time as are stored in one commit; `passages` tells how many one of them has.

    >>> [len(batch) for batch in batches([200, 100, 300, 7], passages=lambda thing: thing)]
    [2, 1, 1]
    """
    batch: list[_T] = []
    count = 0
    for thing in things:
        batch.append(thing)
        count += passages(thing)
        if count >= PASSAGES_A_COMMIT:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def text_hash(text: str) -> bytes:
    """What a text's vector is kept under: half a SHA-256, 16 bytes."""
    return hashlib.sha256(text.encode()).digest()[:16]


def store(prepared: Iterable[Prepared], catalog: Catalog, *, root: str | None = None, file: str | None = None) -> None:
    """Put prepared documents into the catalog, inside a transaction."""
    for each in prepared:
        catalog.put_document(each.document, each.chunks, each.hashes, root=root, file=file)
