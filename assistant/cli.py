"""The commands that ask, search and keep the index: `citeback ask | chat | search | sync | doctor`."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assistant.asking import checked_question
from assistant.chat import Assistant
from assistant.errors import QuestionError
from assistant.home import index_home
from assistant.schema import Answer, Conversation, Delta, Event, Finished, Rewritten
from assistant.settings import Settings, load_settings
from assistant.terminal import (
    ProgressBar,
    flowing,
    print_failures,
    print_hits,
    print_report,
    print_sources,
    print_turn,
)
from index import CitebackError, Index, StoreError, existing_folder

ANSWERED, ERROR, USAGE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130


def _named(folder: str) -> Path:
    """The folder. An empty name, as of a variable that is not set, would be the one the user stands in."""
    if not folder.strip():
        raise typer.BadParameter("the name is empty; give a folder of documents")
    return Path(folder)


Docs = Annotated[
    Path | None,
    typer.Option(
        parser=_named, metavar="FOLDER", help="Folder (or one file) of documents; indexed first where it changed."
    ),
]
IndexDir = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index; by default in your data directory.")
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FIELD=VALUE",
        help="Only documents like this; fields are author, publisher, title, source, format, date, after, before.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

commands = typer.Typer(
    name="citeback",
    help="Ask questions about your documents; every sentence of an answer is quoted from them and checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an error raised on purpose into one line on stderr and its exit code."""
    try:
        yield
    except CitebackError as error:
        # Written plainly: wrapping would make several lines of one.
        sys.stderr.write(f"citeback: {error}\n")
        raise typer.Exit(USAGE if isinstance(error, QuestionError) else ERROR) from error
    except KeyboardInterrupt as error:
        sys.stderr.write("\nciteback: stopped; what was read stays, and the next sync goes on from there\n")
        raise typer.Exit(INTERRUPTED) from error


@contextmanager
def opened(docs: Path | None, index: Path | None, *, now: bool = False, behind: bool = False) -> Iterator[Assistant]:
    """An assistant over the folder, brought up to date with a progress bar on stderr, and closed afterwards.

    With `now` the vectors of what is new are made after the block: until then it is searched by its words. With
    `behind` everything is brought up to date during the block.
    """
    if behind:
        assistant = Assistant.open(docs, index=index, wait=False)
        try:
            yield assistant
        finally:
            assistant.close()
        return
    with ProgressBar() as bar:
        assistant = Assistant.open(docs, index=index, progress=bar.update, wait=not now)
        if now and assistant.following:
            assistant.following.wait_for_words()
            bar.pause()
        try:
            print_failures(assistant.report)
            yield assistant
            if assistant.following:
                if assistant.index.waiting():
                    sys.stderr.write("citeback: making the vectors of what is new; Ctrl-C puts the rest off\n")
                    bar.go_on()
                assistant.following.wait()
        finally:
            assistant.close()


@commands.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    docs: Docs = None,
    index: IndexDir = None,
    where: Filters = None,
    now: Annotated[bool, typer.Option(help="Answer as soon as what is new is read; make its vectors after.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer one question. Exit code 0: answered, 3: refused, 1: error, 2: usage."""
    with one_line_errors():
        # Before the documents are looked at, which may take long.
        checked_question(question, most=load_settings().max_question)
    with one_line_errors(), opened(docs, index, now=now) as assistant:
        if as_json:
            answer = assistant.ask(question, where=_filters(where))
            sys.stdout.write(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2) + "\n")
        else:
            answer = _show(assistant.stream(Conversation(), question, where=_filters(where)))
    raise typer.Exit(REFUSED if answer.refusal else ANSWERED)


@commands.command()
def chat(
    docs: Docs = None,
    index: IndexDir = None,
    go_on: Annotated[str | None, typer.Option("--continue", metavar="ID", help="A kept conversation to go on.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep the conversation, to be listed, gone on with and exported.")] = True,
) -> None:
    """Ask one question after another; follow-ups may lean on what came before. /new starts over, /quit ends."""
    console = Console()
    with one_line_errors(), opened(docs, index) as assistant:
        documents, _ = assistant.index.counts()
        console.print(f"{documents} documents. Ask away; /new starts over, /quit ends.", style="dim")
        talk = assistant.chat(None if go_on is None else assistant.history.find(go_on).id, keep=keep)
        changed = assistant.changed(talk.conversation) if go_on else {}
        for turn in talk.conversation.turns:
            print_turn(console, turn, changed)
        for line in _lines():
            if line in ("/quit", "/exit"):
                break
            if line == "/new":
                talk = assistant.chat(keep=keep)
                console.print("A new conversation.", style="dim")
                continue
            try:
                _show(talk.stream(line))
                if talk.not_kept:
                    console.print(f"Not kept: {talk.not_kept}", style="yellow", markup=False, soft_wrap=True)
            except QuestionError as error:
                console.print(str(error), style="red")
        if talk.id:
            console.print(f"Kept as {talk.id}: citeback export {talk.id} writes it into a file.", style="dim")


@commands.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to search for.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 10,
    docs: Docs = None,
    index: IndexDir = None,
    where: Filters = None,
    as_json: AsJson = False,
) -> None:
    """Show the passages nearest to a query, with their places in the documents."""
    with one_line_errors(), opened(docs, index) as assistant:
        if not query.strip():
            raise QuestionError("the query is empty: type one")
        hits = assistant.index.search(query, k=k, where=_filters(where))
        infos = assistant.index.infos(hit.chunk.document_id for hit in hits)
        if as_json:
            found = [{**asdict(hit), "document": asdict(infos[hit.chunk.document_id])} for hit in hits]
            sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        else:
            print_hits(hits, infos)


