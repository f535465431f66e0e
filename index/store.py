"""The index one opens: it follows folders, takes documents, and searches them."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.catalog import Catalog, DocumentInfo
from index.derived import Derived, open_or_build
from index.embedding import BUNDLED, Embedder, TransformerEmbedder
from index.errors import StoreError
from index.ingest import embed, prepare, store
from index.progress import Clock
from index.retrieval import retrieve
from index.schema import Document, ProgressCallback, ScoredChunk, SyncReport, Where
from index.sync import sync_folder
from index.vocabulary import Vocabulary

_LOCK_SECONDS = 60


class Index:
    """Documents on disk, searchable. Many readers, one writer at a time. Make one with `Index.open`."""

    def __init__(self, home: Path, catalog: Catalog, embedder: Embedder) -> None:
        self.home = home
        self.embedder = embedder
        self._catalog = catalog
        self._derived: Derived | None = None
        self._vocabulary: tuple[int, Vocabulary] | None = None
        self._refreshing = threading.Lock()

    @classmethod
    def open(cls, home: str | Path, *, embedder: Embedder | None = None, model: str = BUNDLED) -> "Index":
        """The index kept in the folder `home`, made if there is none.

        `model` is a sentence-transformers model by name or path; an index stays with the model it was made with, and
        with another raises ModelError. `embedder` replaces it altogether. Raises StoreError if `home` is unusable.
        """
        home = Path(home)
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{home} cannot hold an index ({error.strerror}); choose another --index folder"
            ) from error
        return cls(home, Catalog(home / "catalog.sqlite"), embedder or TransformerEmbedder(model))

    def close(self) -> None:
        """Close the files. An index is also a context manager."""
        self._catalog.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def search(self, query: str | Sequence[str], *, k: int = 10, where: Where | None = None) -> list[ScoredChunk]:
        """Up to `k` passages, best first. Several queries are wordings of one question, searched for together.

        `where` keeps documents whose author, publisher, date, source, title or id equals the value given.
        """
        if k < 1 or not self.counts()[1]:
            return []
        self._pin_model()
        queries = [_whole(text) for text in ([query] if isinstance(query, str) else query)]
        where = {field: _whole(value) for field, value in (where or {}).items()}
        return retrieve(
            queries, k=k, where=where, catalog=self._catalog, derived=self.derived(), embedder=self.embedder
        )

    def document(self, document_id: str) -> Document:
        """The document with this id. Raises DocumentNotFound."""
        return self._catalog.document(document_id)

    def documents(self) -> list[DocumentInfo]:
        """Every document without its text, by source."""
        return self._catalog.documents()

    def infos(self, ids: Iterable[str]) -> dict[str, DocumentInfo]:
        """These documents without their text, by id; ids that are gone are left out."""
        return self._catalog.infos(ids)

    def counts(self) -> tuple[int, int]:
        """How many documents and how many passages there are."""
        return self._catalog.counts()

    def derived(self) -> Derived:
        """Both searchable indexes of the catalog's present generation."""
        with self._refreshing:
            if self._derived is None or self._derived.generation != self._catalog.generation:
                self._derived = open_or_build(self.home, self._catalog)
            return self._derived

    def vocabulary(self) -> Vocabulary:
        """The terms of the index and their rarity, as of now."""
        derived = self.derived()
        if self._vocabulary is None or self._vocabulary[0] != derived.generation:
            self._vocabulary = derived.generation, Vocabulary(derived.lexical, self.counts()[1])
        return self._vocabulary[1]

    # Writing

    def sync(self, folder: str | Path, *, progress: ProgressCallback | None = None) -> SyncReport:
        """What was done to make the index hold just what the folder (or one file) holds now.

        Documents from other folders and from `add` are left alone. Raises FolderError where there is no such folder.
        """
        with self._writing(progress):
            return sync_folder(folder, self._catalog, self.embedder, progress=progress)

    def add(self, documents: Iterable[Document], *, progress: ProgressCallback | None = None) -> list[str]:
        """The ids of the documents added; those with an id already there replace it."""
        clock = Clock(progress)
        with self._writing(progress):
            prepared = [prepare(document, self.embedder) for document in documents]
            clock.start("embed", sum(len(each.chunks) for each in prepared))
            embed(prepared, self._catalog, self.embedder, clock)
            with self._catalog.transaction():
                store(prepared, self._catalog, root=None)
            return [each.document.id for each in prepared]

    def delete(self, ids: Iterable[str]) -> int:
        """How many documents were deleted. A file's document comes back when the file next changes."""
        with self._writing(None), self._catalog.transaction():
            count = self._catalog.delete_documents(ids)
            self._catalog.drop_unused_vectors()
            return count

    @contextmanager
    def _writing(self, progress: ProgressCallback | None) -> Iterator[None]:
        """Be the one writer, then publish the derived indexes."""
        try:
            lock = FileLock(self.home / "writer.lock", timeout=_LOCK_SECONDS)
            with lock:
                yield
        except Timeout as error:
            raise StoreError(
                f"{self.home} is being written by another process for over {_LOCK_SECONDS} s; wait for it to end"
            ) from error
        clock = Clock(progress)
        clock.start("publish", 1)
        self.derived()
        clock.advance()

    def _pin_model(self) -> None:
        self._catalog.pin_model(self.embedder.name, self.embedder.dimension)


def _whole(text: str) -> str:
    """The text with "?" for each half of a character (a lone surrogate), which none of the libraries below takes."""
    return text.encode("utf-8", "replace").decode()
