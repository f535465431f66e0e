"""What the reader adds to what can be counted: `python -m evals.calibration.reading --data DIR`.

Asked of all of SQuAD are the questions on the four articles that the reader was not trained on (the weights of what is
counted were fitted on them too): its share beside the counted score is chosen on two of them and judged on the other
two, both ways round. Passages are not moved, so that this alone is measured.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.answerer import passages_from
from assistant.asking import Asked
from assistant.candidates import Candidate, SentenceVectors, candidates
from assistant.relevance import MOST_READ, counted, read, together
from assistant.settings import load_settings
from evals import datasets, running
from evals.calibration.relevance import IMPOSSIBLE_WEIGHT, answers
from evals.cases import Case
from evals.metrics import auroc, mean, refusal_counts, refusal_f1
from evals.scaling import Floats, platt
from evals.training.questions import held_out_of_squad
from index import Index, Reader, Reranker

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with the scores of its candidates (n,), and which of them answer.

    `likeliest` are the places of those that were read, `logits` what reading them gave. `without` is the same question
    where no passage that answers is found; None where nothing is left, and for a question without an answer.
    """

    article: str
    answerable: bool
    scores: Floats
    answers: NDArray[np.bool_]
    likeliest: NDArray[np.int64]
    logits: Floats
    without: "Asking | None" = None

    def best(self, share: float) -> int:
        """The place of the sentence that an answer opens with."""
        return int(self.all(share).argmax())

    def top(self, share: float) -> float:
        """The score of that sentence."""
        return float(self.all(share).max())

    def all(self, share: float) -> Floats:
        """The scores with the reader's share."""
        return together(self.scores, self.likeliest, self.logits, share=share)


def askings(index: Index, cases: Sequence[Case], reader: Reranker) -> Iterator[Asking]:
    """Each question as it is asked, its candidates scored and the likeliest of them read; those with candidates."""
    vocabulary, vectors = index.vocabulary(), SentenceVectors(index.embedder)
    most = load_settings().passages
    for case in cases:
        hits = index.search(case.question, k=most)
        passages = passages_from(hits, index.infos(hit.chunk.document_id for hit in hits))
        found = candidates(passages)
        right = np.asarray([answers(each, case) for each in found], dtype=np.bool_)
        if not found:
            continue
        asked = Asked(case.question, vocabulary, passages)
        scores = counted(asked, found, vocabulary=vocabulary, vectors=vectors)
        numbers = np.asarray([each.passage.number for each in found])
        others = ~np.isin(numbers, numbers[right])
        without = None
        if right.any() and others.any():
            without = _asking(
                case, asked, [each for each, kept in zip(found, others, strict=True) if kept], scores[others], reader
            )
        yield replace(_asking(case, asked, found, scores, reader), without=without)


def _asking(case: Case, asked: Asked, found: Sequence[Candidate], scores: Floats, reader: Reranker) -> Asking:
    likeliest = np.argsort(-scores, kind="stable")[:MOST_READ]
    return Asking(
        case.tags[0],
        case.answerable,
        scores,
        np.asarray([answers(each, case) for each in found], dtype=np.bool_),
        likeliest,
        read(reader, asked, [found[n] for n in likeliest]),
    )


def share_for(learnt: Sequence[Asking], shares: Sequence[float] = _SHARES) -> float:
    """The share that best tells questions with an answer from those without, of those that put an answer first.

    They put one first in as many questions as the best share does, or in a two-hundredth fewer.
    """
    asked = [each for each in learnt if each.answerable]
    hits = {share: sum(bool(each.answers[each.best(share)]) for each in asked) for share in shares}
    good = [share for share in shares if hits[share] >= max(hits.values()) - 0.005 * len(asked)]
    return max(good, key=lambda share: auroc([(each.top(share), each.answerable) for each in learnt]) or 0.0)


def scaling(learnt: Sequence[Asking], share: float) -> tuple[float, float]:
    """(scale, bias) that make a best score the probability that it answers."""
    scores, right, weights = [], [], []
    for each in learnt:
        # What is not found could not be answered, and is no impossible question either.
        if each.answerable and not each.answers.any():
            continue
        scores.append(each.top(share))
        right.append(float(each.answerable))
        weights.append(1.0 if each.answerable else IMPOSSIBLE_WEIGHT)
        if each.without is not None:
            scores, right, weights = [*scores, each.without.top(share)], [*right, 0.0], [*weights, 1.0]
    return platt(scores, right, weights)


def threshold_for(learnt: Sequence[Asking], share: float) -> float:
    """The score below which refusing gives the best F1."""
    tried = sorted(each.top(share) for each in learnt)
    return max(tried[:: max(1, len(tried) // 200)], key=lambda limit: _f1(learnt, share, limit))


def _f1(judged: Sequence[Asking], share: float, limit: float) -> float:
    pairs = ((each.answerable, each.top(share) < limit) for each in judged)
    return refusal_f1(refusal_counts(pairs)) or 0.0


def _row(judged: Sequence[tuple[Asking, float, float]]) -> list[str]:
    """`judged` are questions with the reader's share and the threshold, both chosen on others."""
    first = mean([float(each.answers[each.best(share)]) for each, share, _ in judged if each.answerable])
    best = [(each.top(share), each.answerable) for each, share, _ in judged]
    without = [(each.without.top(share), False) for each, share, _ in judged if each.without]
    counts = refusal_counts((each.answerable, each.top(share) < limit) for each, share, limit in judged)
    areas = auroc(best), auroc([*(pair for pair in best if pair[1]), *without])
    return [
        f"{first.value:.3f} ({first.low:.3f}–{first.high:.3f})",
        *("–" if area is None else f"{area:.3f}" for area in areas),
        f"{refusal_f1(counts) or 0:.3f}",
    ]


def main(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    factors: Annotated[Path | None, typer.Option(help="Another reader than the bundled one.")] = None,
    most: Annotated[int, typer.Option(help="How many questions at most, drawn at random.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
) -> None:
    """Print what is found with and without the reader, and what all four articles give for `assistant.relevance`."""
    told, settings = Console(), load_settings()
    suite = datasets.load("squad", data)
    cases = [case for case in suite.cases if held_out_of_squad(case)]
    cases = random.Random(seed).sample(cases, min(most, len(cases)))
    home = running.home_of(suite, settings, None)
    running.fill(suite, home, settings)
    reader = (Reader(factors) if factors else Reader()).answering()
    with Index.open(home, model=settings.model) as index:
        found = list(track(askings(index, cases, reader), "Reading", total=len(cases), console=Console(stderr=True)))
    names = sorted({case.tags[0] for case in cases})
    halves = [[each for each in found if each.article in names[place::2]] for place in (0, 1)]
    table = Table("", "answering sentence first", "area, impossible", "area, no paragraph", "refusal F1")
    for title, shares in (("counted", (0.0,)), ("and read", _SHARES)):
        judged = []
        for learnt, others in (halves, halves[::-1]):
            share = share_for(learnt, shares)
            limit = threshold_for(learnt, share)
            judged += [(each, share, limit) for each in others]
        table.add_row(title, *_row(judged))
    told.print(table)
    answerable = sum(each.answerable for each in found)
    told.print(f"n {len(found)}, {answerable} with an answer; refusing all has F1 {_f1(found, 0.0, np.inf):.3f}")
    share = share_for(found)
    scale, bias = scaling(found, share)
    told.print(f"on all four articles: share {share}, scale {scale:.3f}, bias {bias:.3f}")


if __name__ == "__main__":
    typer.run(main)
