"""One question on its way: standalone question, passages, claims, verdicts, answer or refusal."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from assistant.ambiguity import ambiguity
from assistant.answerer import Answerer, Passage, passages_from
from assistant.asking import compares
from assistant.candidates import Candidate
from assistant.composer import Composer, cite
from assistant.errors import LLMError
from assistant.followups import Rewrite, standalone
from assistant.grounding import ground
from assistant.models import Models
from assistant.notices import notices
from assistant.refusals import refusal_message, unknown_names
from assistant.relevance import Ranker
from assistant.schema import (
    Answer,
    AnswerSentence,
    Conversation,
    Delta,
    Event,
    Finished,
    Refusal,
    RefusalCause,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
    Turn,
)
from assistant.settings import Settings
from assistant.tracing import Trace
from assistant.wordings import wordings
from index import Index, Where

_NEAREST = 3
# Cosine with the question that a passage without any of its words must reach to count as found at all.
_NEAR = 0.2


@dataclass
class Pipeline:
    """What one question needs. Made for it and thrown away: nothing here is shared between users."""

    index: Index
    settings: Settings
    models: Models
    answerers: Callable[[Ranker], Iterator[Answerer]]
    conversation: Conversation
    question: str
    where: Where | None
    rewrite: Callable[[str, Sequence[Turn]], Rewrite] = standalone
    standalone_question: str = ""
    answered_by: str = "extractive"
    confidence: float | None = None
    # Of whoever answers last: sentences that nothing carries, and passages named that there are not.
    left_out: int = 0
    misnamed: int = 0
    timings: dict[str, float] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.models = self.models.timed(self._timed)

    @cached_property
    def ranker(self) -> Ranker:
        """What orders the sentences found; the same for all that ask for an order."""
        return Ranker(self.index.vocabulary(), self.models)

    def events(self) -> Iterator[Event]:
        """The events of an answer, or of a refusal where any stage comes back with nothing."""
        index = self.index
        yield Searching(self.question)
        if not index.counts()[1]:
            yield from self._refuse("empty_index", [])
            return
        with self._timed("rewrite"):
            rewrite = self.rewrite(self.question, self.conversation.turns)
        self.standalone_question = rewrite.text
        yield Rewritten(rewrite.text, rewrite.changed)
        with self._timed("retrieve"):
            queries = wordings(self.question, rewrite, self.conversation.turns)
            hits = index.search(queries, k=self.settings.passages, where=self.where)
            passages = passages_from(hits, index.infos(hit.chunk.document_id for hit in hits))
        if not passages:
            yield from self._refuse("filtered_out" if self.where else "nothing_found", [])
            return
        yield Retrieved(tuple(hits))
        if all(hit.bm25 is None and (hit.cosine or 0.0) < _NEAR for hit in hits):
            yield from self._refuse("nothing_found", passages)
            return
        if unclear := ambiguity(self.standalone_question, passages, index.vocabulary()):
            yield from self._refuse("ambiguous", passages, unclear.message)
            return
        with self._timed("rank"):
            off_topic = self._off_topic(passages)
        if off_topic:
            yield from self._refuse("not_supported", passages)
            return
        given = (each for turn in self.conversation.turns for each in turn.answer.citations)
        composer = Composer(index, given, dated=compares(self.standalone_question))
        with self._timed("answer"):
            yield from self._compose(composer, passages)
        if composer.sentences:
            yield self._finish(composer)
        else:
            yield from self._refuse("not_supported", passages)

    def _off_topic(self, passages: list[Passage]) -> bool:
        """Whether even the likeliest sentence is far from answering, or the question names what is nowhere."""
        vocabulary = self.index.vocabulary()
        best = self.ranker.rank(self.standalone_question, passages)[:1]
        if not best:
            return True
        self.confidence = best[0].probability
        if self.confidence < self.settings.threshold / 2:
            return True
        return bool(unknown_names(self.standalone_question, vocabulary))

    def _compose(self, composer: Composer, passages: list[Passage]) -> Iterator[Event]:
        """Checked sentences of the first answerer that has any; why an earlier one had none goes into `answered_by`."""
        reason = ""
        answerers = self.answerers(self.ranker)
        while not composer.sentences:
            try:
                if (answerer := next(answerers, None)) is None:
                    return
                self.answered_by = answerer.name
                if reason and answerer.name == "extractive":
                    self.answered_by = f"extractive (fallback: {reason})"
                yield from self._sentences(answerer, composer, passages)
                reason = (
                    f"the documents support nothing that {answerer.name} wrote"
                    if self.left_out
                    else f"{answerer.name} found no answer in the passages"
                )
            except LLMError as error:
                reason = str(error)
                if composer.sentences:
                    self.answered_by += f" (cut short: {reason})"

    def _sentences(self, answerer: Answerer, composer: Composer, passages: list[Passage]) -> Iterator[Event]:
        """Events for the answerer's sentences that the passages carry; the others are counted."""
        said = {citation.quote for turn in self.conversation.turns for citation in turn.answer.citations}
        vocabulary, models = self.index.vocabulary(), self.models
        numbers = {passage.number for passage in passages}
        self.left_out = self.misnamed = 0
        for claim in answerer.claims(self.standalone_question, passages, said=said):
            self.misnamed += len(set(claim.passages) - numbers)
            with self._timed("ground"):
                grounded = ground(claim, passages, vocabulary=vocabulary, models=models)
            if grounded.verdict == "unsupported":
                self.left_out += 1
                continue
            before = len(composer.citations)
            yield Delta(composer.add(grounded, attributed=claim.quoted is not None))
            yield Sentence(composer.sentences[-1], tuple(composer.citations[before:]))

    def _finish(self, composer: Composer) -> Finished:
        self.trace.end("answered", self.answered_by.partition(" ")[0])
        return Finished(
            Answer(
                question=self.question,
                standalone_question=self.standalone_question,
                text=composer.text,
                answered_by=self.answered_by,
                sentences=tuple(composer.sentences),
                citations=tuple(composer.citations),
                timings_ms=self._timings(),
                notice=self._notice(composer.sentences),
                confidence=self.confidence,
            )
        )

    def _refuse(self, cause: RefusalCause, passages: list[Passage], message: str = "") -> Iterator[Event]:
        message = message or refusal_message(cause, self.standalone_question, self.index, self.where)
        nearest = tuple(
            cite(self.index.document(candidate.passage.document_id), candidate.span, number)
            for number, candidate in enumerate(self._nearest(passages), start=1)
        )
        self.trace.end(cause, self.answered_by.partition(" ")[0])
        yield Delta(message)
        yield Finished(
            Answer(
                question=self.question,
                standalone_question=self.standalone_question or self.question,
                text=message,
                answered_by=self.answered_by,
                refusal=Refusal(cause, message, nearest),
                timings_ms=self._timings(),
                notice=self._notice(),
                confidence=self.confidence,
            )
        )

    def _nearest(self, passages: list[Passage]) -> list[Candidate]:
        """The likeliest sentence of each of the nearest passages."""
        ranked = self.ranker.rank(self.standalone_question, passages) if passages else []
        best: dict[int, Candidate] = {}
        for candidate in ranked:
            best.setdefault(candidate.passage.number, candidate)
        return list(best.values())[:_NEAREST]

    def _notice(self, said: Sequence[AnswerSentence] = ()) -> str | None:
        told = notices(
            self.standalone_question,
            said,
            index=self.index,
            likely=self.confidence,
            left_out=self.left_out,
            misnamed=self.misnamed,
        )
        return " ".join(told) or None

    def _timings(self) -> dict[str, float]:
        total = (time.perf_counter() - self.began) * 1000
        return {stage: round(ms, 1) for stage, ms in {**self.timings, "total": total}.items()}

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            with self.trace.stage(stage):
                yield
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + (time.perf_counter() - began) * 1000
