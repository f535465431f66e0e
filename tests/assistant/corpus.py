"""A small dossier of made-up documents, and an assistant over it that needs no weights."""

from pathlib import Path
from typing import Any

from assistant import Answer, Assistant, Settings
from assistant.answerer import Passage, passages_from
from index import Document, Index
from tests.fakes import HashEmbedder

BRIDGE = """\
---
title: Bridge closed
author: Ada Stone
publisher: Harbour Gazette
date: "2031-02-12"
---

## The closure

The harbour bridge was closed on Monday. Mayor Lee said that repairs would take six weeks. Cracks were found in two
pillars of the bridge. Engineers did not blame the storm of 2029. Who will pay for the repairs?

## Ferries

Ferries run every ten minutes while the bridge is closed. The harbour office introduced a day ticket. It costs 2 euros
and is valid on every ferry.
"""
ISLAND = """\
---
title: Island cut off
publisher: Island Post
date: "2031-02-13"
---

## The closure

Repairs of the bridge would take nine weeks, engineers told the Island Post. The school will stay open.

## Ferries

Ferries run every twenty minutes, passengers complain.
"""
# Real texts come with what is no part of them.
NOTES = """\
Harbour bridge: the weekend

The bridge lamps were switched off on Sunday.

Advertisement

Subscribe to the bridge newsletter about repairs and ferries!

#bridge #repairs #ferries
"""
FILES = {"bridge.md": BRIDGE, "island.md": ISLAND, "notes.txt": NOTES}


def write(folder: Path, files: dict[str, str] | None = None) -> Path:
    """The folder, with the files in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES if files is None else files).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def settings(**changes: Any) -> Settings:
    """Settings as they are by default, whatever the environment says, but nothing is read with weights."""
    return Settings.model_construct(**{"reranker": "none", "ranker": "none", "verifier": "none", **changes})


def embedder() -> HashEmbedder:
    """One so wide that words hardly ever share a bucket."""
    return HashEmbedder(dimension=4096)


def assistant_over(folder: Path | None, home: Path, **changes: Any) -> Assistant:
    """An assistant over the folder, synced; with None over an empty index."""
    assistant = Assistant(Index.open(home, embedder=embedder()), settings=settings(**changes), folder=folder)
    assistant.sync()
    return assistant


def documents_of(assistant: Assistant) -> dict[str, Document]:
    """Every document of its index, by id."""
    return {info.id: assistant.index.document(info.id) for info in assistant.index.documents()}


def check(answer: Answer, assistant: Assistant) -> None:
    """That the answer keeps every promise about spans, quotes and numbers."""
    documents = documents_of(assistant)
    used: list[int] = []
    for sentence in answer.sentences:
        assert answer.text[sentence.start : sentence.end] == sentence.text
        assert sentence.verdict in ("supported", "partly")
        assert 0 <= sentence.score <= 1
        assert sentence.citations
        marks = "".join(f" [{number}]" for number in sentence.citations)
        assert answer.text[sentence.end :].startswith(marks)
        used += sentence.citations
    # In the order they are used; what an earlier answer of the conversation cited keeps its number.
    assert list(dict.fromkeys(used)) == [citation.number for citation in answer.citations]
    nearest = answer.refusal.nearest if answer.refusal else ()
    assert [citation.number for citation in nearest] == list(range(1, len(nearest) + 1))
    for citations in (answer.citations, nearest):
        for citation in citations:
            document = documents[citation.document_id]
            assert document.text[citation.start : citation.end] == citation.quote
            assert citation.quote.strip()
            assert (citation.title, citation.source) == (document.title, document.source)
    if answer.refusal:
        assert answer.text == answer.refusal.message
        assert not answer.sentences
        assert not answer.citations
    else:
        assert answer.sentences
    assert answer.timings_ms["total"] >= 0


def passages_of(assistant: Assistant) -> list[Passage]:
    """All passages of its index, numbered from 1 by source and place."""
    infos = assistant.index.infos(info.id for info in assistant.index.documents())
    hits = assistant.index.search("the", k=100)
    hits.sort(key=lambda hit: (infos[hit.chunk.document_id].source, hit.chunk.start))
    return passages_from(hits, infos)
