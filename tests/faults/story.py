"""A short life of an index: what is done, what must hold after each step, and after a stop at any moment."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from index import Index, Limits
from tests.fakes import HashEmbedder, document

WORDS = "anchor bridge candle desert engine forest garden harbor island jungle".split()


def text_of(name: str, version: int) -> str:
    """A few sentences only this version of this file holds."""
    number = sum(map(ord, name)) % 97
    lines = [f"The {word} of {name} number {number} is of version v{version}x{n}." for n, word in enumerate(WORDS)]
    return "\n\n".join(lines)


# What the index holds after each step: version by source. Files are *.txt, the others were added as documents.
STATES: tuple[dict[str, int], ...] = (
    {},
    {"a.txt": 1, "b.txt": 1, "deep/c.txt": 1, "d.txt": 1},
    {"a.txt": 1, "b.txt": 1, "deep/c.txt": 1, "d.txt": 1, "own": 1},
    {"a.txt": 2, "deep/c.txt": 1, "moved.txt": 1, "e.txt": 1, "own": 1},
    {"a.txt": 2, "deep/c.txt": 1, "moved.txt": 1, "e.txt": 1},
    {"a.txt": 2, "deep/c.txt": 1, "moved.txt": 1, "e.txt": 1, "own": 2},
)
# The text of a file that was moved is that of the file it was.
_WAS = {"moved.txt": "d.txt"}


def expected(source: str, version: int) -> str:
    """The text of a source in a version."""
    return text_of(_WAS.get(source, source), version)


def lay(folder: Path, state: dict[str, int]) -> None:
    """Make the folder hold the files of a state."""
    folder.mkdir(exist_ok=True)
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        if file.relative_to(folder).as_posix() not in state:
            file.unlink()
    for source, version in state.items():
        path = folder / source
        if source.endswith(".txt") and (not path.exists() or path.read_text() != expected(source, version)):
            path.parent.mkdir(exist_ok=True)
            path.write_text(expected(source, version))


def opened(home: Path) -> Index:
    """The index, with an embedder that needs no weights."""
    return Index.open(home, embedder=HashEmbedder(dimension=32), limits=Limits(workers=1))


def steps(index: Index, folder: Path) -> Iterator[Callable[[], object]]:
    """The steps that lead from each state to the next."""

    def follow(number: int) -> Callable[[], object]:
        def run() -> None:
            lay(folder, STATES[number])
            index.sync(folder)

        return run

    def own(version: int) -> Callable[[], object]:
        return lambda: index.add([document("own", expected("own", version), source="own")])

    yield from (follow(1), own(1), follow(3), lambda: index.delete(["own"]), own(2))


def live(home: Path, folder: Path, told: int) -> None:
    """Go through the story, writing a byte to the file handle `told` as each step is acknowledged."""
    with opened(home) as index:
        os.write(told, b".")
        for step in steps(index, folder):
            step()
            os.write(told, b".")


def verify(home: Path, folder: Path, acknowledged: int) -> None:
    """Assert that nothing acknowledged is lost, nothing deleted comes back, and that the story can go on to its end.

    `acknowledged` counts opening as the first.
    """
    done = max(0, acknowledged - 1)
    before, after = STATES[done], STATES[min(done + 1, len(STATES) - 1)]
    with opened(home) as index:
        held = {info.source: index.document(info.id).text for info in index.documents()}
        for source in before.keys() & after.keys():
            assert held[source] in (expected(source, before[source]), expected(source, after[source])), source
        for source, text in held.items():
            assert any(text == expected(source, state[source]) for state in (before, after) if source in state), source
        check_hits(index, held)
        end = STATES[-1]
        lay(folder, end)
        index.sync(folder)
        index.add([document("own", expected("own", end["own"]), source="own")])
        held = {info.source: index.document(info.id).text for info in index.documents()}
        assert held == {source: expected(source, version) for source, version in end.items()}
        assert index.waiting() == 0
        assert len(index.derived().dense) == index.counts()[1]
        check_hits(index, held)


def check_hits(index: Index, held: dict[str, str]) -> None:
    """Assert that every document is found by its words, and that every hit is the text where it says it is."""
    documents = {info.id: index.document(info.id) for info in index.documents()}
    for source, text in held.items():
        hits = index.search(text.split("\n")[0], k=50)
        assert source in {documents[hit.chunk.document_id].source for hit in hits}, source
        for hit in hits:
            chunk = hit.chunk
            assert documents[chunk.document_id].text[chunk.start : chunk.end] == chunk.text
