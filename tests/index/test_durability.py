"""A sync that was stopped, at whatever point: what was committed is there, and the next one completes the rest."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index import Index, Progress
from tests.fakes import HashEmbedder
from tests.index.folders import check, sources, texts, write


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight files, each a commit of its own."""
    monkeypatch.setattr("index.ingest.PASSAGES_A_COMMIT", 1)
    for n in range(8):
        write(tmp_path / "many" / f"{n}.txt", f"The fox number {n} ran home at night.\n")
    return tmp_path / "many"


def test_after_an_exception_half_way_the_next_sync_completes(
    tmp_path: Path, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.filling._WINDOW", 1)
    failing = HashEmbedder(fails_at=3)
    with Index.open(tmp_path / "home", embedder=failing) as index, pytest.raises(OSError, match="went away"):
        index.sync(many)
    embedder = HashEmbedder()
    with Index.open(tmp_path / "home", embedder=embedder) as index:
        # What was committed is there, and searchable: at least by its words.
        there = len(sources(index))
        assert there - index.waiting() == 2
        check(index)
        embedder.encoded.clear()
        report = index.sync(many)
        assert (len(report.added), len(report.unchanged)) == (8 - there, there)
        assert len(embedder.encoded) == 6
        assert (index.counts(), index.waiting()) == ((8, 8), 0)
        check(index)


def test_after_an_interrupted_update_nothing_is_lost_or_doubled(
    tmp_path: Path, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        index.sync(many)
    for change in range(8):
        write(many / f"{change}.txt", f"The owl number {change} hunts mice.\n")
    (many / "7.txt").rename(many / "9.txt")
    with monkeypatch.context() as patched:
        patched.setattr("index.filling._WINDOW", 1)
        with (
            Index.open(tmp_path / "home", embedder=HashEmbedder(fails_at=4)) as index,
            pytest.raises(OSError, match="went"),
        ):
            index.sync(many)
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        updated = sum("owl" in text for text in texts(index))
        assert updated >= 3
        check(index)
        report = index.sync(many)
        assert len(report.added) + len(report.updated) == 8 - updated
        assert texts(index) == [f"The owl number {n} hunts mice." for n in range(8)]
        assert (index.counts(), index.waiting()) == ((8, 8), 0)
        check(index)


KILLED = """
import importlib, os, signal, sys
from unittest.mock import patch
from index import Index, Progress
from tests.fakes import HashEmbedder

folder, home, target, calls = sys.argv[1:]
module, _, name = target.rpartition(".")
module, _, kind = module.partition(":")
owner = importlib.import_module(module)
owner = getattr(owner, kind) if kind else owner
real, left = getattr(owner, name), int(calls)

def killed(*args, **kwargs):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)

importlib.import_module("index.ingest").PASSAGES_A_COMMIT = 1
with patch.object(owner, name, killed):
    Index.open(home, embedder=HashEmbedder()).sync(folder)
"""


# In the middle of a transaction, between two, while derived files are written, before they get their place.
@pytest.mark.parametrize(
    ("target", "calls", "kept"),
    [
        ("index.followed:Followed.put", 4, 4),
        ("index.sync.store", 6, 6),
        ("index.vectors:VectorTable.put", 0, None),
        ("faiss.write_index", 0, None),
        ("os.rename", 0, None),
    ],
)
def test_after_a_kill_nothing_is_lost_or_doubled(
    tmp_path: Path, many: Path, target: str, calls: int, kept: int | None
) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", KILLED, str(many), str(home), target, str(calls)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == -signal.SIGKILL
    with Index.open(home, embedder=HashEmbedder()) as index:
        there = len(sources(index))
        assert set(sources(index)) <= {f"{n}.txt" for n in range(8)}
        assert kept in (None, there)
        check(index)
        assert len(index.sync(many).unchanged) == there
        assert (index.counts(), index.waiting()) == ((8, 8), 0)
        check(index)
        assert [path.name for path in (home / "derived").glob("new-*")] == []


def test_what_progress_raises_ends_a_sync_even_while_a_file_is_parsed(tmp_path: Path) -> None:
    folder = tmp_path / "slow"
    write(folder / "small.txt", "The fox ran home at night.\n")
    write(folder / "large.txt", "Soup is hot. Stew is not, they say, and neither is broth.\n\n" * 400_000)
    began = time.monotonic()

    def stop(news: Progress) -> None:
        if time.monotonic() - began > 1:
            raise KeyboardInterrupt

    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        with pytest.raises(KeyboardInterrupt):
            index.sync(folder, progress=stop)
        assert time.monotonic() - began < 6
        check(index)
