"""The part of the catalog that knows which folders are followed, with every file as it was last seen."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.database import Database
from index.folder import printable
from index.looks import Look
from index.schema import Failure

SCHEMA = """
CREATE TABLE IF NOT EXISTS roots (path TEXT PRIMARY KEY, label TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS files (
  root TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  changed_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, reader TEXT NOT NULL, failures TEXT NOT NULL,
  PRIMARY KEY (root, source)) WITHOUT ROWID;
"""
_COLUMNS = "source, size, modified_ns, changed_ns, sha256, reader, failures"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read, and by which `reader` (its version, for a file that had to be stopped
    with the limits). `failures` are what could not be read: the file itself, or parts of it.

    `sha256` is empty where the file was never read to its end.
    """

    source: str
    look: Look
    sha256: str
    reader: str = ""
    failures: tuple[Failure, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the file itself, not only a part, could not be read."""
        return any(failure.source == self.source for failure in self.failures)

    def renamed(self, source: str) -> "FileState":
        """The same file under another source."""
        failures = (replace(each, source=source + each.source.removeprefix(self.source)) for each in self.failures)
        return replace(self, source=source, failures=tuple(failures))


class Followed:
    """Roots and their files. Methods that write are called inside a transaction of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def roots(self) -> list[str]:
        """The folders (and single files) that were synced."""
        return [row["path"] for row in self._database.connection.execute("SELECT path FROM roots ORDER BY path")]

    def label_of(self, root: str) -> str:
        """What stands before the sources of this root: nothing for the first, else the folder's own name and "//".

        No path below a folder holds two slashes in a row, so no file of one root can be taken for one of another.
        """
        connection = self._database.connection
        if connection.execute("SELECT 1 FROM roots WHERE path = ?", (root,)).fetchone() is not None:
            return self.label(root)
        taken = {str(r["label"]) for r in connection.execute("SELECT label FROM roots")}
        name = Path(root).name or "folder"
        candidates = ["", name + "//", *(f"{name}-{n}//" for n in range(2, len(taken) + 3))]
        label = next(candidate for candidate in candidates if candidate not in taken)
        connection.execute("INSERT INTO roots VALUES (?, ?)", (root, label))
        return label

    def label(self, root: str) -> str:
        """What stands before the sources of a root, where it is followed; else nothing."""
        row = self._database.connection.execute("SELECT label FROM roots WHERE path = ?", (root,)).fetchone()
        return "" if row is None else str(row["label"])

    def is_one_file(self, root: str) -> bool:
        """Whether a root is, or was, a single file and no folder."""
        if os.path.lexists(root):
            return not os.path.isdir(root)
        return list(self.files(root)) == [self.label(root) + printable(Path(root).name)]

    def file(self, root: str, source: str) -> FileState | None:
        """A file of a root as last read; None where there is none."""
        rows = self._database.connection.execute(
            f"SELECT {_COLUMNS} FROM files WHERE root = ? AND source = ?", (root, source)
        )
        return next(map(_state, rows), None)

    def files(self, root: str) -> dict[str, FileState]:
        """The files of a root as last read, by source."""
        rows = self._database.connection.execute(f"SELECT {_COLUMNS} FROM files WHERE root = ?", (root,))
        return {row["source"]: _state(row) for row in rows}

    def put(self, root: str, states: Iterable[FileState]) -> None:
        """Remember the states of files."""
        self._database.connection.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    root,
                    s.source,
                    s.look.size,
                    s.look.modified_ns,
                    s.look.changed_ns,
                    s.sha256,
                    s.reader,
                    _record(s.failures),
                )
                for s in states
            ],
        )

    def forget(self, root: str, source: str) -> None:
        """Forget a file; its documents are the catalog's to remove."""
        self._database.connection.execute("DELETE FROM files WHERE root = ? AND source = ?", (root, source))

    def forget_root(self, root: str) -> None:
        """Forget a root with its files."""
        self._database.connection.execute("DELETE FROM files WHERE root = ?", (root,))
        self._database.connection.execute("DELETE FROM roots WHERE path = ?", (root,))


def _state(row: Any) -> FileState:
    look = Look(row["size"], row["modified_ns"], row["changed_ns"])
    return FileState(row["source"], look, row["sha256"], row["reader"], _failures(row["failures"]))


def _record(failures: Iterable[Failure]) -> str:
    return json.dumps([(failure.source, failure.reason) for failure in failures])


def _failures(record: str) -> tuple[Failure, ...]:
    return tuple(Failure(*failure) for failure in json.loads(record))
