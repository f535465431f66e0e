"""Folders that lie elsewhere than when they were synced."""

from pathlib import Path

from index.catalog import Catalog
from index.folder import printable


def relocate(catalog: Catalog, was: str, now: Path) -> bool:
    """Whether the folder (or file) `was` was followed, and is from now on followed where it is `now`.

    Nothing else of its documents changes, so that the next sync finds them there instead of adding them once more.
    """
    path = printable(str(now))
    roots = catalog.followed.roots()
    if was not in roots or path in roots:
        return False
    with catalog.transaction(counts=False) as connection:
        connection.execute("UPDATE roots SET path = ? WHERE path = ?", (path, was))
        for table in ("files", "documents"):
            connection.execute(f"UPDATE {table} SET root = ? WHERE root = ?", (path, was))
    return True


def holds_any(catalog: Catalog, root: str, now: Path) -> bool:
    """Whether any of the files of a root that was followed is in the folder `now`, or is it."""
    label = catalog.followed.label(root)
    sources = [source.removeprefix(label) for source in catalog.followed.files(root)]
    return not sources or any((now / source).exists() or now.name == source for source in sources)
