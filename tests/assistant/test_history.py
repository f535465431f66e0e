"""Conversations that are kept: whole, in order, found again, gone when deleted."""

import json
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Answer, Assistant
from assistant.errors import ConversationNotFound
from assistant.history import FILE, History
from index import StoreError
from tests.assistant.corpus import assistant_over, write


@pytest.fixture
def assistant(tmp_path: Path):  # type: ignore[no-untyped-def]
    with (opened := assistant_over(write(tmp_path / "docs"), tmp_path / "index")).index:
        yield opened


def test_a_kept_conversation_is_opened_as_it_was_and_goes_on(assistant: Assistant) -> None:
    talk = assistant.chat(keep=True)
    first = talk.ask("When was the bridge closed?")
    assert talk.id
    for _ in talk.stream("And who said how long repairs take?"):
        pass
    again = assistant.chat(talk.id)
    assert [(t.question, t.answer.to_dict()) for t in again.conversation.turns] == [
        (t.question, t.answer.to_dict()) for t in talk.conversation.turns
    ]
    again.ask("What does a day ticket cost?")
    assert len(assistant.history.load(talk.id).turns) == 3
    [kept] = assistant.history.conversations()
    assert (kept.id, kept.title, kept.turns) == (talk.id, first.question, 3)
    assert kept.began <= kept.changed


def test_nothing_is_kept_unless_asked_for(assistant: Assistant) -> None:
    assistant.chat().ask("When was the bridge closed?")
    assert assistant.history.conversations() == []


def test_a_place_has_one_number_throughout_a_conversation(assistant: Assistant) -> None:
    talk = assistant.chat()
    questions = ("When was the bridge closed?", "How long will the repairs take?", "When was the bridge closed?")
    numbers: dict[tuple[str, int, int], int] = {}
    for question in questions:
        for cited in talk.ask(question).citations:
            assert numbers.setdefault((cited.document_id, cited.start, cited.end), cited.number) == cited.number
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    assert len(numbers) > 1


def test_conversations_are_found_by_their_words_renamed_and_deleted(assistant: Assistant) -> None:
    history = assistant.history
    answer = assistant.ask("When was the bridge closed?")
    other = assistant.ask("What does a day ticket cost?")
    first, second = history.append(answer), history.append(other)
    assert [kept.id for kept in history.conversations("bridge monday")] == [first]
    assert [kept.id for kept in history.conversations()] == [second, first]
    # Neither a wildcard nor the shape of what is stored is a word.
    assert history.conversations("100%") == history.conversations("standalone_question") == []
    history.rename(first, "  The\nclosure ")
    assert history.find(first[:6]).title == "The closure"
    history.delete(first)
    assert [kept.id for kept in history.conversations()] == [second]
    for gone in (lambda: history.load(first), lambda: history.delete(first), lambda: history.append(answer, first)):
        with pytest.raises(ConversationNotFound, match=first):
            gone()


def test_several_that_begin_alike_are_told_apart_by_more_of_their_ids(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append(Answer("Q?", "Q?", "A.", "extractive"))
    with sqlite3.connect(tmp_path / FILE) as db:
        db.executemany("INSERT INTO conversations VALUES (?, 't', 'b', 'c')", [("ab1",), ("ab2",)])
    assert history.find("ab1").id == "ab1"
    with pytest.raises(ConversationNotFound, match="several"):
        history.find("ab")


def test_turns_added_at_once_are_all_kept(assistant: Assistant, tmp_path: Path) -> None:
    answer = assistant.ask("When was the bridge closed?")
    history = History(tmp_path)
    conversation = history.append(answer)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: history.append(answer, conversation), range(40)))
    assert len(history.load(conversation).turns) == 41


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(assistant: Assistant) -> None:
    talk = assistant.chat(keep=True)
    talk.ask("When was the bridge closed?")
    assert talk.id
    assistant.history.delete(talk.id)
    answer = talk.ask("What does a day ticket cost?")
    assert answer.citations
    assert talk.id in talk.not_kept
    assert len(talk.conversation.turns) == 2


def test_looking_makes_no_file_and_odd_characters_are_kept(assistant: Assistant, tmp_path: Path) -> None:
    history = History(tmp_path / "elsewhere")
    assert history.conversations("x") == []
    assert not (tmp_path / "elsewhere").exists()
    answer = replace(assistant.ask("When was the bridge closed?"), question="\ud800 Überall?")
    conversation = assistant.history.append(answer)
    assert [kept.id for kept in assistant.history.conversations("überall")] == [conversation]
    assert assistant.history.load(conversation).turns[0].question == answer.question
    with pytest.raises(ConversationNotFound, match="empty"):
        assistant.history.rename(conversation, " ")


def test_what_a_later_version_tells_is_passed_over_and_damage_is_named(assistant: Assistant) -> None:
    history = assistant.history
    conversation = history.append(assistant.ask("When was the bridge closed?"))
    with sqlite3.connect(assistant.index.home / FILE) as db:
        (told,) = db.execute("SELECT answer FROM turns").fetchone()
        newer = json.loads(told)
        newer["citations"][0]["mood"] = newer["sentences"][0]["mood"] = newer["mood"] = "calm"
        db.execute("UPDATE turns SET answer = ?", (json.dumps(newer),))
    assert history.load(conversation).turns[0].answer.citations
    with sqlite3.connect(assistant.index.home / FILE) as db:
        db.execute("UPDATE turns SET answer = '{'")
    with pytest.raises(StoreError, match="damaged"):
        history.load(conversation)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, " * 100)
    with pytest.raises(StoreError, match=FILE):
        History(tmp_path).conversations()


def answer(question: str) -> Answer:
    return Answer(question=question, standalone_question=question, text="Yes.", answered_by="extractive")


def test_what_a_later_version_wrote_is_left_alone(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append(answer("Why?"))
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(StoreError, match="version 2"):
        history.append(answer("Why?"))
    with pytest.raises(StoreError, match="update it"):
        history.conversations()
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)


def test_an_empty_file_holds_no_conversations_yet(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert History(tmp_path).conversations() == []
    kept = History(tmp_path).append(answer("Why?"))
    assert [each.id for each in History(tmp_path).conversations()] == [kept]


WRITER = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 5")
db.execute("BEGIN IMMEDIATE")
db.execute("UPDATE turns SET words = words || 'x'")
for n in range(200):
    more = "INSERT INTO turns SELECT conversation, ?, answer, hex(randomblob(2000)) FROM turns LIMIT 1"
    db.execute(more, (1000 + n,))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_a_kill_amid_a_write_everything_kept_is_there_at_once(tmp_path: Path) -> None:
    history = History(tmp_path)
    kept = history.append(answer("Why?"))
    for _ in range(50):
        history.append(answer("And when?"), kept)
    killed = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path / FILE)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / f"{FILE}-journal").stat().st_size > 0
    [found] = history.conversations()
    assert (found.id, found.turns) == (kept, 51)
    assert len(history.load(kept).turns) == 51
