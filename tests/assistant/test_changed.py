"""A conversation reopened later: its quotes are there, and what became of them is said, in a terminal too."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from assistant import Assistant
from assistant.terminal import print_turn
from assistant.web.chat import transcript_markup
from assistant.web.conversations import reopened
from assistant.web.source import cited_source
from tests.assistant.corpus import assistant_over, write

QUESTION = "When was the bridge closed?"
CLOSED = "The harbour bridge was closed on Monday."


def words(markup: str) -> str:
    return re.sub(r"<[^>]+>", "", markup)


def edited(docs: Path, how: str) -> None:
    """The document of the quote, edited in one of the ways there are."""
    file = docs / "bridge.md"
    text = file.read_text(encoding="utf-8")
    assert CLOSED in text
    if how == "moved":
        head, _, body = text.rpartition("---\n")
        file.write_text(f"{head}---\nA new first paragraph about the harbour.\n\n{body}", encoding="utf-8")
    elif how == "changed":
        file.write_text(text.replace(CLOSED, "The harbour bridge was closed on Sunday."), encoding="utf-8")
    elif how == "gone":
        file.unlink()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs")


def kept(assistant: Assistant) -> str:
    talk = assistant.chat(keep=True)
    assert CLOSED in [each.quote for each in talk.ask(QUESTION).citations]
    assert talk.id
    return talk.id


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("", ""),
        ("moved", "stands elsewhere now: bridge.md, characters "),
        ("changed", "no longer stands in its source"),
        ("gone", "its source is no longer among the documents"),
    ],
)
def test_what_became_of_a_quote_is_said_where_its_conversation_is_reopened(
    how: str, told: str, docs: Path, tmp_path: Path
) -> None:
    with (assistant := assistant_over(docs, tmp_path / "index")).index:
        conversation = kept(assistant)
        edited(docs, how)
        assistant.sync()
        found = assistant.history.load(conversation)
        changed = assistant.changed(found)
        citation = next(each for each in found.turns[0].answer.citations if each.quote == CLOSED)
        standing = changed.get(citation.place)
        assert (standing.words if standing else "").startswith(told)
        assert bool(standing) == bool(told)
        # On the page.
        talk = reopened(assistant, conversation)
        assert not isinstance(talk, str)
        shown = words(transcript_markup(talk))
        assert CLOSED in shown
        assert told in shown
        # Its source, once it is clicked.
        source = str(cited_source(assistant, citation, opened="0-1"))
        assert told[1:] in words(source)
        marked = re.findall(r"<mark[^>]*>(.*?)</mark>", source, re.DOTALL)
        assert [words(each) for each in marked] == [CLOSED]
        # In a terminal.
        console = Console(file=StringIO(), width=400)
        print_turn(console, found.turns[0], changed)
        printed = console.file.getvalue()  # type: ignore[attr-defined]
        assert QUESTION in printed
        assert CLOSED in printed
        assert told in printed
