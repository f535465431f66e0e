"""What the server counts, for Prometheus. No question, name or document is in it."""

import logging
import secrets
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.schema import Answer

log = logging.getLogger(__name__)
_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "citeback_requests", "Requests, by kind and status", ["kind", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "citeback_request_seconds",
            "Seconds to a whole response",
            ["kind"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.under_way = Gauge("citeback_requests_under_way", "Requests under way", registry=self._registry)
        self.answers = Counter(
            "citeback_answers", "Answers, by what came of the question", ["outcome"], registry=self._registry
        )
        self.stages = Histogram(
            "citeback_stage_seconds",
            "Seconds of a stage of answering",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.sentences = Counter(
            "citeback_sentences", "Sentences of answers, by verdict", ["verdict"], registry=self._registry
        )

    def answered(self, answer: Answer) -> None:
        """Count an answer."""
        by = "extractive" if answer.answered_by.startswith("extractive") else "model"
        self.answers.labels(answer.refusal.cause if answer.refusal else by).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)
        for sentence in answer.sentences:
            self.sentences.labels(sentence.verdict).inc()

    def written(self) -> tuple[bytes, str]:
        """All of it as Prometheus reads it, and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    @contextmanager
    def request(self, kind: str) -> Iterator[dict[str, int]]:
        """Counts a request; its status goes into what is given."""
        began, told = time.perf_counter(), {"status": 500}
        self.under_way.inc()
        try:
            yield told
        finally:
            self.under_way.dec()
            self.requests.labels(kind, str(told["status"])).inc()
            self.seconds.labels(kind).observe(time.perf_counter() - began)


class Measured:
    """Counts every request of an application, logs it, and gives it a name that its response bears."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kind, began, name = kind_of(scope["path"]), time.perf_counter(), secrets.token_hex(6)
        with self._metrics.request(kind) as told:

            async def noting(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    told["status"] = message["status"]
                    MutableHeaders(scope=message)["X-Request-Id"] = name
                await send(message)

            await self.app(scope, receive, noting)
        took = round((time.perf_counter() - began) * 1000, 1)
        facts = {"request": name, "kind": kind, "method": scope["method"], "status": told["status"], "ms": took}
        log.info("request", extra=facts)


def kind_of(path: str) -> str:
    """Which interface a path belongs to: few kinds, whatever is asked for.

    >>> [kind_of(path) for path in ("/api/v1/ask", "/v1/models", "/mcp", "/w/x/assets/a.js", "/health")]
    ['rest', 'openai', 'mcp', 'page', 'health']
    """
    for kind, beginning in (("rest", "/api/v1/"), ("openai", "/v1/"), ("mcp", "/mcp")):
        if path.startswith(beginning):
            return kind
    return "health" if path in ("/health", "/ready", "/metrics") else "page"
