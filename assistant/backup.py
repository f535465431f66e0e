"""Backups of an index with all that lies beside it, taken while it is in use, and their way back."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote_from_bytes

from assistant.archives import CATALOG, FORMAT, USERS, Backup, Manifest, Packing, Tell, of_user, opened
from assistant.errors import BackupError
from assistant.history import FILE as CONVERSATIONS
from assistant.history import History
from assistant.home import UPLOADS
from assistant.placing import check_place, kept_beside, put_file, put_index, suite_of, there_already, workplace
from index.catalog import Catalog
from index.derived import publish
from index.disk import persist
from index.errors import CitebackError
from index.folder import printable
from index.moment import check_whole, copy_moment
from index.relocation import holds_any, relocate


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, where it is, and where is what was there before."""

    manifest: Manifest
    home: Path
    aside: Path | None


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def back_up(
    home: Path, file: Path, *, force: bool = False, folder: Path | None = None, tell: Tell = _silent
) -> Manifest:
    """What the backup of the index in `home` says it is, once it is in `file`, on disk for good.

    It holds the documents with their vectors as they are at one moment, conversations, copies of uploads, and kept
    suites; whoever reads or writes the index need not stop. `folder` is where the documents are, for a later restore.
    Raises BackupError where there is no index, where `file` exists, unless `force`, or cannot be written.
    """
    home, file = Path(os.path.realpath(home)), Path(os.path.realpath(Path(file).parent), Path(file).name)
    if not (home / CATALOG).is_file():
        raise BackupError(f"{home} holds no index; name the one to back up with --index, or its documents with --docs")
    if file.is_dir() or not file.parent.is_dir():
        raise BackupError(f"{file} is a folder or in one there is not; name a file in a folder there is")
    if file.exists() and not force:
        raise there_already(file)
    with _in_one_line(f"{home} cannot be backed up into {file}"), workplace(file) as work:
        copied = work / "home"
        copied.mkdir()
        # Conversations first: what they cite is then in the catalog. Uploads last: of each document its file is there.
        for name in (*(each for each in _of_users(home) if each.endswith(".sqlite")), CONVERSATIONS, CATALOG):
            if (home / name).is_file():
                (copied / name).parent.mkdir(parents=True, exist_ok=True)
                copy_moment(home / name, copied / name, tell=partial(tell, "copy"))
                check_whole(copied / name)
        manifest = _described(copied, home, folder, file)
        packed = work / "packed"
        _pack(packed, copied, home, manifest, tell)
        with opened(packed) as backup:
            put_file(packed, file, force=force)
            return backup.manifest


def restore(
    file: Path, home: Path, *, force: bool = False, folder: Path | None = None, tell: Tell = _silent
) -> Restored:
    """What was restored from a backup to `home`, where nothing is changed before all of it is there and checked.

    An index that is there is moved aside with `force`. `folder` is where its documents are now, if that is known.
    Raises BackupError where the file is no backup, is damaged or from a later Citeback, and where `home` is taken.
    """
    home = Path(os.path.realpath(home))
    with opened(file) as backup, _in_one_line(f"{file} cannot be restored to {home}"):
        # Before the work, which may be long; and again after it.
        check_place(home, {}, force=force)
        home.parent.mkdir(parents=True, exist_ok=True)
        with workplace(home) as work:
            made = work / "home"
            made.mkdir()
            backup.unpack(made, tell)
            kept = _kept(made, backup, home)
            _check(made, backup.manifest, file)
            with _opened(made / CATALOG) as catalog:
                _relocate(catalog, backup.manifest, home, folder)
                tell("index", 0, 1)
                # They are not in the backup: they are half the size of the catalog again, of another moment while
                # somebody writes, FAISS loads a forged file without a word, and to make them again from the stored
                # vectors takes 0.05 s for the seeds, 2 s for 10,000 passages. Made here, so that what is put in place
                # is known to work, and nobody waits for it later.
                publish(made, catalog)
                tell("index", 1, 1)
            persist(made, {})
            return Restored(backup.manifest, home, put_index(made, home, kept, force=force))


def _of_users(home: Path) -> list[str]:
    """The files of users that are kept in an index, by their paths in it."""
    found = (path for path in (home / USERS).rglob("*") if of_user(path.name))
    return sorted(path.relative_to(home).as_posix() for path in found if path.is_file() and not path.is_symlink())


