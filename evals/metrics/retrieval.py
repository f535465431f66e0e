"""Whether what was found is what was wanted. Rankings are of documents; repeats are left out."""

import math
from collections.abc import Collection, Sequence


def recall_at(k: int, relevant: Collection[str], ranked: Sequence[str]) -> float | None:
    """The share of the relevant documents among the first `k`; None where none is known to be relevant.

    Van Rijsbergen, Information Retrieval, 1979.

    >>> recall_at(2, {"a", "b"}, ["a", "a", "c", "b"])
    0.5
    """
    return len(set(_distinct(ranked)[:k]) & set(relevant)) / len(set(relevant)) if relevant else None


def ndcg_at(k: int, relevant: Collection[str], ranked: Sequence[str]) -> float | None:
    """nDCG of the first `k`, each relevant document with a gain of 1; None where none is known to be relevant.

    Järvelin and Kekäläinen, Cumulated Gain-based Evaluation of IR Techniques, TOIS 2002, discounted by log2(rank + 1).

    >>> ndcg_at(3, {"a", "c"}, ["b", "b", "a"]) == (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    True
    """
    if not relevant:
        return None
    gained = sum(1 / math.log2(p + 2) for p, document in enumerate(_distinct(ranked)[:k]) if document in relevant)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(k, len(set(relevant)))))


def reciprocal_rank(relevant: Collection[str], ranked: Sequence[str]) -> float | None:
    """1 over the rank of the first relevant document, 0 where none was found; None where none is known.

    Voorhees, The TREC-8 Question Answering Track Report, 1999.

    >>> reciprocal_rank({"a"}, ["b", "a"])
    0.5
    """
    if not relevant:
        return None
    return next((1 / rank for rank, document in enumerate(_distinct(ranked), start=1) if document in relevant), 0.0)


def _distinct(ranked: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranked))
