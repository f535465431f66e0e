"""Two writers and eight readers on one index: `python -m tests.faults.crowd --seconds 120`, a line of JSON at the end.

Every passage carries its document's name, version and place, so that a hit tells by itself whether it is whole. The
writers keep a ledger of the last version of each document that was acknowledged, deletions counted as versions; a
reader copies it before each search, and nothing older may be found.
"""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from index import Chunk, CitebackError, DocumentNotFound, Index
from tests.fakes import HashEmbedder, document

WORDS = "anchor bridge candle desert engine forest garden harbor island jungle".split()
NAMES = 12  # documents of each writer


def text_of(name: str, version: int) -> str:
    """Ten paragraphs that say whose they are."""
    return "\n\n".join(f"The {word} of {name} is of version {version}, paragraph {n}." for n, word in enumerate(WORDS))


def write(home: Path, writer: int, ledger: Any, start: Any, seconds: float, told: Any) -> None:
    """Add, change and delete this writer's documents, and keep the ledger."""
    chance = random.Random(writer)
    counts: Counter[str] = Counter()
    with Index.open(home, embedder=HashEmbedder(dimension=32)) as index:
        version = 0
        start.wait()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            version += 1
            number = chance.randrange(NAMES)
            name = f"w{writer}n{number}"
            if chance.random() < 0.3:
                counts["deletions"] += index.delete([name])
            else:
                index.add([document(name, text_of(name, version))])
                counts["additions"] += 1
            ledger[writer * NAMES + number] = version
    told.put(dict(counts))


def read(home: Path, reader: int, ledger: Any, start: Any, seconds: float, told: Any) -> None:
    """Search, and check every hit against the ledger and the text it is said to stand in."""
    chance = random.Random(1000 + reader)
    counts: Counter[str] = Counter()
    with Index.open(home, embedder=HashEmbedder(dimension=32)) as index:
        start.wait()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            acknowledged = ledger[:]
            hits = index.search(f"the {chance.choice(WORDS)} of w{chance.randrange(2)}n{chance.randrange(NAMES)}", k=10)
            counts["searches"] += 1
            counts["hits"] += len(hits)
            for hit in hits:
                _check(index, hit.chunk, acknowledged, counts)
    told.put(dict(counts))


def _check(index: Index, chunk: Chunk, acknowledged: list[int], counts: Counter[str]) -> None:
    counts["foreign"] += f"of {chunk.document_id} is" not in chunk.text
    versions = {int(line.split("version ")[1].split(",")[0]) for line in chunk.text.split("\n\n")}
    counts["mixed"] += len(versions) != 1
    writer, number = map(int, chunk.document_id.removeprefix("w").split("n"))
    counts["stale"] += min(versions) < acknowledged[writer * NAMES + number]
    try:
        whole = index.document(chunk.document_id).text
    except DocumentNotFound:
        counts["since deleted"] += 1
        return
    if f"version {min(versions)}," in whole:
        counts["checked"] += 1
        counts["misplaced"] += whole[chunk.start : chunk.end] != chunk.text
    else:
        counts["since changed"] += 1


def guarded(work: Any, *arguments: Any) -> None:
    """The work; an error is told instead of counts."""
    try:
        work(*arguments)
    except CitebackError as error:
        arguments[-1].put({"errors": 1, "error": str(error)})


def crowd(home: Path, seconds: float, *, writers: int = 2, readers: int = 8) -> dict[str, Any]:
    """The sums of what all processes counted."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    with Index.open(home, embedder=HashEmbedder(dimension=32)) as index:
        index.add([document("w0n0", text_of("w0n0", 0))])
    start = context.Barrier(writers + readers)
    ledger = context.Array("l", writers * NAMES)
    jobs = [(write, number) for number in range(writers)] + [(read, number) for number in range(readers)]
    processes = [
        context.Process(target=guarded, args=(work, home, number, ledger, start, seconds, told))
        for work, number in jobs
    ]
    for process in processes:
        process.start()
    counts: Counter[str] = Counter()
    errors: list[str] = []
    for _ in processes:
        part = told.get(timeout=seconds + 120)
        errors += [part.pop("error")] if "error" in part else []
        counts.update(part)
    for process in processes:
        process.join()
    return {**counts, "errors": errors, "exit codes": sorted({process.exitcode for process in processes})}


def main() -> int:
    """0 where everything held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = crowd(Path(folder) / "home", told.seconds)
    sys.stdout.write(json.dumps({**counts}) + "\n")
    return 1 if any(counts.get(wrong) for wrong in ("stale", "foreign", "mixed", "misplaced", "errors")) else 0


if __name__ == "__main__":
    sys.exit(main())
