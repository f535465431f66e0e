"""What verdicts on claims are worth, and the numbers they go by: `python -m evals.calibration.verdicts --data DIR`.

Judged are claims that the reader was not trained on: of every set half of the pages, of mtRAG’s answers a quarter of
the conversations, and sentences that a small language model wrote about the seeds. What `assistant.grounding` weighs is
fitted on half of the pages and judged on the others, both ways round. How likely a sentence has to be to count as
supported is chosen on what was written as answers, so that of twenty sentences that nothing carries one does.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import minimize
from scipy.special import logit

from assistant.answerer import passages_from
from assistant.candidates import SentenceVectors
from assistant.grounding import COUNTED, FEATURES, READ, VERDICTS, evidence, features, names_of, probabilities
from assistant.schema import Verdict
from assistant.settings import load_settings
from evals import datasets, running
from evals.cases import Case, Suite
from evals.datasets.files import find, records
from evals.loading import load
from evals.metrics import auroc, mean
from evals.scaling import Floats
from evals.training.claims import HALF, mtrag_answers
from evals.training.groups import held_out
from index import Index, Reader, Reranker, ScoredChunk

# Answers that people wrote from passages, edited ones, and ones read against other passages; and what SmolLM2-135M
# wrote from them, judged by hand.
WRITTEN = ("mtrag-answers", "generated")
SETS = ("fm2", "scifact-verdicts", "wice", *WRITTEN)
GENERATED = Path(__file__).parent / "generated.jsonl"
_MOST_ANSWERS = 500
_WORTH: Mapping[str | None, float] = {"supported": 1.0, "partly": 0.5, "unsupported": 0.0}
_LIMITS = np.arange(0.3, 0.99, 0.01)
_ROUNDS, _RIDGE = 8, 0.001
_LEAST = 1e-6
# Of the sentences that nothing carries, at most so many may count as supported.
_KEPT = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with the features (n, len(FEATURES)) of each place that may carry it, and where it names what is absent
    (n,)."""

    of: str
    page: str
    worth: float
    features: Floats
    absent: NDArray[np.bool_]

    def unread(self) -> "Judged":
        """The same without a model."""
        unknown = np.isin(FEATURES, "read")
        return replace(self, features=np.where(unknown, 0.0, self.features))

    def chance(self, numbers: Floats) -> float:
        """The probability that the likeliest place carries the claim, by weights and a bias; 0 without one."""
        *weights, bias = numbers.tolist()
        return float(probabilities(self.features, self.absent, weights, bias).max(initial=0.0))


def judged(of: str, data: Path, reader: Reranker) -> Iterator[Judged]:
    """The claims of a set that the reader was not trained on."""
    settings, claims = load_settings(), _claims(of, data)
    suite = load("seeds") if of == "generated" else Suite(of, [case for case, _ in claims], "judge", digest=of)
    home = running.home_of(suite, settings, None)
    running.fill(suite, home, settings)
    with Index.open(home, model=settings.model) as index:
        vocabulary, vectors = index.vocabulary(), SentenceVectors(index.embedder)
        for case, page in track(claims, of, console=Console(stderr=True)):
            if of == "generated":
                hits = index.search(page, k=settings.passages)
            else:
                hits = [ScoredChunk(chunk, 1.0, 0.0) for chunk in index.passages(case.id)]
            passages = passages_from(hits, index.infos(hit.chunk.document_id for hit in hits))
            places = evidence(case.question, passages, names_of(passages), vocabulary=vocabulary, vectors=vectors)
            absent = np.asarray([each.missing for each in places], dtype=np.bool_)
            yield Judged(of, page, _WORTH[case.verdict], features(places, case.question, reader), absent)


def fit(learnt: Sequence[Judged]) -> Floats:
    """Weights of FEATURES and a bias that tell claims that are carried, on the place that carries best.

    Every set counts the same. Which place that is depends on them, so they are fitted some times over.
    """
    sizes = {of: sum(each.of == of for each in learnt) for of in SETS}
    known = [each for each in learnt if len(each.features)]
    worth = np.asarray([each.worth for each in known])
    share = np.asarray([1 / sizes[each.of] for each in known])
    numbers = np.asarray([0.4, 1.0, -0.2, 0.0, 0.0, 0.0, 0.0])
    for _ in range(_ROUNDS):
        places = [each.features[(each.features @ numbers[:-1]).argmax()] for each in known]
        best = np.hstack([np.asarray(places), np.ones((len(known), 1))])

        def loss(numbers: Floats, best: Floats = best) -> tuple[float, Floats]:
            logits = best @ numbers
            value = float(share @ (np.logaddexp(0, logits) - worth * logits)) + _RIDGE * float(numbers @ numbers)
            slope: Floats = best.T @ (share * (1 / (1 + np.exp(-logits)) - worth)) + 2 * _RIDGE * numbers
            return value, slope

        numbers = minimize(loss, numbers, jac=True).x
    found: Floats = numbers
    return found