@commands.command()
def sync(
    folder: Annotated[Path, typer.Argument(parser=_named, metavar="FOLDER", help="Folder (or one file) of documents.")],
    index: IndexDir = None,
    retry: Annotated[bool, typer.Option("--retry", help="Read files again that failed, though unchanged.")] = False,
    every: Annotated[
        bool, typer.Option("--every", help="Compare contents, also where size and times are as before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the index up to date with a folder. Exit code 1 where a file could not be indexed."""
    with one_line_errors():
        settings = load_settings()
        with (
            _index(index or index_home(existing_folder(folder), settings), settings) as opened_index,
            ProgressBar() as bar,
        ):
            report = opened_index.sync(folder, progress=bar.update, retry=retry, every=every)
    if as_json:
        sys.stdout.write(json.dumps(asdict(report), ensure_ascii=False, indent=2) + "\n")
    else:
        print_report(report)
    raise typer.Exit(ERROR if report.failed else ANSWERED)


@commands.command()
def forget(
    folder: Annotated[
        Path, typer.Argument(parser=_named, metavar="FOLDER", help="Folder that was synced; it may be gone.")
    ],
    index: IndexDir = None,
) -> None:
    """Remove a folder's documents from an index. The folder itself is not touched."""
    with one_line_errors():
        settings = load_settings()
        # The folder may be gone, so it is not looked at.
        home = index or index_home(Path(os.path.realpath(folder.expanduser())), settings)
        if not (home / "catalog.sqlite").is_file():
            raise StoreError(f"{home} holds no index; name the one that has {folder} with --index")
        with _index(home, settings) as opened_index:
            count = opened_index.forget(folder)
    sys.stdout.write(f"{count} document{'' if count == 1 else 's'} removed from the index\n")


@commands.command()
def doctor(docs: Docs = None, index: IndexDir = None) -> None:
    """Check that models, vocabulary, index, language model and disk are in order. Exit code 1 where one is not."""
    from assistant.doctor import examine

    with one_line_errors():
        console = Console()
        checks = list(examine(load_settings(), docs=docs, index=index))
        for check in checks:
            console.print(f"{'[green]✓[/]' if check.ok else '[red]✕[/]'} [bold]{check.name}[/]  ", end="")
            console.print(check.found, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(ANSWERED if all(check.ok for check in checks) else ERROR)


def _index(home: Path, settings: Settings) -> Index:
    return Index.open(home, model=settings.model, limits=settings.limits)


def _filters(where: list[str] | None) -> dict[str, str]:
    """What the options --where ask for, by field. Raises QuestionError for one without a value."""
    pairs = [each.partition("=") for each in where or ()]
    for field, equals, value in pairs:
        if not (equals and field.strip() and value.strip()):
            raise QuestionError(f"--where {field}{equals}{value} names no value; write FIELD=VALUE, as in author=Lee")
    return {field.strip(): value.strip() for field, _, value in pairs}


def _show(events: Iterator[Event]) -> Answer:
    """Print an answer as it comes about, then its sources; the answer."""
    console = Console()
    for event in events:
        if isinstance(event, Rewritten) and event.changed:
            console.print(f"searched for: {event.standalone_question}", style="dim", markup=False)
        elif isinstance(event, Delta):
            console.print(flowing(event.text), end="", markup=False, highlight=False, soft_wrap=True)
        elif isinstance(event, Finished):
            console.print("\n")
            print_sources(console, event.answer)
            return event.answer
    raise AssertionError("a stream ends with Finished")


def _lines() -> Iterator[str]:
    """Lines typed at the prompt or piped in, until the end of input; empty ones are left out."""
    while True:
        try:
            line = input("› " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line:
            yield line
