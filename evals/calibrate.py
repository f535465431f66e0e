"""Fits the weights of `assistant.relevance` and says how good they are: `python -m evals.calibrate --data DIR`.

DIR holds squad2_half/dev-v2.0.json.gz. The paragraphs of its 16 articles become one index; each question is asked of
all of them. Weights are fitted on every second article and judged on the others, both ways round.
"""

import gzip
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize
from scipy.stats import mannwhitneyu

from assistant.answerer import passages_from
from assistant.asking import Asked
from assistant.candidates import SentenceVectors, candidates
from assistant.relevance import FEATURES, measure
from assistant.settings import load_settings
from evals.metrics import mean
from index import Document, Index

Floats = NDArray[np.float64]
_IMPOSSIBLE_WEIGHT = 1 / 3


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the features of its candidates (n, features), which of them answer, and their passages (n,)."""

    article: int
    impossible: bool
    features: Floats
    answers: NDArray[np.bool_]
    passages: NDArray[np.int64]


def load(data: Path) -> tuple[list[Document], list[tuple[int, str, dict[str, Any]]]]:
    """The paragraphs as documents, and (article, document id, question) for every question."""
    with gzip.open(data / "squad2_half" / "dev-v2.0.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    documents, questions = [], []
    for a, article in enumerate(articles):
        title = article["title"].replace("_", " ")
        for p, paragraph in enumerate(article["paragraphs"]):
            documents.append(Document(id=f"{a}-{p}", text=paragraph["context"], title=title, source=f"{a}-{p}"))
            questions += [(a, f"{a}-{p}", question) for question in paragraph["qas"]]
    return documents, questions


def examples(index: Index, questions: Sequence[tuple[int, str, dict[str, Any]]]) -> Iterator[Example]:
    """Each question with its candidates measured, just as the assistant measures them."""
    vocabulary, vectors = index.vocabulary(), SentenceVectors(index.embedder)
    for article, document_id, question in questions:
        hits = index.search(question["question"], k=load_settings().passages)
        found = candidates(passages_from(hits, index.infos(hit.chunk.document_id for hit in hits)))
        starts = [answer["answer_start"] for answer in question["answers"]]
        answers = [
            c.passage.document_id == document_id and any(c.span.start <= start < c.span.end for start in starts)
            for c in found
        ]
        yield Example(
            article,
            question["is_impossible"],
            measure(Asked(question["question"], vocabulary), found, vocabulary=vocabulary, vectors=vectors),
            np.asarray(answers) & (not question["is_impossible"]),
            np.asarray([c.passage.number for c in found]),
        )


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


def area(higher: Floats, lower: Floats) -> float:
    """The area under the ROC curve: how often a score of `higher` exceeds one of `lower` (Mann and Whitney, 1947)."""
    return float(mannwhitneyu(higher, lower).statistic / (len(higher) * len(lower)))


def platt(answerable: Floats, without: Floats, impossible: Floats) -> Floats:
    """(scale, bias) that make a score a probability (Platt, 1999). Impossible questions count a third."""
    scores = np.concatenate([answerable, without, impossible])
    labels = np.concatenate([np.ones(len(answerable)), np.zeros(len(without) + len(impossible))])
    weights = np.concatenate([np.ones(len(answerable) + len(without)), np.full(len(impossible), _IMPOSSIBLE_WEIGHT)])

    def loss(parameters: Floats) -> float:
        logits = parameters[0] * scores + parameters[1]
        return float(weights @ (np.logaddexp(0, logits) - labels * logits))

    found: Floats = minimize(loss, np.asarray([0.3, -4.0])).x
    return found


def calibrate(
    data: Annotated[Path, typer.Option(help="Folder that holds squad2_half/.", exists=True, file_okay=False)],
    questions: Annotated[int, typer.Option(help="How many questions, drawn at random.")] = 2400,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
) -> None:
    """Fit on half of the articles, judge on the other half, both ways; then print what all of them give."""
    console = Console()
    documents, asked = load(data)
    drawn = random.Random(seed).sample(asked, min(questions, len(asked)))
    with tempfile.TemporaryDirectory() as home, Index.open(home) as index:
        index.add(documents)
        found = list(track(examples(index, drawn), total=len(drawn), description="Measuring", console=console))
    for parity in (0, 1):
        weights = fit([e for e in found if e.article % 2 == parity])
        judged = [e for e in found if e.article % 2 != parity]
        _report(console, f"fitted on articles of parity {parity}, judged on the others", weights, judged)
    weights = fit(found)
    console.print("weights", dict(zip(FEATURES, weights.round(2).tolist(), strict=True)))
    console.print("scale, bias", platt(*best_scores(found, weights)).round(3).tolist())


def _report(console: Console, title: str, weights: Floats, judged: Sequence[Example]) -> None:
    hits = [float(e.answers[(e.features @ weights).argmax()]) for e in judged if not e.impossible]
    answerable, without, impossible = best_scores(judged, weights)
    first = mean(hits)
    console.print(
        f"{title}: answering sentence first {first.value:.3f} ({first.low:.3f}–{first.high:.3f}, n {first.n}), area "
        f"against no paragraph {area(answerable, without):.3f}, against impossible {area(answerable, impossible):.3f}"
    )


if __name__ == "__main__":
    typer.run(calibrate)
