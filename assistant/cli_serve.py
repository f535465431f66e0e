"""The command that serves programs over standard input and output: `citeback mcp`."""

import signal

from assistant.cli import Docs, IndexDir, one_line_errors, opened


def mcp(docs: Docs = None, index: IndexDir = None) -> None:
    """Serve the documents over the Model Context Protocol on standard input and output, until the input ends."""
    # Imported first: between the moment a folder is read and the moment that the protocol has standard output for
    # itself, nothing should take time.
    from assistant.server.mcp import run_stdio

    # A thread waits for input, which cannot be interrupted: Ctrl-C has to end the process, which no index minds.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with one_line_errors(), opened(docs, index, behind=True) as assistant:
        assistant.watch()
        run_stdio(assistant)
