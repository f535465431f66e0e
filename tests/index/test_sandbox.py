"""Parsing in a child: what it may take, what it may do, and that nothing it does ends its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from index import Limits
from index.sandbox import Outcome, Sandbox
from tests.index.folders import FOX, write
from tests.index.readers.pdf_files import make_pdf

ROOT = Path(__file__).parents[2]
LONG = "Soup is hot. Stew is not, they say, and neither is broth.\n\n" * 400_000


def reason(sandbox: Sandbox, path: Path) -> str:
    outcome = sandbox.read(path, source="x.txt")
    assert outcome.reading is None
    return outcome.failure or outcome.unopened or ""


def test_a_file_comes_out_as_it_is_read(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        outcome = sandbox.read(write(tmp_path / "fox.txt", FOX), source="fox.txt")
        assert outcome.reading is not None
        assert [document.text for document in outcome.reading.documents] == [FOX.strip()]
        assert (outcome.same, outcome.failure) == (False, None)
        again = sandbox.read(tmp_path / "fox.txt", source="fox.txt", known=outcome.sha256)
        assert (again.same, again.reading, again.sha256) == (True, None, outcome.sha256)
        assert 0 < again.cpu < 30
        assert 5 < again.peak_mb < 200


def test_a_file_that_cannot_be_opened_is_told_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        gone = sandbox.read(tmp_path / "gone.txt", source="gone.txt")
        assert gone.unopened == "is no longer there; sync again"
        empty = sandbox.read(write(tmp_path / "empty.txt", ""), source="empty.txt")
        assert (empty.unopened, empty.failure) == (None, "empty.txt holds no text; nothing to index")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(seconds=1), "x.txt was stopped after 1 s of reading; split it or raise the limit"),
        (
            Limits(output_mb=5),
            "x.txt holds 23 MB of text, and 5 are the most that is read; split it or raise the limit",
        ),
        (Limits(memory_mb=80), "memory"),
    ],
    ids=["time", "output", "memory"],
)
def test_what_takes_too_much_is_stopped_and_the_next_file_is_read(tmp_path: Path, limits: Limits, said: str) -> None:
    big, small = write(tmp_path / "big.txt", LONG), write(tmp_path / "fox.txt", FOX)
    with Sandbox(limits) as sandbox:
        assert said in reason(sandbox, big)
        assert sandbox.read(small, source="fox.txt").reading is not None


def kill_while_reading(sandbox: Sandbox, thread: threading.Thread, number: signal.Signals) -> None:
    """Start the thread, which reads; send its child the signal; wait for the thread."""
    thread.start()
    while not sandbox._busy:
        time.sleep(0.01)
    for child in [*sandbox._busy]:
        os.kill(child._process.pid, number)
    thread.join()


def test_a_child_that_is_killed_costs_its_file_only(tmp_path: Path) -> None:
    big, small = write(tmp_path / "big.txt", LONG), write(tmp_path / "fox.txt", FOX)
    said: list[str] = []
    with Sandbox() as sandbox:
        thread = threading.Thread(target=lambda: said.append(reason(sandbox, big)))
        kill_while_reading(sandbox, thread, signal.SIGSEGV)
        assert said[0].startswith("x.txt ended the process that read it (SIGSEGV)")
        assert sandbox.read(small, source="fox.txt").reading is not None


def test_a_child_that_was_killed_while_idle_costs_no_file(tmp_path: Path) -> None:
    small = write(tmp_path / "fox.txt", FOX)
    with Sandbox() as sandbox:
        assert sandbox.read(small, source="fox.txt").reading is not None
        [child] = sandbox._idle
        os.kill(child._process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child._process.pid, os.WEXITED | os.WNOWAIT)
        assert sandbox.read(small, source="fox.txt").reading is not None


def test_a_child_that_others_kill_leaves_its_file_unread(tmp_path: Path) -> None:
    big = write(tmp_path / "big.txt", LONG)
    outcomes: list[Outcome] = []
    with Sandbox() as sandbox:
        thread = threading.Thread(target=lambda: outcomes.append(sandbox.read(big, source="big.txt")))
        kill_while_reading(sandbox, thread, signal.SIGKILL)
    assert (outcomes[0].failure, outcomes[0].unopened) == (
        None,
        "was not read to its end: its process was killed; sync again",
    )


def test_closing_ends_the_children_that_are_busy(tmp_path: Path) -> None:
    big = write(tmp_path / "big.txt", LONG)
    sandbox = Sandbox()
    thread = threading.Thread(target=lambda: reason(sandbox, big))
    thread.start()
    while not sandbox._busy:
        time.sleep(0.01)
    started = time.monotonic()
    sandbox.close()
    thread.join()
    assert time.monotonic() - started < 5


CONFINED = """
import ctypes, os, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
import sandbox_child
sandbox_child.confine(512)

