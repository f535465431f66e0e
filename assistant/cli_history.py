"""The commands for conversations that were kept: `citeback conversations | export | verify`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assistant.cli import ANSWERED, ERROR, AsJson, Docs, IndexDir, one_line_errors, opened
from assistant.errors import ExportError
from assistant.exports import FORMATS, export, format_of, read_export
from assistant.exports.notes import clean
from assistant.history import History
from assistant.verifying import Verification, verify

_MARKS = {"supported": "[green]✓[/]", "partly": "[yellow]~[/]", "unsupported": "[red]✕[/]"}


def conversations(
    containing: Annotated[str, typer.Argument(help="Only those that hold these words.")] = "",
    docs: Docs = None,
    index: IndexDir = None,
    rename: Annotated[str | None, typer.Option(metavar="ID", help="Give this one the title in CONTAINING.")] = None,
    delete: Annotated[str | None, typer.Option(metavar="ID", help="Remove this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the conversations had over these documents, rename one, or remove one."""
    with one_line_errors(), opened(docs, index) as assistant:
        history = assistant.history
        if rename is not None:
            history.rename(history.find(rename).id, containing)
        if delete is not None:
            history.delete(history.find(delete).id)
        kept = history.conversations(containing if rename is None and delete is None else "")
    if as_json:
        sys.stdout.write(json.dumps([asdict(each) for each in kept], ensure_ascii=False, indent=2) + "\n")
        return
    console = Console()
    for each in kept:
        turns = f"{each.turns} question{'' if each.turns == 1 else 's'}"
        line = f"{each.id}  {each.changed[:16].replace('T', ' ')}  {clean(each.title)}  ({turns})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if not kept:
        console.print("No conversations.")


def export_conversation(
    conversation: Annotated[str, typer.Argument(metavar="ID", help="The conversation, or how its id begins.")],
    out: Annotated[Path | None, typer.Option(help="File to write; its ending tells the format.")] = None,
    form: Annotated[str | None, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = None,
    docs: Docs = None,
    index: IndexDir = None,
) -> None:
    """Write a conversation with a footnote for every citation. Without --out it is printed as Markdown."""
    with one_line_errors():
        chosen = format_of(form or (out.suffix if out else "md"))
        if out and format_of(out.suffix) != chosen:
            raise ExportError(f"{out} would be no {chosen}; give it that ending, or leave out --format")
        if out is None and chosen == "docx":
            raise typer.BadParameter("a Word document cannot be printed; give --out FILE.docx")
        with opened(docs, index) as assistant:
            written = _exported(assistant.history, conversation, chosen)
    if out is None:
        sys.stdout.write(written.decode())
    else:
        with one_line_errors():
            try:
                out.write_bytes(written)
            except OSError as error:
                raise ExportError(f"{out} cannot be written ({error.strerror}); name another file") from error
        sys.stdout.write(f"{out}\n")


def verify_file(
    file: Annotated[Path, typer.Argument(help="An exported conversation, edited or not.")],
    docs: Docs = None,
    index: IndexDir = None,
    as_json: AsJson = False,
) -> None:
    """Check an export against the documents: every quote and every sentence. Exit code 1 where one does not hold."""
    with one_line_errors():
        script = read_export(file)
        with opened(docs, index) as assistant:
            found = verify(script, assistant.index, assistant.models)
    if as_json:
        told = {**asdict(found), "holds": found.holds}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        _print(found)
    raise typer.Exit(ANSWERED if found.holds else ERROR)


def _exported(history: History, beginning: str, form: str) -> bytes:
    kept = history.find(beginning)
    return export(history.load(kept.id), kept.title, form)


def _print(found: Verification) -> None:
    console = Console()
    for note in found.notes:
        told = note.standing.words if note.standing else "no note of an export, or there twice"
        console.print(f"{_MARKS['supported' if note.holds else 'unsupported']} ({note.number}) ", end="")
        console.print(told or "stands as it was cited", markup=False, highlight=False, soft_wrap=True)
    for sentence in found.sentences:
        if sentence.verdict != "supported" or not sentence.holds:
            told = f", told as {sentence.told}" if sentence.told else ""
            console.print(f"{_MARKS[sentence.verdict]} {sentence.verdict}{told}: ", end="")
            console.print(clean(sentence.text), markup=False, highlight=False, soft_wrap=True)
    if found.unchecked:
        console.print("not checked, being the title, questions and Citeback’s own words:", highlight=False)
    for words in found.unchecked:
        console.print(f"  {clean(words)}", markup=False, highlight=False, soft_wrap=True)
    standing = sum(note.holds for note in found.notes)
    carried = sum(sentence.verdict == "supported" for sentence in found.sentences)
    console.print(
        f"{standing} of {len(found.notes)} quotes stand, {carried} of {len(found.sentences)} sentences are supported",
        highlight=False,
    )
