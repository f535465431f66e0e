"""What a benchmark gives: rows for people, figures for programs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.errors import CitebackError


class BenchError(CitebackError):
    """A benchmark cannot be run: its data are missing, or what it measures failed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `kept` says whether the target was reached; None where there is no target."""

    what: str
    measured: str
    target: str = ""
    kept: bool | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one benchmark measured. `figures` is JSON-ready; `left_out` says what was not measured, and why."""

    rows: tuple[Row, ...]
    figures: Mapping[str, Any]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure with: evaluation `data` and the `peers` script where they are at hand, the `sizes` of the search
    benchmark, at most so many `documents` to ingest. `work` is empty and thrown away at the end; `cache` is kept.
    """

    work: Path
    cache: Path
    data: Path | None = None
    peers: Path | None = None
    sizes: Sequence[int] = field(default=(10_000, 100_000))
    documents: int | None = None


def growth(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """The exponent e of cost ~ size**e between the first and the last; 1 is linear. None for fewer than two sizes.

    >>> growth([10, 100, 1000], [3, 5, 30000])
    2.0
    """
    if len(sizes) < 2 or min(costs[0], costs[-1]) <= 0:
        return None
    return round(math.log(costs[-1] / costs[0]) / math.log(sizes[-1] / sizes[0]), 2)
