"""One SQLite file: connections, transactions that last, and a generation number that counts them."""

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from index.errors import StoreClosed, StoreError

_P = ParamSpec("_P")
_T = TypeVar("_T")
# SQLite takes at most 32,766 values in one statement.
_MOST_VALUES = 30_000
_META = "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"


def _telling(method: Callable[Concatenate[Any, _P], _T]) -> Callable[Concatenate[Any, _P], _T]:
    """The method with SQLite's errors as StoreError: the one place where they are translated."""

    def call(self: Any, /, *arguments: _P.args, **named: _P.kwargs) -> _T:
        try:
            return method(self, *arguments, **named)
        except sqlite3.Error as error:
            raise StoreError(_told(error, self.connection.folder)) from error
        except UnicodeEncodeError as error:
            reason = "half a character (a lone surrogate) can be neither stored nor found"
            raise StoreError(f"{reason}; remove it") from error

    return call


def _told(error: sqlite3.Error, folder: str) -> str:
    """What is wrong with the index in a folder, and what to do."""
    reason = str(error)
    if "full" in reason:
        return f"the index in {folder} cannot be written: the disk is full; free some of it and go on"
    if "readonly" in reason:
        return (
            f"the index in {folder} cannot be written: it is read-only; change its permissions or use another --index"
        )
    if isinstance(error, sqlite3.OperationalError):
        return f"the index in {folder} cannot be used ({reason}); is another program at work in it?"
    if type(error) is not sqlite3.DatabaseError:
        return f"the index in {folder} cannot do this ({reason}); correct what it was given, or open it again"
    return f"the index is damaged ({reason}); delete {folder} and sync again, nothing of the documents is lost"


class _Cursor(sqlite3.Cursor):
    """A cursor that tells of damage when it meets it, while fetching too."""

    execute = _telling(sqlite3.Cursor.execute)
    executemany = _telling(sqlite3.Cursor.executemany)
    fetchone = _telling(sqlite3.Cursor.fetchone)
    fetchall = _telling(sqlite3.Cursor.fetchall)
    fetchmany = _telling(sqlite3.Cursor.fetchmany)

    def __next__(self) -> Any:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row


class _Connection(sqlite3.Connection):
    """A connection whose cursors are ours, and which knows the folder of its file."""

    folder = ""

    def cursor(self, factory: Any = _Cursor) -> Any:
        """A cursor. Raises StoreError once closed."""
        try:
            return super().cursor(factory)
        except sqlite3.ProgrammingError as error:
            raise StoreError(_told(error, self.folder)) from error

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """A cursor on the result of one statement."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """A cursor, after one statement for each set of parameters."""
        return self.cursor().executemany(sql, parameters)


class Database:
    """An open file. Every thread gets its own connection; writes go through `transaction`."""

    def __init__(self, path: Path, *, schema: str, format_version: str) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._opening = threading.Lock()
        self._writing = threading.RLock()
        self._closed = False
        self._found = False
        try:
            self.connection.executescript(_META + schema)
            self._check_format(format_version)
        except (StoreError, sqlite3.DatabaseError) as error:
            self.close()
            if isinstance(error, StoreError) and not isinstance(error.__cause__, sqlite3.DatabaseError):
                raise
            reason = error.__cause__ or error
            fix = "where it is one of Citeback's, delete it and sync again; else choose another --index folder"
            raise StoreError(f"{path} cannot be opened as an index ({reason}); {fix}") from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection. Raises StoreError once closed."""
        if self._closed:
            raise StoreClosed(f"{self.path} is closed; open it again")
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            # Only `close` uses a connection from another thread.
            found = self._connected()
            with self._opening:
                self._connections.append((threading.current_thread(), found))
                self._close_orphans()
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA foreign_keys = ON")
            found.row_factory = sqlite3.Row
            self._local.connection = found
        return found

    def _connected(self) -> Any:
        """A new connection. Only the first may make the file: once it is gone, an empty one is not what was opened."""
        name = f"{self.path.absolute().as_uri()}?mode={'rw' if self._found else 'rwc'}"
        try:
            found: Any = sqlite3.connect(
                name, uri=True, timeout=30, isolation_level=None, check_same_thread=False, factory=_Connection
            )
        except sqlite3.Error as error:
            raise StoreError(_told(error, str(self.path.parent))) from error
        found.folder = str(self.path.parent)
        self._found = True
        return found

    def _close_orphans(self) -> None:
        """Close the connections of threads that have ended: a server's worker threads come and go."""
        for thread, connection in self._connections:
            if not thread.is_alive():
                connection.close()
        self._connections = [pair for pair in self._connections if pair[0].is_alive()]

    def _check_format(self, version: str) -> None:
        found = self.meta("format")
        if found is None:
            self.connection.execute(
                "INSERT OR IGNORE INTO meta VALUES ('format', ?), ('identity', ?)", (version, uuid.uuid4().hex)
            )
        elif found != version:
            raise StoreError(f"{self.path} has format {found}, this version reads {version}; choose another --index")

    def close(self) -> None:
        """Close every thread's connection."""
        self._closed = True
        with self._opening:
            for _, connection in self._connections:
                connection.close()
            self._connections.clear()

    @contextmanager
    def transaction(self, *, counts: bool = True) -> Iterator[sqlite3.Connection]:
        """A write transaction that is on disk when the block ends, or undone by an exception.

        Counts the generation, unless what is written concerns nothing that is searched.
        """
        with self._writing:
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if counts:
                    self.set_meta("generation", str(self.generation + 1))
                connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite undo it by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A read transaction: everything read inside is of one moment, whatever is committed meanwhile."""
        connection = self.connection
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def meta(self, key: str) -> str | None:
        """A value kept beside the tables; None where there is none."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row["value"])

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value beside the tables."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def identity(self) -> str:
        """What tells this file from any other made in the same place."""
        return self.meta("identity") or ""

    @property
    def generation(self) -> int:
        """How many changes have been committed; derived indexes are stamped with it."""
        return int(self.meta("generation") or 0)


def marks(values: Sequence[Any]) -> str:
    """A question mark for each value, for a list in a statement."""
    return ", ".join("?" * len(values))


def batched(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values in stretches that fit into one statement."""
    for start in range(0, len(values), _MOST_VALUES):
        yield values[start : start + _MOST_VALUES]
