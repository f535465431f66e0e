"""Runs the story again and again, each time with another fault, and tells how often what was promised did not hold.

As a program: `python -m tests.faults.faults exit|torn|full|kill [--every N] [--times N]`, a line of JSON at the end.
"""

import argparse
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STOPPED = 86  # the exit code of a process whose disk failed for good


def build(folder: Path) -> Path:
    """The library that makes a disk fail, compiled."""
    library = folder / "faulty_disk.so"
    source = Path(__file__).with_name("faulty_disk.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library


@dataclass
class Tally:
    """How often the story was stopped, how often it came to its end, and what did not hold."""

    runs: int = 0
    stopped: int = 0
    ended: int = 0
    calls: int = 0
    failures: list[str] = field(default_factory=list)


def in_child(work: Callable[[], object]) -> str:
    """What a forked child that did the work raised, in one line; nothing where it did it."""
    read, write = os.pipe()
    if pid := os.fork():
        os.close(write)
        with os.fdopen(read) as stream:
            said = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return said or (f"ended with {code}" if code else "")
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - it is told, and the child must not go on as its parent
        os.write(write, f"{type(error).__name__}: {error}".split("\n")[0][:300].encode())
    finally:
        os._exit(0)


class Faults:
    """Stories with faults, in folders of their own. The process must have the library preloaded."""

    def __init__(self, work: Path) -> None:
        self._work, self._library = work, ctypes.CDLL(None)
        self.tally = Tally()

    def calls(self) -> int:
        """How many writes, flushes, renames, links and removals the story makes."""
        home, folder = self._places()
        read, write = os.pipe()

        def count() -> None:
            from tests.faults.story import live

            self._library.fault_arm(os.fsencode(home), ctypes.c_long(0), b"e")
            live(home, folder, os.open(os.devnull, os.O_WRONLY))
            os.write(write, str(self._library.fault_calls()).encode())

        assert not in_child(count)
        os.close(write)
        with os.fdopen(read) as stream:
            self.tally.calls = int(stream.read())
        return self.tally.calls

    def fail_at(self, nth: int, how: str) -> None:
        """One story whose disk fails at its n-th call."""
        self._one(f"{how} at call {nth}", lambda home: self._arm(home, nth, how))

    def kill_after(self, seconds: float) -> None:
        """One story that is killed after so long."""
        self._one(f"killed after {1000 * seconds:.0f} ms", lambda home: None, seconds)

    def _arm(self, home: Path, nth: int, how: str) -> None:
        self._library.fault_arm(os.fsencode(home), ctypes.c_long(nth), how[0].encode())

    def _one(self, name: str, arm: Callable[[Path], Any], patience: float | None = None) -> None:
        home, folder = self._places()
        read, write = os.pipe()

        def story() -> None:
            from tests.faults.story import live

            os.setsid()
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - ends with the process
            arm(home)
            live(home, folder, write)

        pid = os.fork()
        if not pid:
            code = 1
            try:
                story()
                code = 0
            finally:
                os._exit(code)
        os.close(write)
        if patience is not None:
            time.sleep(patience)
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with os.fdopen(read, "rb") as stream:
            acknowledged = len(stream.read())
        self.tally.runs += 1
        self.tally.ended += code == 0
        self.tally.stopped += code != 0

        def verify() -> None:
            from tests.faults.story import verify

            verify(home, folder, acknowledged)

        if said := in_child(verify):
            self.tally.failures.append(f"{name}, after {acknowledged} acknowledged: {said}")
        shutil.rmtree(home.parent)

    def _places(self) -> tuple[Path, Path]:
        place = Path(tempfile.mkdtemp(dir=self._work))
        return place / "home", place / "docs"


def main() -> int:
    """0 where everything held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=["exit", "torn", "full", "kill"])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if "faulty_disk" not in os.environ.get("LD_PRELOAD", ""):
            library = build(Path(folder))
            return subprocess.run(
                [sys.executable, "-m", "tests.faults.faults", *sys.argv[1:]],
                env={**os.environ, "LD_PRELOAD": str(library)},
                cwd=ROOT,
                check=False,
            ).returncode
        # Loaded once here, so that each forked story starts at once. Nothing in it has threads before it is used.
        import tests.faults.story  # noqa: F401

        faults = Faults(Path(folder))
        if told.how == "kill":
            chance = random.Random(told.seed)
            began = time.monotonic()
            faults.calls()
            whole = time.monotonic() - began
            for _ in range(told.times):
                faults.kill_after(chance.uniform(0, 1.1 * whole))
        else:
            for nth in range(1, faults.calls() + 1, told.every):
                faults.fail_at(nth, told.how)
        sys.stdout.write(json.dumps({"how": told.how, **vars(faults.tally)}) + "\n")
        return 1 if faults.tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
