"""Fits the weights of `assistant.relevance`: `python -m evals.calibration.relevance --data DIR`.

DIR holds squad2_half/. The paragraphs of its 16 articles become one index; each question is asked of
all of them. Weights are fitted on every second article and judged on the others, both ways round.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize

from assistant.answerer import passages_from
from assistant.asking import Asked
from assistant.candidates import Candidate, SentenceVectors, candidates
from assistant.relevance import FEATURES, measure
from assistant.settings import load_settings
from evals import datasets
from evals.cases import Case
from evals.metrics import auroc, mean
from evals.scaling import platt
from index import Index

Floats = NDArray[np.float64]
# They are made to fool.
IMPOSSIBLE_WEIGHT = 1 / 3


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the features of its candidates (n, features), which of them answer, and their passages (n,)."""

    article: int
    impossible: bool
    features: Floats
    answers: NDArray[np.bool_]
    passages: NDArray[np.int64]


def examples(index: Index, cases: Sequence[Case], articles: Sequence[str]) -> Iterator[Example]:
    """Each question with its candidates measured, just as the assistant measures them."""
    vocabulary, vectors = index.vocabulary(), SentenceVectors(index.embedder)
    passages = load_settings().passages
    for case in cases:
        hits = index.search(case.question, k=passages)
        found = candidates(passages_from(hits, index.infos(hit.chunk.document_id for hit in hits)))
        yield Example(
            articles.index(case.tags[0]),
            not case.answerable,
            measure(Asked(case.question, vocabulary), found, vocabulary=vocabulary, vectors=vectors),
            np.asarray([answers(candidate, case) for candidate in found], dtype=np.bool_),
            np.asarray([c.passage.number for c in found]),
        )


def answers(candidate: Candidate, case: Case) -> bool:
    """Whether a sentence is one that answers."""
    return candidate.passage.document_id in case.relevant and candidate.text in case.quotes


def fit(training: Sequence[Example]) -> Floats:
    """Weights that make an answering candidate likeliest: conditional logit with a unit ridge, shape (features,)."""
    usable = [(e.features, e.answers / e.answers.sum()) for e in training if e.answers.any()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, gradient = weights @ weights / 2, weights.copy()
        for features, target in usable:
            scores = features @ weights
            likely = np.exp(scores - scores.max())
            likely /= likely.sum()
            total -= float(target @ np.log(likely + 1e-12))
            gradient -= (target - likely) @ features
        return float(total), gradient

    found: Floats = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return found


def best_scores(judged: Sequence[Example], weights: Floats) -> tuple[Floats, Floats, Floats]:
    """The best score for answerable questions, for the same without their paragraph, and for impossible ones."""
    answerable, without, impossible = [], [], []
    for example in judged:
        scores = example.features @ weights
        if example.impossible:
            impossible.append(scores.max())
        elif example.answers.any():
            answerable.append(scores.max())
            other = ~np.isin(example.passages, example.passages[example.answers])
            if other.any():
                without.append(scores[other].max())
    return np.asarray(answerable), np.asarray(without), np.asarray(impossible)


def probability_of(answerable: Floats, without: Floats, impossible: Floats) -> tuple[float, float]:
    """(scale, bias) that make a best score a probability. Impossible questions count a third."""
    scores = np.concatenate([answerable, without, impossible])
    right = np.concatenate([np.ones(len(answerable)), np.zeros(len(without) + len(impossible))])
    weights = np.concatenate([np.ones(len(answerable) + len(without)), np.full(len(impossible), IMPOSSIBLE_WEIGHT)])
    return platt(scores, right, weights)


def calibrate(
    data: Annotated[Path, typer.Option(help="Folder that holds squad2_half/.", exists=True, file_okay=False)],
    questions: Annotated[int, typer.Option(help="How many questions, drawn at random.")] = 2400,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
) -> None:
    """Fit on half of the articles, judge on the other half, both ways; then print what all of them give."""
    console = Console()
    suite = datasets.load("squad", data)
    articles = list(dict.fromkeys(case.tags[0] for case in suite.cases))
    drawn = random.Random(seed).sample(suite.cases, min(questions, len(suite.cases)))
    with tempfile.TemporaryDirectory() as home, Index.open(home) as index:
        index.add(suite.documents)
        found = list(
            track(examples(index, drawn, articles), total=len(drawn), description="Measuring", console=console)
        )
    for parity in (0, 1):
        weights = fit([e for e in found if e.article % 2 == parity])
        judged = [e for e in found if e.article % 2 != parity]
        _report(console, f"fitted on articles of parity {parity}, judged on the others", weights, judged)
    weights = fit(found)
    console.print("weights", dict(zip(FEATURES, weights.round(2).tolist(), strict=True)))
    scale, bias = probability_of(*best_scores(found, weights))
    console.print(f"scale {scale:.3f}, bias {bias:.3f}")


def _report(console: Console, title: str, weights: Floats, judged: Sequence[Example]) -> None:
    hits = [float(e.answers[(e.features @ weights).argmax()]) for e in judged if not e.impossible]
    answerable, without, impossible = best_scores(judged, weights)
    first = mean(hits)
    console.print(
        f"{title}: answering sentence first {first.value:.3f} ({first.low:.3f}–{first.high:.3f}, n {first.n}), area "
        f"against no paragraph {_area(answerable, without)}, against impossible {_area(answerable, impossible)}"
    )


def _area(higher: Floats, lower: Floats) -> str:
    found = auroc([*((score, True) for score in higher), *((score, False) for score in lower)])
    return "–" if found is None else f"{found:.3f}"


if __name__ == "__main__":
    typer.run(calibrate)
