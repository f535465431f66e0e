"""Which files a folder holds."""

import os
from pathlib import Path

from index.errors import FolderError
from index.schema import Failure


def existing_folder(folder: str | Path) -> Path:
    """The folder (or file) as an absolute path without links. Raises FolderError where there is none."""
    # Path's own methods raise RuntimeError for a link to itself and for the home of a user there is not.
    root = Path(os.path.realpath(os.path.expanduser(folder)))
    if not root.exists():
        raise FolderError(f"{root} does not exist; give a folder of documents")
    return root


def list_files(root: Path) -> tuple[dict[str, Path], list[Failure]]:
    """Files below `root` by their path in it, hidden ones and links that lead outside left out; folders that failed."""
    if root.is_file():
        return {printable(root.name): root}, []
    unlisted: list[Failure] = []

    def fail(error: OSError) -> None:
        folder = Path(error.filename)
        if folder == root:
            raise FolderError(f"{root} cannot be listed ({error.strerror}); check its permissions") from error
        source = printable(folder.relative_to(root).as_posix()) + "/"
        unlisted.append(Failure(source, f"cannot be listed: {error.strerror}; check its permissions"))

    found = {}
    for folder, subfolders, names in os.walk(root, onerror=fail):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            # Path.resolve raises RuntimeError for a link to itself.
            if not name.startswith(".") and Path(os.path.realpath(path)).is_relative_to(root):
                found[printable(path.relative_to(root).as_posix())] = path
    return found, unlisted


def printable(path: str) -> str:
    """The path with an escape for each byte of a name that is not UTF-8, which can be neither stored nor shown."""
    return path.encode("utf-8", "backslashreplace").decode()
