"""The command `citeback eval`."""

import random
import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evals import comparing
from evals.cases import Case, Suite, SuiteError
from evals.gate import Gate, check_names, failures, load_gate
from evals.loading import load
from evals.report import comparison_table, metrics_table, tags_table
from evals.run import run_suite, write_gate
from evals.summary import Summary, scores
from index.errors import CitebackError

# Cases that are drafted where no number is named.
_DRAFTED = 20


def evaluate(
    suite: Annotated[
        str,
        typer.Argument(
            help="A suite: a .yaml or .jsonl file, seeds, or with --data one of the evaluation sets. `new`: draft one."
        ),
    ],
    folder: Annotated[Path | None, typer.Argument(help="With `new`: the documents to draft from.", exists=True)] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of evaluation data, or of the suite's own.", exists=True, file_okay=False),
    ] = None,
    docs: Annotated[
        Path | None, typer.Option(help="Folder of documents (or one file) to ask about.", exists=True)
    ] = None,
    index: Annotated[Path | None, typer.Option(help="Where the index lives.", file_okay=False)] = None,
    out: Annotated[Path | None, typer.Option(help="Where the run is written [runs/SUITE].", file_okay=False)] = None,
    gate: Annotated[Path | None, typer.Option(help="TOML file of bounds to keep.", dir_okay=False)] = None,
    compare: Annotated[
        Path | None, typer.Option(help="Folder of an earlier run.", exists=True, file_okay=False)
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes [one a core, where it pays].")] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help="Ask only so many cases, drawn at random; or draft so many.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the intervals and of what is drawn.")] = 0,
) -> None:
    """Ask the questions of a suite and measure answers, citations, refusals and what was found.

    `citeback eval new FOLDER` drafts a suite from documents, as FOLDER.yaml or --out, for you to edit.

    An interrupted run goes on where it ended. Exit code 0: done, and the gate holds; 1: a bound is not kept or a case
    failed with an error; 2: nothing was run.
    """
    told = Console(stderr=True)
    try:
        if suite == "new" or folder:
            _draft(suite, folder, index=index, out=out, count=most or _DRAFTED, seed=seed, console=told)
            return
        loaded = load(suite, data=data, docs=docs, anywhere=index is not None)
        gate = gate or loaded.gate
        bounds = load_gate(gate) if gate else Gate()
        check_names(bounds, scores([], loaded.task))
        run = out or Path("runs") / loaded.name
        if compare:
            comparing.check_other(run, compare)
        summary = _run(loaded, index=index, out=run, workers=workers, most=most, seed=seed, console=told)
        compared = comparing.compare(run, compare, seed=seed) if compare else {}
    except (CitebackError, OSError) as error:
        told.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    Console().print(metrics_table(summary), *([comparison_table(compared, compare)] if compare else []))
    Console().print(tags_table(summary))
    if not _kept(summary, gate, bounds, run, console=told):
        raise typer.Exit(1)


def _kept(summary: Summary, gate: Path | None, bounds: Gate, run: Path, *, console: Console) -> bool:
    """Whether the gate holds and no case failed; says what does not, and writes gate.json and the report."""
    from evals.page import write_report

    complaints = failures(bounds, summary.metrics)
    if gate:
        write_gate(run, gate, complaints)
    if errors := summary.metrics["errors"].value:
        complaints.append(f"{errors} of {summary.cases} cases failed with an error; cases.jsonl says which")
    console.print(f"report: {write_report(run)}", markup=False, highlight=False, soft_wrap=True)
    for line in complaints:
        console.print(line, style="red", markup=False, soft_wrap=True)
    return not complaints


def _draft(
    suite: str, folder: Path | None, *, index: Path | None, out: Path | None, count: int, seed: int, console: Console
) -> None:
    if suite != "new" or folder is None:
        raise SuiteError("to draft a suite write: citeback eval new FOLDER; to run one name nothing but the suite")
    from assistant import Assistant
    from evals.drafting import draft, write_draft

    file = out or Path(f"{folder.resolve().name}.yaml")
    if file.suffix not in (".yaml", ".yml"):
        raise SuiteError(f"{file} would not be read as a suite; name a file that ends in .yaml with --out")
    with Assistant.open(folder, index=index) as assistant:
        cases = draft(assistant.index, count, seed=seed)
    write_draft(cases, file, folder)
    console.print(
        f"{file}: {len(cases)} cases to edit; then run {shlex.join(['citeback', 'eval', str(file)])}",
        markup=False,
        soft_wrap=True,
    )


def _drawn(cases: Sequence[Case], most: int | None, seed: int) -> list[Case]:
    """At most so many of the cases, in their order; the same for the same seed."""
    kept = random.Random(seed).sample(range(len(cases)), min(most or len(cases), len(cases)))
    return [cases[place] for place in sorted(kept)]


def _run(
    suite: Suite, *, index: Path | None, out: Path, workers: int | None, most: int | None, seed: int, console: Console
) -> Summary:
    # Late: this loads the embedding model.
    from assistant import Assistant
    from assistant.settings import load_settings
    from evals import running

    settings = running.settings_for(suite.task, load_settings())
    home = running.home_of(suite, settings, index)
    drawn = replace(suite, cases=_drawn(suite.cases, most, seed))
    running.fill(drawn, home, settings)
    drawn = running.with_quotes_found(drawn, home, settings)
    if lost := drawn.lost:
        few = ", ".join(lost[:3]) + (" …" if len(lost) > 3 else "")
        say = f"{len(lost)} cases have quotes that stand in no document ({few}); these are left out"
        console.print(say, markup=False, soft_wrap=True)
    known = running.digest_of(home, settings)
    config = running.config_of(suite.folder, known, settings, [most, seed] if most else None)
    go = partial(run_suite, drawn, out=out, config=config, seed=seed, console=console)
    count = running.workers_for(len(drawn.cases), workers)
    if count > 1:
        return go(lambda cases: running.run_in_processes(cases, home, settings, suite.task, count))
    with closing(Assistant.open(index=home, settings=settings)) as assistant:
        assistant.warm_up()
        return go(partial(map, running.runner_of(assistant, suite.task)))
