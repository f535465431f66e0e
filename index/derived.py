"""The indexes derived from one generation of the catalog: published whole or not at all, checked before use.

index folder/
  catalog.sqlite            the truth
  derived/000042/           generation 42: dense.faiss, lexical/, manifest.json with a checksum of every file
"""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from index.catalog import Catalog
from index.dense import DenseIndex
from index.lexical import LexicalIndex

_MANIFEST = "manifest.json"
# Raised when what is written into FAISS or Tantivy changes, so that older folders are made again.
_FORMAT = 1
# The one in use by other processes and the new one; older ones are removed.
_KEPT = 2


@dataclass(frozen=True, slots=True)
class Derived:
    """Both searches over one generation."""

    generation: int
    dense: DenseIndex
    lexical: LexicalIndex


def open_or_build(home: Path, catalog: Catalog) -> Derived:
    """The derived indexes of the catalog's generation; rebuilt from stored vectors where missing, behind or damaged."""
    # Two processes that build the same generation at once would take away each other's folder.
    with FileLock(home / "derived.lock"):
        return _open(home, catalog.generation) or _build(home, catalog)


def _folder(home: Path, generation: int) -> Path:
    return home / "derived" / f"{generation:06d}"


def _open(home: Path, generation: int) -> Derived | None:
    folder = _folder(home, generation)
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text())
        if (manifest["format"], manifest["generation"]) != (_FORMAT, generation) or manifest["files"] != _checksums(
            folder
        ):
            return None
        return Derived(generation, DenseIndex.load(folder), LexicalIndex(folder))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        # Whatever is wrong with a derived file, the answer is the same: make it again from the catalog.
        return None


def _build(home: Path, catalog: Catalog) -> Derived:
    generation = catalog.generation
    shelf = home / "derived"
    shelf.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="new-", dir=shelf))
    try:
        DenseIndex(*catalog.all_vectors()).save(work)
        LexicalIndex.build(work, catalog.all_chunks())
        manifest = {"format": _FORMAT, "generation": generation, "files": _checksums(work)}
        (work / _MANIFEST).write_text(json.dumps(manifest, indent=1))
        for file in [*(p for p in work.rglob("*") if p.is_file()), work]:
            _fsync(file)
        target = _folder(home, generation)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(work, target)
        _fsync(shelf)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _tidy(shelf)
    return Derived(generation, DenseIndex.load(target), LexicalIndex(target))


def _tidy(shelf: Path) -> None:
    generations = sorted(p for p in shelf.iterdir() if p.name.isdigit())
    # Unfinished ones are left where a process was killed.
    for old in (*generations[:-_KEPT], *shelf.glob("new-*")):
        shutil.rmtree(old, ignore_errors=True)


def _checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of the index, by path below `folder`. Tantivy's lock files come and go and are left out."""
    sums = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != _MANIFEST and file.suffix != ".lock":
            with open(file, "rb") as stream:
                sums[str(file.relative_to(folder))] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
