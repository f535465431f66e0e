"""One writer at a time, who can be named."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import StoreError

_LOCK = "writer.lock"
_OWNER = "writer.json"
_SECONDS = 60.0


@contextmanager
def only_writer(home: Path, *, seconds: float | None = None, strict: bool = True) -> Iterator[bool]:
    """Whether this is the one writer of the index, for as long as the block lasts.

    Waits up to `seconds`, a minute if not told; then raises StoreError naming the process that writes or, unless
    `strict`, gives False.
    """
    seconds = _SECONDS if seconds is None else seconds
    lock = FileLock(home / _LOCK, timeout=seconds)
    try:
        lock.acquire()
    except Timeout as error:
        if strict:
            raise StoreError(
                f"{home} has been written by {_owner(home)} for over {seconds:.0f} s; wait for it to end, or end it"
            ) from error
        yield False
        return
    except OSError as error:
        if strict:
            raise StoreError(
                f"{home} cannot be written ({error.strerror}); change its permissions or use another --index"
            ) from error
        yield False
        return
    try:
        _sign(home)
        yield True
    finally:
        lock.release()


def _sign(home: Path) -> None:
    """Leave a note for those who wait."""
    facts = {"pid": os.getpid(), "program": Path(sys.argv[0]).name or "python", "since": time.strftime("%H:%M:%S")}
    # On a full disk the note is missing, and nothing else.
    with suppress(OSError):
        (home / _OWNER).write_text(json.dumps(facts))


def _owner(home: Path) -> str:
    try:
        facts = json.loads((home / _OWNER).read_text())
        return f"process {facts['pid']} ({facts['program']}, since {facts['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
