"""The benchmarks' command: runs what is asked for and shows it as one table."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import platformdirs
import typer
from rich.console import Console
from rich.table import Table

from evals.bench import cold, filings, finding, first_answer, ingest, resync, search, serving
from evals.bench.lines import BenchError, Line, Plan
from evals.bench.machine import busy, machine, pace
from index import CitebackError

BENCHMARKS: Mapping[str, Callable[[Plan], Line]] = {
    "ingest": ingest.measure,
    "finding": finding.measure,
    "resync": resync.measure,
    "pdf": first_answer.measure,
    "filings": filings.measure,
    "search": search.measure,
    "cold": cold.measure,
    "serving": serving.measure,
}


def main(
    data: Annotated[
        Path | None, typer.Option(help="Folder of evaluation data (scifact, mtrag).", exists=True, file_okay=False)
    ] = None,
    peers: Annotated[
        Path | None,
        typer.Option(
            help="Script that runs LlamaIndex, Haystack and txtai on the same work.", exists=True, dir_okay=False
        ),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Passages to search; the targets are for 1000000.")] = "10000,100000",
    only: Annotated[
        list[str] | None, typer.Option(help=f"Benchmarks to run, of {', '.join(BENCHMARKS)}; may be repeated.")
    ] = None,
    documents: Annotated[int | None, typer.Option(help="Documents to ingest at most [all].", min=1)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where bench.json and the encoded passages are kept.", file_okay=False)
    ] = None,
) -> None:
    """Measure ingest, sync, search and answers on this machine. Exit code 2: something could not be measured."""
    told = Console(stderr=True)
    try:
        names, counts = chosen(only or []), numbers(sizes)
        with ExitStack() as stack:
            if out:
                out.mkdir(parents=True, exist_ok=True)
            work = Path(stack.enter_context(TemporaryDirectory(dir=out, ignore_cleanup_errors=True)))
            cache = out or platformdirs.user_cache_path("citeback", appauthor=False)
            plan = Plan(work, cache, data, peers, counts, documents)
            table, record = run(names, plan, told)
    except (CitebackError, OSError) as error:
        told.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    Console().print(table)
    if out:
        (out / "bench.json").write_text(json.dumps(record, indent=1), encoding="utf-8")


def run(names: list[str], plan: Plan, told: Console) -> tuple[Table, dict[str, Any]]:
    """The table and the JSON-ready record of these benchmarks, one after the other.

    With each come the load at its start and the machine's pace before and after, by which runs can be compared.
    """
    table = Table("what", title=machine(), title_justify="left")
    for heading in ("measured", "target", "took", "load", "pace"):
        table.add_column(heading, justify="right")
    record: dict[str, Any] = {"machine": machine(), "lines": {}}
    left_out: list[str] = []
    for name in names:
        load, before, began = busy() or 0.0, pace(), time.perf_counter()
        with told.status(f"{name} …"):
            line = BENCHMARKS[name](plan)
        seconds, after = time.perf_counter() - began, pace()
        around = (f"{seconds:.0f} s", f"{load:.1f}", f"{before:.2f}-{after:.2f} s")
        for number, row in enumerate(line.rows):
            judged = {None: "", True: " ✓", False: " ✗"}[row.kept]
            table.add_row(row.what, row.measured, row.target + judged, *(() if number else around))
        table.add_section()
        left_out.extend(line.left_out)
        surroundings = {"took_s": seconds, "load_before": load, "pace_s": [before, after]}
        record["lines"][name] = {**line.figures, **surroundings, "left_out": line.left_out}
    if left_out:
        table.caption, table.caption_justify = "Left out: " + "\n".join(left_out), "left"
    return table, record


def chosen(only: list[str]) -> list[str]:
    """The benchmarks named, or all. Raises BenchError for one there is not.

    >>> chosen(["cold", "ingest"])
    ['ingest', 'cold']
    """
    for name in only:
        if name not in BENCHMARKS:
            raise BenchError(f"there is no benchmark {name!r}; choose among {', '.join(BENCHMARKS)}")
    return [name for name in BENCHMARKS if not only or name in only]


def numbers(written: str) -> list[int]:
    """The sizes, written with commas between them, smallest first. Raises BenchError for what is no size.

    >>> numbers("100000,10000")
    [10000, 100000]
    """
    parts = [part.strip() for part in written.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise BenchError(f"{written!r} are no sizes; write whole numbers above 0 with commas: --sizes 10000,100000")
    return sorted({int(part) for part in parts})
