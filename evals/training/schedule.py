"""The order in which groups are learnt from: batches of like length, drawn anew in each round."""

import math
import random
from collections.abc import Iterator, Sequence

# Padded tokens of a batch.
_TOKENS = 6_144
# Batches whose groups are sorted by length together.
_SORTED = 40


def batches(lengths: Sequence[int], sizes: Sequence[int], *, seed: int, tokens: int = _TOKENS) -> list[list[int]]:
    """Numbers of groups, each once, in batches of at most so many padded tokens, in an order drawn by the seed.

    `lengths` are the tokens of each group's longest pair, `sizes` how many pairs it has.

    >>> batches([10, 10, 30], [2, 2, 2], seed=1, tokens=60)
    [[1, 0], [2]]
    """
    order = list(range(len(lengths)))
    chance = random.Random(seed)
    chance.shuffle(order)
    mean = sum(length * size for length, size in zip(lengths, sizes, strict=True)) / max(1, len(lengths))
    stretch = max(1, round(_SORTED * tokens / max(1.0, mean)))
    found = [
        batch
        for start in range(0, len(order), stretch)
        for batch in _packed(sorted(order[start : start + stretch], key=lambda n: lengths[n]), lengths, sizes, tokens)
    ]
    chance.shuffle(found)
    return found


def rate(step: int, steps: int, *, warm: float = 0.06) -> float:
    """The learning rate's share of its highest, rising for a while and then falling as a cosine does.

    >>> [round(rate(step, 100), 2) for step in (0, 6, 53, 100)]
    [0.0, 1.0, 0.5, 0.0]
    """
    done = step / steps
    return done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))


def _packed(order: Sequence[int], lengths: Sequence[int], sizes: Sequence[int], tokens: int) -> Iterator[list[int]]:
    batch: list[int] = []
    pairs = 0
    for number in order:
        if batch and (pairs + sizes[number]) * lengths[number] > tokens:
            yield batch
            batch, pairs = [], 0
        batch.append(number)
        pairs += sizes[number]
    if batch:
        yield batch
