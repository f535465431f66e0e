"""The models an assistant reads with, as the settings name them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

from assistant.candidates import SentenceVectors
from assistant.settings import Settings
from index import ByPassage, BySentence, CrossEncoderReranker, Embedder, Reader, Reordering, Reranker

Timed = Callable[[str], AbstractContextManager[None]]
# Loaded once a process, however many assistants there are.
_BUNDLED = Reader()


@dataclass(frozen=True, slots=True)
class Models:
    """What knows sentences by meaning, and what says how likely one answers a question, or supports a claim.

    Without the latter, sentences are judged by their words and their meaning alone. What their scores weigh was fitted
    for the bundled reader.
    """

    vectors: SentenceVectors
    answering: Reranker | None = None
    supporting: Reranker | None = None

    @classmethod
    def of(cls, embedder: Embedder, settings: Settings) -> "Models":
        """The models of an index's embedder and the settings. None is loaded yet."""
        return cls(
            SentenceVectors(embedder),
            ranker(settings),
            verifier(settings),
        )

    def timed(self, timed: Timed) -> "Models":
        """The same, every reading within `timed("read")`."""
        answering, supporting = (model and _Timed(model, timed) for model in (self.answering, self.supporting))
        return Models(self.vectors, answering, supporting)

    def warm_up(self) -> None:
        """Load every model, so that a first question waits for none, and one that cannot be loaded is told at once."""
        self.vectors.encode("warm up")
        for model in (self.answering, self.supporting):
            if model is not None:
                model.scores("warm", ["up"])


@dataclass(frozen=True, slots=True)
class _Timed:
    model: Reranker
    timed: Timed

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        with self.timed("read"):
            return self.model.scores(question, texts)


def ranker(settings: Settings) -> Reranker | None:
    """The model that says how likely a sentence answers."""
    return _model(settings.ranker, "CITEBACK_RANKER", _BUNDLED.answering())


def verifier(settings: Settings) -> Reranker | None:
    """The model that says how likely a text supports a claim."""
    return _model(settings.verifier, "CITEBACK_VERIFIER", _BUNDLED.supporting())


def reranker(settings: Settings) -> Reordering | None:
    """What puts what was found into order: the bundled reader goes by sentences, another model by passages."""
    model = _model(settings.reranker, "CITEBACK_RERANKER", _BUNDLED.answering())
    if model is None:
        return None
    return BySentence(model) if settings.reranker == "bundled" else ByPassage(model)


@cache
def _cross_encoder(name: str, variable: str) -> Reranker:
    return CrossEncoderReranker(name, variable)


def _model(name: str, variable: str, bundled: Reranker) -> Reranker | None:
    if name == "none":
        return None
    return bundled if name == "bundled" else _cross_encoder(name, variable)
