"""The cases that went worst, worst first, with what a reader needs to see why."""

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evals.metrics import missing_facts

Record = Mapping[str, Any]
# Of a case's passages, those that are shown whether or not they are relevant.
_FIRST = 10
# Metrics that may lie between 0 and 1 and are no share of anything.
_NO_SHARES = ("seconds", "tokens", "errors", "broken_quotes")
_ERROR, _ANSWERED, _REFUSED, _LOW = range(4)
_WHY = {
    _ERROR: "failed with an error",
    _ANSWERED: "answered, should have been refused",
    _REFUSED: "refused, should have been answered",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was found, at its rank among all of them; `relevant` if its document holds the answer."""

    rank: int
    relevant: bool
    found: Record


@dataclass(frozen=True, slots=True)
class WorstCase:
    """A case that went wrong. `record` is its line of cases.jsonl; the rest is what can be told from it.

    `why` says what is wrong, `facts` and `relevant` are what should be there: each fact with whether the answer holds
    it, each document with the rank of its first passage, None where none was found. `passages` are the first ones and
    the relevant ones among the rest; `left_out` counts those not shown.
    """

    why: str
    record: Record
    facts: tuple[tuple[str, bool], ...]
    relevant: tuple[tuple[str, int | None], ...]
    passages: tuple[Passage, ...]
    left_out: int


def worst_cases(records: Iterable[Record], *, most: int) -> list[WorstCase]:
    """At most `most` of the cases in which something is wrong.

    Errors come first, then answers that should be refusals, then refusals that should be answers, then the others by
    the mean of their metrics between 0 and 1, lowest first; within these in the order of the suite.
    """
    bad = ((how, record) for record in records if (how := how_bad(record)) is not None)
    return [_shown(how, record) for how, record in heapq.nsmallest(most, bad, key=lambda pair: pair[0])]


def how_bad(record: Record) -> tuple[int, float] | None:
    """What is wrong with a case, smaller for worse; None where nothing is.

    >>> how_bad({"case": {"answerable": True}, "refused": True, "metrics": {"right_decision": 0.0}})
    (2, 0.0)
    >>> how_bad({"case": {"answerable": True}, "refused": False, "metrics": {"mrr": 0.5, "fact_recall": 1.0}})
    (3, 0.75)
    """
    metrics = record.get("metrics") or {}
    values = [value for name, value in metrics.items() if is_share(name, value)]
    mean = sum(values) / len(values) if values else 1.0
    refused, answerable = record.get("refused"), record["case"]["answerable"]
    if record.get("error") is not None:
        return _ERROR, 0.0
    if refused is not None and refused == answerable:
        return (_REFUSED if refused else _ANSWERED), mean
    return (_LOW, mean) if mean < 1 else None


def is_share(name: str, value: object) -> bool:
    """Whether a metric has a value and is a share of something: between 0 and 1, and neither count nor time.

    >>> is_share("mrr", 0.5), is_share("mrr", None), is_share("seconds_p50", 0.5), is_share("tokens", 1.0)
    (True, False, False, False)
    """
    known = isinstance(value, int | float) and math.isfinite(value)
    return known and 0 <= value <= 1 and not name.startswith(_NO_SHARES)  # type: ignore[operator]


def _shown(how: tuple[int, float], record: Record) -> WorstCase:
    kind, mean = how
    case, found = record["case"], record.get("found") or []
    answer = record.get("answer") or {}
    # A refusal's message may happen to hold a fact; it is still no answer.
    text = "" if answer.get("refusal") else answer.get("text", "")
    facts = case.get("must_contain", ())
    missing = missing_facts(facts, text)
    ranks = {source: _rank(source, found) for source in case.get("relevant", ())}
    passages = tuple(_passages(set(ranks), found))
    return WorstCase(
        why=_WHY.get(kind) or _misjudged(record) or f"metrics of {mean:.2f} on average",
        record=record,
        facts=tuple((fact, fact not in missing) for fact in facts),
        relevant=tuple(ranks.items()),
        passages=passages,
        left_out=len(found) - len(passages),
    )


def _misjudged(record: Record) -> str | None:
    right, judged = record["case"].get("verdict"), record.get("judged")
    if right is None or judged is None or judged["verdict"] == right:
        return None
    return f"judged {judged['verdict']}, should have been {right}"


def _rank(source: str, found: Iterable[Record]) -> int | None:
    return next((rank for rank, passage in enumerate(found, start=1) if source in _names(passage)), None)


def _passages(relevant: set[str], found: Iterable[Record]) -> Iterator[Passage]:
    for rank, passage in enumerate(found, start=1):
        holds = bool(relevant & _names(passage))
        if holds or rank <= _FIRST:
            yield Passage(rank, holds, passage)


def _names(passage: Record) -> set[str]:
    """What a suite may call a passage's document by."""
    return {passage[key] for key in ("source", "document_id") if passage.get(key) is not None}
