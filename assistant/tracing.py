"""Traces of answers, for OpenTelemetry, where the setting `traces` names where they go. No question or document is in
them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.errors import SettingsError

# The library's tracer, once somebody has asked for traces.
_tracer: Any = None


def begin_tracing(endpoint: str) -> None:
    """Send traces to an OTLP endpoint ("http://127.0.0.1:4318/v1/traces") from now on. Raises SettingsError."""
    global _tracer
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise SettingsError("CITEBACK_TRACES needs more; run: pip install 'citeback[telemetry]'") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "citeback"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    trace_with(provider)


def trace_with(provider: Any) -> None:
    """Trace with a provider of OpenTelemetry's; None ends it."""
    global _tracer
    _tracer = provider.get_tracer("citeback") if provider is not None else None


class Trace:
    """The trace of one answer: a span, and one below it for each stage; nothing where nobody asked for traces."""

    def __init__(self) -> None:
        self._span = _tracer.start_span("answer") if _tracer is not None else None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A span for as long as the block lasts. A generator may hold it: it is nobody's current span."""
        if self._span is None:
            yield
            return
        from opentelemetry.trace import set_span_in_context

        span = _tracer.start_span(name, context=set_span_in_context(self._span))
        try:
            yield
        finally:
            span.end()

    def end(self, outcome: str, answered_by: str) -> None:
        """Say what came of the question."""
        if self._span is not None:
            self._span.set_attributes({"citeback.outcome": outcome, "citeback.answered_by": answered_by})
            self._span.end()
