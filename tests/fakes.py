"""An embedder without weights, and documents in one line."""

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from index import Block, Document, Span, Vectors


class HashEmbedder:
    """Counts words into buckets: texts that share words have near vectors. A token is a word or a mark.

    `encoded` holds every text it was given, in order. With `fails_at=n` its n-th call of `encode`, from 1, raises
    OSError.
    """

    def __init__(self, name: str = "hash", *, dimension: int = 128, limit: int = 256, fails_at: int = 0) -> None:
        self.name, self.dimension, self.limit = name, dimension, limit
        self.encoded: list[str] = []
        self._calls, self._fails_at = 0, fails_at

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        self._calls += 1
        if self._calls == self._fails_at:
            raise OSError("the model went away")
        self.encoded.extend(texts)
        # The first bucket counts one for every text, so that a text without words has a direction too.
        vectors = np.eye(1, self.dimension, dtype=np.float32).repeat(len(texts), axis=0)
        for row, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dimension] += 1
        if on_batch:
            on_batch(len(texts))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def encode_spans(self, text: str, spans: Sequence[Span]) -> Vectors:
        return self.encode([span.of(text) for span in spans])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self.token_spans(text)) for text in texts]

    def token_spans(self, text: str) -> list[Span]:
        return [Span(*match.span()) for match in re.finditer(r"\w+|[^\w\s]", text)]


def document(id: str, text: str, *, title: str = "Notes", blocks: tuple[Block, ...] = (), **fields: str) -> Document:
    """A document with one paragraph, or with `blocks`; `fields` are author, publisher, date, source."""
    blocks = blocks or (Block(0, len(text), "paragraph"),)
    return replace(Document(id, text, title, f"{id}.txt", blocks=blocks), **fields)  # type: ignore[arg-type]
