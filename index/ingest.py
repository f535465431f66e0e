"""Documents to passages to vectors to the catalog. A text that was embedded before is not embedded again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from index.catalog import Catalog
from index.chunking import chunk, embeddable
from index.embedding import Embedder
from index.errors import StoreError
from index.progress import Clock
from index.readers.plain import blocks_of
from index.schema import Chunk, Document


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with its passages and the hash of what is embedded for each."""

    document: Document
    chunks: tuple[Chunk, ...]
    embedded: tuple[str, ...]
    hashes: tuple[str, ...]


def prepare(document: Document, embedder: Embedder) -> Prepared:
    """The document cut into passages that fit the embedder. Raises StoreError for text that cannot be stored."""
    try:
        f"{document.title}\n{document.text}".encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"document {document.id!r} holds half a character (a lone surrogate); remove it") from error
    blocks = document.blocks or blocks_of(document.text)
    chunks = chunk(document, blocks, token_spans=embedder.token_spans, limit=embedder.limit)
    texts = tuple(embeddable(document.title, each, token_spans=embedder.token_spans) for each in chunks)
    return Prepared(document, tuple(chunks), texts, tuple(hashlib.sha256(t.encode()).hexdigest() for t in texts))


def embed(prepared: Sequence[Prepared], catalog: Catalog, embedder: Embedder, clock: Clock) -> None:
    """Store the vectors these documents need and the catalog lacks, each batch as soon as it is made."""
    needed = {h: text for each in prepared for h, text in zip(each.hashes, each.embedded, strict=True)}
    known = catalog.known_hashes(needed)
    clock.advance(sum(h in known for each in prepared for h in each.hashes))
    missing = [h for h in needed if h not in known]
    if not missing:
        return
    catalog.pin_model(embedder.name, embedder.dimension)
    vectors = embedder.encode([needed[h] for h in missing], on_batch=clock.advance)
    with catalog.transaction():
        catalog.put_vectors(dict(zip(missing, vectors, strict=True)))


def store(prepared: Sequence[Prepared], catalog: Catalog, *, root: str | None) -> None:
    """Put the documents into the catalog. Call inside its transaction, after `embed`."""
    for each in prepared:
        catalog.put_document(each.document, each.chunks, each.hashes, root=root)
