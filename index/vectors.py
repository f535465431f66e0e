"""The part of the catalog that keeps vectors by the hash of their text, whichever passages share it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.database import Database, batched, marks
from index.embedding import Vectors

SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (id INTEGER PRIMARY KEY, text_hash BLOB NOT NULL UNIQUE, vector BLOB NOT NULL);
"""
_UPTO = "embedded_upto"
# Half precision: half the disk, and cosines move by less than 0.0005.
_STORED = np.dtype("<f2")


class VectorTable:
    """Vectors, and how far the passages have theirs. Methods that write are called inside a transaction.

    Passages get their vectors in the order of their ids, so one number tells which have them: all up to `upto`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: tuple[tuple[int, int], int] | None = None

    @property
    def upto(self) -> int:
        """The id up to which every passage has its vector."""
        return int(self._database.meta(_UPTO) or 0)

    def advance(self, upto: int) -> None:
        """Say that every passage up to this id has its vector."""
        self._database.set_meta(_UPTO, str(upto))

    def waiting(self) -> int:
        """How many passages are found by their words only so far."""
        moment = self._database.generation, self.upto
        if self._counted is None or self._counted[0] != moment:
            # Over an index that holds the ids alone; the passages themselves are a gigabyte in a million.
            row = self._database.connection.execute(
                "SELECT COUNT(*) AS n FROM chunks INDEXED BY chunks_by_hash WHERE id > ?", (moment[1],)
            ).fetchone()
            self._counted = moment, int(row["n"])
        return self._counted[1]

    def count(self, upto: int) -> int:
        """How many passages there are up to this id."""
        row = self._database.connection.execute("SELECT COUNT(*) AS n FROM chunks WHERE id <= ?", (upto,)).fetchone()
        return int(row["n"])

    def known(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Those of the hashes whose vectors are stored."""
        return {
            row["text_hash"]
            for batch in batched(sorted(set(hashes)))
            for row in self._database.connection.execute(
                f"SELECT text_hash FROM vectors WHERE text_hash IN ({marks(batch)})", tuple(batch)
            )
        }

    def put(self, vectors: Mapping[bytes, Vectors]) -> None:
        """Store vectors by the hash of the text they were made from."""
        self._database.connection.executemany(
            "INSERT OR IGNORE INTO vectors (text_hash, vector) VALUES (?, ?)",
            [(text_hash, vector.astype(_STORED).tobytes()) for text_hash, vector in vectors.items()],
        )

    def alias(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        """For each (new hash, old hash): let the new one have the old one's vector, if there is one."""
        self._database.connection.executemany(
            "INSERT OR IGNORE INTO vectors (text_hash, vector) SELECT ?, vector FROM vectors WHERE text_hash = ?",
            list(pairs),
        )

    def drop_unused(self) -> None:
        """Delete vectors no passage uses."""
        self._database.connection.execute("DELETE FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM chunks)")

    def stream(self, *, after: int, upto: int, size: int = 16_384) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """The ids and vectors of the passages with after < id <= upto, in batches: shapes (n,) and (n, dimension)."""
        cursor: Any = self._database.connection.execute(
            "SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.text_hash = c.text_hash "
            "WHERE c.id > ? AND c.id <= ? ORDER BY c.id",
            (after, upto),
        )
        while rows := cursor.fetchmany(size):
            yield np.fromiter((row["id"] for row in rows), np.int64, len(rows)), _stacked([r["vector"] for r in rows])


def _stacked(blobs: Sequence[bytes]) -> Vectors:
    return np.frombuffer(b"".join(blobs), dtype=_STORED).reshape(len(blobs), -1).astype(np.float32)
