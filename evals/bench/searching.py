"""What the search benchmark does in processes of its own: build, search, compare, add."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.bench.machine import memory_mb
from evals.bench.pool import Pool, PoolEmbedder
from index import Index, Progress, Vectors
from index.catalog import Catalog

_K = 10
# Added at a time while others search; each time is a generation.
_ADDED = 200


def build(home: Path, pool_folder: Path, count: int) -> dict[str, Any]:
    """Seconds and peak memory of indexing `count` passages with one `Index.add`, and when each stage was last heard of.

    "reading" is what making the passages alone takes, which the seconds include.
    """
    pool = Pool.load(pool_folder)
    last: dict[str, float] = {}

    def hear(news: Progress) -> None:
        last[news.stage] = time.perf_counter() - began

    began = time.perf_counter()
    for _ in pool.documents(0, count):
        pass
    making = time.perf_counter() - began
    with Index.open(home, embedder=PoolEmbedder(pool)) as index:
        began = time.perf_counter()
        index.add(pool.documents(0, count), progress=hear)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "making_s": making, "passages": index.counts()[1], "stages": last, **memory_mb()}


def search(home: Path, pool_folder: Path) -> dict[str, Any]:
    """Seconds from opening to the first result, milliseconds of a search for each question (and of them on the CPU),
    memory at the end.
    """
    pool = Pool.load(pool_folder)
    began = time.perf_counter()
    with Index.open(home, embedder=PoolEmbedder(pool)) as index:
        index.search(pool.questions[0], k=_K)
        first = time.perf_counter() - began
        spent = [_milliseconds(index, question) for question in pool.questions]
        return {"first_s": first, "milliseconds": spent, **memory_mb()}


def search_while_adding(home: Path, pool_folder: Path, start: int, seconds: float) -> dict[str, Any]:
    """Milliseconds of searches for so many seconds, while another process adds passages from number `start` on."""
    pool = Pool.load(pool_folder)
    spent: list[tuple[float, float]] = []
    generations: set[int] = set()
    with Index.open(home, embedder=PoolEmbedder(pool)) as index:
        index.search(pool.questions[0], k=_K)
        with _adding(home, pool_folder, start):
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                spent.append(_milliseconds(index, pool.questions[len(spent) % len(pool.questions)]))
                generations.add(index.derived().generation)
        return {"milliseconds": spent, "generations": len(generations), **memory_mb()}


def recall(home: Path, pool_folder: Path) -> float:
    """The share of the ten passages nearest to each question, by every vector there is, that the index finds."""
    pool = Pool.load(pool_folder)
    questions = np.asarray(pool.question_vectors)
    with closing(Catalog(home / "catalog.sqlite")) as catalog:
        exact = nearest(questions, catalog.vectors.stream(after=0, upto=catalog.vectors.upto), k=_K)
    with Index.open(home, embedder=PoolEmbedder(pool)) as index:
        dense = index.derived().dense
        found = [{i for i, _ in dense.search(vector, _K)} for vector in questions]
    return float(np.mean([len(ids & set(best)) / len(best) for ids, best in zip(found, exact.tolist(), strict=True)]))


def nearest(queries: Vectors, batches: Iterator[tuple[NDArray[np.int64], Vectors]], *, k: int) -> NDArray[np.int64]:
    """For each query the ids of the k vectors with the largest inner product, shape (queries, k), in no order.

    >>> batches = iter([(np.array([7, 8]), np.eye(2, dtype=np.float32)), (np.array([9]), np.ones((1, 2), np.float32))])
    >>> nearest(np.array([[0.2, 1]], dtype=np.float32), batches, k=1)
    array([[9]])
    """
    best_ids = np.zeros((len(queries), 0), np.int64)
    best = np.zeros((len(queries), 0), np.float32)
    for ids, vectors in batches:
        best = np.hstack([best, queries @ vectors.T])
        best_ids = np.hstack([best_ids, np.broadcast_to(ids, (len(queries), len(ids)))])
        if best.shape[1] > k:
            kept = np.argpartition(-best, k, axis=1)[:, :k]
            best, best_ids = np.take_along_axis(best, kept, 1), np.take_along_axis(best_ids, kept, 1)
    return best_ids


def disk_mb(home: Path) -> dict[str, float]:
    """Megabytes on disk of the catalog and of both parts of the newest derived index."""
    newest = max(
        (folder for folder in (home / "derived").iterdir() if folder.name.isdigit()), key=lambda f: int(f.name)
    )
    parts = {
        "catalog": list(home.glob("catalog.sqlite*")),
        "dense": list(newest.glob("dense.*")),
        "lexical": [file for file in (newest / "lexical").rglob("*") if file.is_file()],
    }
    return {part: round(sum(file.stat().st_size for file in files) / 1e6, 1) for part, files in parts.items()}


def _milliseconds(index: Index, question: str) -> tuple[float, float]:
    """What a search takes, and what it uses of the CPU: on a busy machine that is less."""
    began, used = time.perf_counter(), time.thread_time()
    index.search(question, k=_K)
    return 1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - used)


@contextmanager
def _adding(home: Path, pool_folder: Path, start: int) -> Iterator[None]:
    """Another process adds passages for as long as the block lasts."""
    context = multiprocessing.get_context("spawn")
    begun, stop = context.Event(), context.Event()
    process = context.Process(target=_add, args=(home, pool_folder, start, begun, stop))
    process.start()
    try:
        begun.wait(60)
        yield
    finally:
        stop.set()
        process.join()


def _add(home: Path, pool_folder: Path, start: int, begun: Event, stop: Event) -> None:
    pool = Pool.load(pool_folder)
    with Index.open(home, embedder=PoolEmbedder(pool)) as index:
        begun.set()
        while not stop.is_set():
            index.add(pool.documents(start, start + _ADDED))
            start += _ADDED
