"""The commands that save an index and bring it back: `citeback backup | restore`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from assistant.archives import Manifest, Tell
from assistant.cli import INTERRUPTED, Docs, IndexDir, one_line_errors
from assistant.home import default_folder, index_home
from assistant.settings import load_settings

_STAGES = {"copy": "Copying", "pack": "Packing", "unpack": "Unpacking", "index": "Making the search indexes"}


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, a ZIP.")],
    docs: Docs = None,
    index: IndexDir = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
) -> None:
    """Save an index, its conversations, uploads and kept questions in one file, while it is in use."""
    from assistant.backup import back_up

    with one_line_errors(), _progress("nothing was written") as tell:
        folder, home = _places(docs, index)
        manifest = back_up(home, file, force=force, folder=folder, tell=tell)
    sys.stdout.write(f"{file}: {_counted(manifest)}, {_size(file.stat().st_size)}\n")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    docs: Docs = None,
    index: IndexDir = None,
    force: Annotated[bool, typer.Option("--force", help="Move aside the index that is there.")] = False,
) -> None:
    """Bring back an index from a backup, to where the index of --docs is kept, or to --index."""
    from assistant import backup

    with one_line_errors(), _progress("nothing was changed") as tell:
        folder, home = _places(docs, index)
        done = backup.restore(file, home, force=force, folder=folder, tell=tell)
    when = done.manifest.made[:16].replace("T", " ")
    sys.stdout.write(f"{done.home}: {_counted(done.manifest)}, as of {when} UTC\n")
    if done.aside:
        sys.stdout.write(f"What was there is in {done.aside}\n")


def _places(docs: Path | None, index: Path | None) -> tuple[Path | None, Path]:
    """The folder of documents, which may be gone, where it is known; and where its index is."""
    if index and not docs:
        return None, index
    settings = load_settings()
    folder = Path(os.path.realpath((docs or default_folder(settings)).expanduser()))
    return folder, index or index_home(folder, settings)


@contextmanager
def _progress(stopped: str) -> Iterator[Tell]:
    """What shows on stderr, if that is a terminal, how far the work has come. Ctrl-C is told with what it leaves."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(_STAGES[stage])
            bar.update(tasks[stage], completed=done, total=total)

        try:
            yield tell
        except KeyboardInterrupt as error:
            sys.stderr.write(f"\nciteback: stopped; {stopped}\n")
            raise typer.Exit(INTERRUPTED) from error


def _counted(manifest: Manifest) -> str:
    counts = {
        "document": manifest.documents,
        "passage": manifest.passages,
        "conversation": manifest.conversations,
        "upload": manifest.uploads,
    }
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())


def _size(size: int) -> str:
    """A size as one would say it.

    >>> _size(700), _size(12_345_678)
    ('1 KB', '12.3 MB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} KB"
