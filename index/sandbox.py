"""Parses files in processes that are killed when they take too long, too much memory, or give too much."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from index.errors import ReadError
from index.looks import Look, look_at, unopened
from index.records import reading_from
from index.schema import Limits, Reading
from index.side_by_side import read_in_parts

_CHILD = Path(__file__).with_name("sandbox_child.py")
_MB = 1 << 20
# A child that grew this large is replaced: memory a library keeps would count against the next file.
_GROWN_MB = 400
# Threads a library starts for speed reserve address space, which is what a child has little of.
_SPARING = {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
# A child that has to start has this much longer for its first answer.
_START_SECONDS = 10

# More pages than this are read by several children: a child takes longer to start than to read a few.
_PAGES_ALONE = 150

# An answer may be this many times as large as the text in it: the rest says where its blocks and pages are.
_ANSWER = 4

# What helps a file that takes long.
_SLOWER = "or raise the limit (CITEBACK_READ_SECONDS)"

# What is taken from an answer as it stands.
_TOLD = ("sha256", "same", "failure", "limited", "unopened", "cpu", "peak_mb")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: its reading, or that it is the content known already, or why neither.

    `sha256` is of the very bytes that were parsed, empty where parsing never got so far. `unopened` is why the file
    was not opened or not read to its end for no fault of its own, which may pass; `limited`: with other limits it may
    be read. `look` is how the file looked before it was read. `cpu` (seconds) and `peak_mb` are what its process used,
    where it lived to tell.
    """

    sha256: str = ""
    reading: Reading | None = None
    same: bool = False
    failure: str | None = None
    limited: bool = False
    unopened: str | None = None
    look: Look | None = None
    cpu: float = 0.0
    peak_mb: float = 0.0


class Sandbox:
    """A pool of children, started when they are needed. A context manager; closing ends the children.

    Each call takes a child of its own, up to `Limits.workers` at once; a file of many pages takes several.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self.limits.workers)
        self._closed = False
        # Of one file; a large one is shared out where there are several children.
        self._most_pages = _PAGES_ALONE if self.limits.workers > 1 else None

    def read(self, path: Path, *, source: str, known: str | None = None) -> Outcome:
        """What the file holds; `known` is the SHA-256 of content that need not be parsed again. Never raises."""
        try:
            # Before it is read: what is written to it meanwhile makes it look changed the next time.
            look = look_at(path)
        except OSError as error:
            return Outcome(unopened=unopened(error, path))
        try:
            return replace(self._read(path, source, known), look=look)
        except _Unread as error:
            return Outcome(look=look, unopened=str(error))
        except ReadError as error:
            return Outcome(look=look, failure=str(error))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Whoever took the process over may answer anything.
            return Outcome(look=look, failure=f"{source} made the process that read it answer nonsense; leave it out")

    def _read(self, path: Path, source: str, known: str | None) -> Outcome:
        wanted = {"action": "read", "source": source, "known": known, "most_pages": self._most_pages}
        answer, ask = self.ask(path, wanted), partial(self.ask, path)
        if "pages" in answer:
            pages, children = answer["pages"], self.limits.workers
            answer = read_in_parts(ask, source, answer["sha256"], pages=pages, children=children)
        told = {name: answer[name] for name in _TOLD if name in answer}
        return Outcome(reading=reading_from(answer["reading"]) if "reading" in answer else None, **told)

    def close(self) -> None:
        """End every child, busy or not; who waits for a busy one is told that its process ended."""
        with self._lock:
            self._closed = True
            for child in self._idle:
                child.end()
            for child in self._busy:
                child.kill()
            self._idle.clear()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, path: Path, request: Mapping[str, Any]) -> dict[str, Any]:
        """What a child answers to a request about a file: see `sandbox_child`.

        Raises ReadError where it had to be killed, ended by itself or could not be started.
        """
        request = {**request, "path": os.fsencode(path).hex()}
        with self._slots:
            child = self._taken()
            good = False
            try:
                answer = child.ask(request)
                good = float(answer["peak_mb"]) <= _GROWN_MB
                return answer
            finally:
                with self._lock:
                    self._busy.remove(child)
                    if good and not self._closed:
                        self._idle.append(child)
                    else:
                        child.end()

    def _taken(self) -> "_Child":
        """A child that is free, or a new one."""
        with self._lock:
            if self._closed:
                raise _Unread("was not read: reading was ended")
            while self._idle and not self._idle[-1].alive:
                self._idle.pop().end()
            try:
                child = self._idle.pop() if self._idle else _Child(self.limits)
            except OSError as error:
                raise _Unread(f"was not read: no process could be started ({error.strerror}); sync again") from error
            self._busy.add(child)
            return child


class _Unread(ReadError):
    """The file was not read, for no fault of its own.

    There was no process to read it in, or another program ended it, or the clock on the wall stopped it before it had
    used up its share of CPU.
    """


def _inherited() -> dict[str, str]:
    """The environment without our settings: a key among them is nothing for a process that reads whatever comes."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CITEBACK_")}


class _Child:
    """One process that parses."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._fresh = True
        # Its own session: a Ctrl-C meant for the parent does not end a file half way.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(_CHILD), str(limits.memory_mb)],
            env={**_inherited(), **_SPARING},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises ReadError, after which the child is of no more use."""
        limits, source = self._limits, request["source"]
        deadline = time.monotonic() + limits.seconds + (_START_SECONDS if self._fresh else 0)
        self._fresh = False
        most = _ANSWER * limits.output_mb * _MB
        told = {**request, "seconds": limits.seconds, "output_mb": limits.output_mb, "most_bytes": most}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
        except OSError as error:
            raise _Unread("was not read: its process ended; sync again") from error
        length = int.from_bytes(self._receive(8, deadline, source), "big")
        if length > most:
            raise ReadError(f"{source} made the process that read it answer without end; leave it out")
        answer: dict[str, Any] = json.loads(self._receive(length, deadline, source))
        return answer

    def _receive(self, count: int, deadline: float, source: str) -> bytes:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(handle, selectors.EVENT_READ)
            while len(received) < count:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise self._late()
                part = os.read(handle, min(count - len(received), _MB))
                if not part:
                    raise self._ended(source)
                received += part
        return bytes(received)

    def _late(self) -> ReadError:
        return _Unread(f"was {self._stopped()}; sync again when the machine is less busy, {_SLOWER}")

    def _stopped(self) -> str:
        return f"stopped after {self._limits.seconds} s of reading"

    def _ended(self, source: str) -> ReadError:
        """Why the process ended without being told to."""
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return ReadError(f"{source} was {self._stopped()}; split it {_SLOWER}")
        if code == -signal.SIGALRM:
            return self._late()
        if code == -signal.SIGKILL:
            # None of our limits does that: it was the system, short of memory for all, or whoever runs it.
            return _Unread("was not read to its end: its process was killed; sync again")
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        memory = f"it may need more than its {self._limits.memory_mb} MB of memory (CITEBACK_READ_MEMORY_MB)"
        return ReadError(f"{source} ended the process that read it ({name}); {memory}, or be damaged")

    @property
    def alive(self) -> bool:
        """Whether the process is there to be asked: the system may have ended it while it was idle."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End the process and close its pipes; for whoever reads from them."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
