"""How long it takes to see that a folder has not changed."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from evals.bench.lines import BenchError, Line, Plan, Row, growth
from evals.bench.machine import fresh
from evals.bench.made import corpus
from index import BUNDLED, Index, Span, Vectors

_COUNTS = (1_000, 10_000)
_RUNS = 3
_TARGETS = {1_000: 1.0}
# Files are given a time this long past: what is younger may still be written to, and is looked at again.
_AGE_SECONDS = 3600
_MODEL = "sentence_transformers"


class RandomEmbedder:
    """Random unit vectors in no time, under the bundled model's name: whoever opens the index later may use that."""

    name = BUNDLED
    dimension = 384
    limit = 256

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        """Random unit vectors, shape (len(texts), 384)."""
        vectors = self._random.standard_normal((len(texts), self.dimension), dtype=np.float32)
        if on_batch:
            on_batch(len(texts))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def encode_spans(self, text: str, spans: Sequence[Span]) -> Vectors:
        """Random unit vectors, shape (len(spans), 384)."""
        return self.encode([span.of(text) for span in spans])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """A token for every two characters, about what a word-piece tokenizer makes of made-up words."""
        return [-(-len(text) // 2) for text in texts]

    def token_spans(self, text: str) -> list[Span]:
        """The same tokens, placed."""
        return [Span(i, min(i + 2, len(text))) for i in range(0, len(text), 2)]


def measure(plan: Plan) -> Line:
    """The second sync of folders of made-up files, each in processes of their own; the median of three."""
    seconds, firsts = [], []
    for count in _COUNTS:
        folder, home = plan.work / f"files-{count}", plan.work / f"resync-{count}"
        write_files(folder, count)
        firsts.append(fresh(first_sync, folder, home))
        seconds.append(median(fresh(second_sync, folder, home) for _ in range(_RUNS)))
    rows = [
        Row(f"sync of {count:,} unchanged files", f"{took:.2f} s", *_judged(count, took))
        for count, took in zip(_COUNTS, seconds, strict=True)
    ]
    exponent = growth(_COUNTS, seconds)
    rows.append(Row("  grows with the files to the power of", f"{exponent}"))
    figures = {"files": _COUNTS, "seconds": seconds, "first_seconds": firsts, "growth": exponent}
    return Line(tuple(rows), figures)


def write_files(folder: Path, count: int) -> None:
    """Make a folder of `count` text files of about 2 KB each, written an hour ago, a hundred to a subfolder."""
    then = time.time() - _AGE_SECONDS
    for number, document in enumerate(corpus(count, sentences=24)):
        file = folder / f"{number // 100:03d}" / document.source
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(document.text, encoding="utf-8")
        os.utime(file, (then, then))


def first_sync(folder: Path, home: Path) -> float:
    """Seconds of the sync that reads the files. Raises BenchError where it misses one."""
    return _sync(folder, home, RandomEmbedder(), new=True)


def second_sync(folder: Path, home: Path) -> float:
    """Seconds of a sync that finds nothing new. Raises BenchError where it found something or loaded the model."""
    seconds = _sync(folder, home, None, new=False)
    if _MODEL in sys.modules:
        raise BenchError(f"a sync of unchanged files loaded {_MODEL}; it must not")
    return seconds


def _sync(folder: Path, home: Path, embedder: RandomEmbedder | None, *, new: bool) -> float:
    with Index.open(home, embedder=embedder) as index:
        began = time.perf_counter()
        report = index.sync(folder)
        seconds = time.perf_counter() - began
    files = sum(1 for file in folder.rglob("*") if file.is_file())
    done = len(report.added if new else report.unchanged)
    if done != files:
        raise BenchError(f"a sync told of {done} of {files} files in {folder}; {len(report.failed)} failed")
    return seconds


def _judged(count: int, seconds: float) -> tuple[str, bool | None]:
    target = _TARGETS.get(count)
    return ("", None) if target is None else (f"{target:g} s", seconds <= target)