def fails(work):
    try:
        work()
    except (PermissionError, OSError, MemoryError):
        return True
    return False

tries = {
    "write": lambda: open(sys.argv[2] + "/made", "w"),
    "append": lambda: open(sys.argv[2] + "/kept", "a"),
    "low write": lambda: os.open(sys.argv[2] + "/made", os.O_CREAT | os.O_WRONLY),
    "remove": lambda: os.remove(sys.argv[2] + "/kept"),
    "rename": lambda: os.rename(sys.argv[2] + "/kept", sys.argv[2] + "/made"),
    "mkdir": lambda: os.mkdir(sys.argv[2] + "/made"),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "look up": lambda: socket.getaddrinfo("localhost", 80),
    "run": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "fork": lambda: os.fork() or os._exit(0),
    "memory": lambda: bytearray(600 << 20),
}
print(*(name for name, work in tries.items() if not fails(work)), sep=", ")
print(open(sys.argv[2] + "/kept").read())
"""


def test_a_child_may_read_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "kept", "kept")
    command = [sys.executable, "-c", CONFINED, str(ROOT / "index"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["", "kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_child_writes_nothing_even_from_below_python(tmp_path: Path) -> None:
    code = (
        "import ctypes, sys; sys.path.insert(0, sys.argv[1]); import sandbox_child; sandbox_child.confine(512)\n"
        "libc = ctypes.CDLL(None); handle = libc.open(sys.argv[2].encode() + b'/made', 0o101, 0o600)\n"
        "libc.write(handle, b'x' * 100, 100)"
    )
    command = [sys.executable, "-c", code, str(ROOT / "index"), str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True)
    assert (tmp_path / "made").read_bytes() == b""


def test_an_answer_that_makes_no_sense_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "fox.txt", FOX)
    answers: list[object] = [{"peak_mb": 1, "reading": 7}, {"peak_mb": 1, "reading": {"documents": [{}]}}, {}, []]
    for answer in answers:
        monkeypatch.setattr("index.sandbox._Child.ask", lambda *_, answer=answer: answer)
        with Sandbox() as sandbox:
            assert "nonsense" in reason(sandbox, path)


def long_pdf(pages: int) -> bytes:
    prose = "The council voted for trams on the old bridge and named three conditions that"
    return make_pdf([["The Report", f"{prose} {n} members set", f"- {n} -"] for n in range(pages)])


def test_a_file_of_many_pages_is_read_by_several_children(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(long_pdf(200))
    with Sandbox(Limits(workers=1)) as one, Sandbox(Limits(workers=2)) as two:
        alone, parted = one.read(path, source="long.pdf"), two.read(path, source="long.pdf")
        assert len(two._idle) == 2
        assert alone.reading == parted.reading is not None
        assert alone.sha256 == parted.sha256
        assert two.read(path, source="long.pdf", known=parted.sha256).same


def test_a_file_that_changes_between_its_parts_counts_as_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(long_pdf(200))
    ask = Sandbox.ask

    def changing(sandbox: Sandbox, path: Path, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["action"] == "part" and request["first"] > 1:
            path.write_bytes(long_pdf(201))
        return ask(sandbox, path, request)

    monkeypatch.setattr(Sandbox, "ask", changing)
    with Sandbox() as sandbox:
        outcome = sandbox.read(path, source="long.pdf")
    assert (outcome.reading, outcome.failure) == (None, None)
    assert outcome.unopened == "has changed since it was read; sync again"


def test_a_long_file_that_cannot_be_opened_is_refused_as_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(make_pdf([["Soup."]] * 200, locked=True))
    with Sandbox() as sandbox:
        assert "password" in reason(sandbox, path)
