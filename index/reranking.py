"""Puts the passages that were found into a better order, with a model that reads question and text together."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.chunking import header
from index.errors import ModelError
from index.reader import reading
from index.schema import Chunk, ScoredChunk
from index.vocabulary import Vocabulary

_LEAST = 1e-6


class Reranker(Protocol):
    """Says how well each text answers a question."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each text, in order."""
        ...


class Reordering(Protocol):
    """Puts what was found into a better order."""

    @property
    def depth(self) -> int:
        """How many passages it wants to choose from, at the least."""

    @property
    def model(self) -> Reranker:
        """What reads them."""

    def reordered(
        self, question: str, found: Sequence[ScoredChunk], titles: Mapping[str, str], vocabulary: Vocabulary
    ) -> list[ScoredChunk]:
        """What was found, with new scores, best first. `titles` are those of the documents, by id."""


@dataclass(frozen=True, slots=True)
class ByPassage:
    """The order of a model's scores for the passages, each read below its title and heading."""

    model: Reranker
    # A model that reads whole passages is slow.
    depth: int = 30

    def reordered(
        self, question: str, found: Sequence[ScoredChunk], titles: Mapping[str, str], vocabulary: Vocabulary
    ) -> list[ScoredChunk]:
        """Every passage with the model's score."""
        texts = [f"{header(titles[hit.chunk.document_id], hit.chunk.heading)}\n{hit.chunk.text}" for hit in found]
        scores = self.model.scores(question, texts) if texts else []
        again = [replace(hit, score=score) for hit, score in zip(found, scores, strict=True)]
        return sorted(again, key=lambda hit: -hit.score)


@dataclass(frozen=True, slots=True)
class BySentence:
    """The order in which passages were found, each moved by how well its best sentence answers the question.

    The best sentence is the one that holds most of the question's words. Whole passages are too much for a small
    reader: by them it ranks worse than BM25. `share` is what the log odds weigh beside a passage's score;
    `python -m evals.calibration.moving` chooses it.
    """

    model: Reranker
    depth: int = 12
    share: float = 0.08

    def reordered(
        self, question: str, found: Sequence[ScoredChunk], titles: Mapping[str, str], vocabulary: Vocabulary
    ) -> list[ScoredChunk]:
        """The first `depth` passages moved by their own sentence, the others as the worst of those."""
        read = [hit for hit in found[: self.depth] if hit.chunk.sentences]
        if not read:
            return list(found)
        terms = set(vocabulary.content_terms(question))
        texts = [_best_sentence(hit.chunk, titles[hit.chunk.document_id], terms, vocabulary) for hit in read]
        odds = dict(zip((hit.chunk.id for hit in read), log_odds(self.model, question, texts), strict=True))
        worst = min(odds.values())
        places = {hit.chunk.id: hit.score + self.share * float(odds.get(hit.chunk.id, worst)) for hit in found}
        again = sorted(found, key=lambda hit: -places[hit.chunk.id])
        return [replace(hit, score=min(1.0, max(0.0, places[hit.chunk.id]))) for hit in again]


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


def _best_sentence(chunk: Chunk, title: str, terms: set[str], vocabulary: Vocabulary) -> str:
    """The sentence of a passage that holds most of the terms, the first of equals, as it is read."""
    texts = [chunk.text[span.start - chunk.start : span.end - chunk.start] for span in chunk.sentences]
    weights = [vocabulary.weight(terms & set(vocabulary.terms(text))) for text in texts]
    at = max(range(len(texts)), key=lambda n: (weights[n], -n))
    return reading(title, texts[at - 1] if at else "", texts[at])


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder by name or path (Nogueira and Cho, 2019). Loads on first use, offline.

    One that scores a pair, or one for inference (NLI) among whose classes is "entailment": then a score is the
    probability that the text entails the question, which is a claim.
    """

    def __init__(self, name: str, variable: str = "CITEBACK_RERANKER") -> None:
        self._name = name
        self._variable = variable
        self._model: Any = None
        # The place of entailment among a model's classes.
        self._entailment: int | None = None
        # Tokenizers fail ("Already borrowed") when sentence-transformers uses one in two threads.
        self._one = threading.Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each text, in order. Raises ModelError where the model cannot be used."""
        if not texts:
            return []
        with self._one:
            from torch.nn import Sigmoid, Softmax

            model, entailment = self._loaded(), self._entailment
            # For inference the text comes first. Some models come with a sigmoid of their own, some without.
            pairs = [(question, text) if entailment is None else (text, question) for text in texts]
            activation = Sigmoid() if entailment is None else Softmax(dim=-1)
            found = np.asarray(model.predict(pairs, activation_fn=activation, show_progress_bar=False))
        return [float(score) for score in (found if entailment is None else found[:, entailment])]

    def _loaded(self) -> Any:
        if self._model is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            try:
                from sentence_transformers import CrossEncoder

                model: Any = CrossEncoder(self._name, device="cpu", local_files_only=True, trust_remote_code=False)
                self._model, self._entailment = model, _entailment(model)
            # Libraries in Rust know no more than Exception.
            except Exception as error:
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                fix = f"give a folder that holds a CrossEncoder, or unset {self._variable}"
                raise ModelError(f"the model {self._name!r} cannot be loaded ({reason}); {fix}") from error
        return self._model


def _entailment(model: Any) -> int | None:
    """The place of entailment among a model's classes; None for one that gives a score. Raises ValueError."""
    if model.num_labels == 1:
        return None
    names = {place: str(name).lower() for place, name in model.config.id2label.items()}
    found = [place for place, name in names.items() if name.startswith("entail")]
    if len(found) != 1:
        raise ValueError(f"its {model.num_labels} classes are {', '.join(names.values())}; entailment is wanted")
    return int(found[0])
