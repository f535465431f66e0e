"""Finding passages: by meaning and by words, fused."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from index.catalog import Catalog
from index.derived import Derived
from index.embedding import Embedder
from index.schema import Chunk, ScoredChunk, Where

# How deep each search goes before fusion, at the least.
_DEPTH = 100
# Of the search by meaning. Tuned on even queries of SciFact, SQuAD and mtRAG (last turn); on the odd ones nDCG@10 is
# .721, .914 and .422, against .709, .895 and .405 for reciprocal rank fusion; .5 and .6 do alike.
_BY_MEANING = 0.55


def combined(dense: Sequence[tuple[int, float]], lexical: Sequence[tuple[int, float]]) -> dict[int, float]:
    """The convex combination of cosine and BM25 for each id that either search found, 0 to 1.

    Cosines are scaled from the lowest to the highest found, BM25 from zero; what a search did not find counts nothing
    in it. Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023.

    >>> found = combined([(7, 0.9), (8, 0.5)], [(8, 4.0), (9, 2.0)])
    >>> {item: round(score, 3) for item, score in found.items()}
    {7: 0.55, 8: 0.45, 9: 0.225}
    """
    low = min((cosine for _, cosine in dense), default=0.0)
    # Where all are alike there is nothing to scale by, and all are the nearest.
    nearest = _scaled(dense, low=low if len({cosine for _, cosine in dense}) > 1 else 0.0)
    scores = {item: _BY_MEANING * score for item, score in nearest.items()}
    for item, score in _scaled(lexical, low=0.0).items():
        scores[item] = scores.get(item, 0.0) + (1 - _BY_MEANING) * score
    return scores


def retrieve(
    queries: Mapping[str, float],
    *,
    k: int,
    where: Where | None,
    catalog: Catalog,
    derived: Derived,
    embedder: Embedder,
) -> list[ScoredChunk]:
    """Up to `k` passages for the queries (the same question in several wordings, each with its weight), best first.

    A passage's score is the weighted mean over the queries; its cosine and BM25 are the best any of them reached.
    Passages deleted since the indexes were made are left out.
    """
    documents = catalog.matching(where) if where else None
    if documents is not None and not documents:
        return []
    allowed = catalog.chunk_ids(documents) if documents is not None else None
    depth = max(_DEPTH, k)
    vectors = embedder.encode(list(queries))
    dense = [derived.dense.search(vector, depth, allowed=allowed) for vector in vectors]
    lexical = [derived.lexical.search(query, depth, documents=documents) for query in queries]
    total = sum(queries.values())
    fused: dict[int, float] = {}
    for weight, *found in zip(queries.values(), dense, lexical, strict=True):
        for item, score in combined(*found).items():
            fused[item] = fused.get(item, 0.0) + weight / total * score
    ranked = sorted(fused, key=lambda i: (-fused[i], i))
    cosines, bm25 = _best_of(dense), _best_of(lexical)
    return [
        ScoredChunk(chunk, fused[chunk.id], cosines.get(chunk.id), bm25.get(chunk.id))
        for chunk in islice(_alive(ranked, catalog, k), k)
    ]


def _scaled(ranking: Sequence[tuple[int, float]], *, low: float) -> dict[int, float]:
    """The scores by id, scaled so that `low` becomes 0 and the highest 1."""
    span = max((score for _, score in ranking), default=0.0) - low
    return {item: (score - low) / span if span > 0 else 0.0 for item, score in ranking}


def _alive(ranked: Sequence[int], catalog: Catalog, k: int) -> Iterator[Chunk]:
    """The passages in order, those left out that were deleted since the indexes were made."""
    for start in range(0, len(ranked), k):
        stretch = ranked[start : start + k]
        found = catalog.chunks(stretch)
        yield from (found[i] for i in stretch if i in found)


def _best_of(rankings: Sequence[Sequence[tuple[int, float]]]) -> Mapping[int, float]:
    best: dict[int, float] = {}
    for ranking in rankings:
        for item, score in ranking:
            best[item] = max(score, best.get(item, score))
    return best
