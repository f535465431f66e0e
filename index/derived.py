"""The indexes derived from one generation of the catalog: published whole or not at all, checked before use.

index folder/
  catalog.sqlite            the truth
  derived/000042/           generation 42: dense files, lexical/, manifest.json with a checksum of every file

A new generation costs what changed: it shares the files of the one before and adds to them. Folders are never altered
once published, so a reader keeps the one it has opened.
"""

import json
import os
import shutil
import stat
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from index.catalog import Catalog
from index.dense import DenseIndex
from index.disk import checksums, fsync, persist
from index.errors import StoreError
from index.lexical import LexicalIndex

_MANIFEST = "manifest.json"
# Raised when what is written into FAISS or Tantivy changes, so that older folders are made again.
_FORMAT = 3
# Tantivy goes on counting the words of what was deleted. Where it would be a larger share than this, and more than a
# few, the index is made anew: else rarity, and with it the order of what is found, would be that of documents gone.
_GHOSTS_SHARE, _FEW_GHOSTS = 1 / 8, 32
# The one in use by other processes and the new one; older ones are removed.
_KEPT = 2


@dataclass(frozen=True, slots=True)
class State:
    """Which catalog, which moment of it, and how far: passages up to `words` by their words, up to `vectors` by their
    meaning, the first `gone` deletions taken out, of which the words of the last `ghosts` are still counted.
    """

    catalog: str
    generation: int
    words: int
    vectors: int
    gone: int
    ghosts: int = 0


@dataclass(frozen=True, slots=True)
class Derived:
    """Both searches over one generation."""

    state: State
    dense: DenseIndex
    lexical: LexicalIndex

    @property
    def generation(self) -> int:
        """The generation of the catalog these were made of."""
        return self.state.generation


def newest(home: Path, catalog: Catalog, *, than: int = -1) -> Derived | None:
    """The newest sound generation on disk that is newer `than` that one; None where there is none."""
    identity, generation = catalog.identity, catalog.generation
    for folder in reversed(_published(home)):
        if than < int(folder.name) <= generation and (state := _sound(folder, identity)):
            try:
                return Derived(state, DenseIndex.load(folder), LexicalIndex(folder))
            except (OSError, ValueError, RuntimeError):
                # Taken away between the look and the opening, or damaged in a way the checksums allow: try another.
                continue
    return None


def publish(home: Path, catalog: Catalog) -> Derived:
    """The derived indexes of the catalog's generation, made from an older one, or else from the catalog alone.

    Raises StoreError where they cannot be written: the older ones stay as they are.
    """
    try:
        return _publish(home, catalog)
    except (OSError, ValueError, RuntimeError) as error:
        # OSError is ours, ValueError Tantivy's, RuntimeError FAISS's.
        reason = " ".join(str(error).split())[:200]
        raise StoreError(f"{home} cannot hold the search indexes ({reason}); free some disk and sync again") from error


def _publish(home: Path, catalog: Catalog) -> Derived:
    shelf = home / "derived"
    shelf.mkdir(parents=True, exist_ok=True)
    # Two processes that publish the same generation at once would take away each other's folder.
    with FileLock(home / "derived.lock"), catalog.snapshot():
        state = _state(catalog)
        older = next((f for f in reversed(_published(home)) if _is_of(f, state) and _sound(f, state.catalog)), None)
        if older is None or int(older.name) != state.generation:
            work = Path(tempfile.mkdtemp(prefix="new-", dir=shelf))
            try:
                state = _make(work, older, catalog, state)
                _put_up(work, shelf, state)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        _tidy(home, state.generation)
        folder = _folder(home, state.generation)
        return Derived(state, DenseIndex.load(folder), LexicalIndex(folder))


def _state(catalog: Catalog) -> State:
    return State(catalog.identity, catalog.generation, catalog.last_chunk(), catalog.vectors.upto, catalog.last_gone())


def _make(work: Path, older: Path | None, catalog: Catalog, state: State) -> State:
    """Their state, with both indexes in the folder `work`, and their manifest, on disk."""
    was = _sound(older, state.catalog) if older else None
    gone = catalog.gone_since(was.gone) if was else None
    kept: dict[str, str] = {}
    if older is None or was is None or gone is None:
        LexicalIndex.build(work, catalog.stream_chunks(after=0))
        DenseIndex.build(
            work, catalog.vectors.stream(after=0, upto=state.vectors), catalog.vectors.count(state.vectors)
        )
    else:
        kept = _manifest(older)["files"]
        ghosts = was.ghosts + sum(chunk <= was.words for chunk in gone)
        if ghosts > max(_FEW_GHOSTS, _GHOSTS_SHARE * catalog.counts()[1]):
            LexicalIndex.build(work, catalog.stream_chunks(after=0))
        else:
            LexicalIndex.extend(work, older, catalog.stream_chunks(after=was.words), gone=gone)
            state = replace(state, ghosts=ghosts)
        added = catalog.vectors.stream(after=was.vectors, upto=state.vectors)
        if not DenseIndex.extend(work, older, added, gone):
            everything = catalog.vectors.stream(after=0, upto=state.vectors)
            DenseIndex.build(work, everything, catalog.vectors.count(state.vectors))
    files = checksums(work, without=_MANIFEST)
    (work / _MANIFEST).write_text(json.dumps({"format": _FORMAT, "state": asdict(state), "files": files}, indent=1))
    persist(work, {name: sum for name, sum in kept.items() if files.get(name) == sum})
    return state


def _put_up(work: Path, shelf: Path, state: State) -> None:
    # Whoever may read the index may read these: Tantivy and mkdtemp make what only their owner may.
    mode = stat.S_IMODE(shelf.stat().st_mode)
    work.chmod(mode)
    for path in work.rglob("*"):
        path.chmod(mode if path.is_dir() else mode & 0o666)
    target = shelf / f"{state.generation:06d}"
    shutil.rmtree(target, ignore_errors=True)
    os.rename(work, target)
    fsync(shelf)


def _folder(home: Path, generation: int) -> Path:
    return home / "derived" / f"{generation:06d}"


def _published(home: Path) -> list[Path]:
    """The folders of generations, oldest first."""
    try:
        found = [Path(entry.path) for entry in os.scandir(home / "derived") if entry.name.isdigit()]
    except OSError:
        return []
    return sorted(found, key=lambda folder: int(folder.name))


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / _MANIFEST).read_text())
    return found


def _sound(folder: Path, identity: str) -> State | None:
    """The state of a folder all of whose files are as they were published; None for any other."""
    try:
        manifest = _manifest(folder)
        state = State(**manifest["state"])
        if (manifest["format"], state.catalog, state.generation) != (_FORMAT, identity, int(folder.name)):
            return None
        return state if manifest["files"] == checksums(folder, without=_MANIFEST) else None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        # Whatever is wrong with a derived file, the answer is the same: make it again from the catalog.
        return None


def _is_of(folder: Path, state: State) -> bool:
    """Whether a folder is of the past or present; one of the future was left behind by a catalog since replaced."""
    return int(folder.name) <= state.generation


def _tidy(home: Path, generation: int) -> None:
    folders = _published(home)
    kept = [folder for folder in folders if int(folder.name) <= generation][-_KEPT:]
    # Unfinished ones are left where a process was killed.
    for old in (*(set(folders) - set(kept)), *(home / "derived").glob("new-*")):
        shutil.rmtree(old, ignore_errors=True)
