"""Who writes answers: the language model where one is set, then exact quotes."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.answerer import Answerer, Claim, Passage
from assistant.candidates import SentenceVectors
from assistant.errors import LLMError
from assistant.extractive import ExtractiveAnswerer
from assistant.relevance import Ranker
from assistant.settings import Settings
from index import Document


class Answerers:
    """Those to try, in order. A language model is opened when it is first wanted, and kept."""

    def __init__(self, settings: Settings, vectors: SentenceVectors) -> None:
        self._settings, self._vectors = settings, vectors
        self._generative: Answerer | None = None

    def in_order(self, ranker: Ranker, document: Callable[[str], Document]) -> Iterator[Answerer]:
        """Each as it is wanted."""
        if generative := self._generative_answerer():
            yield generative
        yield ExtractiveAnswerer(
            ranker,
            self._vectors,
            document,
            threshold=self._settings.threshold,
            max_sentences=self._settings.max_sentences,
        )

    @property
    def llm(self) -> Any:
        """The language model, as LlamaIndex has it; None where none is set or it cannot be opened."""
        return getattr(self._generative_answerer(), "llm", None)

    def _generative_answerer(self) -> Answerer | None:
        if self._settings.llm and self._generative is None:
            self._generative = _open_generative(self._settings, self._settings.llm)
        return self._generative


@dataclass(frozen=True, slots=True)
class _Unopened:
    """A language model that cannot be opened: says why when it is asked, as one does that is down."""

    name: str
    error: LLMError

    def claims(self, question: str, passages: Sequence[Passage], *, said: Collection[str] = ()) -> Iterator[Claim]:
        """Nothing. Raises LLMError."""
        raise self.error


def _open_generative(settings: Settings, name: str) -> Answerer:
    # LlamaIndex takes two seconds to import, which only those who use a language model should wait for.
    from assistant.generative import GenerativeAnswerer
    from assistant.providers import open_llm

    try:
        llm = open_llm(
            settings.llm_base_url,
            name,
            settings.llm_key.get_secret_value() if settings.llm_key else None,
            timeout_s=settings.llm_timeout,
            max_tokens=settings.llm_max_tokens,
            context_tokens=settings.llm_context_tokens,
        )
    except LLMError as error:
        return _Unopened(name, error)
    return GenerativeAnswerer(
        llm, name, context_tokens=settings.llm_context_tokens, answer_tokens=settings.llm_max_tokens
    )
