"""Whether the right questions are refused: the positive class is "should be refused"."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.metrics.statistics import RESAMPLES


@dataclass(frozen=True, slots=True)
class RefusalCounts:
    """The four outcomes of deciding whether to refuse; the positive class is "should be refused"."""

    right_refusals: int
    wrong_refusals: int
    missed_refusals: int
    right_answers: int


def refusal_counts(decisions: Iterable[tuple[bool, bool]]) -> RefusalCounts:
    """How (answerable, refused) pairs fall into the four outcomes.

    >>> refusal_counts([(False, True), (True, True), (False, False), (True, False), (True, False)])
    RefusalCounts(right_refusals=1, wrong_refusals=1, missed_refusals=1, right_answers=2)
    """
    pairs = list(decisions)
    return RefusalCounts(
        right_refusals=pairs.count((False, True)),
        wrong_refusals=pairs.count((True, True)),
        missed_refusals=pairs.count((False, False)),
        right_answers=pairs.count((True, False)),
    )


def refusal_precision(counts: RefusalCounts) -> float | None:
    """The share of refusals that were right; None if nothing was refused. Van Rijsbergen, Information Retrieval, 1979.

    >>> refusal_precision(RefusalCounts(3, 1, 0, 9))
    0.75
    """
    refused = counts.right_refusals + counts.wrong_refusals
    return counts.right_refusals / refused if refused else None


def refusal_recall(counts: RefusalCounts) -> float | None:
    """The share of unanswerable questions that were refused; None if there were none. Van Rijsbergen, 1979.

    >>> refusal_recall(RefusalCounts(3, 1, 1, 9))
    0.75
    """
    unanswerable = counts.right_refusals + counts.missed_refusals
    return counts.right_refusals / unanswerable if unanswerable else None


def refusal_f1(counts: RefusalCounts) -> float | None:
    """2 TP / (2 TP + FP + FN), the harmonic mean of the two above; None if nothing was or should be refused.

    Van Rijsbergen, Information Retrieval, 1979, with beta = 1.

    >>> refusal_f1(RefusalCounts(2, 1, 1, 9)) == 4 / 6
    True
    """
    denominator = 2 * counts.right_refusals + counts.wrong_refusals + counts.missed_refusals
    return 2 * counts.right_refusals / denominator if denominator else None


def interval_of(
    metric: Callable[[RefusalCounts], float | None], counts: RefusalCounts, *, seed: int = 0
) -> tuple[float, float] | None:
    """The bootstrap 95 % interval of a refusal metric; None if it is undefined.

    Resampling cases is the same as drawing the four outcomes from a multinomial. Resamples in which the metric is
    undefined are left out.

    >>> interval_of(refusal_f1, RefusalCounts(5, 0, 0, 5))
    (1.0, 1.0)
    """
    outcomes = np.array(
        [counts.right_refusals, counts.wrong_refusals, counts.missed_refusals, counts.right_answers], dtype=np.float64
    )
    if metric(counts) is None:
        return None
    total = int(outcomes.sum())
    draws = np.random.default_rng(seed).multinomial(total, outcomes / total, RESAMPLES)
    values = [metric(RefusalCounts(*(int(count) for count in draw))) for draw in draws]
    low, high = np.percentile([value for value in values if value is not None], [2.5, 97.5])
    return float(low), float(high)


def risk_coverage(answers: Sequence[tuple[float, bool]], *, of: int) -> list[tuple[float, float, float]]:
    """(coverage, risk, threshold) for every threshold: the share that is answered, and of it the share that is wrong.

    `answers` are (confidence, right), `of` how many questions there were. El-Yaniv and Wiener, On the Foundations of
    Noise-free Selective Classification, JMLR 2010.

    >>> risk_coverage([(0.9, True), (0.4, False), (0.7, True), (0.4, True)], of=8)
    [(0.125, 0.0, 0.9), (0.25, 0.0, 0.7), (0.5, 0.25, 0.4)]
    """
    ranked = sorted(answers, key=lambda answer: -answer[0])
    points = []
    wrong = 0
    for place, (confidence, right) in enumerate(ranked, start=1):
        wrong += not right
        # Those as sure as this one are answered with it.
        if place == len(ranked) or ranked[place][0] < confidence:
            points.append((place / of, wrong / place, confidence))
    return points
