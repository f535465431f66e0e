"""Composes the command line and the server; `citeback` on the command line is `main` here."""

import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import Docs, IndexDir, commands, one_line_errors, opened
from assistant.cli_accounts import keys, users
from assistant.cli_backup import backup, restore
from assistant.cli_history import conversations, export_conversation, verify_file
from assistant.cli_serve import mcp
from evals import keeping
from evals.cli import evaluate

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.server.pages import Place

commands.command("eval")(evaluate)
commands.command()(conversations)
commands.command("export")(export_conversation)
commands.command("verify")(verify_file)
commands.command()(mcp)
commands.add_typer(users, name="users")
commands.add_typer(keys, name="keys")
commands.command()(backup)
commands.command()(restore)


@commands.command()
def app(
    docs: Docs = None,
    index: IndexDir = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback need --accounts.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 7860,
    accounts: Annotated[
        bool | None, typer.Option("--accounts/--no-accounts", help="Whether callers sign in; see `citeback users`.")
    ] = None,
) -> None:
    """Serve the page, REST, OpenAI's protocol and MCP over the documents, until Ctrl-C."""
    with one_line_errors(), opened(docs, index, behind=True) as assistant:
        from assistant.server import serve

        warming = threading.Thread(target=assistant.warm_up, daemon=True)

        def begin() -> None:
            warming.start()
            assistant.watch()

        try:
            serve(assistant, build=page_of, host=host, port=port, accounts=accounts, begin=begin, ready=_announce)
        finally:
            # A process must not end in the middle of loading a model.
            if warming.is_alive():
                warming.join()


commands.command("serve", help="The same as app.")(app)


def page_of(place: "Place") -> "FastAPI":
    """The page of a library for one caller; without accounts, with all there is."""
    # Gradio takes three seconds to import: only those who open the page wait for it.
    from assistant.web import Visitor, page_app
    from evals.panel import build_evaluate

    visitor = None
    if place.caller.user is not None:
        others = tuple((f"/w/{library.id}/", library.name) for library in place.libraries)
        may_write = place.library.role != "reader"
        visitor = Visitor(place.caller.name, others, f"{place.path}/", may_write=may_write)
    own = place.library.role == "owner"
    panels = {"Evaluate": partial(build_evaluate, place.assistant)} if own else {}
    keep = partial(keeping.keep_for, place.assistant)
    return page_app(place.assistant, at=place.path, keep=keep, panels=panels, visitor=visitor)


def _announce(address: str) -> None:
    sys.stdout.write(f"Citeback is ready at {address}  (Ctrl-C ends it)\n")
    sys.stdout.flush()


def main() -> None:
    """Run the command line."""
    commands()


if __name__ == "__main__":
    main()
