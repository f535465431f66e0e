"""The real page, served by a process of its own, and what a reader does on it."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parent.parent.parent
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = """
import sys, threading
from app import page_of
from assistant import Assistant
from assistant.server import serve
with Assistant.open(sys.argv[1], index=sys.argv[2], wait=sys.argv[3] == "wait") as assistant:
    told = lambda address: print(address, flush=True)
    threading.Thread(target=assistant.warm_up, daemon=True).start()
    assistant.watch()
    serve(assistant, build=page_of, port=0, ready=told)
"""
QUESTION = "What did Hegseth declare about Ukraine's membership in NATO?"
OFF_TOPIC = "At what temperature does tungsten melt?"


def cannot_run(reason: str) -> None:
    """Skips; on CI, where everything is meant to be there, fails."""
    if os.environ.get("CITEBACK_TESTS_MUST_RUN"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def served(
    docs: Path, index: Path, *, wait: bool = True, settings: Mapping[str, str] | None = None, quiet: bool = True
) -> Iterator[str]:
    """Where a page over the folder is served, by a process of its own that must end cleanly when interrupted.

    Without `wait` it is served while the folder is still being indexed. `quiet`: no error may be logged.
    """
    log = index / "server.log"
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, "-c", START, str(docs), str(index), "wait" if wait else "now"],
            cwd=ROOT,
            env={**os.environ, **(settings or {})},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with server:
            assert server.stdout is not None
            ready, _, _ = select.select([server.stdout], [], [], 120)
            line = server.stdout.readline().strip() if ready else ""
            if not line:
                server.kill()
                pytest.fail(f"the page did not start: {log.read_text(encoding='utf-8')}")
            try:
                yield line
                server.send_signal(signal.SIGINT)
                assert server.wait(30) == 0
            finally:
                # Waited for when the block ends, which a server that goes on would not.
                server.kill()
    assert not quiet or "Traceback" not in log.read_text(encoding="utf-8")


def ask(page: "Page", question: str, *, until: str = ".cb-answered-by") -> None:
    """Types a question and waits for what shall come."""
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector(until, timeout=60_000)


def in_view(mark: "Locator") -> bool:
    """Whether the mark is within the visible part of the reading pane, and that within the window."""
    return bool(
        mark.evaluate(
            """(mark) => {
              const pane = mark.closest(".cb-reading").getBoundingClientRect();
              const box = mark.getBoundingClientRect();
              return box.top >= pane.top && box.bottom <= pane.bottom && pane.top >= 0 && pane.bottom <= innerHeight;
            }"""
        )
    )


def own(url: str, address: str) -> bool:
    return url.startswith(f"{address}/") or re.match(r"(data|blob|about):", url) is not None
