"""What is different in a folder since it was last seen, told without reading what has not changed."""

import errno
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from index.followed import FileState
from index.looks import Look, is_regular, look_at, unopened
from index.schema import Failure


@dataclass(frozen=True, slots=True)
class Changes:
    """The files of a root, parted by what is to be done with them."""

    same: tuple[FileState, ...] = ()
    to_read: Mapping[str, Path] = field(default_factory=dict)
    moved: tuple[tuple[FileState, FileState], ...] = ()
    gone: frozenset[str] = frozenset()
    failed: tuple[Failure, ...] = ()


def changes(
    files: Mapping[str, Path],
    known: Mapping[str, FileState],
    *,
    readers: frozenset[str],
    retry: bool = False,
    every: bool = False,
    looking: Callable[[], None] = lambda: None,
) -> Changes:
    """What to do about `files`, of which `known` was seen before.

    The same: size and times have not changed, and one of `readers` read it; with `retry`, only if nothing failed; with
    `every`, none. Moved: a new name with the content of one that is gone. To read: everything else. `looking` is called
    for each file whose content is compared.
    """
    same: list[FileState] = []
    failed: list[Failure] = []
    to_read: dict[str, Path] = {}
    looks: dict[str, Look] = {}
    there = set(files)
    for source, path in files.items():
        try:
            if not is_regular(path):
                failed.append(Failure(source, "is no regular file; move it out of the folder"))
                continue
            look = look_at(path)
        except OSError as error:
            if error.errno == errno.ENOENT and not path.is_symlink():
                there.discard(source)  # removed since the folder was listed
            else:
                failed.append(Failure(source, unopened(error, path)))
            continue
        state = known.get(source)
        if state and not every and _is_same(state, look, readers) and not (retry and state.failures):
            same.append(state)
        else:
            to_read[source], looks[source] = path, look
    gone = {source: state for source, state in known.items() if source not in there}
    moved = _moved(to_read, looks, known, gone, looking)
    for old, new in moved:
        del to_read[new.source], gone[old.source]
    return Changes(tuple(same), to_read, tuple(moved), frozenset(gone), tuple(failed))


def _is_same(state: FileState, look: Look, readers: frozenset[str]) -> bool:
    return state.look == look and look.sure and state.reader in readers


def _moved(
    to_read: Mapping[str, Path],
    looks: Mapping[str, Look],
    known: Mapping[str, FileState],
    gone: Mapping[str, FileState],
    looking: Callable[[], None],
) -> list[tuple[FileState, FileState]]:
    """Pairs of what a file was and is; only files as large as one that is gone are hashed."""
    missing: dict[tuple[int, str, str], list[FileState]] = {}
    for state in gone.values():
        if state.sha256 and not state.failures:
            missing.setdefault((state.look.size, state.sha256, _kind(state.source)), []).append(state)
    lost_sizes = {size for size, _, _ in missing}
    found = []
    for source, path in to_read.items():
        if source in known or looks[source].size not in lost_sizes:
            continue
        looking()
        try:
            with open(path, "rb") as stream:
                look = look_at(stream.fileno())
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            continue  # reading it will tell why
        if olds := missing.get((look.size, sha256, _kind(source))):
            old = olds.pop()
            found.append((old, FileState(source, look, sha256, old.reader)))
    return found


def _kind(source: str) -> str:
    """What of a file's name may decide how it is read: what follows the last dot, or all of it."""
    return PurePosixPath(source).name.lower().rpartition(".")[2]
