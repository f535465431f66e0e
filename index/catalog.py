"""The catalog: one SQLite file that is the one truth about files, documents, passages and vectors.

FAISS and Tantivy are derived from it and can always be made again from it. Passage ids are never given twice, so a
derived index that is out of date can name a passage that is gone, but never a wrong one.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index import followed, vectors
from index.database import Database, batched, marks
from index.errors import DocumentNotFound, ModelError, StoreError
from index.filters import condition_of
from index.records import blocks_from, blocks_record, pages_from, pages_record
from index.schema import Chunk, Document, Origin, Span, Where

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, root TEXT, file TEXT, source TEXT NOT NULL, title TEXT NOT NULL, author TEXT, publisher TEXT,
  date TEXT, text TEXT NOT NULL, characters INTEGER NOT NULL, pages TEXT NOT NULL, blocks TEXT NOT NULL,
  metadata TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_file ON documents (root, file);
CREATE TABLE IF NOT EXISTS chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  text TEXT NOT NULL, "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, heading TEXT NOT NULL, sentences TEXT NOT NULL,
  text_hash BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_by_document ON chunks (document_id);
CREATE INDEX IF NOT EXISTS chunks_by_hash ON chunks (text_hash);
CREATE TABLE IF NOT EXISTS gone (seq INTEGER PRIMARY KEY AUTOINCREMENT, chunk INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS chunk_gone AFTER DELETE ON chunks BEGIN INSERT INTO gone (chunk) VALUES (old.id); END;
"""
_FORMAT = "2"
_CHUNK_COLUMNS = 'id, document_id, text, "start", "end", heading, sentences'
_INFO_COLUMNS = "id, source, title, author, publisher, date, characters"
# So many deletions are remembered for derived indexes to catch up with; those further behind are made anew.
_REMEMBERED = 1_000_000


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
        super().__init__(path, schema=followed.SCHEMA + _SCHEMA + vectors.SCHEMA, format_version=_FORMAT)
        self.followed = followed.Followed(self)
        self.vectors = vectors.VectorTable(self)
        self._counted: tuple[int, tuple[int, int]] | None = None

    def pin_model(self, name: str, dimension: int) -> None:
        """Bind the catalog to a model, once. Raises ModelError when it is bound to another."""
        self.check_model(name, dimension)
        if self.meta("model") is None:
            self.set_meta("model", f"{name} ({dimension})")

    def check_model(self, name: str, dimension: int | None = None) -> None:
        """Raises ModelError when the catalog is bound to another model, or to one of another name."""
        found, wanted = self.meta("model"), name if dimension is None else f"{name} ({dimension})"
        if found is not None and wanted not in (found, found.rpartition(" (")[0]):
            raise ModelError(f"{self.path} was made with {found}, not {wanted}; set that model or use another --index")

    # Documents and chunks

    def put_document(
        self, document: Document, chunks: Sequence[Chunk], hashes: Sequence[bytes], *, origin: Origin | None = None
    ) -> None:
        """Store a document and its passages, replacing one of the same id. `origin` is the file that holds it."""
        for chunk in chunks:
            if document.text[chunk.start : chunk.end] != chunk.text:
                raise StoreError(f"a passage of {document.source} is not the text at {chunk.start}:{chunk.end}")
        connection = self.connection
        connection.execute("DELETE FROM documents WHERE id = ?", (document.id,))
        connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(document.id, *((origin.root, origin.file) if origin else (None, None))),
                *(document.source, document.title),
                *(document.author, document.publisher, document.date, document.text, len(document.text)),
                json.dumps(pages_record(document.pages)),
                json.dumps(blocks_record(document.blocks)),
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

    def remove_file(self, root: str, file: str) -> None:
        """Forget a file and its documents."""
        self.followed.forget(root, file)
        self.remove_documents_of(root, file)

    def remove_documents_of(self, root: str, file: str) -> int:
        """Delete the documents a file held; how many there were."""
        deleted = self.connection.execute("DELETE FROM documents WHERE root = ? AND file = ?", (root, file))
        return int(deleted.rowcount)

    def take_over(self, root: str, *, into: str, below: str) -> None:
        """Let the files of a root be files of another, in its folder `below` ("sub/"); nothing else changes of them."""
        states, was = self.followed.files(root), self.followed.label_of(root)
        self.followed.forget_root(root)
        prefix = self.followed.label_of(into) + below
        for state in states.values():
            source = prefix + state.source.removeprefix(was)
            self.connection.execute(
                "UPDATE documents SET root = ?, file = ?, source = ? || substr(source, ?) WHERE root = ? AND file = ?",
                (into, source, source, len(state.source) + 1, root, state.source),
            )
            self.followed.put(into, [state.renamed(source)])

    def remove_root(self, root: str) -> None:
        """Forget a root, its files and their documents."""
        self.followed.forget_root(root)
        self.connection.execute("DELETE FROM documents WHERE root = ?", (root,))

    def documents_of(self, root: str, file: str) -> list[str]:
        """The ids of the documents a file held."""
        rows = self.connection.execute(
            "SELECT id FROM documents WHERE root = ? AND file = ? ORDER BY rowid", (root, file)
        )
        return [row["id"] for row in rows]

    def has(self, document_id: str) -> bool:
        """Whether there is a document with this id."""
        return self.connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is not None

    def origin(self, document_id: str) -> Origin | None:
        """The file that holds the document; None where none does, or there is no such document."""
        row = self.connection.execute("SELECT root, file FROM documents WHERE id = ?", (document_id,)).fetchone()
        return None if row is None or row["root"] is None else Origin(row["root"], row["file"])

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
            pages=pages_from(json.loads(row["pages"])),
            blocks=blocks_from(json.loads(row["blocks"])),
            metadata=json.loads(row["metadata"]),
        )

    def documents(self) -> list[DocumentInfo]:
        """Every document without its text, by source."""
        rows = self.connection.execute(f"SELECT {_INFO_COLUMNS} FROM documents ORDER BY source, id")
        return [DocumentInfo(**dict(row)) for row in rows]

    def infos(self, ids: Iterable[str]) -> dict[str, DocumentInfo]:
        """The documents with these ids, without their text; ids that are gone are left out."""
        found = {}
        for batch in batched(sorted(set(ids))):
            rows = self.connection.execute(
                f"SELECT {_INFO_COLUMNS} FROM documents WHERE id IN ({marks(batch)})", tuple(batch)
            )
            found.update({row["id"]: DocumentInfo(**dict(row)) for row in rows})
        return found

    def counts(self) -> tuple[int, int]:
        """How many documents and how many chunks there are."""
        if self.connection.in_transaction:
            return self._count()
        with self.snapshot():
            generation = self.generation
            if self._counted is None or self._counted[0] != generation:
                # SQLite counts row by row: over a million passages that is slower than a search.
                self._counted = generation, self._count()
            return self._counted[1]

    def _count(self) -> tuple[int, int]:
        row = self.connection.execute(
            "SELECT (SELECT COUNT(*) FROM documents) AS documents, (SELECT COUNT(*) FROM chunks) AS chunks"
        ).fetchone()
        return int(row["documents"]), int(row["chunks"])

    def matching(self, where: Where) -> set[str]:
        """The ids of the documents that `where` describes. Raises StoreError on an unknown field."""
        condition, values = condition_of(where)
        return {row["id"] for row in self.connection.execute(f"SELECT id FROM documents WHERE {condition}", values)}

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """The passages with these ids; ids that are gone are left out."""
        found = {}
        for batch in batched(ids):
            rows = self.connection.execute(
                f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE id IN ({marks(batch)})", tuple(batch)
            )
            found.update({row["id"]: _chunk(row) for row in rows})
        return found

    def chunk_ids(self, document_ids: Iterable[str]) -> list[int]:
        """The ids of every passage of these documents."""
        return [
            row["id"]
            for batch in batched(list(document_ids))
            for row in self.connection.execute(
                f"SELECT id FROM chunks WHERE document_id IN ({marks(batch)})", tuple(batch)
            )
        ]

    def stream_chunks(self, *, after: int) -> Iterator[tuple[Chunk, str]]:
        """Every passage with a larger id, by id, with its document's title, author and publisher in one line."""
        rows = self.connection.execute(
            'SELECT c.id, c.document_id, c.text, c."start", c."end", c.heading, c.sentences, '
            "d.title || ' ' || coalesce(d.author, '') || ' ' || coalesce(d.publisher, '') AS imprint "
            "FROM chunks c JOIN documents d ON d.id = c.document_id WHERE c.id > ? ORDER BY c.id",
            (after,),
        )
        for row in rows:
            yield _chunk(row), row["imprint"]

    def next_to_embed(self, count: int, *, after: int) -> list[tuple[Chunk, str, bytes]]:
        """Up to `count` passages with a larger id, by id, with their document's title and the hash of their vector."""
        rows = self.connection.execute(
            'SELECT c.id, c.document_id, c.text, c."start", c."end", c.heading, c.sentences, c.text_hash, d.title '
            "FROM chunks c JOIN documents d ON d.id = c.document_id WHERE c.id > ? ORDER BY c.id LIMIT ?",
            (after, count),
        )
        return [(_chunk(row), row["title"], row["text_hash"]) for row in rows]

    def hashes_of(self, document_id: str) -> list[bytes]:
        """The hashes of a document's passages, in order."""
        rows = self.connection.execute("SELECT text_hash FROM chunks WHERE document_id = ? ORDER BY id", (document_id,))
        return [row["text_hash"] for row in rows]

    # What derived indexes need to catch up

    def last_chunk(self) -> int:
        """The largest id a passage was ever given."""
        row = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
        return 0 if row is None else int(row["seq"])

    def last_gone(self) -> int:
        """How many deletions of passages there have been."""
        row = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'gone'").fetchone()
        return 0 if row is None else int(row["seq"])

    def gone_since(self, seq: int) -> list[int] | None:
        """The ids of the passages deleted after the `seq`-th deletion; None where that is too long ago to tell."""
        if seq < self.last_gone() - _REMEMBERED:
            return None
        return [row["chunk"] for row in self.connection.execute("SELECT chunk FROM gone WHERE seq > ?", (seq,))]

    def forget_old_deletions(self) -> None:
        """Drop what `gone_since` no longer tells."""
        self.connection.execute("DELETE FROM gone WHERE seq <= ?", (self.last_gone() - _REMEMBERED,))


def _chunk(row: sqlite3.Row) -> Chunk:
    return Chunk(
        **{key: row[key] for key in ("id", "document_id", "text", "start", "end", "heading")},
        sentences=tuple(Span(start, end) for start, end in json.loads(row["sentences"])),
    )


def _spans_to_json(spans: Iterable[Span]) -> str:
    return json.dumps([(span.start, span.end) for span in spans])
