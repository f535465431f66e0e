"""The metrics, each a function of its own. What is undefined is None; whoever averages excludes and counts it."""

from evals.metrics.answers import (
    answer_sentence_hit,
    exact_match,
    fact_recall,
    missing_facts,
    mistakes_avoided,
    token_f1,
)
from evals.metrics.citations import (
    TextOf,
    broken_quotes,
    citation_hit,
    citation_precision,
    citation_recall,
    occurrences,
)
from evals.metrics.refusal import (
    RefusalCounts,
    interval_of,
    refusal_counts,
    refusal_f1,
    refusal_precision,
    refusal_recall,
    risk_coverage,
)
from evals.metrics.retrieval import ndcg_at, recall_at, reciprocal_rank
from evals.metrics.statistics import RESAMPLES, Difference, Score, mean, paired, percentile
from evals.metrics.verdicts import auroc, balanced_accuracy

__all__ = [
    "RESAMPLES",
    "Difference",
    "RefusalCounts",
    "Score",
    "TextOf",
    "answer_sentence_hit",
    "auroc",
    "balanced_accuracy",
    "broken_quotes",
    "citation_hit",
    "citation_precision",
    "citation_recall",
    "exact_match",
    "fact_recall",
    "interval_of",
    "mean",
    "missing_facts",
    "mistakes_avoided",
    "ndcg_at",
    "occurrences",
    "paired",
    "percentile",
    "recall_at",
    "reciprocal_rank",
    "refusal_counts",
    "refusal_f1",
    "refusal_precision",
    "refusal_recall",
    "risk_coverage",
    "token_f1",
]
