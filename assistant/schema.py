"""What goes into the assistant and what comes out of it: answers, citations, conversations, events."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from index import ScoredChunk

Verdict = Literal["supported", "partly", "unsupported"]
# What a reader says of an answer: it is right; the documents do say, and not this; they do not say.
Judgement = Literal["right", "wrong", "not_said"]
# A place in a document as it was then: its id, start, end and quote.
Place = tuple[str, int, int, str]
RefusalCause = Literal["empty_index", "nothing_found", "filtered_out", "not_supported", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document: `document.text[start:end] == quote`.

    `number` counts from 1 in a conversation, in which a place keeps it; a refusal's nearest passages have their own.
    `locator` is where a reader finds it in the source ("page 3", "sheet Prices, row 7"), where anything is numbered.
    """

    number: int
    document_id: str
    title: str
    author: str | None
    publisher: str | None
    date: str | None
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    locator: str | None = None

    @property
    def place(self) -> Place:
        """What has one number in a conversation."""
        return self.document_id, self.start, self.end, self.quote


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer: `answer.text[start:end] == text`. `score`, 0 to 1: how well its citations carry it."""

    text: str
    start: int
    end: int
    citations: tuple[int, ...]
    verdict: Verdict
    score: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, in words for a reader, with the nearest passages there are."""

    cause: RefusalCause
    message: str
    nearest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    `text` is the prose with citation marks ("… [1]") and, before each run of sentences, who is being quoted. With a
    refusal `text` is its message and there are no sentences. `answered_by` is "extractive", the name of the language
    model, "extractive (fallback: reason)", or "name (cut short: reason)". `timings_ms` are those of the stages; "read"
    is the part of "rank" and "ground" that a model reads in, what it reads while searching is part of "retrieve".
    `notice` is what limits the answer, such as passages that could only be searched by their words so far. `confidence`
    is how likely the likeliest sentence of all that was found answers, None where nothing was found; evaluations use
    it, interfaces do not show it.
    """

    question: str
    standalone_question: str
    text: str
    answered_by: str
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    refusal: Refusal | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    notice: str | None = None
    confidence: float | None = None

    @property
    def shown(self) -> tuple[Citation, ...]:
        """The citations a reader sees: those of the answer, or the nearest passages of a refusal."""
        return self.refusal.nearest if self.refusal else self.citations

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON-ready dictionaries: the shape of `citeback ask --json` and of every interface.

        A `notice`, and a citation's `locator`, are there only where there is one.
        """
        answer = asdict(self)
        del answer["confidence"]
        if self.notice is None:
            del answer["notice"]
        nearest = answer["refusal"]["nearest"] if self.refusal else ()
        for citation in (*answer["citations"], *nearest):
            if citation["locator"] is None:
                del citation["locator"]
        return answer

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Answer":
        """The answer that `to_dict` told of; its `confidence` is not told. Raises KeyError or TypeError for another."""
        refusal = told["refusal"]

        def citations(each: Sequence[Mapping[str, Any]]) -> tuple[Citation, ...]:
            return tuple(Citation(**_known(Citation, citation)) for citation in each)

        return cls(
            question=told["question"],
            standalone_question=told["standalone_question"],
            text=told["text"],
            answered_by=told["answered_by"],
            sentences=tuple(
                AnswerSentence(**{**_known(AnswerSentence, sentence), "citations": tuple(sentence["citations"])})
                for sentence in told["sentences"]
            ),
            citations=citations(told["citations"]),
            refusal=refusal and Refusal(refusal["cause"], refusal["message"], citations(refusal["nearest"])),
            timings_ms=told["timings_ms"],
            notice=told.get("notice"),
        )


def _known(kind: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """What a type has fields for: a later Citeback may tell more."""
    return {field.name: told[field.name] for field in fields(kind) if field.name in told}


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked and the answer given."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns, oldest first. Immutable: `plus` returns a longer one, so users never share state."""

    turns: tuple[Turn, ...] = ()

    def plus(self, answer: Answer) -> "Conversation":
        """This conversation with one more turn."""
        return Conversation((*self.turns, Turn(answer.question, answer)))


@dataclass(frozen=True, slots=True)
class Searching:
    """The search has begun."""

    question: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The question as it is searched for. Equal to the question where nothing had to be filled in."""

    standalone_question: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages found, best first."""

    passages: tuple[ScoredChunk, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """More of `answer.text`. All deltas joined are the whole text. Nothing is sent unchecked."""

    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A checked sentence, with the citations it is the first to use."""

    sentence: AnswerSentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole answer; always the last event."""

    answer: Answer


Event = Searching | Rewritten | Retrieved | Delta | Sentence | Finished
