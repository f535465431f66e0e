"""Puts what was made beside its place into it, whole or not at all."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

import yaml
from filelock import BaseFileLock, FileLock, Timeout

from assistant.archives import CATALOG, KEPT, USERS
from assistant.errors import BackupError
from assistant.history import FILE as CONVERSATIONS
from assistant.home import UPLOADS
from index.disk import fsync
from index.moment import in_use

_UNFINISHED: Final = ".citeback-unfinished-"
_LOCK: Final = "lock"
_OF_INDEX: Final = (CATALOG, CONVERSATIONS, USERS, UPLOADS, "derived")


@contextmanager
def workplace(beside: Path) -> Iterator[Path]:
    """A folder beside a path, on the same disk, for what is not whole yet; it goes with all that is left in it.

    Those of processes that were killed are removed first.
    """
    for left in beside.parent.glob(f"{_UNFINISHED}*"):
        with suppress(Timeout, OSError), FileLock(left / _LOCK, blocking=False):
            shutil.rmtree(left, ignore_errors=True)
    work, lock = _locked_folder(beside.parent)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()


def _locked_folder(parent: Path) -> tuple[Path, BaseFileLock]:
    while True:
        work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=parent))
        lock = FileLock(work / _LOCK)
        with suppress(FileNotFoundError):
            lock.acquire()
            if work.exists():
                return work, lock
            lock.release()
        # Another process took it for one left behind, before it was locked.


def put_file(made: Path, file: Path, *, force: bool) -> None:
    """Give what was made its name. Raises BackupError where another has it, unless `force`."""
    # It holds what was asked, of all users.
    made.chmod(0o600)
    fsync(made)
    if force:
        made.replace(file)
    else:
        try:
            # A rename would replace what came there meanwhile.
            os.link(made, file)
        except FileExistsError as error:
            raise there_already(file) from error
        except OSError:
            if file.exists():
                raise there_already(file) from None
            made.replace(file)
    fsync(file.parent)


def there_already(file: Path) -> BackupError:
    """What to say of a file that is not to be replaced."""
    return BackupError(f"{file} exists; name another file, or replace it with --force")


def kept_beside(home: Path) -> dict[str, Path]:
    """The files of the suite that is kept beside the index in `home`, by what they end with."""
    return {ending: home.with_name(f"{home.name}-kept{ending}") for ending in KEPT}


def check_place(home: Path, kept: Mapping[str, bytes], *, force: bool) -> bool:
    """Whether something is to be moved aside before an index, with a kept suite, can be put there.

    Raises BackupError where that is not allowed, where the index is in use, or where the place is no index's.
    """
    if home.is_dir() and any(home.iterdir()):
        if not any((home / name).exists() for name in _OF_INDEX):
            raise BackupError(f"{home} holds other things than an index; name a new folder")
        if not force:
            raise BackupError(f"{home} holds an index; name another folder, or move it aside with --force")
        if (home / CATALOG).is_file() and in_use(home / CATALOG):
            raise BackupError(f"the index in {home} is in use; end what serves or writes it, and restore again")
        return True
    if os.path.lexists(home) and not home.is_dir():
        raise BackupError(f"{home} is no folder; name another")
    beside = kept_beside(home)
    other = [beside[e] for e in kept if beside[e].exists() and beside[e].read_bytes() != kept[e]]
    if other and not force:
        raise BackupError(f"{other[0]} exists, of an index that was there; move it aside with --force")
    return bool(other)


def put_index(made: Path, home: Path, kept: Mapping[str, bytes], *, force: bool) -> Path | None:
    """Where what was there before is now, once the index that was made is in its place; None where nothing was.

    The index comes last: where it is, everything is. What fails on the way is undone.
    """
    aside: Path | None = None
    beside = kept_beside(home)
    with ExitStack() as undo:
        if check_place(home, kept, force=force):
            aside = _free(home)
            if home.exists():
                os.rename(home, aside)
                undo.callback(os.rename, aside, home)
            else:
                aside.mkdir()
                undo.callback(aside.rmdir)
            for path in filter(Path.exists, beside.values()):
                os.rename(path, aside / path.name)
                undo.callback(os.rename, aside / path.name, path)
        for ending, content in kept.items():
            if not beside[ending].exists():
                undo.callback(beside[ending].unlink, missing_ok=True)
            _write(beside[ending], content, made.parent / f"kept{ending}")
        os.rename(made, home)
        undo.pop_all()
    fsync(home.parent)
    return aside


def suite_of(text: bytes, was: str, now: str) -> bytes:
    """A kept suite as it is to be beside an index of another name, whose name its files have, too.

    >>> suite_of(b"cases: a-kept.jsonl\\ntask: ask\\n", "a", "b")
    b'cases: b-kept.jsonl\\ntask: ask\\n'
    """
    found = text.decode("utf-8", "surrogateescape")
    for key, ending in (("cases", ".jsonl"), ("gate", ".gate.toml")):
        # Line by line, so that what its owner wrote around them stays.
        old = re.escape(yaml.safe_dump({key: f"{was}-kept{ending}"}, allow_unicode=True).strip())
        new = yaml.safe_dump({key: f"{now}-kept{ending}"}, allow_unicode=True).strip()
        found = re.sub(rf"^{old}$", lambda _, new=new: new, found, flags=re.MULTILINE)  # type: ignore[misc]
    return found.encode("utf-8", "surrogateescape")


def _write(path: Path, content: bytes, new: Path) -> None:
    new.write_bytes(content)
    fsync(new)
    new.replace(path)


def _free(home: Path) -> Path:
    """A name beside the folder that says when it was moved there."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{home.name}.before-{stamp}{'' if number == 1 else f'-{number}'}" for number in count(1))
    return next(path for path in map(home.with_name, names) if not os.path.lexists(path))
