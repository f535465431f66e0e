"""The models an assistant reads with, as the settings name them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from assistant.candidates import SentenceVectors
from assistant.settings import Settings
from index import CrossEncoderReranker, Embedder, Reader, Reranker

Timed = Callable[[str], AbstractContextManager[None]]
# Loaded once a process, however many assistants there are.
_BUNDLED = Reader()


@dataclass(frozen=True, slots=True)
class Models:
    """What knows sentences by meaning, and what says how likely one answers a question, or supports a claim.

    Without the latter, sentences are judged by their words and their meaning alone.
    """

    vectors: SentenceVectors
    answering: Reranker | None = None
    supporting: Reranker | None = None

    @classmethod
    def of(cls, embedder: Embedder, settings: Settings) -> "Models":
        """The models of an index's embedder and the settings. None is loaded yet."""
        return cls(
            SentenceVectors(embedder),
            _model(settings.ranker, "CITEBACK_RANKER", _BUNDLED.answering()),
            _model(settings.verifier, "CITEBACK_VERIFIER", _BUNDLED.supporting()),
        )

    def timed(self, timed: Timed) -> "Models":
        """The same, every reading within `timed("read")`."""
        answering, supporting = (model and _Timed(model, timed) for model in (self.answering, self.supporting))
        return Models(self.vectors, answering, supporting)

    def warm_up(self) -> None:
        """Load what a first question would wait for."""
        self.vectors.encode("warm up")
        if self.answering is not None:
            self.answering.scores("warm", ["up"])


@dataclass(frozen=True, slots=True)
class _Timed:
    model: Reranker
    timed: Timed

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        with self.timed("read"):
            return self.model.scores(question, texts)


def reranker(settings: Settings) -> Reranker | None:
    """The model that puts what was found into order."""
    return _model(settings.reranker, "CITEBACK_RERANKER", _BUNDLED.answering())


def _model(name: str, variable: str, bundled: Reranker) -> Reranker | None:
    if name == "none":
        return None
    return bundled if name == "bundled" else CrossEncoderReranker(name, variable)
