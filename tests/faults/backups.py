"""Backups while others write, and backups and restores that are stopped: nothing broken is ever taken for whole.

As a program: `python -m tests.faults.backups written|exit|torn|full|kill [--every N] [--times N] [--seconds S]`, a line
of JSON at the end.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import index.ingest
from assistant.backup import back_up, restore
from assistant.errors import BackupError
from assistant.history import History
from assistant.home import UPLOADS
from assistant.schema import Answer
from index import Index
from index.disk import checksum
from tests.fakes import HashEmbedder, document
from tests.faults.faults import ROOT, Tally, build, in_child

# Where there is one, a disk in memory: more happens in a second there.
_DISK = "/dev/shm" if os.path.isdir("/dev/shm") else None
WORDS = "anchor bridge candle desert engine forest garden harbor island jungle".split()


def text_of(name: str, version: int) -> str:
    """Ten paragraphs that say whose they are."""
    return "\n\n".join(f"The {word} of {name} is of version {version}, paragraph {n}." for n, word in enumerate(WORDS))


def opened(home: Path) -> Index:
    """The index, with an embedder that needs no weights."""
    return Index.open(home, embedder=HashEmbedder(dimension=32))


SAID = Answer("Where is the anchor?", "Where is the anchor?", "Nowhere.", "extractive")


# While others write


def write(home: Path, folder: Path, done: Any, start: Any, seconds: float, told: Any) -> None:
    """Add, change and delete pairs of documents, files and conversations; `done` counts what was acknowledged."""
    # However slow the machine, a pair is one commit.
    index.ingest._SECONDS_A_COMMIT = seconds + 3600
    chance, counts, version = random.Random(1), Counter[str](), 0
    history = History(home)
    with opened(home) as store:
        start.wait()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            version += 1
            pair = chance.randrange(6)
            names = [f"p{pair}-left", f"p{pair}-right"]
            if chance.random() < 0.3:
                counts["deletions"] += store.delete(names)
            elif chance.random() < 0.3:
                (folder / f"{chance.randrange(4)}.txt").write_text(text_of("file", version))
                store.sync(folder)
                counts["syncs"] += 1
            else:
                store.add([document(name, text_of(name, version)) for name in names])
                counts["additions"] += 1
            store.add([document("last", text_of("last", version))])
            history.append(SAID)
            done.value = version
    told.put(dict(counts))


def check_moment(home: Path, least: int, most: int) -> None:
    """Assert that the index in `home` is of one moment between two versions, and whole."""
    with opened(home) as store:
        held = {info.id: store.document(info.id) for info in store.documents()}
        for pair in range(6):
            left, right = held.get(f"p{pair}-left"), held.get(f"p{pair}-right")
            assert (left is None) == (right is None), f"half of pair {pair}"
            if left and right:
                assert _version(left.text) == _version(right.text), f"pair {pair} of two moments"
        assert least <= _version(held["last"].text) <= most, f"of another time than {least} to {most}"
        for each in held.values():
            assert len({_version(line) for line in each.text.split("\n\n")}) == 1, "a document of two moments"
            for chunk in store.passages(each.id):
                assert each.text[chunk.start : chunk.end] == chunk.text
        catalog = store._catalog
        rows = catalog.connection.execute(
            "SELECT c.id FROM chunks c LEFT JOIN vectors v ON v.text_hash = c.text_hash "
            "WHERE c.id <= ? AND v.id IS NULL",
            (catalog.vectors.upto,),
        ).fetchall()
        assert not rows, f"{len(rows)} passages have no vector and do not wait"
        assert catalog.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert len(store.derived().dense) == store.counts()[1] - store.waiting()
        for hit in store.search("the anchor of p1-left", k=5):
            assert held[hit.chunk.document_id].text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
    kept = History(home).conversations()
    assert least <= len(kept) + 1
    assert all(History(home).load(each.id).turns for each in kept[:3])


def _version(text: str) -> int:
    return int(text.split("version ")[1].split(",")[0])


def written(work: Path, seconds: float) -> dict[str, Any]:
    """What was done in so many seconds of writing, how many backups were taken of it, and what did not hold."""
    home, folder = work / "home", work / "docs"
    folder.mkdir(parents=True)
    with opened(home) as store:
        store.add([document("last", text_of("last", 0))])
    History(home).append(SAID)
    context = multiprocessing.get_context("spawn")
    told, done, start = context.Queue(), context.Value("l", 0), context.Barrier(2)
    writer = context.Process(target=write, args=(home, folder, done, start, seconds, told))
    writer.start()
    start.wait()
    failures: list[str] = []
    tries = 0
    while writer.is_alive() and told.empty():
        tries += 1
        file, place = work / f"{tries}.zip", work / f"restored-{tries}"
        least = done.value
        back_up(home, file)
        most = done.value + 1
        restore(file, place)
        try:
            check_moment(place, least, most)
        except AssertionError as error:
            failures.append(f"backup {tries}: {error}")
        file.unlink()
        shutil.rmtree(place)
    counts = told.get(timeout=60)
    writer.join()
    return {**counts, "backups": tries, "versions": done.value, "failures": failures, "exit code": writer.exitcode}


# Stopped


class Stops:
    """Backups and restores that are stopped, each in a folder of its own."""

    def __init__(self, work: Path) -> None:
        self._work, self._source, self._good = work, work / "source" / "home", work / "good.zip"
        self.tally = Tally()

        def lay() -> None:
            with opened(self._source) as store:
                store.add([document(f"d{n}", text_of(f"d{n}", n)) for n in range(20)])
                (self._source / UPLOADS).mkdir()
                for n in range(3):
                    (self._source / UPLOADS / f"{n}.txt").write_text(text_of(f"upload {n}", n))
                store.sync(self._source / UPLOADS)
            History(self._source).append(SAID)
            back_up(self._source, self._good)

        # In a child, so that those that are forked later have no threads and no open files of it.
        assert not in_child(lay)

    def backup(self, stop: Callable[[Path, Callable[[], object]], int], *, over: bool) -> None:
        """One backup that is stopped, over another or not: there is a whole one, or none, or the other."""
        place = Path(tempfile.mkdtemp(dir=self._work))
        file = place / "backup.zip"
        if over:
            shutil.copyfile(self._good, file)
        before = checksum(file) if over else ""
        code = stop(place, lambda: back_up(self._source, file, force=over))

        def verify() -> None:
            if over:
                assert file.exists(), "the other one is gone"
            if file.exists() and not (over and checksum(file) == before):
                self._whole(file, place / "restored")
            elif code == 0:
                assert file.exists(), "it was said to be there"
            back_up(self._source, file, force=True)
            self._whole(file, place / "again")
            assert not list(place.glob(".citeback-*")), "what was unfinished is still there"

        self._note(f"backup{' over another' if over else ''} {stop}", code, verify)
        shutil.rmtree(place)

    def restore(self, stop: Callable[[Path, Callable[[], object]], int], *, over: bool) -> None:
        """One restore that is stopped, over an index or not: there is a whole one, or none, or the other."""
        place = Path(tempfile.mkdtemp(dir=self._work))
        home = place / "home"
        if over:
            shutil.copytree(self._source, home)
            (home / "catalog.sqlite").touch()
        code = stop(place, lambda: restore(self._good, home, force=over))

        def verify() -> None:
            asides = list(place.glob("home.before-*"))
            assert len(asides) <= over
            for whole in (*asides, *([home] if home.exists() else [])):
                self._check(whole)
            assert asides or not over or home.exists(), "the one that was there is gone"
            if code == 0:
                assert home.exists(), "it was said to be there"
            restore(self._good, home, force=True)
            self._check(home)
            assert not list(place.glob(".citeback-*")), "what was unfinished is still there"

        self._note(f"restore{' over another' if over else ''} {stop}", code, verify)
        shutil.rmtree(place)

    def _whole(self, file: Path, place: Path) -> None:
        restore(file, place)
        self._check(place)

    def _check(self, home: Path) -> None:
        with opened(home) as store:
            assert store.counts()[0] == 23, store.counts()
            assert all(store.document(f"d{n}").text == text_of(f"d{n}", n) for n in range(20))
            assert store.search("the anchor of d7", k=3)
            assert len(store.derived().dense) == store.counts()[1]
        assert len(History(home).conversations()) == 1
        assert sorted(path.name for path in (home / UPLOADS).iterdir()) == ["0.txt", "1.txt", "2.txt"]

    def _note(self, name: str, code: int, verify: Callable[[], None]) -> None:
        self.tally.runs += 1
        self.tally.ended += code == 0
        self.tally.stopped += code != 0
        if said := in_child(verify):
            self.tally.failures.append(f"{name}: {said}")


class Stop:
    """Does a work in a child that ends before it is done: after so many seconds, or as its disk fails."""

    def __init__(self, how: str, at: float) -> None:
        self._how, self._at = how, at

    def __str__(self) -> str:
        return f"killed after {1000 * self._at:.0f} ms" if self._how == "kill" else f"{self._how} at call {self._at}"

    def __call__(self, place: Path, work: Callable[[], object]) -> int:
        """The child's exit code; 1 where it was told in an error that the work failed."""
        pid = os.fork()
        if not pid:
            code = 2
            try:
                if self._how != "kill":
                    _arm(place, int(self._at), self._how)
                work()
                code = 0
            except BackupError:
                code = 1
            finally:
                os._exit(code)
        if self._how == "kill":
            time.sleep(self._at)
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code != 2, f"{self} ended with an error that is none of ours"
        return code


