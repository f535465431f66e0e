"""Files that are published: on disk for good, shared between folders, told from damaged ones."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

# What was hashed once in this process and has not been written to since: (device, inode, size, time) to SHA-256.
_hashed: dict[tuple[int, int, int, int], str] = {}
_MOST_HASHED = 10_000


def share(file: Path, target: Path, *, copied: bool = False) -> None:
    """Make `target` the same file by a hard link; a copy where the file system has none, or where it is `copied`."""
    if not copied:
        try:
            os.link(file, target)
            return
        except OSError:
            pass
    shutil.copyfile(file, target)


def checksum(file: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits; not read again while it is the same file, unchanged."""
    status = file.stat()
    key = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
    found = _hashed.get(key)
    if found is None:
        if len(_hashed) >= _MOST_HASHED:
            _hashed.clear()
        with open(file, "rb") as stream:
            found = _hashed[key] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def checksums(folder: Path, *, without: str) -> dict[str, str]:
    """The checksum of every file below a folder, by path; `without` that name and lock files, which come and go."""
    return {
        str(file.relative_to(folder)): checksum(file)
        for file in sorted(folder.rglob("*"))
        if file.name != without and file.suffix != ".lock" and file.is_file()
    }


def persist(folder: Path, known: Mapping[str, str]) -> None:
    """Return when every file below the folder is on disk, but for those in `known`, which are already."""
    for file in folder.rglob("*"):
        if str(file.relative_to(folder)) not in known:
            fsync(file)
    fsync(folder)


def fsync(path: Path) -> None:
    """Return when the file, or the names in the folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
