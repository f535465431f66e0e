"""What each part of the search is worth: `python -m evals.ablation --data DIR [--set NAME …]`.

Every part is taken away or replaced alone, on the questions of SciFact, SQuAD and mtRAG; nDCG@10 over documents, on
even and on odd questions, so that what is tuned on one half can be judged on the other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.settings import load_settings
from evals import datasets, running
from evals.cases import Case, Suite
from evals.metrics import mean, ndcg_at
from index import Index
from index.catalog import Catalog
from index.retrieval import combined

Ranking = Sequence[tuple[int, float]]

# mtRAG is one set of four corpora.
SETS = {
    "scifact": ("scifact",),
    "squad": ("squad",),
    "mtrag": tuple(name for name in datasets.NAMES if name.endswith("-lastturn")),
}
_DEPTH, _MOST = 100, 1_000
_RRF_K = 60


@dataclass(frozen=True, slots=True)
class Found:
    """What both searches found for a question: passages with their scores, best first, and the document of each."""

    relevant: frozenset[str]
    dense: Ranking
    lexical: Ranking
    every_word: Ranking
    documents: dict[int, str]


def by_meaning(found: Found) -> dict[int, float]:
    """Cosine alone."""
    return dict(found.dense)


def by_words(found: Found) -> dict[int, float]:
    """BM25 alone."""
    return dict(found.lexical)


def by_every_word(found: Found) -> dict[int, float]:
    """BM25 of words that carry no matter, too."""
    return dict(found.every_word)


def rank_fusion(found: Found) -> dict[int, float]:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank). Cormack, Clarke and Büttcher, SIGIR 2009."""
    scores: dict[int, float] = {}
    for ranking in (found.dense, found.lexical):
        for rank, (item, _) in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (_RRF_K + rank)
    return scores


def combination(found: Found) -> dict[int, float]:
    """As Citeback searches."""
    return combined(found.dense, found.lexical)


def of_every_word(found: Found) -> dict[int, float]:
    """The same with words that carry no matter."""
    return combined(found.dense, found.every_word)


def shallow(found: Found) -> dict[int, float]:
    """The same with twenty passages of each search."""
    return combined(found.dense[:20], found.lexical[:20])


VARIANTS: tuple[Callable[[Found], dict[int, float]], ...] = (
    *(by_meaning, by_words, by_every_word, rank_fusion),
    *(combination, of_every_word, shallow),
)


def ablate(
    data: Annotated[Path, typer.Option(help="Folder of evaluation data.", exists=True, file_okay=False)],
    only: Annotated[
        list[str] | None, typer.Option("--set", help=f"Sets, of {', '.join(SETS)}; may be repeated.")
    ] = None,
) -> None:
    """Print nDCG@10 of each variant on each set, on even / odd questions."""
    table = Table("variant", title="nDCG@10, even / odd questions", title_justify="left")
    columns: list[list[str]] = []
    for name in only or SETS:
        halves = [list(half) for half in _halves(name, data)]
        table.add_column(f"{name} (n {sum(map(len, halves))})", justify="right")
        columns.append([" / ".join(_score(half, variant) for half in halves) for variant in VARIANTS])
    for variant, *cells in zip(VARIANTS, *columns, strict=True):
        table.add_row(variant.__name__.replace("_", " "), *cells)
    Console().print(table)


def _halves(name: str, data: Path) -> tuple[list[Found], list[Found]]:
    every = [found for suite in SETS[name] for found in _searched(datasets.load(suite, data))]
    return every[::2], every[1::2]


def _searched(suite: Suite) -> Iterator[Found]:
    """What is found for each answerable question of a suite, at most a thousand of them, taken evenly."""
    settings = load_settings()
    home = running.home_of(suite, settings, None)
    running.fill(suite, home, settings)
    cases = [case for case in suite.cases if case.relevant]
    with Index.open(home, model=settings.model) as index, closing(Catalog(home / "catalog.sqlite")) as catalog:
        for case in track(cases[:: -(-len(cases) // _MOST)], suite.name, console=Console(stderr=True), transient=True):
            yield _found(case, index, catalog)


def _found(case: Case, index: Index, catalog: Catalog) -> Found:
    derived = index.derived()
    (vector,) = index.embedder.encode([case.question])
    dense = derived.dense.search(vector, _DEPTH)
    lexical = derived.lexical.search(case.question, _DEPTH)
    every_word = derived.lexical.search_terms(derived.lexical.terms(case.question), _DEPTH)
    ids = {item for ranking in (dense, lexical, every_word) for item, _ in ranking}
    documents = {chunk.id: chunk.document_id for chunk in catalog.chunks(sorted(ids)).values()}
    return Found(frozenset(case.relevant), dense, lexical, every_word, documents)


def _score(half: Sequence[Found], variant: Callable[[Found], dict[int, float]]) -> str:
    values = []
    for found in half:
        scores = variant(found)
        ranked = [found.documents[item] for item in sorted(scores, key=lambda item: (-scores[item], item))]
        values.append(ndcg_at(10, found.relevant, ranked))
    value = mean(values).value
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    typer.run(ablate)
