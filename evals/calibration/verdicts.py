"""What the reader adds to verdicts on claims: `python -m evals.calibration.verdicts --data DIR`.

Judged are claims that the reader was not trained on: of every set half of the pages, of mtRAG’s answers a quarter of
the conversations. What `assistant.grounding` weighs is fitted on half of those pages and judged on the others, both
ways round. For the fit a contradiction takes away as much as fits. "As shipped" is by the numbers in use, where
a contradiction keeps a claim below "partly" and reading only takes away.
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
from scipy.optimize import minimize

from assistant.answerer import passages_from
from assistant.candidates import SentenceVectors
from assistant.grounding import evidence, names_of, probabilities
from assistant.schema import Verdict
from assistant.settings import load_settings
from evals import datasets, running
from evals.cases import Case, Suite
from evals.datasets.files import find, records
from evals.metrics import auroc
from evals.scaling import Floats
from evals.training.claims import HALF, mtrag_answers
from evals.training.groups import held_out
from index import Index, Reader, Reranker, ScoredChunk, log_odds

# The last are sentences that people wrote as answers from passages, edited ones, and ones read against other passages:
# nearest to what a language model writes.
SETS = ("fm2", "scifact-verdicts", "wice", "mtrag-answers")
_MOST_ANSWERS = 500
_WORTH: Mapping[str | None, float] = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with what is known of each place that may carry it: counted, read, contradicted; shape (n,) each."""

    of: str
    page: str
    worth: float
    counted: Floats
    read: Floats
    contradicted: Floats

    def score(self, numbers: Floats, *, reading: bool) -> float:
        """The log odds that the likeliest place carries the claim; `numbers` are those of reading, counting, bias, and
        what a contradiction takes away."""
        if not len(self.counted):
            return -10.0
        share = numbers[0] if reading else 0.0
        return float(
            (share * self.read + numbers[1] * self.counted + numbers[2] - numbers[3] * self.contradicted).max()
        )

    def shipped(self, *, reading: bool) -> float:
        """The log odds by the numbers of `assistant.grounding`."""
        if not len(self.counted):
            return -10.0
        chance = probabilities(self.counted, self.contradicted > 0, self.read if reading else None).max()
        return float(np.log(chance / (1 - chance)))


def judged(of: str, data: Path, reader: Reranker) -> Iterator[Judged]:
    """The claims of a set that the reader was not trained on."""
    settings, pages = load_settings(), _held_out(of, data)
    suite = Suite(of, [case for case, _ in pages], "judge", digest=of)
    home = running.home_of(suite, settings, None)
    running.fill(suite, home, settings)
    with Index.open(home, model=settings.model) as index:
        vocabulary, vectors = index.vocabulary(), SentenceVectors(index.embedder)
        for case, page in track(pages, of, console=Console(stderr=True)):
            hits = [ScoredChunk(chunk, 1.0, 0.0) for chunk in index.passages(case.id)]
            passages = passages_from(hits, index.infos([case.id]))
            names = names_of(passages)
            places = evidence(case.question, passages, names, vocabulary=vocabulary, vectors=vectors)
            read = log_odds(reader, case.question, [each.around for each in places])
            counted = np.asarray([each.counted for each in places])
            contradicted = np.asarray([float(each.contradicted) for each in places])
            yield Judged(of, page, _WORTH[case.verdict], counted, read, contradicted)


def fit(learnt: Sequence[Judged], *, reading: bool) -> Floats:
    """Numbers that make a score the probability that a claim is carried; every set counts the same."""
    sizes = {of: sum(each.of == of for each in learnt) for of in SETS}

    def loss(numbers: Floats) -> float:
        logits = np.asarray([each.score(numbers, reading=reading) for each in learnt])
        worth = np.asarray([each.worth for each in learnt])
        weight = np.asarray([1 / sizes[each.of] for each in learnt])
        return float(weight @ (np.logaddexp(0, logits) - worth * logits)) + 0.001 * float(numbers @ numbers)

    found: Floats = minimize(loss, np.asarray([1.0, 2.0, -1.0, 1.0]), method="Nelder-Mead", options={"maxiter": 2000}).x
    return found


def _held_out(of: str, data: Path) -> list[tuple[Case, str]]:
    """The claims that the reader was not trained on, each with the page (or conversation) it is of."""
    if of != "mtrag-answers":
        page = _pages(of, data)
        return [(case, page(case)) for case in datasets.load(of, data).cases if held_out(page(case), share=HALF)]
    groups = [group for group in mtrag_answers(data, seed=1) if group.held_out]
    found = []
    for number, group in enumerate(groups):
        for place, ((claim, passage), label) in enumerate(zip(group.pairs, group.labels, strict=True)):
            verdict: Verdict = "supported" if label else "unsupported"
            case = Case(id=f"{number}-{place}", question=claim, answerable=True, evidence=(passage,), verdict=verdict)
            found.append((case, f"group {number}"))
    return found[:: max(1, -(-len(found) // _MOST_ANSWERS))]


def _pages(of: str, data: Path) -> Callable[[Case], str]:
    """What page a claim is of, as it was held out by."""
    if of == "wice":
        known = {
            each["meta"]["id"]: each["meta"]["claim_title"] for each in records(find(data / of, "claim_dev.jsonl"))
        }
        return lambda case: known[case.id]
    return lambda case: case.evidence_title if of == "fm2" else case.id.partition("-")[2]


def _row(scored: Sequence[tuple[Judged, float]]) -> str:
    """Area and balanced accuracy of supported claims against unsupported ones; between them are left out."""
    sided = [(score, each.worth > 0.5) for each, score in scored if each.worth != 0.5]
    area = auroc(sided)
    if area is None:
        return "–"
    rates = [np.mean([(score > 0) == side for score, label in sided if label == side]) for side in (True, False)]
    return f"{area:.3f} / {np.mean(rates):.3f}"


def main(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    factors: Annotated[Path | None, typer.Option(help="Another reader than the bundled one.")] = None,
) -> None:
    """Print area and balanced accuracy of each set, and what all claims give for `assistant.grounding`."""
    told = Console()
    reader = (Reader(factors) if factors else Reader()).supporting()
    every = [each for of in SETS for each in judged(of, data, reader)]
    halves = [[each for each in every if held_out(f"half {each.page}", share=0.5) == side] for side in (True, False)]
    table = Table("", *(f"{of} (n {sum(each.of == of for each in every)})" for of in SETS))
    for title, reading in (("counted", False), ("and read", True)):
        scored = [
            (each, each.score(numbers, reading=reading))
            for learnt, others in (halves, halves[::-1])
            for numbers in [fit(learnt, reading=reading)]
            for each in others
        ]
        table.add_row(title, *(_row([pair for pair in scored if pair[0].of == of]) for of in SETS))
        shipped = [(each, each.shipped(reading=reading)) for each in every]
        table.add_row(f"{title}, as shipped", *(_row([pair for pair in shipped if pair[0].of == of]) for of in SETS))
    told.print(table)
    for title, reading in (("counted", False), ("and read", True)):
        told.print(title, "(read, counted, bias, contradicted):", fit(every, reading=reading).round(2).tolist())


if __name__ == "__main__":
    typer.run(main)
