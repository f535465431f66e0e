"""The catalog: one SQLite file that is the one truth about files, documents, passages and vectors.

FAISS and Tantivy are derived from it and can always be made again from it. Passage ids are never given twice, so a
derived index that is out of date can name a passage that is gone, but never a wrong one.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.database import Database
from index.embedding import Vectors
from index.errors import DocumentNotFound, ModelError, StoreError
from index.schema import Block, Chunk, Document, Page, Span, Where

_SCHEMA = """
CREATE TABLE IF NOT EXISTS roots (path TEXT PRIMARY KEY, label TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS files (
  root TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
  failure TEXT, PRIMARY KEY (root, source));
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, root TEXT, source TEXT NOT NULL, title TEXT NOT NULL, author TEXT, publisher TEXT, date TEXT,
  text TEXT NOT NULL, characters INTEGER NOT NULL, pages TEXT NOT NULL, blocks TEXT NOT NULL, metadata TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_source ON documents (root, source);
CREATE TABLE IF NOT EXISTS vectors (text_hash TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  text TEXT NOT NULL, "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, heading TEXT NOT NULL, sentences TEXT NOT NULL,
  text_hash TEXT NOT NULL REFERENCES vectors (text_hash));
CREATE INDEX IF NOT EXISTS chunks_by_document ON chunks (document_id);
CREATE INDEX IF NOT EXISTS chunks_by_hash ON chunks (text_hash);
"""
_FORMAT = "1"
_FILTERS = ("id", "source", "title", "author", "publisher", "date")
_CHUNK_COLUMNS = 'id, document_id, text, "start", "end", heading, sentences'
_INFO_COLUMNS = "id, source, title, author, publisher, date, characters"
# SQLite takes at most 32,766 values in one statement.
_MOST_VALUES = 30_000


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read; `failure` is why it holds no documents, if it failed."""

    source: str
    size: int
    modified_ns: int
    sha256: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its text, for lists."""

    id: str
    source: str
    title: str
    author: str | None
    publisher: str | None
    date: str | None
    characters: int


class Catalog(Database):
    """An open catalog. Methods that write are called inside `transaction`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, schema=_SCHEMA, format_version=_FORMAT)

    def pin_model(self, name: str, dimension: int) -> None:
        """Bind the catalog to a model, once. Raises ModelError when it is bound to another."""
        found = self.meta("model")
        wanted = f"{name} ({dimension})"
        if found is None:
            self.set_meta("model", wanted)
        elif found != wanted:
            raise ModelError(f"{self.path} was made with {found}, not {wanted}; set that model or use another --index")

    # Files

    def label_of(self, root: str) -> str:
        """What stands before the sources of this root: nothing for the first, else the folder's own name and "//".

        No path below a folder holds two slashes in a row, so no file of one root can be taken for one of another.
        """
        row = self.connection.execute("SELECT label FROM roots WHERE path = ?", (root,)).fetchone()
        if row is not None:
            return str(row["label"])
        taken = {str(r["label"]) for r in self.connection.execute("SELECT label FROM roots")}
        name = Path(root).name or "folder"
        candidates = ["", name + "//", *(f"{name}-{n}//" for n in range(2, len(taken) + 3))]
        label = next(candidate for candidate in candidates if candidate not in taken)
        self.connection.execute("INSERT INTO roots VALUES (?, ?)", (root, label))
        return label

    def files(self, root: str) -> dict[str, FileState]:
        """The files of a root as last read, by source."""
        rows = self.connection.execute(
            "SELECT source, size, modified_ns, sha256, failure FROM files WHERE root = ?", (root,)
        )
        return {row["source"]: FileState(**dict(row)) for row in rows}

    def put_file(self, root: str, state: FileState) -> None:
        """Remember a file's state."""
        self.connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
            (root, state.source, state.size, state.modified_ns, state.sha256, state.failure),
        )

    def remove_file(self, root: str, source: str) -> None:
        """Forget a file and its documents."""
        self.connection.execute("DELETE FROM files WHERE root = ? AND source = ?", (root, source))
        self.remove_documents_of(root, source)

    def remove_documents_of(self, root: str, source: str) -> None:
        """Delete the documents a file held."""
        self.connection.execute("DELETE FROM documents WHERE root = ? AND source = ?", (root, source))

    # Documents and chunks

    def put_document(
        self, document: Document, chunks: Sequence[Chunk], hashes: Sequence[str], *, root: str | None
    ) -> None:
        """Store a document and its passages, replacing one of the same id. Vectors come first."""
        for chunk in chunks:
            if document.text[chunk.start : chunk.end] != chunk.text:
                raise StoreError(f"a passage of {document.source} is not the text at {chunk.start}:{chunk.end}")
        connection = self.connection
        connection.execute("DELETE FROM documents WHERE id = ?", (document.id,))
        connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(document.id, root, document.source, document.title),
                *(document.author, document.publisher, document.date, document.text, len(document.text)),
                json.dumps([(p.number, p.start, p.end) for p in document.pages]),
                json.dumps([(b.start, b.end, b.kind, b.level) for b in document.blocks]),
                json.dumps(dict(document.metadata)),
            ),
        )
        connection.executemany(
            'INSERT INTO chunks (document_id, text, "start", "end", heading, sentences, text_hash) '
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (c.document_id, c.text, c.start, c.end, c.heading, _spans_to_json(c.sentences), text_hash)
                for c, text_hash in zip(chunks, hashes, strict=True)
            ],
        )

    def delete_documents(self, ids: Iterable[str]) -> int:
        """Delete documents by id; how many there were."""
        return sum(
            self.connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount
            for document_id in ids
        )

    def document(self, document_id: str) -> Document:
        """The document with this id. Raises DocumentNotFound."""
        row = self.connection.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            raise DocumentNotFound(f"no document has the id {document_id!r}; it may have been removed")
        return Document(
            **{key: row[key] for key in ("id", "text", "title", "source", "author", "publisher", "date")},
            pages=tuple(Page(*page) for page in json.loads(row["pages"])),
            blocks=tuple(Block(*block) for block in json.loads(row["blocks"])),
            metadata=json.loads(row["metadata"]),
        )

    def documents(self) -> list[DocumentInfo]:
        """Every document without its text, by source."""
        rows = self.connection.execute(f"SELECT {_INFO_COLUMNS} FROM documents ORDER BY source, id")
        return [DocumentInfo(**dict(row)) for row in rows]

    def infos(self, ids: Iterable[str]) -> dict[str, DocumentInfo]:
        """The documents with these ids, without their text; ids that are gone are left out."""
        found = {}
        for batch in _batched(sorted(set(ids))):
            rows = self.connection.execute(
                f"SELECT {_INFO_COLUMNS} FROM documents WHERE id IN ({_marks(batch)})", tuple(batch)
            )
            found.update({row["id"]: DocumentInfo(**dict(row)) for row in rows})
        return found

    def counts(self) -> tuple[int, int]:
        """How many documents and how many chunks there are."""
        row = self.connection.execute(
            "SELECT (SELECT COUNT(*) FROM documents) AS documents, (SELECT COUNT(*) FROM chunks) AS chunks"
        ).fetchone()
        return int(row["documents"]), int(row["chunks"])

    def matching(self, where: Where) -> set[str]:
        """The ids of the documents whose fields equal those of `where`. Raises StoreError on an unknown field."""
        for key in where:
            if key not in _FILTERS:
                raise StoreError(f"cannot filter by {key!r}; the fields are {', '.join(_FILTERS)}")
        condition = " AND ".join(f"{key} = ?" for key in where) or "TRUE"
        rows = self.connection.execute(f"SELECT id FROM documents WHERE {condition}", tuple(where.values()))
        return {row["id"] for row in rows}

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """The passages with these ids; ids that are gone are left out."""
        found = {}
        for batch in _batched(ids):
            rows = self.connection.execute(
                f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE id IN ({_marks(batch)})", tuple(batch)
            )
            found.update({row["id"]: _chunk(row) for row in rows})
        return found

    def chunk_ids(self, document_ids: Iterable[str]) -> list[int]:
        """The ids of every passage of these documents."""
        return [
            row["id"]
            for batch in _batched(list(document_ids))
            for row in self.connection.execute(
                f"SELECT id FROM chunks WHERE document_id IN ({_marks(batch)})", tuple(batch)
            )
        ]

    def all_chunks(self) -> Iterator[tuple[Chunk, str]]:
        """Every passage, by id, with its document's title, author and publisher in one line."""
        rows = self.connection.execute(
            'SELECT c.id, c.document_id, c.text, c."start", c."end", c.heading, c.sentences, '
            "d.title || ' ' || coalesce(d.author, '') || ' ' || coalesce(d.publisher, '') AS imprint "
            "FROM chunks c JOIN documents d ON d.id = c.document_id ORDER BY c.id"
        )
        for row in rows:
            yield _chunk(row), row["imprint"]

    # Vectors

    def known_hashes(self, hashes: Iterable[str]) -> set[str]:
        """Those of the hashes whose vectors are stored."""
        return {
            row["text_hash"]
            for batch in _batched(sorted(set(hashes)))
            for row in self.connection.execute(
                f"SELECT text_hash FROM vectors WHERE text_hash IN ({_marks(batch)})", tuple(batch)
            )
        }

    def put_vectors(self, vectors: Mapping[str, Vectors]) -> None:
        """Store vectors by the hash of the text they were made from."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
            [(text_hash, vector.astype("<f4").tobytes()) for text_hash, vector in vectors.items()],
        )

    def drop_unused_vectors(self) -> None:
        """Delete vectors no passage uses."""
        self.connection.execute("DELETE FROM vectors WHERE text_hash NOT IN (SELECT text_hash FROM chunks)")

    def all_vectors(self) -> tuple[list[int], Vectors]:
        """Every passage's id and vector, by id: shapes (n,) and (n, dimension)."""
        rows = self.connection.execute(
            "SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.text_hash = c.text_hash ORDER BY c.id"
        ).fetchall()
        vectors = [np.frombuffer(row["vector"], dtype="<f4") for row in rows]
        return [row["id"] for row in rows], np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)


def _chunk(row: sqlite3.Row) -> Chunk:
    return Chunk(
        **{key: row[key] for key in ("id", "document_id", "text", "start", "end", "heading")},
        sentences=tuple(Span(start, end) for start, end in json.loads(row["sentences"])),
    )


def _spans_to_json(spans: Iterable[Span]) -> str:
    return json.dumps([(span.start, span.end) for span in spans])


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _batched(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _MOST_VALUES):
        yield values[start : start + _MOST_VALUES]