def _described(copied: Path, home: Path, folder: Path | None, file: Path) -> Manifest:
    """The manifest of what was copied, without its files yet. Raises BackupError where `file` would be indexed."""
    with _opened(copied / CATALOG) as catalog:
        documents, passages = catalog.counts()
        roots = [root for root in catalog.followed.roots() if not Path(root).is_relative_to(home)]
        model = catalog.meta("model")
    for root in (*map(Path, roots), home / UPLOADS):
        if file.is_relative_to(root):
            raise BackupError(f"{file} would be indexed as a document, with {root}; name a file outside of it")
    name = printable(str(folder)) if folder else ""
    return Manifest(
        format=FORMAT,
        citeback=_version(),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        home=printable(str(home)),
        folder=name if name in roots else roots[0] if len(roots) == 1 else None,
        model=model,
        documents=documents,
        passages=passages,
        conversations=_conversations(copied),
        files={},
    )


def _pack(packed: Path, copied: Path, home: Path, manifest: Manifest, tell: Tell) -> None:
    uploads = [path for path in sorted((home / UPLOADS).rglob("*")) if path.is_file() and not path.is_symlink()]
    sources = {path.relative_to(copied).as_posix(): path for path in sorted(copied.rglob("*.sqlite"))}
    sources |= {name: home / name for name in _of_users(home) if not name.endswith(".sqlite")}
    sources |= {f"kept{ending}": path for ending, path in kept_beside(home).items() if path.is_file()}
    # Hidden ones are still being copied there.
    sources |= {_encodable(path.relative_to(home)): path for path in uploads if not path.name.startswith(".")}
    total = sum(path.stat().st_size for path in sources.values() if path.exists())
    with Packing(packed, tell, total) as packing:
        for name, path in sources.items():
            try:
                source = open(path, "rb")  # noqa: SIM115 - so that only its absence is passed over
            except FileNotFoundError:
                # Taken out of the library since they were listed.
                continue
            with source:
                packing.add(name, source)
        packing.end(manifest)


def _encodable(path: Path) -> str:
    """The path as a ZIP can hold it; a name that is no text is written in percent signs."""
    name = path.as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        return quote_from_bytes(os.fsencode(name))
    return name


def _kept(made: Path, backup: Backup, home: Path) -> dict[str, bytes]:
    """The files of the suite to be kept beside the index, by what they end with; taken out of the index."""
    was, found = Path(backup.manifest.home).name, {}
    for ending in kept_beside(home):
        if (path := made / f"kept{ending}").exists():
            found[ending] = path.read_bytes()
            path.unlink()
    if ".yaml" in found:
        found[".yaml"] = suite_of(found[".yaml"], was, home.name)
    return found


def _check(made: Path, manifest: Manifest, file: Path) -> None:
    """Raises BackupError where what was unpacked cannot be opened, or is not what was backed up."""
    try:
        for database in made.rglob("*.sqlite"):
            check_whole(database)
        with _opened(made / CATALOG) as catalog:
            found = (*catalog.counts(), _conversations(made))
    except CitebackError as error:
        reason = str(error).replace(f"{made}/", "").partition(";")[0]
        raise BackupError(f"{file} cannot be opened: {reason}; update Citeback, or use another backup") from error
    told = (manifest.documents, manifest.passages, manifest.conversations)
    if found != told:
        counts = ", ".join(map(str, found)), ", ".join(map(str, told))
        raise BackupError(
            f"{file} holds {counts[0]} documents, passages and conversations, its manifest says {counts[1]}"
        )


def _relocate(catalog: Catalog, manifest: Manifest, home: Path, folder: Path | None) -> None:
    """Let the uploads, and the folder of documents, be followed where they are now."""
    relocate(catalog, f"{manifest.home}/{UPLOADS}", home / UPLOADS)
    if folder is None or manifest.folder is None or manifest.folder == printable(str(folder)):
        return
    if not holds_any(catalog, manifest.folder, folder):
        # The next sync would take every document out.
        raise BackupError(f"{folder} holds no file of {manifest.folder}; name the folder they are in, or use --index")
    relocate(catalog, manifest.folder, folder)


def _conversations(home: Path) -> int:
    folders = {path.parent for path in home.rglob(CONVERSATIONS)}
    return sum(len(History(folder).conversations()) for folder in folders)


@contextmanager
def _opened(path: Path) -> Iterator[Catalog]:
    catalog = Catalog(path)
    try:
        yield catalog
    finally:
        catalog.close()


@contextmanager
def _in_one_line(failed: str) -> Iterator[None]:
    """Whatever fails for a reason outside, told as what failed and why."""
    try:
        yield
    except BackupError:
        raise
    except (CitebackError, OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BackupError(f"{failed}: {' '.join(reason.split())}") from error


def _version() -> str:
    try:
        return version("citeback")
    except PackageNotFoundError:
        return "unknown"
