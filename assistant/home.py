"""Where a user's indexes and uploads live."""

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

import platformdirs

from assistant.settings import Settings
from index import FolderError

_SEEDS = Path(__file__).resolve().parent.parent / "seeds"


def default_folder(settings: Settings) -> Path:
    """The folder of documents where none is named: the setting `docs`, else the seeds that come with Citeback."""
    if settings.docs:
        return settings.docs
    if _SEEDS.is_dir():
        return _SEEDS
    raise FolderError("no documents named; give --docs FOLDER or set CITEBACK_DOCS")


def data_folder(settings: Settings) -> Path:
    """Where everything is kept: the setting `data_dir`, else the user's data directory."""
    return settings.data_dir or platformdirs.user_data_path("citeback", appauthor=False)


def index_home(folder: Path, settings: Settings) -> Path:
    """Where the index of a folder (an absolute path) is kept: a place of its own in the user's data directory."""
    name = re.sub(r"[^\w-]+", "-", folder.name)[:40] or "documents"
    return data_folder(settings) / "indexes" / f"{name}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"


# The folder beside an index that holds copies of what was added on the page.
UPLOADS = "uploads"


def take_in(paths: Sequence[str | Path], uploads: Path) -> Path:
    """The folder `uploads`, with copies of the files in it.

    A file of the same name that was there is replaced; of those that come together with one name each is kept.
    """
    uploads.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for path in map(Path, paths):
        plain = Path(path.name.lstrip(".") or "upload")
        names = chain([plain.name], (f"{plain.stem} ({number}){plain.suffix}" for number in count(2)))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        temporary = uploads / f".{name}.part"
        shutil.copyfile(path, temporary)
        temporary.replace(uploads / name)
    return uploads
