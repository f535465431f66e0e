"""A sync that was stopped, at whatever point: what was committed is there, and the next one completes the rest."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index import Index
from tests.fakes import HashEmbedder
from tests.index.folders import check, sources, texts, write


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight files, each a commit of its own."""
    monkeypatch.setattr("index.sync._PASSAGES_A_COMMIT", 1)
    for n in range(8):
        write(tmp_path / "many" / f"{n}.txt", f"The fox number {n} ran home at night.\n")
    return tmp_path / "many"


def test_after_an_exception_half_way_the_next_sync_completes(tmp_path: Path, many: Path) -> None:
    failing = HashEmbedder(fails_at=3)
    with Index.open(tmp_path / "home", embedder=failing) as index, pytest.raises(OSError, match="went away"):
        index.sync(many)
    embedder = HashEmbedder()
    with Index.open(tmp_path / "home", embedder=embedder) as index:
        # What was committed is there, and searchable.
        assert sources(index) == ["0.txt", "1.txt"]
        check(index)
        embedder.encoded.clear()
        report = index.sync(many)
        assert (len(report.added), len(report.unchanged)) == (6, 2)
        assert len(embedder.encoded) == 6
        assert index.counts() == (8, 8)
        check(index)


def test_after_an_interrupted_update_nothing_is_lost_or_doubled(tmp_path: Path, many: Path) -> None:
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        index.sync(many)
    for change in range(8):
        write(many / f"{change}.txt", f"The owl number {change} hunts mice.\n")
    (many / "7.txt").rename(many / "9.txt")
    with (
        Index.open(tmp_path / "home", embedder=HashEmbedder(fails_at=4)) as index,
        pytest.raises(OSError, match="went"),
    ):
        index.sync(many)
    with Index.open(tmp_path / "home", embedder=HashEmbedder()) as index:
        assert sum("owl" in text for text in texts(index)) == 3
        check(index)
        report = index.sync(many)
        assert (len(report.added), len(report.updated), len(report.unchanged)) == (1, 4, 3)
        assert texts(index) == [f"The owl number {n} hunts mice." for n in range(8)]
        assert index.counts() == (8, 8)
        check(index)


KILLED = """
import importlib, os, signal, sys
from unittest.mock import patch
from index import Index
from tests.fakes import HashEmbedder

folder, home, target, calls = sys.argv[1:]
module, _, name = target.rpartition(".")
owner = importlib.import_module(module) if module != "Catalog" else importlib.import_module("index.catalog").Catalog
real, left = getattr(owner, name), int(calls)

def killed(*args, **kwargs):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)

importlib.import_module("index.sync")._PASSAGES_A_COMMIT = 1
with patch.object(owner, name, killed):
    Index.open(home, embedder=HashEmbedder()).sync(folder)
"""


# In the middle of a transaction, between two, while derived files are written, before they get their place.
@pytest.mark.parametrize(
    ("target", "calls", "kept"),
    [("Catalog.put_file", 4, 4), ("index.sync.embed", 6, 6), ("faiss.write_index", 0, 8), ("os.rename", 0, 8)],
)
def test_after_a_kill_nothing_is_lost_or_doubled(
    tmp_path: Path, many: Path, target: str, calls: int, kept: int
) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", KILLED, str(many), str(home), target, str(calls)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == -signal.SIGKILL
    with Index.open(home, embedder=HashEmbedder()) as index:
        assert sources(index) == [f"{n}.txt" for n in range(kept)]
        check(index)
        assert len(index.sync(many).unchanged) == kept
        assert index.counts() == (8, 8)
        check(index)
        assert [path.name for path in (home / "derived").glob("new-*")] == []
