"""What responses hold."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from assistant.schema import Delta, Event, Finished, Retrieved, Rewritten, Searching, Sentence
from index import Chunk, Document, DocumentInfo, ScoredChunk, SyncReport


def event_record(event: Event) -> tuple[str, dict[str, Any]]:
    """The name of an event and what it tells."""
    match event:
        case Finished():
            return "finished", event.answer.to_dict()
        case Retrieved():
            return "retrieved", {"passages": [_passage(hit.chunk) | {"score": hit.score} for hit in event.passages]}
        case Delta():
            return "delta", asdict(event)
        case Sentence():
            return "sentence", asdict(event)
        case Rewritten():
            return "rewritten", asdict(event)
        case Searching():
            return "searching", asdict(event)


def hits_record(hits: Sequence[ScoredChunk], infos: Mapping[str, DocumentInfo]) -> dict[str, Any]:
    """Passages with their documents; those whose document went meanwhile are left out."""
    there = [hit for hit in hits if hit.chunk.document_id in infos]
    return {
        "hits": [
            {
                "score": hit.score,
                **_passage(hit.chunk),
                "document": asdict(infos[hit.chunk.document_id]),
            }
            for hit in there
        ]
    }


def document_record(document: Document) -> dict[str, Any]:
    """A document without its text."""
    names = ("id", "title", "source", "author", "publisher", "date")
    facts = {name: getattr(document, name) for name in names}
    pages = [asdict(page) for page in document.pages]
    return {**facts, "characters": len(document.text), "pages": pages, "metadata": dict(document.metadata)}


def passages_record(document: Document, passages: Sequence[Chunk]) -> dict[str, Any]:
    """A document's passages, in its order."""
    return {"passages": [{**_passage(each), "locator": document.locator_at(each.start)} for each in passages]}


def report_record(report: SyncReport) -> dict[str, Any]:
    """What a sync did."""
    return asdict(report)


def _passage(chunk: Chunk) -> dict[str, Any]:
    return {name: getattr(chunk, name) for name in ("document_id", "start", "end", "heading", "text")}