def limit_for(learnt: Sequence[Judged], numbers: Floats) -> float:
    """The least probability at which of the written sentences that nothing carries few are supported, in each set."""
    groups = [[each for each in learnt if (each.of, each.worth) == (of, 0.0)] for of in WRITTEN]
    chances = [np.asarray([each.chance(numbers) for each in group]) for group in groups if group]
    kept = (limit for limit in _LIMITS if all(np.mean(each >= limit) <= _KEPT for each in chances))
    return float(next(kept, _LIMITS[-1]))


def _claims(of: str, data: Path) -> list[tuple[Case, str]]:
    """The claims that the reader was not trained on, each with the page, conversation or question it is of."""
    if of == "generated":
        lines = [json.loads(line) for line in GENERATED.read_text(encoding="utf-8").splitlines()]
        return [
            (Case(id=str(n), question=line["claim"], answerable=True, verdict=line["verdict"]), line["question"])
            for n, line in enumerate(lines)
            if not line.get("fragment")
        ]
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
    """Area and balanced accuracy of supported claims against unsupported ones; between them are left out.

    `scored` are claims with how far the log odds are beyond what is wanted.
    """
    sided = [(beyond, each.worth > 0.5) for each, beyond in scored if each.worth != 0.5]
    area = auroc(sided)
    if area is None:
        return "–"
    rates = [np.mean([(beyond >= 0) == side for beyond, label in sided if label == side]) for side in (True, False)]
    return f"{area:.3f} / {np.mean(rates):.3f}"


def _kept(scored: Sequence[tuple[Judged, float]]) -> str:
    """The shares of the carried sentences, of those carried in part, and of the others that count as supported."""
    rates = [mean([float(beyond >= 0) for each, beyond in scored if each.worth == worth]) for worth in (1.0, 0.5, 0.0)]
    return " / ".join("–" if rate.value is None else f"{rate.value:.2f} (n {rate.n})" for rate in rates)


def _beyond(each: Judged, numbers: Floats, limit: float) -> float:
    return float(logit(np.clip(each.chance(numbers), _LEAST, 1 - _LEAST)) - logit(limit))


def main(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    factors: Annotated[Path | None, typer.Option(help="Another reader than the bundled one.")] = None,
) -> None:
    """Print area and balanced accuracy of each set, and what all claims give for `assistant.grounding`."""
    told = Console()
    bundled = (Reader(factors) if factors else Reader()).supporting()
    table = Table("area / balanced accuracy", *SETS)
    kept = Table("supported, of the carried / in part / others", *WRITTEN)
    read = [each for of in SETS for each in judged(of, data, bundled)]
    for title, every, shipped in (("counted", [each.unread() for each in read], COUNTED), ("and read", read, READ)):
        halves = [[e for e in every if held_out(f"half {e.page}", share=0.5) == side] for side in (True, False)]
        fitted = []
        for learnt, others in (halves, halves[::-1]):
            numbers = fit(learnt)
            limit = limit_for(learnt, numbers)
            fitted += [(each, _beyond(each, numbers, limit)) for each in others]
        in_use = np.asarray([*shipped[0], shipped[1]])
        shipping = [(each, _beyond(each, in_use, VERDICTS["supported"])) for each in every]
        for name, scored in ((title, fitted), (f"{title}, as shipped", shipping)):
            by_set = {of: [pair for pair in scored if pair[0].of == of] for of in SETS}
            table.add_row(name, *(_row(by_set[of]) for of in SETS))
            kept.add_row(name, *(_kept(by_set[of]) for of in WRITTEN))
        numbers = fit(every)
        told.print(title, [round(float(each), 2) for each in numbers], "limit", round(limit_for(every, numbers), 2))
    told.print(table, kept)


if __name__ == "__main__":
    typer.run(main)
