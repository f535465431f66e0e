"""Shows a run in the terminal."""

from collections.abc import Mapping
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from evals.metrics import Difference, Score
from evals.summary import Summary

_BY_TAG = {
    "ask": ("right_decision", "fact_recall", "citation_hit", "citation_recall", "citation_precision"),
    "find": ("recall@5", "recall@10", "ndcg@10", "mrr"),
    "judge": ("right_verdict", "auroc"),
}


def metrics_table(summary: Summary) -> Table:
    """Every metric with its interval, the cases it is taken over, and the cases without a value.

    Left out are those that no case has anything to say about.
    """
    table = Table("metric", title=f"{escape(summary.suite)}: {summary.cases} cases", title_justify="left")
    for heading in ("value", "95 % interval", "n", "excluded"):
        table.add_column(heading, justify="right")
    for name, score in summary.metrics.items():
        if not score.n:
            continue  # no case says what would be right
        interval = "" if score.low is None or score.high is None else f"{score.low:.3f} – {score.high:.3f}"
        table.add_row(name, shown(score), interval, str(score.n), str(score.excluded) if score.excluded else "")
    return table


def tags_table(summary: Summary) -> Table:
    """The metrics that make sense for a part of a suite, one row a tag."""
    table = Table("tag", title="by tag", title_justify="left")
    for heading in ("cases", *_BY_TAG[summary.task]):
        # On two lines all columns fit a terminal of 80 characters.
        table.add_column(heading.replace("_", "\n"), justify="right")
    for tag, scores in summary.tags.items():
        table.add_row(escape(tag), str(scores["errors"].n), *(shown(scores[name]) for name in _BY_TAG[summary.task]))
    return table


def comparison_table(found: Mapping[str, Difference], other: Path) -> Table:
    """Every metric beside that of another run; what is certainly different is marked."""
    table = Table("metric", title=f"compared with {escape(str(other))}", title_justify="left")
    for heading in ("this run", "that run", "difference", "95 % interval", "n"):
        table.add_column(heading, justify="right")
    for name, each in found.items():
        interval = f"{each.low:+.3f} – {each.high:+.3f}{' *' if each.certain else ''}"
        table.add_row(name, f"{each.ours:.3f}", f"{each.theirs:.3f}", f"{each.difference:+.3f}", interval, str(each.n))
    return table


def shown(score: Score) -> str:
    """A score in a cell: three decimals, a count without any, a dash where it is undefined.

    >>> shown(Score(2 / 3, 0.2, 0.9, 3, 0)), shown(Score(0, None, None, 12, 0)), shown(Score(None, None, None, 0, 4))
    ('0.667', '0', '–')
    """
    if score.value is None:
        return "–"
    return str(score.value) if isinstance(score.value, int) else f"{score.value:.3f}"
