"""Finds and reads the files of evaluation data, compressed or not, wherever below their folder they lie."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from evals.cases import SuiteError


def find(folder: Path, *names: str) -> Path:
    """The first of these files that is below the folder, also with ".gz" behind its name. Raises SuiteError."""
    for name in names:
        for file in sorted((*folder.rglob(name), *folder.rglob(f"{name}.gz"))):
            return file
    raise SuiteError(f"{folder} holds no {' or '.join(names)}; give the folder of evaluation data with --data")


def records(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file that holds one a line. Blank lines are skipped."""
    with _text(file) as stream:
        yield from (json.loads(line) for line in stream if line.strip())


def whole(file: Path) -> Any:
    """What a file of JSON holds."""
    with _text(file) as stream:
        return json.load(stream)


def rows(file: Path) -> Iterator[list[str]]:
    """The lines of a file, each cut at its tabs."""
    with _text(file) as stream:
        yield from (line.rstrip("\n").split("\t") for line in stream)


def digest(files: Iterable[Path]) -> str:
    """What tells these files from others of the same names, by their sizes: reading all of them would take too long."""
    told = sorted(f"{file.name} {file.stat().st_size}\n" for file in set(files))
    return sha256("".join(told).encode()).hexdigest()[:16]


@contextmanager
def _text(file: Path) -> Iterator[TextIO]:
    """The open file. What is wrong with it, from its compression to its JSON, is raised as SuiteError."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as stream:
            yield stream
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SuiteError(f"{file} cannot be read: {error}; get it anew") from error
