"""Copies of SQLite files as they were at one moment, whoever writes to them meanwhile."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import StoreError

_WAIT_SECONDS = 30
# So many pages a step, of 4 KiB each: long enough to be fast, short enough to be stopped.
_PAGES = 4096


def copy_moment(source: Path, target: Path, *, tell: Callable[[int, int], None] | None = None) -> None:
    """Make `target`, which is new, the file `source` as it is now; others may go on writing to that.

    `tell` hears how many bytes of how many are copied; an exception it raises ends the copying. Raises StoreError.
    """

    def step(_: int, remaining: int, total: int) -> None:
        if tell:
            tell((total - remaining) * size, total * size)

    with _connected(source, _WAIT_SECONDS) as reading, closing(sqlite3.connect(target)) as writing:
        # By itself a backup in steps begins anew each time another process writes, and may never end. Within a
        # transaction it stays at its moment.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        size = int(reading.execute("PRAGMA page_size").fetchone()[0])
        writing.execute("PRAGMA synchronous = OFF")
        reading.backup(writing, pages=_PAGES, progress=step)


def in_use(database: Path) -> bool:
    """Whether somebody has the file open; one too damaged to be opened is nobody's."""
    try:
        with _connected(database, 0) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
    except StoreError as error:
        cause = error.__cause__
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return False


def check_whole(database: Path) -> None:
    """Raises StoreError where the file is damaged."""
    with _connected(database, _WAIT_SECONDS) as connection:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found != "ok":
        raise StoreError(f"{database.name} is damaged ({' '.join(found.split())})")


@contextmanager
def _connected(database: Path, seconds: float) -> Iterator[sqlite3.Connection]:
    """A connection to a file there is. SQLite's errors become StoreError."""
    name = f"{database.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(name, uri=True, timeout=seconds, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{database.name} cannot be read or copied ({error})") from error
