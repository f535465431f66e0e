"""Damages every derived file in every way and looks at what is found: `python -m tests.faults.damage --flips 50`.

A line of JSON at the end. After each damage a newly opened index must find what the whole one found, cited exactly, and
embed nothing but the question.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from index import CitebackError, Index
from tests.fakes import HashEmbedder, document

QUESTION = "The engine of paper 7"
_CUTS = 16


def make(home: Path) -> None:
    """An index of three generations, the last of which shares files with the one before."""
    with Index.open(home, embedder=HashEmbedder(dimension=32)) as index:
        for part in range(3):
            numbers = range(15 * part, 15 * part + 15)
            index.add([document(f"p{n}", f"The engine of paper {n} ran. The bridge of {n} fell.") for n in numbers])
        index.delete(["p3"])


def found(home: Path) -> list[tuple[str, float | None]]:
    """What is found, and how near. Raises AssertionError where a hit is not the text it says it is, or something was
    embedded. BM25 is left out: it counts what was deleted until Tantivy merges its files.
    """
    embedder = HashEmbedder(dimension=32)
    with Index.open(home, embedder=embedder) as index:
        hits = index.search(QUESTION, k=20)
        for hit in hits:
            chunk = hit.chunk
            assert index.document(chunk.document_id).text[chunk.start : chunk.end] == chunk.text
    assert embedder.encoded == [QUESTION], "something was embedded again"
    return [(hit.chunk.document_id, hit.cosine) for hit in hits]


def damages(
    content: bytes, other: bytes | None, cuts: int, flips: int, chance: random.Random
) -> Iterator[tuple[str, bytes | None]]:
    """What becomes of a file's content, None where it is gone: cut, bits turned, longer, that of another generation."""
    for cut in sorted({len(content) * n // cuts for n in range(cuts)}):
        yield "cut", content[:cut]
    for _ in range(flips if content else 0):
        changed = bytearray(content)
        changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        yield "bit turned", bytes(changed)
    yield "longer", content + b"\0"
    yield "gone", None
    if other is not None and other != content:
        yield "of another generation", other


def replaced(path: Path, content: bytes | None) -> None:
    """Write a file anew, or take it away: it may be linked from other generations, which stay whole."""
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def damage_all(work: Path, *, cuts: int = _CUTS, flips: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """How often each damage was done to a file of the newest generation, and what did not hold."""
    whole, chance = work / "whole", random.Random(seed)
    make(whole)
    expected = found(whole)
    done: Counter[str] = Counter()
    failures: list[str] = []
    newest, before = sorted((path for path in (whole / "derived").iterdir() if path.name.isdigit()), reverse=True)
    for file in sorted(path for path in newest.rglob("*") if path.is_file()):
        name = file.relative_to(newest)
        other = (before / name).read_bytes() if (before / name).is_file() else None
        for kind, content in damages(file.read_bytes(), other, cuts, flips, chance):
            home = work / str(sum(done.values()))
            shutil.copytree(whole, home)
            replaced(home / "derived" / newest.name / name, content)
            done[kind] += 1
            try:
                assert found(home) == expected, "something else was found"
            except (AssertionError, CitebackError) as error:
                failures.append(f"{name} {kind}: {error}")
            shutil.rmtree(home, ignore_errors=True)
    return done, failures


def main() -> int:
    """0 where everything held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=50)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done, failures = damage_all(Path(folder), flips=told.flips)
    sys.stdout.write(json.dumps({"damages": sum(done.values()), **done, "failures": failures}) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
