"""Shows a run in the terminal."""

from rich.table import Table

from evals.metrics import Score
from evals.run import Summary

BY_TAG = ("right_decision", "fact_recall", "citation_hit", "citation_recall", "citation_precision")


def metrics_table(summary: Summary) -> Table:
    """Every metric with its interval, the cases it is taken over, and the cases without a value."""
    table = Table("metric", title=f"{summary.suite}: {summary.cases} cases", title_justify="left")
    for heading in ("value", "95 % interval", "n", "excluded"):
        table.add_column(heading, justify="right")
    for name, score in summary.metrics.items():
        interval = "" if score.low is None or score.high is None else f"{score.low:.3f} – {score.high:.3f}"
        table.add_row(name, shown(score), interval, str(score.n), str(score.excluded) if score.excluded else "")
    return table


def tags_table(summary: Summary) -> Table:
    """The metrics that make sense for a part of a suite, one row a tag."""
    table = Table("tag", title="by tag", title_justify="left")
    for heading in ("cases", *BY_TAG):
        # On two lines all columns fit a terminal of 80 characters.
        table.add_column(heading.replace("_", "\n"), justify="right")
    for tag, scores in summary.tags.items():
        table.add_row(tag, str(scores["errors"].n), *(shown(scores[name]) for name in BY_TAG))
    return table


def shown(score: Score) -> str:
    """A score in a cell: three decimals, a count without any, a dash where it is undefined.

    >>> shown(Score(2 / 3, 0.2, 0.9, 3, 0)), shown(Score(0, None, None, 12, 0)), shown(Score(None, None, None, 0, 4))
    ('0.667', '0', '–')
    """
    if score.value is None:
        return "–"
    return str(score.value) if isinstance(score.value, int) else f"{score.value:.3f}"