class Whole:
    """Does a work in a child to its end, and knows how long it took."""

    seconds = 0.0

    def __call__(self, place: Path, work: Callable[[], object]) -> int:
        began = time.monotonic()
        assert not in_child(work)
        self.seconds = time.monotonic() - began
        return 0


def _arm(place: Path, nth: int, how: str) -> None:
    import ctypes

    ctypes.CDLL(None).fault_arm(os.fsencode(place), ctypes.c_long(nth), how[0].encode())


def _calls(stops: Stops, which: str, over: bool) -> int:
    """How many writes, flushes, renames, links and removals it makes."""
    import ctypes

    read, write_end = os.pipe()

    def count(place: Path, work: Callable[[], object]) -> int:
        def run() -> None:
            _arm(place, 0, "exit")
            work()
            os.write(write_end, str(ctypes.CDLL(None).fault_calls()).encode())

        assert not in_child(run)
        return 0

    getattr(stops, which)(count, over=over)
    os.close(write_end)
    with os.fdopen(read) as stream:
        calls = int(stream.read())
    stops.tally.calls += calls
    return calls


def stopped(work: Path, how: str, every: int, times: int, seed: int) -> Tally:
    """What became of backups and restores that were stopped so."""
    stops = Stops(work)
    chance = random.Random(seed)
    for which in ("backup", "restore"):
        for over in (False, True):
            one = getattr(stops, which)
            if how == "kill":
                one(whole := Whole(), over=over)
                for _ in range(times // 4):
                    one(Stop(how, chance.uniform(0, 1.2 * whole.seconds)), over=over)
            else:
                for nth in range(1, _calls(stops, which, over) + 1, every):
                    one(Stop(how, nth), over=over)
    return stops.tally


def main() -> int:
    """0 where everything held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=["written", "exit", "torn", "full", "kill"])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=_DISK) as folder:
        if told.how not in ("written", "kill") and "faulty_disk" not in os.environ.get("LD_PRELOAD", ""):
            command = [sys.executable, "-m", "tests.faults.backups", *sys.argv[1:]]
            env = {**os.environ, "LD_PRELOAD": str(build(Path(folder)))}
            return subprocess.run(command, env=env, cwd=ROOT, check=False).returncode
        if told.how == "written":
            found = written(Path(folder), told.seconds)
        else:
            found = vars(stopped(Path(folder), told.how, told.every, told.times, told.seed))
        sys.stdout.write(json.dumps({"how": told.how, **found}) + "\n")
        return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
