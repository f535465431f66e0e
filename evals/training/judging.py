"""How well the reader does on what it was not trained on."""

from collections import defaultdict
from collections.abc import Sequence

import torch

from evals.metrics import auroc
from evals.training.groups import Group
from evals.training.network import Network, Pairs
from index.reader import HEADS

_PAIRS_A_BATCH = 64
# Judged on the way by so many groups of each source.
_MOST = 250


def judged(network: Network, pairs: Pairs, *, most: int | None = _MOST) -> dict[str, float]:
    """By source: how often a right text comes first, and the area under the curve of right against wrong.

    Of questions it is the area of a question with an answer against one without, by their best sentences.
    """
    chosen: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(pairs.groups):
        if most is None or len(chosen[group.source]) < most:
            chosen[group.source].append(number)
    found: dict[str, float] = {}
    for source, numbers in chosen.items():
        groups = [pairs.groups[number] for number in numbers]
        scores = scored(network, pairs, numbers)
        ranked = [(s, g) for s, g in zip(scores, groups, strict=True) if len(g.pairs) > 1 and sum(g.labels) > 0]
        if ranked:
            hits = [group.labels[max(range(len(mine)), key=mine.__getitem__)] >= 0.5 for mine, group in ranked]
            found[f"{source} first"] = sum(hits) / len(hits)
        area = auroc(_sides(groups, scores))
        if area is not None:
            found[f"{source} area"] = area
    return {name: round(value, 4) for name, value in found.items()}


def scored(network: Network, pairs: Pairs, numbers: Sequence[int]) -> list[list[float]]:
    """The logits of each group's pairs by the head that is asked."""
    network.eval()
    found: dict[int, list[float]] = {}
    order = sorted(numbers, key=pairs.length)
    while order:
        batch: list[int] = []
        count = 0
        while order and (not batch or count + len(pairs.groups[order[0]].pairs) <= _PAIRS_A_BATCH):
            batch.append(order.pop(0))
            count += len(pairs.groups[batch[-1]].pairs)
        with torch.inference_mode():
            logits = network(pairs.batch(batch)).float()
        start = 0
        for number in batch:
            group = pairs.groups[number]
            found[number] = logits[start : start + len(group.pairs), HEADS.index(group.head)].tolist()
            start += len(group.pairs)
    return [found[number] for number in numbers]


def _sides(groups: Sequence[Group], scores: Sequence[Sequence[float]]) -> list[tuple[float, bool]]:
    if groups[0].head == "answers":
        return [(max(mine), max(group.labels) > 0) for group, mine in zip(groups, scores, strict=True)]
    return [
        (score, label > 0.5)
        for group, mine in zip(groups, scores, strict=True)
        for label, score in zip(group.labels, mine, strict=True)
        if label != 0.5
    ]
