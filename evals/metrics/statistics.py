"""Means with intervals, and what is undefined left out and counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Score:
    """A metric over a run: `value` with its 95 % interval [low, high], over `n` cases; `excluded` had no value.

    All three are None when no case had a value. Counts have no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    excluded: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What one run has over another in a metric, with its 95 % interval, over `n` cases that both have a value for."""

    ours: float
    theirs: float
    difference: float
    low: float
    high: float
    n: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def mean(values: Sequence[float | None], *, seed: int = 0) -> Score:
    """The mean of the values there are, with a bootstrap 95 % interval (percentiles; Efron, 1979).

    >>> mean([1.0, 1.0, None])
    Score(value=1.0, low=1.0, high=1.0, n=2, excluded=1)
    """
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    excluded = len(values) - len(known)
    if not len(known):
        return Score(None, None, None, 0, excluded)
    random = np.random.default_rng(seed)
    means = random.choice(known, (RESAMPLES, len(known))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Score(float(known.mean()), float(low), float(high), len(known), excluded)


def paired(ours: Sequence[float | None], theirs: Sequence[float | None], *, seed: int = 0) -> Difference | None:
    """The mean difference of two runs over the same cases, with a paired bootstrap 95 % interval.

    None where no case has a value in both. Cases are resampled, not runs: Sakai, Evaluating Evaluation Metrics based on
    the Bootstrap, SIGIR 2006.

    >>> paired([1.0, 0.0, None], [0.0, 0.0, 1.0]).difference
    0.5
    """
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None]
    if not pairs:
        return None
    values = np.asarray(pairs, dtype=np.float64)
    differences = values[:, 0] - values[:, 1]
    random = np.random.default_rng(seed)
    means = random.choice(differences, (RESAMPLES, len(differences))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    mine, other = values.mean(axis=0)
    return Difference(float(mine), float(other), float(differences.mean()), float(low), float(high), len(pairs))


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value below which `percent` of `values` lie; None of none. Hyndman and Fan, 1996, type 7.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50)
    2.5
    """
    return float(np.percentile(values, percent)) if values else None
