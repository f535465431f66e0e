"""Puts the passages that were found into a better order, with a model that reads question and passage together.

Off unless one is named: the weights of none come with Citeback yet.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from index.chunking import header
from index.errors import ModelError
from index.schema import ScoredChunk

# Passages that are read again, at the least: a model that reads pairs is slow.
DEPTH = 30


class Reranker(Protocol):
    """Says how well each text answers a question."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each text, in order."""
        ...


def reranked(
    question: str, found: Sequence[ScoredChunk], titles: Mapping[str, str], reranker: Reranker
) -> list[ScoredChunk]:
    """What was found, in the order of the reranker's scores; a passage is read below its title and heading.

    `titles` are those of the documents, by id; passages of others, which are gone, are left out.
    """
    hits = [hit for hit in found if hit.chunk.document_id in titles]
    if not hits:
        return []
    texts = [f"{header(titles[hit.chunk.document_id], hit.chunk.heading)}\n{hit.chunk.text}" for hit in hits]
    scores = reranker.scores(question, texts)
    again = [replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
    return sorted(again, key=lambda hit: -hit.score)


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder by name or path (Nogueira and Cho, 2019). Loads on first use, offline."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._model: Any = None
        # Tokenizers fail ("Already borrowed") when sentence-transformers uses one in two threads.
        self._one = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each text, in order. Raises ModelError where the model cannot be used."""
        pairs = [(question, text) for text in texts]
        with self._one:
            from torch.nn import Sigmoid

            # Some models come with a sigmoid of their own, some without: here all end with one.
            found = self._loaded().predict(pairs, activation_fn=Sigmoid(), show_progress_bar=False)
        return [float(score) for score in found]

    def _loaded(self) -> Any:
        if self._model is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            try:
                from sentence_transformers import CrossEncoder

                model: Any = CrossEncoder(self._name, device="cpu", local_files_only=True, trust_remote_code=False)
                if model.num_labels != 1:
                    raise ValueError(f"it tells {model.num_labels} classes apart, and one score is wanted")
                self._model = model
            # Libraries in Rust know no more than Exception.
            except Exception as error:
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                fix = "give a folder that holds a CrossEncoder, or unset CITEBACK_RERANKER"
                raise ModelError(f"the reranker {self._name!r} cannot be loaded ({reason}); {fix}") from error
        return self._model
