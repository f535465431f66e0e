"""What moving passages by their best sentences adds: `python -m evals.calibration.moving --data DIR`.

Asked are questions and claims that the reader was not trained on. What its log odds weigh beside a passage's score is
chosen on every second of them, all sets together, and judged on the others, both ways round.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.followups import standalone
from assistant.settings import load_settings
from assistant.wordings import wordings
from evals import datasets, running
from evals.cases import Case
from evals.followups import turns_of
from evals.metrics import ndcg_at, paired
from evals.training.claims import HALF
from evals.training.groups import held_out
from evals.training.questions import held_out_of_squad
from index import BySentence, Index, Reader, Reranker

_SHARES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)
_DEPTH = 50
# By suite, whether a case is of what the reader was not trained on.
SETS: Mapping[str, Callable[[Case], bool]] = {
    **{
        name: lambda case: held_out(case.id.partition("<::>")[0])
        for name in datasets.NAMES
        if name.endswith("-lastturn")
    },
    "scifact": lambda case: all(held_out(source, share=HALF) for source in case.relevant),
    "squad": held_out_of_squad,
}


@dataclass(frozen=True, slots=True)
class Moved:
    """nDCG@10 of a question by the share of reading; without reading for a share of 0."""

    of: str
    ndcg: Mapping[float, float]


def measured(of: str, data: Path, reader: Reranker, most: int) -> Iterator[Moved]:
    """Each question of a set as it is searched for in its conversation, by share."""
    suite, settings = datasets.load(of, data), load_settings()
    cases = [case for case in suite.cases if case.relevant and SETS[of](case)]
    cases = cases[:: -(-len(cases) // most) or 1]
    home = running.home_of(suite, settings, None)
    running.fill(suite, home, settings)
    with Index.open(home, model=settings.model) as index:
        for case in track(cases, of, console=Console(stderr=True)):
            turns = turns_of(case.history)
            rewrite = standalone(case.question, turns)
            found = index.search(wordings(case.question, rewrite, turns), k=_DEPTH)
            titles = {info.id: info.title for info in index.infos(hit.chunk.document_id for hit in found).values()}
            ranked = {
                # The reader remembers what it read, so that each sentence is read once.
                share: BySentence(reader, share=share).reordered(rewrite.text, found, titles, index.vocabulary())
                for share in _SHARES
            }
            relevant = set(case.relevant)
            yield Moved(
                of,
                {
                    share: ndcg_at(10, relevant, [hit.chunk.document_id for hit in hits]) or 0.0
                    for share, hits in ranked.items()
                },
            )


def share_for(learnt: Sequence[Moved], shares: Sequence[float] = _SHARES) -> float:
    """The share with the highest mean over the sets, the smallest of equals."""
    sets = {each.of for each in learnt}
    means = {
        share: np.mean([np.mean([each.ndcg[share] for each in learnt if each.of == of]) for of in sets])
        for share in shares
    }
    return max(means, key=lambda share: means[share])


def main(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    factors: Annotated[Path | None, typer.Option(help="Another reader than the bundled one.")] = None,
    most: Annotated[int, typer.Option(help="How many questions of a set at most.")] = 450,
) -> None:
    """Print nDCG@10 of each set without and with the reader, and what all of them give for `index.reranking`."""
    told = Console()
    reader = (Reader(factors) if factors else Reader()).answering()
    every = [each for of in SETS for each in measured(of, data, reader, most)]
    halves = every[::2], every[1::2]
    chosen = [share_for(half) for half in halves]
    judged = [(each, share) for share, others in zip(chosen, halves[::-1], strict=True) for each in others]
    table = Table("nDCG@10", "n", "found", "moved", "difference")
    for of in (*SETS, "mtrag"):
        mine = [(each, share) for each, share in judged if each.of.startswith(of)]
        before, after = [each.ndcg[0.0] for each, _ in mine], [each.ndcg[share] for each, share in mine]
        found = paired(after, before)
        if found:
            difference = f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
            table.add_row(of, str(found.n), f"{found.theirs:.3f}", f"{found.ours:.3f}", difference)
    told.print(table)
    told.print(f"shares chosen on the halves {chosen[0]} and {chosen[1]}, on all {share_for(every)}")


if __name__ == "__main__":
    typer.run(main)
