"""Finding passages: by meaning and by words, fused."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from index.catalog import Catalog
from index.derived import Derived
from index.embedding import Embedder
from index.schema import Chunk, ScoredChunk, Where

# Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009, who found 60 to serve any collection.
_RRF_K = 60
# How deep each search goes before fusion, at the least.
_DEPTH = 50


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]], *, k: int = _RRF_K) -> dict[int, float]:
    """The sum of 1 / (k + rank) over the rankings, by id; ranks count from 1 (Cormack et al., SIGIR 2009).

    >>> reciprocal_rank_fusion([[7, 8], [8]], k=1)
    {7: 0.5, 8: 0.8333333333333333}
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return scores


def retrieve(
    queries: Sequence[str],
    *,
    k: int,
    where: Where | None,
    catalog: Catalog,
    derived: Derived,
    embedder: Embedder,
) -> list[ScoredChunk]:
    """Up to `k` passages for the queries (the same question in several wordings), fused, best first.

    Cosine and BM25 are the best any of the queries reached. Passages deleted since the indexes were made are left out.
    """
    documents = catalog.matching(where) if where else None
    if documents is not None and not documents:
        return []
    allowed = catalog.chunk_ids(documents) if documents is not None else None
    depth = max(_DEPTH, k)
    vectors = embedder.encode(list(queries))
    dense = [derived.dense.search(vector, depth, allowed=allowed) for vector in vectors]
    lexical = [derived.lexical.search(query, depth, documents=documents) for query in queries]
    fused = reciprocal_rank_fusion([[i for i, _ in ranking] for ranking in (*dense, *lexical)])
    ranked = sorted(fused, key=lambda i: (-fused[i], i))
    cosines, bm25 = _best_of(dense), _best_of(lexical)
    return [
        ScoredChunk(chunk, fused[chunk.id], cosines.get(chunk.id), bm25.get(chunk.id))
        for chunk in islice(_alive(ranked, catalog, k), k)
    ]


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
