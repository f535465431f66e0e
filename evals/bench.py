"""Benchmarks on this machine, as a table: `python -m evals.bench`."""

import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from evals.cli import BUNDLED_DOCS
from evals.metrics import percentile
from index import Document, Embedder, Index, Span, TransformerEmbedder

_SYLLABLES = ["ba", "co", "di", "fu", "ga", "he", "ki", "lo", "ma", "ne", "po", "ra", "su", "te", "vo", "za"]
_RUNS = 3
_ASK = "from app import main; main()"
_IMPORT = "import sentence_transformers"


def words(count: int) -> list[str]:
    """`count` made-up words, most frequent first.

    >>> words(3)
    ['baba', 'baco', 'badi']
    """
    pairs = [a + b for a in _SYLLABLES for b in _SYLLABLES]
    longer = [a + b for a in pairs for b in _SYLLABLES]
    return (pairs + longer)[:count]


def corpus(documents: int, *, sentences: int, seed: int = 0) -> Iterator[Document]:
    """Documents of made-up sentences of 8 to 24 words, whose frequencies fall as in natural language (Zipf, 1935)."""
    chance = random.Random(seed)
    vocabulary = words(4000)
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    for number in range(documents):
        lengths = [chance.randint(8, 24) for _ in range(sentences)]
        drawn = [" ".join(chance.choices(vocabulary, weights, k=length)).capitalize() + "." for length in lengths]
        yield Document(id=f"made-{number}", text=" ".join(drawn), title=f"Made {number}", source=f"made-{number}.txt")


class RandomEmbedder:
    """Random unit vectors in no time: for measuring search over more passages than one wants to encode."""

    name = "random"
    dimension = 384
    limit = 256

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Random unit vectors, shape (len(texts), 384)."""
        vectors = self._random.standard_normal((len(texts), self.dimension), dtype=np.float32)
        if on_batch:
            on_batch(len(texts))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def encode_spans(self, text: str, spans: Sequence[Span]) -> NDArray[np.float32]:
        """Random unit vectors, shape (len(spans), 384)."""
        return self.encode([span.of(text) for span in spans])

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """A token for every two characters, about what a word-piece tokenizer makes of made-up words."""
        return [[Span(i, min(i + 2, len(text))) for i in range(0, len(text), 2)] for text in texts]


class TimedEmbedder(RandomEmbedder):
    """Keeps the seconds spent encoding, so that they can be taken off."""

    seconds = 0.0

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Random unit vectors, timed."""
        started = time.perf_counter()
        vectors = super().encode(texts, on_batch=on_batch)
        self.seconds += time.perf_counter() - started
        return vectors


def ingest_rate(home: Path, *, documents: int, embedder: Embedder) -> tuple[int, float]:
    """How many passages were indexed, and how many a second, model loading left out."""
    made = list(corpus(documents, sentences=30))
    embedder.encode(["warm"])
    with Index.open(home, embedder=embedder) as index:
        started = time.perf_counter()
        index.add(made)
        seconds = time.perf_counter() - started
        passages = index.counts()[1]
    return passages, passages / seconds


def search_latency(home: Path, *, documents: int, queries: int = 200) -> tuple[int, list[float]]:
    """How many passages were searched, and the milliseconds of each search beyond encoding its query."""
    embedder = TimedEmbedder()
    with Index.open(home, embedder=embedder) as index:
        index.add(corpus(documents, sentences=6))
        asked = [document.text for document in corpus(queries, sentences=1, seed=1)]
        index.search(asked[0])
        spent: list[float] = []
        for query in asked:
            embedder.seconds = 0.0
            started = time.perf_counter()
            index.search(query)
            spent.append(1000 * (time.perf_counter() - started - embedder.seconds))
        return index.counts()[1], spent


def cold_ask(home: Path) -> tuple[float, float]:
    """Median seconds of a cold `citeback ask` on an existing index and of importing sentence-transformers.

    The two alternate, so that a busy moment hits both. Raises CalledProcessError if either fails.
    """
    question = ["ask", "Who would keep the peace?", "--docs", str(BUNDLED_DOCS["seeds"]), "--index", str(home)]
    _seconds([_ASK, *question])
    asks, imports = [], []
    for _ in range(_RUNS):
        asks.append(_seconds([_ASK, *question]))
        imports.append(_seconds([_IMPORT]))
    return median(asks), median(imports)


def machine() -> str:
    """The processor, how much memory there is, and the versions that matter."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = facts.get("model name") or platform.processor() or platform.machine()
    bf16 = "with bf16" if "bf16" in facts.get("flags", "") else "without bf16"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0.0
    return f"{name}, {os.cpu_count()} cores, {bf16}, {memory:.0f} GB; Python {platform.python_version()}"


def main(
    documents: Annotated[int, typer.Option(help="Documents of the ingest benchmark, 30 sentences each.")] = 60,
    searched: Annotated[int, typer.Option(help="Documents of the search benchmark, 6 sentences each.")] = 5_000,
) -> None:
    """Measure ingest, search and a cold question on this machine."""
    console = Console()
    table = Table("what", title=machine(), title_justify="left")
    table.add_column("measured", justify="right")
    with TemporaryDirectory() as folder, console.status("") as status:
        home = Path(folder)
        status.update("ingest …")
        count, rate = ingest_rate(home / "ingest", documents=documents, embedder=TransformerEmbedder())
        table.add_row(f"ingest of {count} passages", f"{rate:.0f} passages/s")
        status.update("search …")
        count, spent = search_latency(home / "search", documents=searched)
        table.add_row(
            f"search over {count} passages beyond encoding the query, p50 / p95",
            f"{percentile(spent, 50):.1f} / {percentile(spent, 95):.1f} ms",
        )
        status.update("cold question …")
        ask, imported = cold_ask(home / "seeds")
        table.add_row("cold `citeback ask` on an existing index", f"{ask:.1f} s")
        table.add_row('the same as a multiple of `python -c "import sentence_transformers"`', f"{ask / imported:.2f}")
    console.print(table)


def _seconds(code_and_arguments: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", *code_and_arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    typer.run(main)
