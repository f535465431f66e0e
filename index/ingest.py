"""Documents to passages, ready for the catalog."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from index.catalog import Catalog
from index.chunking import chunk, embeddable
from index.embedding import Embedder
from index.errors import StoreError
from index.readers.plain.document import blocks_of
from index.schema import Chunk, Document


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


def text_hash(text: str) -> bytes:
    """What a text's vector is kept under: half a SHA-256, 16 bytes."""
    return hashlib.sha256(text.encode()).digest()[:16]


def store(prepared: Iterable[Prepared], catalog: Catalog, *, root: str | None = None, file: str | None = None) -> None:
    """Put prepared documents into the catalog, inside a transaction."""
    for each in prepared:
        catalog.put_document(each.document, each.chunks, each.hashes, root=root, file=file)
