"""Composes the command line and the web page; `citeback` on the command line is `main` here."""

import sys
import threading
from functools import partial
from typing import Annotated

import typer

from assistant.cli import Docs, IndexDir, commands, one_line_errors, opened
from assistant.cli_history import conversations, export_conversation, verify_file
from evals import keeping
from evals.cli import evaluate

commands.command("eval")(evaluate)
commands.command()(conversations)
commands.command("export")(export_conversation)
commands.command("verify")(verify_file)


@commands.command()
def app(
    docs: Docs = None,
    index: IndexDir = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
) -> None:
    """Serve the web page over the documents, until Ctrl-C."""
    with one_line_errors(), opened(docs, index, behind=True) as assistant:
        warming = threading.Thread(target=assistant.warm_up, daemon=True)
        warming.start()
        # Gradio takes three seconds to import: only those who want the page wait for it.
        from assistant.web import serve
        from evals.panel import build_evaluate

        assistant.watch()
        panels = {"Evaluate": partial(build_evaluate, assistant)}
        keep = partial(keeping.keep_for, assistant)
        serve(assistant, host=host, port=port, ready=_announce, keep=keep, panels=panels)
        # A process must not end in the middle of loading a model.
        warming.join()


commands.command("serve", help="The same as app.")(app)


def _announce(address: str) -> None:
    sys.stdout.write(f"Citeback is ready at {address}  (Ctrl-C ends it)\n")
    sys.stdout.flush()


def main() -> None:
    """Run the command line."""
    commands()


if __name__ == "__main__":
    main()
