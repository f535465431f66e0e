"""What is different in a folder since it was last seen, told without reading what has not changed."""

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.followed import FileState
from index.schema import Failure

# A file written this recently may be written again within the same tick of its clock: its time proves nothing.
_RECENT_NS = 2_000_000_000
_UNSURE = -1


@dataclass(frozen=True, slots=True)
class Changes:
    """The files of a root, parted by what is to be done with them."""

    same: tuple[FileState, ...] = ()
    to_read: Mapping[str, Path] = field(default_factory=dict)
    moved: tuple[tuple[FileState, FileState], ...] = ()
    gone: frozenset[str] = frozenset()
    failed: tuple[Failure, ...] = ()


def changes(
    files: Mapping[str, Path], known: Mapping[str, FileState], *, readers: frozenset[str], retry: bool = False
) -> Changes:
    """What to do about `files`, of which `known` was seen before.

    The same: size and time have not changed, and one of `readers` read it; with `retry`, only if nothing failed. Moved:
    a new name with the content of one that is gone. To read: everything else.
    """
    same: list[FileState] = []
    failed: list[Failure] = []
    to_read: dict[str, Path] = {}
    sizes: dict[str, int] = {}
    for source, path in files.items():
        try:
            status = path.stat()
        except OSError as error:
            failed.append(Failure(source, f"cannot be opened: {error.strerror}; check its permissions"))
            continue
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe would wait for ever.
            failed.append(Failure(source, "is no regular file; move it out of the folder"))
            continue
        state = known.get(source)
        if state and _is_same(state, status, readers) and not (retry and state.failures):
            same.append(state)
        else:
            to_read[source], sizes[source] = path, status.st_size
    gone = {source: state for source, state in known.items() if source not in files}
    moved = _moved(to_read, sizes, known, gone)
    for old, new in moved:
        del to_read[new.source], gone[old.source]
    return Changes(tuple(same), to_read, tuple(moved), frozenset(gone), tuple(failed))


def seen(source: str, status: os.stat_result, sha256: str, reader: str, failures: tuple[Failure, ...]) -> FileState:
    """A file's state to remember, as of just now."""
    recent = time.time_ns() - status.st_mtime_ns < _RECENT_NS
    return FileState(source, status.st_size, _UNSURE if recent else status.st_mtime_ns, sha256, reader, failures)


def _is_same(state: FileState, status: os.stat_result, readers: frozenset[str]) -> bool:
    return (state.size, state.modified_ns) == (status.st_size, status.st_mtime_ns) and state.reader in readers


def _moved(
    to_read: Mapping[str, Path],
    sizes: Mapping[str, int],
    known: Mapping[str, FileState],
    gone: Mapping[str, FileState],
) -> list[tuple[FileState, FileState]]:
    """Pairs of what a file was and is; only files as large as one that is gone are hashed."""
    missing: dict[tuple[int, str], list[FileState]] = {}
    for state in gone.values():
        if state.sha256 and not state.failures:
            missing.setdefault((state.size, state.sha256), []).append(state)
    lost_sizes = {size for size, _ in missing}
    found = []
    for source, path in to_read.items():
        if source in known or sizes[source] not in lost_sizes:
            continue
        try:
            with open(path, "rb") as stream:
                status = os.fstat(stream.fileno())
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            continue  # reading it will tell why
        if olds := missing.get((status.st_size, sha256)):
            old = olds.pop()
            found.append((old, seen(source, status, sha256, old.reader, ())))
    return found
