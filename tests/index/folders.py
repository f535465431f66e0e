"""Folders of a few short files, and what holds for any index made from one."""

import os
from itertools import count
from pathlib import Path

from index import Index

# Times long past, each later than the one before: what was written just now is not trusted by its time.
_TIMES = count(1_600_000_000_000_000_000, 1_000_000_000)

FOX, HEN, OWL = "The fox ran home at night.\n", "The hen sat down on it.\n", "Owls hunt mice in the dark.\n"


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    time = next(_TIMES)
    os.utime(path, ns=(time, time))
    return path


def sources(index: Index) -> list[str]:
    return [info.source for info in index.documents()]


def texts(index: Index) -> list[str]:
    return sorted(index.document(info.id).text.strip() for info in index.documents())


def check(index: Index) -> None:
    """Assert that every document is found by its own words, exactly where it stands, once."""
    assert len(set(sources(index))) == len(sources(index))
    for info in index.documents():
        text = index.document(info.id).text
        hits = [hit.chunk for hit in index.search(text, k=50) if hit.chunk.document_id == info.id]
        assert [text[chunk.start : chunk.end] for chunk in hits] == [chunk.text for chunk in hits] != []
        assert len({(chunk.start, chunk.end) for chunk in hits}) == len(hits)
