"""`python -m evals.training --data DIR --out DIR`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from evals.training import claims, questions
from evals.training.groups import Group


def run(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Where weights, state and log are written.", file_okay=False)],
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is learnt from.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of edits, order and heads.")] = 1,
) -> None:
    """Train the reader; an interrupted training goes on where it ended.

    OUT gets reader.safetensors, which belongs into index/, results.json, and the two pictures of docs/READER.md.
    """
    from evals.training import pictures
    from evals.training.finish import finish
    from evals.training.train import LOG, train

    console = Console(stderr=True)
    groups = [group for source in (*questions.SOURCES, *claims.SOURCES) for group in source(data, seed)]
    console.print(_table(groups))
    results = finish(train(groups, out, rounds=rounds, seed=seed, console=console), groups, out)
    pictures.draw_curve(out / LOG, out / pictures.CURVE)
    pictures.draw_reliability(results["reliability"], out / pictures.RELIABILITY)


def _table(groups: list[Group]) -> Table:
    table = Table("head", "source", "groups", "pairs", "right", "held out", title="training data", title_justify="left")
    for head, source in dict.fromkeys((group.head, group.source) for group in groups):
        mine = [group for group in groups if group.source == source]
        learnt = [group for group in mine if not group.held_out]
        pairs = sum(len(group.pairs) for group in learnt)
        right = sum(sum(label > 0.5 for label in group.labels) for group in learnt)
        table.add_row(head, source, *(f"{n:,}" for n in (len(learnt), pairs, right, len(mine) - len(learnt))))
    return table


if __name__ == "__main__":
    typer.run(run)
