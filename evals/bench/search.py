"""How search behaves as an index grows: time, recall, memory, disk, and what it costs to build."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.bench.data import mtrag_passages, mtrag_questions
from evals.bench.lines import Line, Plan, Row, growth
from evals.bench.machine import fresh
from evals.bench.made import corpus
from evals.bench.pool import Pool
from evals.bench.searching import build, disk_mb, recall, search, search_while_adding
from evals.metrics import percentile
from index import Embedder, TransformerEmbedder

# The size the targets are for.
_LARGE = 1_000_000
_P95_MS, _RECALL, _RESIDENT_MB = 15.0, 0.97, 2_500
_MADE = 2_000
_BUSY_SECONDS = 20.0


def measure(plan: Plan, *, embedder: Embedder | None = None, seconds: float = _BUSY_SECONDS) -> Line:
    """Search at each size, over passages of mtRAG or made-up ones, encoded once and multiplied; see `Pool`.

    The questions are encoded beforehand, so that times are of what is beyond. While another process adds, searches go
    on for `seconds`.
    """
    folder = _pool(plan, embedder or TransformerEmbedder())
    runs = [_run(plan.work / f"search-{size}", folder, size, seconds) for size in sorted(plan.sizes)]
    rows = [row for run in runs for row in _rows(run)]
    grown = _growth(runs)
    rows += [Row(f"{name} grows with the passages to the power of", f"{power}") for name, power in grown.items()]
    left_out = [] if plan.data else ["search over real passages: give evaluation data with --data"]
    return Line(tuple(rows), {"sizes": runs, "growth": grown}, tuple(left_out))


def _pool(plan: Plan, embedder: Embedder) -> Path:
    if plan.data:
        passages, questions = mtrag_passages(plan.data), mtrag_questions(plan.data)
    else:
        passages = [(each.title, each.text) for each in corpus(_MADE, sentences=6)]
        questions = [each.text for each in corpus(_MADE, sentences=1, seed=1)]
    return Pool.make(plan.cache, passages, questions, embedder, most=max(plan.sizes))


def _run(home: Path, pool: Path, size: int, seconds: float) -> dict[str, Any]:
    """What was measured at one size, each part in a process of its own."""
    return {
        "size": size,
        "build": fresh(build, home, pool, size),
        "disk_mb": disk_mb(home),
        "search": _summed(fresh(search, home, pool)),
        "recall10": fresh(recall, home, pool),
        "while_adding": _summed(fresh(search_while_adding, home, pool, size, seconds)),
    }


def _summed(run: Mapping[str, Any]) -> dict[str, Any]:
    """The same with percentiles in place of every time."""
    spent, used = zip(*run["milliseconds"], strict=True)
    return {
        "searches": len(spent),
        "p50_ms": percentile(spent, 50),
        "p95_ms": percentile(spent, 95),
        "slowest_ms": max(spent),
        "cpu_p50_ms": percentile(used, 50),
        "cpu_p95_ms": percentile(used, 95),
        **{key: value for key, value in run.items() if key != "milliseconds"},
    }


def _rows(run: Mapping[str, Any]) -> list[Row]:
    size, search, adding, built = run["size"], run["search"], run["while_adding"], run["build"]

    def row(what: str, measured: str, target: str = "", kept: bool | None = None) -> Row:
        return Row(f"  {what}", measured, target, kept) if size >= _LARGE else Row(f"  {what}", measured)

    disk = " + ".join(f"{megabytes:,.0f}" for megabytes in run["disk_mb"].values())
    resident = search.get("resident", 0)
    return [
        Row(f"search over {size:,} passages", ""),
        row("p50 / p95 beyond encoding", _times(search), f"p95 {_P95_MS:g} ms", search["p95_ms"] <= _P95_MS),
        row("  of these on the CPU", f"{search['cpu_p50_ms']:.1f} / {search['cpu_p95_ms']:.1f} ms"),
        row("the same while another process adds", _times(adding)),
        row("recall@10 against exact search", f"{run['recall10']:.3f}", f"{_RECALL:g}", run["recall10"] >= _RECALL),
        row(
            "memory resident / not pages of files",
            f"{resident:,} / {search.get('own', 0):,} MB",
            f"{_RESIDENT_MB:,} MB",
            resident <= _RESIDENT_MB,
        ),
        row("from opening to the first result", f"{search['first_s']:.2f} s"),
        row("disk: catalog + dense + lexical", f"{disk} MB"),
        row("built in, with memory up to", f"{built['seconds']:.0f} s, {built.get('peak', 0):,} MB"),
    ]


def _times(run: Mapping[str, Any]) -> str:
    return f"{run['p50_ms']:.1f} / {run['p95_ms']:.1f} ms"


def _growth(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The exponents of what grows, from the smallest size to the largest."""
    sizes = [run["size"] for run in runs]
    costs = {
        "p95": [run["search"]["p95_ms"] for run in runs],
        "building": [run["build"]["seconds"] for run in runs],
        "disk": [sum(run["disk_mb"].values()) for run in runs],
    }
    powers = {name: growth(sizes, values) for name, values in costs.items()}
    return {name: power for name, power in powers.items() if power is not None}
