"""The command `citeback eval`."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evals.cases import SuiteError, find_suite, load_suite
from evals.gate import Gate, check_names, failures, load_gate
from evals.report import metrics_table, tags_table
from evals.run import Summary, run_suite, scores
from index.errors import CitebackError

# The folders of documents that come with Citeback, by the suite that asks about them.
BUNDLED_DOCS = {"seeds": Path(__file__).parent.parent / "seeds"}


def evaluate(
    suite: Annotated[str, typer.Argument(help="A suite that comes with Citeback (seeds) or a .jsonl file of cases.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the suite's own data.", exists=True, file_okay=False)
    ] = None,
    docs: Annotated[
        Path | None, typer.Option(help="Folder of documents to ask about.", exists=True, file_okay=False)
    ] = None,
    index: Annotated[Path | None, typer.Option(help="Where the index lives.", file_okay=False)] = None,
    out: Annotated[Path | None, typer.Option(help="Where the run is written [runs/SUITE].", file_okay=False)] = None,
    gate: Annotated[Path | None, typer.Option(help="TOML file of bounds to keep.", dir_okay=False)] = None,
    seed: Annotated[int, typer.Option(help="Seed of the intervals.")] = 0,
) -> None:
    """Ask the questions of a suite and measure answers, citations and refusals.

    Exit code 0: done, and the gate holds; 1: a bound is not kept or a case failed with an error; 2: nothing was run.
    """
    told = Console(stderr=True)
    try:
        path = find_suite(suite, data=data)
        bounds = load_gate(gate) if gate else Gate()
        check_names(bounds, scores([]))
        folder = documents_of(path, data=data, docs=docs)
        summary = _run(path, folder, index=index, out=out or Path("runs") / path.stem, seed=seed, console=told)
    except (CitebackError, OSError) as error:
        told.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    Console().print(metrics_table(summary), tags_table(summary))
    complaints = failures(bounds, summary.metrics)
    if errors := summary.metrics["errors"].value:
        complaints.append(f"{errors} of {summary.cases} cases failed with an error; cases.jsonl says which")
    for line in complaints:
        told.print(line, style="red", markup=False, soft_wrap=True)
    if complaints:
        raise typer.Exit(1)


def documents_of(suite: Path, *, data: Path | None, docs: Path | None) -> Path:
    """The folder a suite asks about: `docs`, else `data` (or "docs" in it), else the one that comes with Citeback."""
    if docs:
        return docs
    if data:
        return data / "docs" if (data / "docs").is_dir() else data
    bundled = BUNDLED_DOCS.get(suite.stem)
    if bundled is None or not bundled.is_dir():
        raise SuiteError(f"{suite}: which documents does it ask about? Name their folder with --docs")
    return bundled


def _run(path: Path, folder: Path, *, index: Path | None, out: Path, seed: int, console: Console) -> Summary:
    cases = load_suite(path)
    # Late: this loads the embedding model.
    from assistant import Assistant

    config = {"suite_sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "docs": str(folder)}
    assistant = Assistant.open(folder, index=index)
    with closing(assistant.index):
        return run_suite(cases, assistant, out, suite=path.stem, config=config, seed=seed, console=console)
