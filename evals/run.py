"""Runs a suite against an assistant and writes what came of it: config.json, cases.jsonl, summary.json."""

import json
import platform
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from assistant.schema import Answer, Citation
from evals import metrics
from evals.cases import Case
from evals.metrics import Score, TextOf
from index.errors import DocumentNotFound
from index.schema import Document


class Documents(Protocol):
    """What a run needs of an index."""

    def document(self, document_id: str, /) -> Document: ...


class Asked(Protocol):
    """What a run needs of a chat."""

    def ask(self, question: str, /) -> Answer: ...


class Answering(Protocol):
    """What a run needs of an assistant; `assistant.Assistant` is one."""

    @property
    def index(self) -> Documents: ...

    def chat(self) -> Asked: ...


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case. With an `error` there is no answer and no metric has a value."""

    case: Case
    answer: Answer | None
    error: str | None
    seconds: float
    right_decision: float | None
    fact_recall: float | None
    missing_facts: tuple[str, ...]
    citation_hit: float | None
    citation_recall: float | None
    citation_precision: float | None
    quotes_checked: int
    broken_quotes: int

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready dictionaries: one line of cases.jsonl."""
        fields = {name: getattr(self, name) for name in CaseResult.__slots__}
        return {**fields, "case": self.case.model_dump(mode="json"), "answer": self.answer and self.answer.to_dict()}


@dataclass(frozen=True, slots=True)
class Summary:
    """The metrics of a run, over all cases and for each tag; `answered_by` counts who wrote the answers."""

    suite: str
    cases: int
    metrics: Mapping[str, Score]
    tags: Mapping[str, Mapping[str, Score]]
    answered_by: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON-ready dictionaries: the content of summary.json."""
        return asdict(self)


def run_suite(
    cases: Sequence[Case],
    assistant: Answering,
    out: Path,
    *,
    suite: str,
    config: Mapping[str, Any] | None = None,
    seed: int = 0,
    console: Console | None = None,
) -> Summary:
    """The summary of asking every case, each in a fresh chat; `out` gets config.json, cases.jsonl and summary.json.

    cases.jsonl grows case by case, so an interrupted run keeps what it has. `config` is recorded beside versions and
    machine; `seed` fixes the intervals; progress is drawn on `console` (default: standard error).
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").unlink(missing_ok=True)
    _write_json(
        out / "config.json", {"suite": suite, "cases": len(cases), "seed": seed, **environment(), **(config or {})}
    )
    results: list[CaseResult] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    progress = Progress(*columns, *left, console=console or Console(stderr=True), transient=True)
    with progress, (out / "cases.jsonl").open("w", encoding="utf-8") as lines:
        for case in progress.track(cases, description=suite):
            results.append(run_case(case, assistant))
            lines.write(json.dumps(results[-1].to_dict(), ensure_ascii=False) + "\n")
            lines.flush()
    summary = summarise(results, suite=suite, seed=seed)
    _write_json(out / "summary.json", summary.to_dict())
    return summary


def run_case(case: Case, assistant: Answering) -> CaseResult:
    """What came of asking the history and then the question in a fresh chat. Only the question is timed."""
    started = time.perf_counter()
    try:
        chat = assistant.chat()
        answers = [chat.ask(question) for question in case.history]
        started = time.perf_counter()
        answers.append(chat.ask(case.question))
    except Exception as error:  # noqa: BLE001 - whatever breaks one case is recorded with it and must not lose the others
        message = f"{type(error).__name__}: {error}"
        return CaseResult(case, None, message, time.perf_counter() - started, None, None, (), None, None, None, 0, 0)
    seconds = time.perf_counter() - started
    return _score(case, answers, _texts(assistant.index), seconds)


def summarise(results: Sequence[CaseResult], *, suite: str, seed: int = 0) -> Summary:
    """The summary of `results`, over all of them and for each tag."""
    tags = sorted({tag for result in results for tag in result.case.tags})
    return Summary(
        suite=suite,
        cases=len(results),
        metrics=scores(results, seed=seed),
        tags={tag: scores([r for r in results if tag in r.case.tags], seed=seed) for tag in tags},
        answered_by=dict(Counter(result.answer.answered_by for result in results if result.answer)),
    )


def scores(results: Sequence[CaseResult], *, seed: int = 0) -> dict[str, Score]:
    """Every metric of `results` by name; cases that raised are excluded and counted."""
    answered = [(result.case, result.answer) for result in results if result.answer]
    counts = metrics.refusal_counts((case.answerable, answer.refusal is not None) for case, answer in answered)
    errors = len(results) - len(answered)
    found: dict[str, Score] = {}
    for refusal_metric in (metrics.refusal_precision, metrics.refusal_recall, metrics.refusal_f1):
        low, high = metrics.interval_of(refusal_metric, counts, seed=seed) or (None, None)
        found[refusal_metric.__name__] = Score(refusal_metric(counts), low, high, len(answered), errors)
    for name in ("right_decision", "fact_recall", "citation_hit", "citation_recall", "citation_precision"):
        found[name] = metrics.mean([getattr(result, name) for result in results], seed=seed)
    checked = sum(result.quotes_checked for result in results)
    found["broken_quotes"] = Score(sum(result.broken_quotes for result in results), None, None, checked, 0)
    found["errors"] = Score(errors, None, None, len(results), 0)
    for percent in (50, 95):
        seconds = metrics.percentile([result.seconds for result in results if result.answer], percent)
        found[f"seconds_p{percent}"] = Score(seconds, None, None, len(answered), errors)
    return found


def environment() -> dict[str, str]:
    """When and on what a run was made."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "citeback": _version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def _version() -> str:
    try:
        return version("citeback")
    except PackageNotFoundError:
        return "run from source, not installed"


def _score(case: Case, answers: Sequence[Answer], text_of: TextOf, seconds: float) -> CaseResult:
    answer = answers[-1]
    # A refusal's message may happen to hold a fact; it is still no answer.
    text = "" if answer.refusal else answer.text
    checked = [citation for each in answers for citation in _all_citations(each)]
    return CaseResult(
        case=case,
        answer=answer,
        error=None,
        seconds=seconds,
        right_decision=float(case.answerable == (answer.refusal is None)),
        fact_recall=metrics.fact_recall(case.must_contain, text),
        missing_facts=tuple(metrics.missing_facts(case.must_contain, text)),
        citation_hit=metrics.citation_hit(case.quotes, answer.citations, text_of),
        citation_recall=metrics.citation_recall(case.quotes, answer.citations, text_of),
        citation_precision=metrics.citation_precision(case.quotes, answer.citations, text_of),
        quotes_checked=len(checked),
        broken_quotes=metrics.broken_quotes(checked, text_of),
    )


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


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
