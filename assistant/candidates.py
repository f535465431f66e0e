"""The sentences of the passages found, and their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.answerer import Passage
from index import Embedder, Span, Vectors, passage_header


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that might answer: its passage, its place in the document, and how likely it answers."""

    passage: Passage
    span: Span
    text: str
    probability: float = 0.0


def candidates(passages: Sequence[Passage]) -> list[Candidate]:
    """Every sentence of the passages, each once, in passage order."""
    seen: dict[tuple[str, int], Candidate] = {}
    for passage in passages:
        for span in passage.sentences:
            text = passage.text[span.start - passage.start : span.end - passage.start]
            seen.setdefault((passage.document_id, span.start), Candidate(passage, span, text))
    return list(seen.values())


class SentenceVectors:
    """Unit vectors of sentences, each read within its passage; those of the last passages are kept."""

    _MOST_PASSAGES = 2_000

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[tuple[str, int, str], Vectors] = {}
        self._last: tuple[str | None, Vectors] = None, np.zeros(0, dtype=np.float32)

    def of(self, found: Sequence[Candidate]) -> Vectors:
        """Vectors of the candidates, shape (n, dimension)."""
        places = {_place(c.passage): c.passage for c in found}
        vectors = {place: self._of_passage(passage) for place, passage in places.items()}
        return np.stack([vectors[_place(c.passage)][c.passage.sentences.index(c.span)] for c in found])

    def encode(self, text: str) -> Vectors:
        """The vector of a text on its own, shape (dimension,); the last one is remembered."""
        known, vector = self._last
        if known != text:
            (made,) = self._embedder.encode([text])
            vector = np.asarray(made, dtype=np.float32)
            self._last = text, vector
        return vector

    def _of_passage(self, passage: Passage) -> Vectors:
        key = _place(passage)
        vectors = self._kept.get(key)
        if vectors is None:
            if len(self._kept) >= self._MOST_PASSAGES:
                self._kept.clear()
            above = passage_header(passage.title, passage.heading) + "\n"
            shift = len(above) - passage.start
            spans = [Span(span.start + shift, span.end + shift) for span in passage.sentences]
            vectors = self._kept[key] = self._embedder.encode_spans(above + passage.text, spans)
        return vectors


def _place(passage: Passage) -> tuple[str, int, str]:
    return passage.document_id, passage.start, passage.text


def before(candidate: Candidate) -> str:
    """The sentence before the candidate in its passage; "" where there is none."""
    passage = candidate.passage
    at = passage.sentences.index(candidate.span)
    if not at:
        return ""
    span = passage.sentences[at - 1]
    return passage.text[span.start - passage.start : span.end - passage.start]
