"""Questions to begin with."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.suggestions import suggest
from index import Block, Document, Index
from tests.assistant.corpus import assistant_over, write
from tests.fakes import HashEmbedder, document


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path, embedder=HashEmbedder()) as opened:
        yield opened


def headed(id: str, *headings: str, **fields: str) -> Document:
    """A document with these headings, each over a sentence."""
    text, blocks = "", []
    for heading in headings:
        blocks.append(Block(len(text), len(text) + len(heading), "heading", 1))
        text += f"{heading}\n\n"
        blocks.append(Block(len(text), len(text) + 22, "paragraph"))
        text += "In the price of a plan\n\n"
    return document(id, text, blocks=tuple(blocks), **fields)


def test_none_without_documents(index: Index) -> None:
    assert suggest(index, 4) == []


def test_headings_become_questions_in_turn(index: Index) -> None:
    index.add(
        [
            headed("a", "Price of the plan", "Who pays?", "Lee and the plan", author="A. Stone"),
            headed("b", "Plan and price", publisher="The Gazette"),
            headed("c", "The plan: all of it"),
        ]
    )
    assert suggest(index, 10) == [
        "What does A. Stone say about price of the plan?",
        "What does The Gazette say about plan and price?",
        "What is said about the plan?",
        "Who pays?",
        "What does A. Stone say about Lee and the plan?",
    ]
    assert suggest(index, 2) == suggest(index, 10)[:2]
    assert suggest(index, 0) == []


def test_what_says_little_is_left_out(index: Index) -> None:
    long = "A heading of far more words than anyone would want in a question"
    index.add([headed("a", "Plan", long, "Notes", "Price list", "Price list", title="Notes")])
    assert suggest(index, 10) == ["What is said about price list?"]


def test_a_text_without_headings_is_asked_about_by_title(index: Index) -> None:
    index.add([document("a", "The plan.", title="The Plan"), document("b", "No title.", title="")])
    assert suggest(index, 10) == ["What is said about The Plan?"]


def test_markup_of_a_heading_is_left_out(index: Index) -> None:
    index.add([headed("a", "**Price list**", "## Plan B ##")])
    assert suggest(index, 10) == ["What is said about price list?", "What is said about Plan B?"]


def test_only_some_of_many_documents_are_read(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.add([headed(f"d{n:03}", f"Price of plan {n}") for n in range(30)])
    read: list[str] = []
    original = index.document

    def noted(document_id: str) -> Document:
        read.append(document_id)
        return original(document_id)

    monkeypatch.setattr(index, "document", noted)
    assert len(suggest(index, 4)) == 4
    assert len(read) <= 12


def test_the_same_question_comes_once(index: Index) -> None:
    one = headed("a", "Price of the plan")
    index.add([one, replace(one, id="b", source="b.txt")])
    assert suggest(index, 10) == ["What is said about price of the plan?"]


def test_suggestions_of_a_folder(tmp_path: Path) -> None:
    with (assistant := assistant_over(write(tmp_path / "docs"), tmp_path / "index")).index:
        suggested = assistant.suggestions()
        assert "What does Ada Stone say about the closure?" in suggested
        assert len(suggested) == len(set(suggested)) <= 4
        assert all(question.endswith("?") for question in suggested)
