"""One SQLite file: connections, transactions that last, and a generation number that counts them."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import StoreError

_META = "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"


class Database:
    """An open file. Every thread gets its own connection; writes go through `transaction`."""

    def __init__(self, path: Path, *, schema: str, format_version: str) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._opening = threading.Lock()
        self._writing = threading.RLock()
        self._closed = False
        try:
            self.connection.executescript(_META + schema)
            self._check_format(format_version)
        except StoreError:
            self.close()
            raise
        except sqlite3.DatabaseError as error:
            self.close()
            raise StoreError(f"{path} cannot be opened as an index ({error}); choose another --index folder") from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection. Raises StoreError once closed."""
        if self._closed:
            raise StoreError(f"{self.path} is closed; open it again")
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            # Only `close` uses a connection from another thread.
            found = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            with self._opening:
                self._connections.append((threading.current_thread(), found))
                self._close_orphans()
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA foreign_keys = ON")
            found.row_factory = sqlite3.Row
            self._local.connection = found
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
            self.set_meta("format", version)
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
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction that is on disk when the block ends, or undone by an exception. Counts the generation."""
        with self._writing:
            connection = self.connection
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise StoreError(f"{self.path} cannot be written ({error}); is it in use, or the disk full?") from error
            try:
                yield connection
                self.set_meta("generation", str(self.generation + 1))
                connection.execute("COMMIT")
            except BaseException as error:
                # A full disk makes SQLite undo it by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise StoreError(f"{self.path} cannot be written ({error}); nothing was changed") from error
                raise

    def meta(self, key: str) -> str | None:
        """A value kept beside the tables; None where there is none."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row["value"])

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value beside the tables."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def generation(self) -> int:
        """How many changes have been committed; derived indexes are stamped with it."""
        return int(self.meta("generation") or 0)
