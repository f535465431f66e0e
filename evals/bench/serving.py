"""How the server bears many clients at once."""

import http.client
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from evals.bench.lines import BenchError, Line, Plan, Row
from evals.bench.scripted import scripted
from evals.loading import BUNDLED_DOCS, read_cases

CLIENTS: Final = (1, 10, 50)
SOAK: Final = 10_000
EACH: Final = 300
_SERVE: Final = "from app import main; main()"
_STARTS_WITHIN: Final = 120
_PATIENCE: Final = 120
_SUITE: Final = Path(__file__).parent.parent / "suites" / "seeds.jsonl"
_STEADY: Final = 1_000  # requests after which memory is looked at first


@dataclass
class Load:
    """What came of a number of requests."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    took: float = 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which so many were answered."""
        return float(np.percentile(self.seconds, share)) * 1_000 if self.seconds else float("nan")


def measure(plan: Plan) -> Line:
    """Throughput and waiting at 1, 10 and 50 clients, then a soak of 10,000 requests of every kind from 50 clients.

    Once with exact quotes, and once with a language model that follows a script.
    """
    rows: list[Row] = []
    figures: dict[str, Any] = {}
    with scripted() as url:
        for kind, settings in (
            ("quotes", {}),
            ("scripted", {"CITEBACK_LLM": "scripted", "CITEBACK_LLM_BASE_URL": url}),
        ):
            more, figures[kind] = _measured(plan.work / kind, settings)
            rows += [Row(f"{kind}: {row.what}", row.measured, row.target, row.kept) for row in more]
    return Line(tuple(rows), figures)


def _measured(index: Path, settings: dict[str, str]) -> tuple[list[Row], dict[str, Any]]:
    with served(index, settings=settings) as server:
        requests = list(islice(cycle(_asks()), max(EACH, 60)))
        put(server.port, requests[:60], clients=4)
        loads = {clients: put(server.port, requests, clients=clients) for clients in CLIENTS}
        mixed = list(islice(cycle(_mixed()), SOAK))
        begun = put(server.port, mixed[:_STEADY], clients=CLIENTS[-1])
        before = server.megabytes()
        soak = put(server.port, mixed[_STEADY:], clients=CLIENTS[-1])
        after = server.megabytes()
    figures = {
        "clients": {str(clients): _figures(load) for clients, load in loads.items()},
        "soak": {**_figures(soak), "mb_before": before, "mb_after": after},
    }
    return [*_rows(loads), *_soak_rows(begun, soak, before, after)], figures


def _rows(loads: dict[int, Load]) -> Iterator[Row]:
    one = loads[CLIENTS[0]]
    for clients, load in loads.items():
        per_second = len(load.seconds) / load.took
        told = f"{per_second:.1f}/s, p50 {load.percentile(50):.0f} ms, p95 {load.percentile(95):.0f} ms"
        more = per_second * one.took / len(one.seconds)
        waits = load.percentile(95) / one.percentile(95)
        ratios = "" if clients == CLIENTS[0] else f"; {more:.1f}x the throughput, {waits:.1f}x the p95 of one"
        yield Row(f"questions of {clients} client{'s' if clients > 1 else ''} at once", told + ratios)


def _soak_rows(begun: Load, soak: Load, before: float, after: float) -> Iterator[Row]:
    whole, errors = len(begun.seconds) + len(soak.seconds), [*begun.errors, *soak.errors]
    told = f"{whole:,} answered, {len(errors)} errors"
    yield Row(f"{SOAK:,} requests of all kinds, {CLIENTS[-1]} clients", told, "0 errors", not errors)
    yield Row("waiting", ", ".join(f"p{share} {soak.percentile(share):.0f} ms" for share in (50, 95, 99)))
    yield Row(f"memory after {_STEADY:,} and at the end", f"{before:.0f} MB, {after:.0f} MB")


def _figures(load: Load) -> dict[str, Any]:
    waits = {f"p{share}_ms": load.percentile(share) for share in (50, 95, 99)}
    return {"requests": len(load.seconds), "errors": load.errors[:5], "seconds": load.took, **waits}


# Requests: a path and what is sent to it


def _questions() -> list[str]:
    return [case.question for case in read_cases(_SUITE)]


def _asks() -> Iterator[tuple[str, dict[str, Any]]]:
    for question in _questions():
        yield "/api/v1/ask", {"question": question}


def _mixed() -> Iterator[tuple[str, dict[str, Any]]]:
    for number, question in enumerate(_questions()):
        said = [{"role": "user", "content": question}]
        yield (
            ("/api/v1/ask", {"question": question}),
            ("/api/v1/ask/stream", {"question": question}),
            ("/v1/chat/completions", {"messages": said, "stream": True}),
            ("/api/v1/search", {"query": question}),
        )[number % 4]


def put(port: int, requests: Sequence[tuple[str, dict[str, Any]]], *, clients: int) -> Load:
    """What came of the requests, which so many clients put one after another."""
    load, left, lock = Load(), iter(requests), threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        while True:
            with lock:
                request = next(left, None)
            if request is None:
                connection.close()
                return
            began = time.perf_counter()
            try:
                error = _asked(connection, *request)
            except (OSError, http.client.HTTPException) as broken:
                connection.close()
                error = f"{request[0]}: {broken!r}"
            with lock:
                load.seconds.append(time.perf_counter() - began)
                if error:
                    load.errors.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.took = time.perf_counter() - began
    return load


def _asked(connection: http.client.HTTPConnection, path: str, sent: dict[str, Any]) -> str:
    """What went wrong with a request; empty where nothing did."""
    connection.request("POST", path, json.dumps(sent), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    if answer.status != 200:
        return f"{path}: {answer.status} {told[:100]!r}"
    ends = {"/api/v1/ask/stream": b"event: finished", "/v1/chat/completions": b"[DONE]"}
    return "" if ends.get(path, b"{") in told else f"{path}: the stream ended early: {told[-100:]!r}"


# The server


@dataclass(frozen=True)
class Server:
    """A server that is up."""

    port: int
    process: "subprocess.Popen[str]"

    def megabytes(self) -> float:
        """Its resident memory; 0 where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.is_file():
            return 0.0
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


@contextmanager
def served(index: Path, *, docs: Path | None = None, settings: dict[str, str] | None = None) -> Iterator[Server]:
    """A server over the seeds (or `docs`), in a process of its own, on a free port. Raises BenchError."""
    command = ["serve", "--docs", str(docs or BUNDLED_DOCS["seeds"]), "--index", str(index), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(settings or {})},
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _STARTS_WITHIN)
        line = process.stdout.readline() if ready else ""
        if "http://" not in line:
            raise BenchError(f"the server did not start: {line!r}")
        yield Server(int(line.rpartition(":")[2].split()[0]), process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
