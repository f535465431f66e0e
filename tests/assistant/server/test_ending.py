"""Ending a server and starting it again: answers under way are finished, an interrupted sync goes on."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.assistant.endpoint import begin_stream, endpoint, send_event, send_text

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]


@contextmanager
def server(docs: Path, data: Path, **settings: str) -> "Iterator[tuple[str, subprocess.Popen[str]]]":
    """Where it is served, and the process."""
    command = [sys.executable, str(ROOT / "app.py"), "serve", "--docs", str(docs), "--port", "0"]
    environment = {**os.environ, "CITEBACK_DATA_DIR": str(data), **settings}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout
            ready, _, _ = select.select([process.stdout], [], [], 120)
            line = process.stdout.readline() if ready else ""
            assert "http://" in line, line
            yield line.split()[4], process
        finally:
            process.kill()


def test_an_answer_under_way_is_finished_and_then_it_ends(tmp_path: Path) -> None:
    asked = threading.Event()

    def slowly(request: Any) -> None:
        begin_stream(request)
        asked.set()
        for word in "Hegseth ruled out that Ukraine joins NATO [1].".split(" "):
            send_text(request, word + " ")
            time.sleep(0.15)
        send_text(request, "", reason="stop")
        send_event(request, "[DONE]")

    with (
        endpoint(slowly) as url,
        server(ROOT / "seeds", tmp_path, CITEBACK_LLM="slow", CITEBACK_LLM_BASE_URL=url) as (address, process),
    ):
        events: list[str] = []

        def listen() -> None:
            question = {"question": "What did Hegseth rule out?"}
            with httpx.stream("POST", f"{address}/api/v1/ask/stream", json=question, timeout=60) as stream:
                events.extend(line for line in stream.iter_lines() if line)

        listener = threading.Thread(target=listen)
        listener.start()
        assert asked.wait(60)
        process.send_signal(signal.SIGTERM)
        listener.join(60)
        assert events[-2] == "event: finished"
        assert json.loads(events[-1].removeprefix("data: "))["text"]
        assert process.wait(30) in (0, -signal.SIGTERM)
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_it_ends_cleanly_while_a_page_is_open(tmp_path: Path) -> None:
    with server(ROOT / "seeds", tmp_path) as (address, process), httpx.Client(timeout=30) as client:
        with client.stream("GET", f"{address}/gradio_api/heartbeat/abc"):
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_a_sync_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    docs, count = tmp_path / "docs", 120
    docs.mkdir()
    for number in range(count):
        text = "\n\n".join(f"In week {week} barge {number} carried {week * 7} tonnes of rye." for week in range(40))
        (docs / f"barge-{number:03}.md").write_text(f"# Barge {number}\n\n{text}\n", encoding="utf-8")
    with server(docs, tmp_path / "data") as (address, process):
        while not httpx.get(f"{address}/api/v1/documents").json()["documents"]:
            time.sleep(0.05)
        process.kill()
        process.wait()
    with server(docs, tmp_path / "data") as (address, process):
        before = len(httpx.get(f"{address}/api/v1/documents").json()["documents"])
        assert before > 0
        deadline = time.monotonic() + 120
        while len(httpx.get(f"{address}/api/v1/documents").json()["documents"]) < count:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        question = {"question": "How many tonnes of rye did barge 77 carry in week 11?"}
        answer = httpx.post(f"{address}/api/v1/ask", json=question, timeout=60).json()
        assert "77 tonnes" in answer["text"]
