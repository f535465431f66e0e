"""Makes the catalog hold just what a folder holds."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from index.catalog import Catalog
from index.changes import Changes, changes
from index.embedding import Embedder
from index.errors import FolderError, ModelError, StoreError
from index.filling import Filler
from index.folder import existing_folder, list_files, printable
from index.followed import FileState
from index.ingest import Prepared, batches, prepare, store
from index.looks import Look
from index.progress import Clock
from index.readers import VERSION
from index.readers.builder import document_id, title_from
from index.reading_ahead import outcomes
from index.sandbox import Outcome, Sandbox
from index.schema import Document, Failure, Limits, Origin, ProgressCallback, SyncReport

# What has been written is made searchable first after so many seconds, then ever more rarely.
_FIRST_PUBLISH_SECONDS = 1.5
_PUBLISH_SLOWER = 2.0
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Written:
    """What is to be stored of a file: its state and, unless those it had still stand, its documents."""

    state: FileState
    documents: tuple[Prepared, ...] | None = ()


class Sync:
    """One run over one folder (or file). `publish` makes searchable what has been written so far."""

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        *,
        limits: Limits,
        publish: Callable[[], object],
        progress: ProgressCallback | None,
    ) -> None:
        self._catalog, self._embedder, self._limits = catalog, embedder, limits
        self._publish, self._progress = publish, progress
        self._added: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._vanished: list[str] = []
        self._failed: list[Failure] = []
        self._replaced = False
        self._due = time.monotonic() + _FIRST_PUBLISH_SECONDS
        self._wait = _FIRST_PUBLISH_SECONDS

    def run(
        self, folder: str | Path, *, without: Collection[Path], retry: bool = False, every: bool = False
    ) -> SyncReport:
        """What was done, by source, to make the catalog hold just what `folder` holds.

        Unchanged files cost nothing, moved ones no vectors. A file that cannot be parsed is failed and its former
        documents are removed; a file or subfolder that cannot even be opened is failed and keeps them. Text is written
        first and can be searched by its words while vectors are made. Raises FolderError.
        """
        path = existing_folder(folder)
        if path in without:
            raise FolderError(f"{path} is where the index itself is kept; choose another --index folder")
        outside = all(not path.is_relative_to(other) for other in without)
        root = self._root_of(path) if outside else path
        listed, unlisted = list_files(path, without=without)
        self._take_over(path, without)
        inside = path if path.is_dir() or path == root else path.parent
        label = self._catalog.followed.label_of(printable(str(root))) + _below(inside, root)
        files = {label + source: file for source, file in listed.items()}
        unlisted = [Failure(label + failure.source, failure.reason) for failure in unlisted]
        hidden = tuple(failure.source for failure in unlisted if failure.source.endswith("/"))
        known = {
            source: state
            for source, state in self._catalog.followed.files(printable(str(root))).items()
            if (source in files or path.is_dir() or path == root)
            and source.startswith(label)
            and not source.startswith(hidden)
        }
        self._failed.extend(unlisted)
        clock = Clock(self._progress, "read")
        # A file whose content is compared is not read yet.
        looking = partial(clock.advance, 0)
        found = changes(files, known, readers=self._readers(), retry=retry, every=every, looking=looking)
        self._apply(printable(str(root)), found, known)
        return SyncReport(
            added=tuple(sorted([*self._added, *(new.source for _, new in found.moved)])),
            updated=tuple(sorted(self._updated)),
            unchanged=tuple(sorted(self._unchanged)),
            removed=tuple(sorted([*found.gone, *self._vanished, *(old.source for old, _ in found.moved)])),
            failed=tuple(sorted(self._failed, key=lambda failure: failure.source)),
            moved=tuple(sorted((old.source, new.source) for old, new in found.moved)),
        )

    def _root_of(self, path: Path) -> Path:
        """The root that covers the folder: one that was synced before, or itself."""
        over = (Path(root) for root in self._catalog.followed.roots())
        return next((root for root in over if root != path and path.is_relative_to(root) and root.is_dir()), path)

    def _take_over(self, path: Path, without: Collection[Path]) -> None:
        """Let the files of roots inside the folder be its own; their documents stay as they are."""
        for root in map(Path, self._catalog.followed.roots()):
            if root != path and root.is_relative_to(path) and all(not root.is_relative_to(o) for o in without):
                folder = root.parent if self._catalog.followed.is_one_file(str(root)) else root
                with self._catalog.transaction():
                    self._catalog.take_over(str(root), into=str(path), below=_below(folder, path))

    def _readers(self) -> frozenset[str]:
        return frozenset((VERSION, self._stopped_by()))

    def _stopped_by(self) -> str:
        """The reader's version where it was the limits that ended it: with others it is worth another try."""
        limits = self._limits
        return f"{VERSION} within {limits.seconds} s, {limits.memory_mb} MB, {limits.output_mb} MB"

    def _apply(self, root: str, found: Changes, known: Mapping[str, FileState]) -> None:
        self._failed.extend(found.failed)
        for state in found.same:
            self._keep(state)
        if found.gone or found.moved:
            with self._catalog.transaction():
                for source in found.gone:
                    self._catalog.remove_file(root, source)
            clock = Clock(self._progress, "read", len(found.moved))
            for some in batches(found.moved, passages=lambda _: 1):
                with self._catalog.transaction():
                    for old, new in some:
                        self._move(root, old, new)
                        clock.advance(detail=new.source)
            self._publish()
        with Filler(self._catalog, self._embedder, self._progress) as filler:
            self._read_all(root, found.to_read, known, filler)
            with filler.held():
                self._publish()
            Clock(self._progress, "publish", 1).advance()
            while not filler.finish(_LOOK_SECONDS):
                self._publish_if_due()
        if found.gone or found.moved or self._vanished or self._replaced:
            with self._catalog.transaction():
                for source in self._vanished:
                    self._catalog.remove_file(root, source)
                self._catalog.vectors.drop_unused()
                self._catalog.forget_old_deletions()

    # Files

    def _move(self, root: str, old: FileState, new: FileState) -> None:
        """Let the documents of a file that has another name now keep their ids, and their passages their vectors."""
        for document in [self._catalog.document(i) for i in self._catalog.documents_of(root, old.source)]:
            source = new.source + document.source.removeprefix(old.source)
            title = title_from(source) if document.title == title_from(document.source) else document.title
            prepared = prepare(replace(document, source=source, title=title), self._embedder)
            hashes = self._catalog.hashes_of(document.id)
            if len(hashes) == len(prepared.hashes):
                self._catalog.vectors.alias(zip(prepared.hashes, hashes, strict=True))
            store([prepared], self._catalog, self._embedder, origin=Origin(root, new.source))
        self._catalog.followed.forget(root, old.source)
        self._catalog.followed.put(root, [new])

    def _read_all(self, root: str, to_read: Mapping[str, Path], known: Mapping[str, FileState], filler: Filler) -> None:
        """Read, cut and store files; those ahead are parsed while these are written."""
        clock = Clock(self._progress, "read", len(to_read))

        def parsed(source: str) -> str | None:
            before = known.get(source)
            return before.sha256 if before and before.reader == VERSION and not before.failures else None

        def written(sandbox: Sandbox) -> Iterator[_Written]:
            for source, path, outcome in outcomes(sandbox, to_read, parsed, waiting=lambda: clock.advance(0)):
                failed = len(self._failed)
                found = self._written(root, source, path, outcome, known.get(source))
                clock.advance(detail=source, failure=" ".join(each.reason for each in self._failed[failed:][:1]))
                if found is not None:
                    yield found

        with Sandbox(self._limits) as sandbox:
            for batch in batches(written(sandbox), passages=_passages):
                self._commit(root, batch)
                filler.check()
                self._publish_if_due()

    def _written(
        self, root: str, source: str, path: Path, outcome: Outcome, known: FileState | None
    ) -> _Written | None:
        """What is to be stored of a file; None where nothing is. Notes what became of it for the report."""
        if outcome.look is None or outcome.unopened is not None:
            if os.path.lexists(path):
                self._failed.append(Failure(source, outcome.unopened or "could not be looked at; sync again"))
            elif known:
                self._vanished.append(source)
            return None
        if outcome.same and known:
            # Only the time differs: remember it, so that the next sync need not read the file again.
            state = FileState(source, outcome.look, outcome.sha256, known.reader, known.failures)
            self._keep(state)
            return _Written(state, documents=None)
        if outcome.reading is None:
            return self._gave_up(source, outcome.look, outcome, outcome.failure or "could not be read; sync again")
        read = [self._with_free_id(document, root, source) for document in outcome.reading.documents]
        try:
            documents = tuple(prepare(document, self._embedder) for document in read)
        except ModelError:
            raise
        except StoreError as error:
            return self._gave_up(source, outcome.look, outcome, str(error))
        except Exception as error:  # noqa: BLE001 - one file is never to cost the others
            # Whether that is the file's fault or the machine's: what it held stays, and it is tried again.
            reason = f"could not be cut into passages ({type(error).__name__}: {str(error)[:100]}); please report it"
            self._failed.append(Failure(source, reason))
            return None
        self._failed.extend(outcome.reading.failures)
        if documents:
            (self._updated if known else self._added).append(source)
        state = FileState(source, outcome.look, outcome.sha256, VERSION, outcome.reading.failures)
        return _Written(state, documents)

    def _gave_up(self, source: str, look: Look, outcome: Outcome, reason: str) -> _Written:
        failures = (Failure(source, reason),)
        self._failed.extend(failures)
        reader = VERSION if outcome.sha256 and not outcome.limited else self._stopped_by()
        return _Written(FileState(source, look, outcome.sha256, reader, failures))

    def _with_free_id(self, document: Document, root: str, file: str) -> Document:
        """The document, under another id where a file that was moved took this one along."""
        number, first = 1, document.id
        while self._catalog.has(document.id) and self._catalog.origin(document.id) != Origin(root, file):
            number += 1
            document = replace(document, id=document_id(f"{first}\0again", number))
        return document

    def _keep(self, state: FileState) -> None:
        self._failed.extend(state.failures)
        if not state.failed:
            self._unchanged.append(state.source)

    def _commit(self, root: str, batch: list[_Written]) -> None:
        """Store a batch of files; on disk when this returns."""
        with self._catalog.transaction(counts=any(written.documents is not None for written in batch)):
            for written in batch:
                if written.documents is not None:
                    self._replaced |= self._catalog.remove_documents_of(root, written.state.source) > 0
                    origin = Origin(root, written.state.source)
                    store(written.documents, self._catalog, self._embedder, origin=origin)
            self._catalog.followed.put(root, [written.state for written in batch])

    # Publishing

    def _publish_if_due(self) -> None:
        if time.monotonic() < self._due:
            return
        began = time.monotonic()
        self._publish()
        # A twentieth of the time at most goes into publishing, and less the longer the sync.
        self._wait = max(self._wait * _PUBLISH_SLOWER, 20 * (time.monotonic() - began))
        self._due = time.monotonic() + self._wait


def _below(folder: Path, root: Path) -> str:
    """What the sources of files in the folder begin with, seen from a root around it."""
    below = printable(folder.relative_to(root).as_posix())
    return "" if below == "." else below + "/"


def _passages(written: _Written) -> int:
    return sum(len(each.chunks) for each in written.documents or ())
