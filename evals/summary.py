"""The metrics of a run, over all of its cases and for each tag."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals import metrics
from evals.cases import Suite, Task
from evals.metrics import Score
from evals.results import CaseResult

# The means of a task, in the order in which they are shown.
_RANKING = ("recall@5", "recall@10", "ndcg@10", "mrr")
_MEANS: Mapping[Task, Sequence[str]] = {
    "ask": (
        *("right_decision", "fact_recall", "answer_sentence_hit", "token_f1", "exact_match"),
        *("citation_hit", "citation_recall", "citation_precision", *_RANKING),
    ),
    "find": _RANKING,
    "judge": ("right_verdict",),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """The metrics of a run; `answered_by` counts who wrote the answers.

    `risk_coverage` are (coverage, risk, threshold): were only the surest answers given, what share of the questions
    would be answered, and what share of the answers wrong.
    """

    suite: str
    task: Task
    cases: int
    metrics: Mapping[str, Score]
    tags: Mapping[str, Mapping[str, Score]]
    answered_by: Mapping[str, int]
    risk_coverage: Sequence[tuple[float, float, float]] | None

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON-ready dictionaries: the content of summary.json."""
        return asdict(self)


def summarise(results: Sequence[CaseResult], suite: Suite, *, seed: int = 0) -> Summary:
    """The summary of `results`, over all of them and for each tag."""
    tags = sorted({tag for result in results for tag in result.case.tags})
    answers = [(r.confidence, r.right) for r in results if r.confidence is not None and not r.refused]
    asked = sum(result.refused is not None for result in results)
    return Summary(
        suite=suite.name,
        task=suite.task,
        cases=len(results),
        metrics=scores(results, suite.task, seed=seed, lost=suite.lost),
        tags={tag: scores([r for r in results if tag in r.case.tags], suite.task, seed=seed) for tag in tags},
        answered_by=dict(Counter(str(result.answer["answered_by"]) for result in results if result.answer)),
        risk_coverage=metrics.risk_coverage(answers, of=asked) if answers else None,
    )


def scores(results: Sequence[CaseResult], task: Task, *, seed: int = 0, lost: Collection[str] = ()) -> dict[str, Score]:
    """Every metric of `results` by name; cases that raised are excluded and counted.

    `lost` are ids of cases with quotes that stand in no document.
    """
    sound = [result for result in results if result.error is None]
    errors = len(results) - len(sound)
    found = {**(_refusals(sound, errors, seed) if task == "ask" else {})}
    for name in _MEANS[task]:
        found[name] = metrics.mean([result.metrics.get(name) for result in results], seed=seed)
    if task == "judge":
        found |= _verdicts(sound, len(results))
    if task == "ask":
        broken, checked = sum(r.quotes[1] for r in sound), sum(r.quotes[0] for r in sound)
        found["broken_quotes"] = Score(broken, None, None, checked, 0)
        found["lost_quotes"] = Score(sum(r.case.id in lost for r in results), None, None, len(results), 0)
        said, avoidable = sum(r.mistakes for r in sound), sum(len(r.case.must_not_contain) for r in sound)
        found["mistakes"] = Score(said, None, None, avoidable, 0)
        found["tokens"] = metrics.mean([None if r.tokens is None else float(r.tokens) for r in results], seed=seed)
    found["errors"] = Score(errors, None, None, len(results), 0)
    for percent in (50, 95):
        seconds = metrics.percentile([result.seconds for result in sound], percent)
        found[f"seconds_p{percent}"] = Score(seconds, None, None, len(sound), errors)
    return found


def _refusals(sound: Sequence[CaseResult], errors: int, seed: int) -> dict[str, Score]:
    counts = metrics.refusal_counts((result.case.answerable, bool(result.refused)) for result in sound)
    found = {}
    for metric in (metrics.refusal_precision, metrics.refusal_recall, metrics.refusal_f1):
        low, high = metrics.interval_of(metric, counts, seed=seed) or (None, None)
        found[metric.__name__] = Score(metric(counts), low, high, len(sound), errors)
    return found


def _verdicts(sound: Sequence[CaseResult], total: int) -> dict[str, Score]:
    judged = [(r.case.verdict, r.judged) for r in sound if r.case.verdict is not None and r.judged is not None]
    accuracy = metrics.balanced_accuracy([(right, given["verdict"]) for right, given in judged])
    # What is partly supported is on neither side.
    sided = [(float(given["score"]), right == "supported") for right, given in judged if right != "partly"]
    return {
        "balanced_accuracy": Score(accuracy, None, None, len(judged), total - len(judged)),
        "auroc": Score(metrics.auroc(sided), None, None, len(sided), total - len(sided)),
    }
