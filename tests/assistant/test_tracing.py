"""Traces: a span for each stage below that of the answer, and none of the words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from assistant.tracing import trace_with
from tests.assistant.corpus import assistant_over, write


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_with(provider)
    yield exporter
    trace_with(None)
    provider.shutdown()


def test_each_stage_is_a_span_below_the_answer(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    with assistant_over(write(tmp_path / "docs"), tmp_path / "index") as assistant:
        assistant.ask("Where were cracks found?")
        assistant.ask("At what temperature does tungsten melt?")
    found = spans.get_finished_spans()
    answers = [span for span in found if span.name == "answer" and span.parent is None]
    assert [span.attributes and span.attributes["citeback.outcome"] for span in answers][:1] == ["answered"]
    assert len(answers) == 2
    stages = {span.name for span in found if span.parent and span.parent.span_id == answers[0].context.span_id}
    assert stages >= {"rewrite", "retrieve", "rank", "ground"}
    told = " ".join(str(span.to_json()) for span in found)
    assert not any(word in told for word in ("cracks", "tungsten", "Cracks"))


def test_without_anybody_asking_nothing_is_traced(tmp_path: Path) -> None:
    with assistant_over(write(tmp_path / "docs"), tmp_path / "index") as assistant:
        assert assistant.ask("Where were cracks found?").sentences
