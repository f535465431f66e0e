"""How well the reader does on what it was not trained on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from evals.metrics import Score, auroc, mean
from evals.training.groups import Group
from evals.training.network import Network, Pairs
from index.reader import HEADS

_PAIRS_A_BATCH = 64
# Judged on the way by so many groups of each source.
_MOST = 250


@dataclass(frozen=True, slots=True)
class Worth:
    """How well a source is judged: how often a right text comes `first` of several, and an `area` under the curve.

    The area is of claims' pairs, right against wrong, and of questions, those with an answer against those without, by
    their best sentences.
    """

    groups: int
    first: Score
    area: float | None


def judged(network: Network, pairs: Pairs) -> dict[str, float]:
    """By source, on some of its groups: "SOURCE first" and "SOURCE area", as in `worth`."""
    chosen: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(pairs.groups):
        if len(chosen[group.source]) < _MOST:
            chosen[group.source].append(number)
    numbers = [number for mine in chosen.values() for number in mine]
    found = worth([pairs.groups[number] for number in numbers], scored(network, pairs, numbers))
    told = {f"{source} first": each.first.value for source, each in found.items()}
    told |= {f"{source} area": each.area for source, each in found.items()}
    return {name: round(value, 4) for name, value in told.items() if value is not None}


def worth(groups: Sequence[Group], logits: Sequence[Sequence[float]]) -> dict[str, Worth]:
    """What the logits of the groups' pairs are worth, by source."""
    by_source: dict[str, list[tuple[Group, Sequence[float]]]] = defaultdict(list)
    for group, each in zip(groups, logits, strict=True):
        by_source[group.source].append((group, each))
    return {source: _worth(mine) for source, mine in by_source.items()}


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


def _worth(mine: Sequence[tuple[Group, Sequence[float]]]) -> Worth:
    several = [(group, each) for group, each in mine if len(group.pairs) > 1 and max(group.labels) > 0]
    hits = [float(group.labels[max(range(len(each)), key=each.__getitem__)] >= 0.5) for group, each in several]
    if mine[0][0].head == "answers":
        sided = [(max(each), max(group.labels) > 0) for group, each in mine]
    else:
        pairs = [pair for group, each in mine for pair in zip(each, group.labels, strict=True)]
        # What is supported in part is on neither side.
        sided = [(logit, label > 0.5) for logit, label in pairs if label != 0.5]
    return Worth(len(mine), mean(hits), auroc(sided))
