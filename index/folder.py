"""Which files a folder holds."""

import os
import re
from collections.abc import Collection
from pathlib import Path

from index.errors import FolderError
from index.schema import Failure

# Control characters, line and paragraph ends, and what turns the direction of what follows. Not joiners and spaces of
# other widths, which Persian names, emoji and the screenshots of some systems have.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def existing_folder(folder: str | Path) -> Path:
    """The folder (or file) as an absolute path without links. Raises FolderError where there is none."""
    if not str(folder).strip():
        raise FolderError("the folder's name is empty; give a folder of documents")
    # Path's own methods raise RuntimeError for a link to itself and for the home of a user there is not.
    root = Path(os.path.realpath(os.path.expanduser(folder)))
    if not root.exists():
        raise FolderError(f"{root} does not exist; give a folder of documents")
    return root


def list_files(root: Path, *, without: Collection[Path] = ()) -> tuple[dict[str, Path], list[Failure]]:
    """Files below `root` by their path in it, and what failed: folders that cannot be listed (their source ends with
    "/") and links that lead outside. Hidden files are left out, and so are the folders in `without`.
    """
    if root.is_file():
        return {printable(root.name): root}, []
    failures: list[Failure] = []

    def fail(error: OSError) -> None:
        folder = Path(error.filename)
        if folder == root:
            raise FolderError(f"{root} cannot be listed ({error.strerror}); check its permissions") from error
        source = printable(folder.relative_to(root).as_posix()) + "/"
        failures.append(Failure(source, f"cannot be listed: {error.strerror}; check its permissions"))

    found = {}
    for folder, subfolders, names in os.walk(root, onerror=fail):
        shown = sorted(name for name in subfolders if not name.startswith("."))
        links = [name for name in shown if os.path.islink(os.path.join(folder, name))]
        subfolders[:] = [name for name in shown if Path(folder, name) not in without]
        for name in sorted([*(name for name in names if not name.startswith(".")), *links]):
            path = Path(folder, name)
            source = printable(path.relative_to(root).as_posix())
            # Path.resolve raises RuntimeError for a link to itself.
            if not Path(os.path.realpath(path)).is_relative_to(root):
                failures.append(Failure(source, "is a link that leads out of the folder; copy what it points to"))
            elif source in found:
                failures.append(Failure(source, "has a name that shows as another file's does; rename it"))
            elif name not in links:
                found[source] = path
    return found, failures


def printable(path: str) -> str:
    r"""The path with an escape for what can be neither stored nor shown: bytes that are not UTF-8, control characters.

    >>> printable("a\x1b[31m.txt")
    'a\\x1b[31m.txt'
    """
    text = path.encode("utf-8", "backslashreplace").decode()
    return text if text.isprintable() else _UNSHOWN.sub(lambda c: c[0].encode("unicode_escape").decode(), text)
