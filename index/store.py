"""The index one opens: it follows folders, takes documents, and searches them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from index import writing
from index.catalog import Catalog, DocumentInfo
from index.derived import Derived
from index.embedding import BUNDLED, Embedder, TransformerEmbedder
from index.errors import FolderError, StoreError
from index.filling import Filler
from index.folder import printable
from index.ingest import batches, prepare, store
from index.integrity import damage
from index.progress import Clock
from index.published import Published
from index.reranking import ByPassage, CrossEncoderReranker, Reordering
from index.retrieval import retrieve
from index.schema import (
    Box,
    Chunk,
    Document,
    Limits,
    Origin,
    Picture,
    PrintedPage,
    ProgressCallback,
    ScoredChunk,
    SyncReport,
    Where,
)
from index.sync import Sync
from index.viewing import Viewer
from index.vocabulary import Vocabulary

_LOOK_SECONDS = 0.5


class Index:
    """Documents on disk, searchable. Many readers, one writer at a time. Make one with `Index.open`."""

    def __init__(
        self, home: Path, catalog: Catalog, embedder: Embedder, limits: Limits, reranker: Reordering | None = None
    ) -> None:
        self.home = home
        self.embedder = embedder
        self.reranker = reranker
        self.limits = limits
        self._catalog = catalog
        self._published = Published(home, catalog)
        self._viewer = Viewer(catalog, limits)

    @classmethod
    def open(
        cls,
        home: str | Path,
        *,
        embedder: Embedder | None = None,
        model: str = BUNDLED,
        limits: Limits | None = None,
        reranker: Reordering | str | None = None,
    ) -> "Index":
        """The index kept in the folder `home`, made if there is none.

        `model` is a sentence-transformers model by name or path; an index stays with the model it was made with, and
        with another raises ModelError. `embedder` replaces it altogether. `limits` are what parsing a file may take.
        `reranker` puts what was found into another order: a CrossEncoder of sentence-transformers by name or path,
        which reads passages, or any other way, as `BySentence(Reader().answering())`. Raises StoreError if `home` is
        unusable.
        """
        home = Path(home)
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{home} cannot hold an index ({error.strerror}); choose another --index folder"
            ) from error
        catalog = Catalog(home / "catalog.sqlite")
        embedder, limits = embedder or TransformerEmbedder(model), limits or Limits()
        reranker = ByPassage(CrossEncoderReranker(reranker)) if isinstance(reranker, str) else reranker
        return cls(home.resolve(), catalog, embedder, limits, reranker)

    def close(self) -> None:
        """Close the files. An index is also a context manager."""
        self._viewer.close()
        self._catalog.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def search(
        self, query: str | Sequence[str] | Mapping[str, float], *, k: int = 10, where: Where | None = None
    ) -> list[ScoredChunk]:
        """Up to `k` passages, best first. Several queries are wordings of one question, searched for together.

        They count alike, or as much as their weights say. A passage's score, 0 to 1, says how near the best it comes,
        unless a reranker replaces or moves it. `where` keeps documents by author, publisher, title, id or source
        ("reports/" is all that is in a folder), by format (what the source ends with, "pdf"), and by date: "date"
        ("2025-02" is all of that month), "after" and "before" (both with the day, month or year they name).
        """
        k = min(k, self.counts()[1])
        if k < 1:
            return []
        self._catalog.check_model(self.embedder.name, self.embedder.dimension)
        queries = _weighted(query)
        if not queries:
            return []
        where = {field: _whole(value) for field, value in (where or {}).items()}
        depth = max(k, self.reranker.depth) if self.reranker else k
        found = retrieve(
            queries, k=depth, where=where, catalog=self._catalog, derived=self.derived(), embedder=self.embedder
        )
        if self.reranker is None:
            return found
        titles = {info.id: info.title for info in self.infos(hit.chunk.document_id for hit in found).values()}
        # Documents that are gone meanwhile have none.
        there = [hit for hit in found if hit.chunk.document_id in titles]
        return self.reranker.reordered(next(iter(queries)), there, titles, self.vocabulary())[:k]

    def document(self, document_id: str) -> Document:
        """The document with this id. Raises DocumentNotFound."""
        return self._catalog.document(document_id)

    def documents(self) -> list[DocumentInfo]:
        """Every document without its text, by source."""
        return self._catalog.documents()

    def passages(self, document_id: str) -> list[Chunk]:
        """The document's passages, in its order; none of a document there is not."""
        found = self._catalog.chunks(self._catalog.chunk_ids([document_id]))
        return sorted(found.values(), key=lambda chunk: chunk.start)

    def infos(self, ids: Iterable[str]) -> dict[str, DocumentInfo]:
        """These documents without their text, by id; ids that are gone are left out."""
        return self._catalog.infos(ids)

    def counts(self) -> tuple[int, int]:
        """How many documents and how many passages there are."""
        return self._catalog.counts()

    def waiting(self) -> int:
        """How many passages are found by their words only so far, because their vectors are still being made."""
        return self._catalog.vectors.waiting()

    def derived(self) -> Derived:
        """Both searchable indexes, of the newest generation there is; see `Published.newest`."""
        return self._published.newest()

    def vocabulary(self) -> Vocabulary:
        """The terms of the index and their rarity, as of now."""
        return self._published.vocabulary()

    def damage(self) -> list[str]:
        """What is wrong with the index on disk, a line each; empty where nothing is. Reads all of it.

        Raises StoreError where the file itself is broken.
        """
        return damage(self._catalog)

    def boxes(self, document_id: str, start: int, end: int) -> list[Box]:
        """Where `document.text[start:end]` is printed: a box for each line of print, none for formats without print.

        Raises StoreError where the file is gone or has changed since it was read, ReadError where its print cannot be
        placed.
        """
        return self._viewer.boxes(self.document(document_id), start, end)

    def print_of(self, document_id: str, page: int) -> PrintedPage:
        """The lines of print of a page: which of the document's characters stand where. Raises as `boxes` does."""
        return self._viewer.print_of(self.document(document_id), page)

    def picture(self, document_id: str, page: int, *, width: int = 1000) -> Picture:
        """A printed page, `width` pixels wide. Raises as `boxes` does."""
        return self._viewer.picture(self.document(document_id), page, width=width)

    # Writing

    def sync(
        self, folder: str | Path, *, progress: ProgressCallback | None = None, retry: bool = False, every: bool = False
    ) -> SyncReport:
        """What was done to make the index hold just what the folder (or one file) holds now.

        Documents from other folders and from `add` are left alone. Text can be searched by its words as soon as it is
        read, by its meaning when this returns. An interrupted sync loses nothing: the next one goes on from there. An
        exception that `progress` raises ends it so; `progress` hears something every second or so, but for the time it
        takes to publish what was read. With `retry`, files that failed are read again although they have not changed;
        with `every`, each file's content is compared, also where size and times are as before. Raises FolderError where
        there is no such folder.
        """
        with self._writing(progress, adds=True) as publish:
            run = Sync(self._catalog, self.embedder, limits=self.limits, publish=publish, progress=progress)
            return run.run(folder, without=[self.home], retry=retry, every=every)

    def origin(self, document_id: str) -> Origin | None:
        """The file that the document was read from; None where there is none, or no such document."""
        return self._catalog.origin(document_id)

    def add(
        self,
        documents: Iterable[Document],
        *,
        origins: Mapping[str, Origin] | None = None,
        progress: ProgressCallback | None = None,
    ) -> list[str]:
        """The ids of the documents added; those with an id already there replace it.

        `origins`, by id, are of documents that were deleted and come back: they are of their file again, which the next
        sync goes by. Many are stored a batch at a time: where one is refused, the batches before it stay.
        """
        origins = origins or {}
        ids: list[str] = []
        with self._writing(progress, adds=True) as publish, Filler(self._catalog, self.embedder, progress) as filler:
            prepared = (prepare(document, self.embedder) for document in documents)
            for batch in batches(prepared, passages=lambda each: len(each.chunks)):
                with self._catalog.transaction():
                    for each in batch:
                        store([each], self._catalog, self.embedder, origin=origins.get(each.document.id))
                ids.extend(each.document.id for each in batch)
                filler.check()
            with filler.held():
                publish()
            while not filler.finish(_LOOK_SECONDS):
                continue
        return ids

    def delete(self, ids: Iterable[str]) -> int:
        """How many documents were deleted. A file's document comes back when the file next changes."""
        with self._writing(), self._catalog.transaction():
            count = self._catalog.delete_documents(ids)
            self._catalog.vectors.drop_unused()
            return count

    def forget(self, folder: str | Path) -> int:
        """How many documents were removed: those of a folder that was synced, which may be there no more.

        Raises FolderError where no such folder is followed.
        """
        path = os.path.realpath(os.path.expanduser(folder))
        with self._writing(), self._catalog.transaction():
            if printable(path) not in (roots := self._catalog.followed.roots()):
                followed = ", ".join(roots) or "none"
                raise FolderError(f"{path} is no folder that was synced into this index; those are: {followed}")
            before = self._catalog.counts()[0]
            self._catalog.remove_root(printable(path))
            self._catalog.vectors.drop_unused()
            return before - self._catalog.counts()[0]

    @contextmanager
    def _writing(
        self, progress: ProgressCallback | None = None, *, adds: bool = False
    ) -> Iterator[Callable[[], object]]:
        """Be the one writer; gives what publishes the derived indexes, which is also done at the end.

        Raises ModelError where something is to be added with a model that is not the index's own.
        """
        with writing.only_writer(self.home):
            if adds:
                self._catalog.check_model(self.embedder.name)
            yield self._published.publish
            clock = Clock(progress, "publish", 1)
            self._published.publish()
            clock.advance()


def _weighted(query: str | Sequence[str] | Mapping[str, float]) -> dict[str, float]:
    """Each wording that counts for anything, with its weight."""
    if isinstance(query, Mapping):
        return {_whole(text): weight for text, weight in query.items() if weight > 0}
    return dict.fromkeys(map(_whole, [query] if isinstance(query, str) else query), 1.0)


def _whole(text: str) -> str:
    """The text with "?" for each half of a character (a lone surrogate), which none of the libraries below takes."""
    return text.encode("utf-8", "replace").decode()
