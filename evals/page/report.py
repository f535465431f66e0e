"""Reads the folder of a run and writes its report."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from evals.page import filters, plots
from evals.page.filters import clear
from evals.page.plots import Interval
from evals.page.worst import Record, is_share, worst_cases
from index.errors import CitebackError

MOST_CASES = 20


class ReportError(CitebackError):
    """The folder holds no finished run."""


def write_report(out: Path) -> Path:
    """The path of `out`/report.html, written from the run in the folder `out`.

    It needs summary.json and config.json; what else a run can write is shown where it is there. Raises `ReportError`
    naming the file that is missing or is not JSON.
    """
    page = _template().render(_contents(out))
    path = out / "report.html"
    # JSON may hold half of a surrogate pair, UTF-8 may not: it is shown as a question mark.
    path.write_text(page, encoding="utf-8", errors="replace")
    return path


def _contents(out: Path) -> dict[str, Any]:
    """What the template shows, by the names it has there."""
    summary, config = _json(out / "summary.json"), _json(out / "config.json")
    seconds, tagged = _seconds_and_tags(out / "cases.jsonl")
    metrics = summary["metrics"]
    points = [(coverage, risk) for coverage, risk, _ in summary.get("risk_coverage") or ()]
    return {
        "summary": summary,
        "config": config,
        "settings": list(_flat(config)),
        "started": _day(config.get("started")),
        "gate": _json(out / "gate.json", needed=False),
        "metrics_plot": _plot_of_metrics(metrics),
        "compared": (compared := _json(out / "compare.json", needed=False)),
        "differences_plot": _plot_of_differences(compared["metrics"]) if compared else None,
        "risk_plot": plots.risk_coverage(points) if points else None,
        "risk_reading": _risk_reading(points) if points else None,
        "latency_plot": _plot_of_latencies(seconds, metrics) if seconds else None,
        "tagged": tagged,
        "tag_metrics": [name for name in metrics if any(_is_share_of(tag, name) for tag in summary["tags"].values())],
        "most_cases": MOST_CASES,
        "worst": worst_cases(_lines(out / "cases.jsonl"), most=MOST_CASES),
    }


def _template() -> Template:
    # By default only names that end in .html are escaped.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {each.__name__: each for each in filters.ALL}
    return environment.get_template("report.html.jinja")


def _plot_of_metrics(metrics: Mapping[str, Record]) -> Markup | None:
    rows = [
        Interval(name, score["value"], score["low"], score["high"])
        for name, score in metrics.items()
        if is_share(name, score["value"])
    ]
    return plots.shares(rows) if rows else None


def _plot_of_differences(compared: Mapping[str, Record]) -> Markup | None:
    # Of shares alone: a difference of seconds or tokens would make all others look like none.
    rows = [
        Interval(name, each["difference"], each["low"], each["high"], clear(each))
        for name, each in compared.items()
        if is_share(name, each["ours"]) and is_share(name, each["theirs"])
    ]
    return plots.differences(rows) if rows else None


def _plot_of_latencies(seconds: Sequence[float], metrics: Mapping[str, Record]) -> Markup:
    names = [name for name in ("seconds_p50", "seconds_p95") if metrics.get(name, {}).get("value") is not None]
    return plots.latencies(seconds, [(name.removeprefix("seconds_"), metrics[name]["value"]) for name in names])


def _risk_reading(points: Sequence[tuple[float, float]]) -> str:
    """The curve's right end and the point nearest to half of that, in words.

    >>> _risk_reading([(0.25, 0.0), (0.5, 0.1), (0.9, 0.3)]).partition("; ")[2].replace(chr(160), " ")
    'were only the surest 50 % answered, 10 % would be.'
    """
    most, risk = max(points)
    some, lower = min(points, key=lambda point: abs(point[0] - most / 2))
    whole = f"Here {most:.0%} of the questions are answered and {risk:.0%} of the answers wrong"
    rest = f"; were only the surest {some:.0%} answered, {lower:.0%} would be." if some < most else "."
    return (whole + rest).replace("%", "\N{NO-BREAK SPACE}%")


def _seconds_and_tags(path: Path) -> tuple[list[float], Counter[str]]:
    """The seconds of the cases without an error, and how many cases each tag has."""
    seconds, tags = [], Counter[str]()
    for record in _lines(path):
        tags.update(record["case"].get("tags", ()))
        if record.get("error") is None:
            seconds.append(float(record["seconds"]))
    return seconds, tags


def _is_share_of(scores: Mapping[str, Record], name: str) -> bool:
    return is_share(name, scores.get(name, {}).get("value"))


def _flat(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each name and value; names within names joined by a dot.

    >>> list(_flat({"seed": 0, "settings": {"llm": None}}))
    [('seed', '0'), ('settings.llm', 'null')]
    """
    for name, value in config.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _day(started: object) -> str | None:
    """When a run began, for a reader; as it stands where it is no time.

    >>> _day("2026-11-26T15:28:07+00:00")
    '26 November 2026, 15:28 UTC'
    """
    try:
        time = datetime.fromisoformat(str(started))
    except ValueError:
        return None if started is None else str(started)
    return f"{time.day} {time:%B %Y, %H:%M} {time.tzname() or ''}".rstrip()


def _lines(path: Path) -> Iterator[Record]:
    """The records of a file of JSON lines; none where there is no file."""
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def _json(path: Path, *, needed: bool = True) -> Any:
    """What a file of JSON holds; None where it is not there and not needed."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        if not needed:
            return None
        raise ReportError(f"{path}: is not there: the run is not finished; run `citeback eval` again") from error
    except (OSError, ValueError) as error:
        raise ReportError(f"{path}: cannot be read: {error}; run `citeback eval` again") from error
