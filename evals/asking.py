"""Asks the question of a case, after what came before it, and measures what comes back."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

from assistant.given import given
from assistant.llm import count_tokens
from assistant.schema import Answer, Citation, Conversation, Event, Finished, Retrieved, Rewritten
from evals import metrics
from evals.cases import Case, Said
from evals.metrics import TextOf
from evals.results import CaseResult
from index.errors import DocumentNotFound
from index.schema import Document, ScoredChunk

# Documents a ranking is judged by.
_FEW, _MANY = 5, 10


class Info(Protocol):
    """What a case needs to know of a document it found."""

    @property
    def source(self) -> str: ...

    @property
    def title(self) -> str: ...


class Documents(Protocol):
    """What a case needs of an index."""

    def document(self, document_id: str, /) -> Document: ...

    def infos(self, ids: Iterable[str], /) -> Any: ...


class Answering(Protocol):
    """What a case needs of an assistant; `assistant.Assistant` is one."""

    @property
    def index(self) -> Documents: ...

    def stream(self, conversation: Conversation, question: str, /) -> Iterator[Event]: ...


def ask(case: Case, assistant: Answering) -> CaseResult:
    """What came of asking: the answer and every metric of it. Only the last question is timed."""
    return _guarded(case, lambda: _asked(case, assistant))


def find(case: Case, assistant: Answering) -> CaseResult:
    """What was found for the question, which is not answered."""
    return _guarded(case, lambda: _found(case, assistant))


def _guarded(case: Case, work: Callable[[], CaseResult]) -> CaseResult:
    began = time.perf_counter()
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever breaks one case is recorded with it and must not lose the others
        return CaseResult(case, error=f"{type(error).__name__}: {error}", seconds=time.perf_counter() - began)


def _asked(case: Case, assistant: Answering) -> CaseResult:
    text_of = _texts(assistant.index)
    conversation, earlier = _conversation(case, assistant)
    began = time.perf_counter()
    hits: Sequence[ScoredChunk] = ()
    answer = None
    for event in assistant.stream(conversation, case.question):
        if isinstance(event, Retrieved):
            hits = event.passages
        elif isinstance(event, Finished):
            answer = event.answer
    seconds = time.perf_counter() - began
    assert answer is not None
    quoted = [citation for each in (*earlier, answer) for citation in _all_citations(each)]
    found = _passages(hits, assistant.index)
    return CaseResult(
        case=case,
        answer=answer.to_dict(),
        standalone_question=answer.standalone_question,
        found=found,
        refused=answer.refusal is not None,
        confidence=answer.confidence,
        seconds=seconds,
        tokens=count_tokens(answer.text),
        quotes=(len(quoted), metrics.broken_quotes(quoted, text_of)),
        metrics={**_of_answer(case, answer, text_of), **_of_ranking(case, found)},
    )


def _found(case: Case, assistant: Answering) -> CaseResult:
    conversation, _ = _conversation(case, assistant)
    began = time.perf_counter()
    wording: str | None = None
    hits: Sequence[ScoredChunk] = ()
    events = assistant.stream(conversation, case.question)
    for event in events:
        if isinstance(event, Rewritten):
            wording = event.standalone_question
        elif isinstance(event, Retrieved):
            hits = event.passages
            break
    seconds = time.perf_counter() - began
    found = _passages(hits, assistant.index)
    return CaseResult(case, standalone_question=wording, found=found, seconds=seconds, metrics=_of_ranking(case, found))


def _conversation(case: Case, assistant: Answering) -> tuple[Conversation, list[Answer]]:
    """The turns before the question, and those of their answers that were asked for."""
    conversation, asked = Conversation(), []
    for turn in case.history:
        if isinstance(turn, Said):
            answer = given(turn.question, turn.answer, conversation)
        else:
            answer = _answer(assistant.stream(conversation, turn))
            asked.append(answer)
        conversation = conversation.plus(answer)
    return conversation, asked


def _answer(events: Iterable[Event]) -> Answer:
    return next(event.answer for event in events if isinstance(event, Finished))


def _of_answer(case: Case, answer: Answer, text_of: TextOf) -> dict[str, float | None]:
    # A refusal's message may happen to hold a fact; it is still no answer.
    text = "" if answer.refusal else answer.text
    sentences = [sentence.text for sentence in answer.sentences]
    first = sentences[0] if sentences else ""
    return {
        "right_decision": float(case.answerable == (answer.refusal is None)),
        "fact_recall": metrics.fact_recall(case.must_contain, text),
        "mistakes_avoided": metrics.mistakes_avoided(case.must_not_contain, text),
        "answer_sentence_hit": metrics.answer_sentence_hit(case.answers, sentences),
        "token_f1": metrics.token_f1(case.answers, first),
        "exact_match": metrics.exact_match(case.answers, first),
        "citation_hit": metrics.citation_hit(case.quotes, answer.citations, text_of),
        "citation_recall": metrics.citation_recall(case.quotes, answer.citations, text_of),
        "citation_precision": metrics.citation_precision(case.quotes, answer.citations, text_of),
    }


def _of_ranking(case: Case, found: Sequence[dict[str, Any]]) -> dict[str, float | None]:
    relevant = set(case.relevant)
    # A suite may name its documents either way.
    ranked = [passage["document_id" if passage["document_id"] in relevant else "source"] for passage in found]
    return {
        f"recall@{_FEW}": metrics.recall_at(_FEW, relevant, ranked),
        f"recall@{_MANY}": metrics.recall_at(_MANY, relevant, ranked),
        f"ndcg@{_MANY}": metrics.ndcg_at(_MANY, relevant, ranked),
        "mrr": metrics.reciprocal_rank(relevant, ranked[:_MANY]),
    }


def _passages(hits: Sequence[ScoredChunk], index: Documents) -> list[dict[str, Any]]:
    infos = index.infos([hit.chunk.document_id for hit in hits])
    return [
        {
            "source": infos[hit.chunk.document_id].source,
            "document_id": hit.chunk.document_id,
            "title": infos[hit.chunk.document_id].title,
            **{name: getattr(hit.chunk, name) for name in ("start", "end", "text")},
            "score": hit.score,
        }
        for hit in hits
        if hit.chunk.document_id in infos
    ]


def _all_citations(answer: Answer) -> Iterable[Citation]:
    """Also those a refusal shows: they too claim to be exact."""
    return (*answer.citations, *(answer.refusal.nearest if answer.refusal else ()))


def _texts(index: Documents) -> TextOf:
    @lru_cache(maxsize=64)
    def text_of(document_id: str) -> str:
        try:
            return index.document(document_id).text
        except DocumentNotFound:
            # A citation of a document that is not there cannot match: it counts as broken.
            return ""

    return text_of
