"""Puts the passages that were found into a better order, with a model that reads question and text together."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.chunking import header
from index.errors import ModelError
from index.reader import reading
from index.schema import Chunk, ScoredChunk
from index.vocabulary import Vocabulary

# Passages that are read again, at the least: a model that reads pairs is slow.
DEPTH = 30
# Sentences that the bundled reader reads, the best of as many passages, and what its log odds weigh beside a passage's
# score. On conversations of mtRAG that it was not trained on nDCG@10 is .489, .260, .318 and .695 for .482, .250, .311
# and .693 (clapnq, cloud, fiqa, govt; n 240), on SciFact .755 for .753 (n 445), on SQuAD .928 for .930 (n 431); .02
# does alike, .05 worse, and twice as many sentences hardly better.
MOST_SENTENCES, _SHARE = 12, 0.01
_LEAST = 1e-6


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


def log_odds(model: Reranker, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """The model's scores as log odds, shape (len(texts),). Nothing is certain: they end at 14 either way.

    >>> class Even:
    ...     def scores(self, question, texts):
    ...         return [0.5 for _ in texts]
    >>> log_odds(Even(), "Who?", ["He.", "She."]).tolist()
    [0.0, 0.0]
    """
    chances = np.clip(np.asarray(model.scores(question, texts), dtype=np.float64), _LEAST, 1 - _LEAST)
    found: NDArray[np.float64] = np.log(chances / (1 - chances))
    return found


def moved(
    question: str,
    found: Sequence[ScoredChunk],
    titles: Mapping[str, str],
    reader: Reranker,
    vocabulary: Vocabulary,
) -> list[ScoredChunk]:
    """What was found, each of the first passages moved by how well its best sentence answers the question.

    The best sentence is the one that holds most of the question's words. Whole passages are too much for a small
    reader: by them it ranks worse than BM25. What is not read moves as the worst that is.
    """
    hits = [hit for hit in found if hit.chunk.document_id in titles]
    read = [hit for hit in hits[:MOST_SENTENCES] if hit.chunk.sentences]
    if not read:
        return hits
    terms = set(vocabulary.content_terms(question))
    texts = [_best_sentence(hit.chunk, titles[hit.chunk.document_id], terms, vocabulary) for hit in read]
    odds = dict(zip((hit.chunk.id for hit in read), log_odds(reader, question, texts), strict=True))
    worst = min(odds.values())
    places = {hit.chunk.id: hit.score + _SHARE * float(odds.get(hit.chunk.id, worst)) for hit in hits}
    again = sorted(hits, key=lambda hit: -places[hit.chunk.id])
    return [replace(hit, score=min(1.0, max(0.0, places[hit.chunk.id]))) for hit in again]


def _best_sentence(chunk: Chunk, title: str, terms: set[str], vocabulary: Vocabulary) -> str:
    """The sentence of a passage that holds most of the terms, the first of equals, as it is read."""
    texts = [chunk.text[span.start - chunk.start : span.end - chunk.start] for span in chunk.sentences]
    weights = [vocabulary.weight(terms & set(vocabulary.terms(text))) for text in texts]
    at = max(range(len(texts)), key=lambda n: (weights[n], -n))
    return reading(title, texts[at - 1] if at else "", texts[at])


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder by name or path (Nogueira and Cho, 2019). Loads on first use, offline."""

    def __init__(self, name: str, variable: str = "CITEBACK_RERANKER") -> None:
        self._name = name
        self._variable = variable
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
                fix = f"give a folder that holds a CrossEncoder, or unset {self._variable}"
                raise ModelError(f"the model {self._name!r} cannot be loaded ({reason}); {fix}") from error
        return self._model
