"""Conversations, and the assistant one opens."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import assistant as package
from assistant import Answer, Assistant, Conversation, Finished, Rewritten
from index import FolderError, Index, StoreError
from tests.assistant.corpus import ISLAND, assistant_over, check, embedder, settings, write


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with (opened := assistant_over(write(tmp_path / "docs"), tmp_path / "index")).index:
        yield opened


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every index opened has the fake embedder."""
    original = Index.open.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(Index, "open", classmethod(lambda cls, home, **_: original(cls, home, embedder=embedder())))


def untimed(answer: Answer) -> Answer:
    return replace(answer, timings_ms={})


def test_the_public_names() -> None:
    names = "Answer AnswerSentence Assistant Chat Citation Conversation Delta Event Finished LLMError QuestionError "
    names += "Refusal Retrieved Rewritten Searching Sentence Settings SettingsError Turn load_settings"
    assert package.__all__ == names.split()
    assert all(hasattr(package, name) for name in package.__all__)


# Conversations.


def test_a_follow_up_leans_on_what_came_before(assistant: Assistant) -> None:
    chat = assistant.chat()
    chat.ask("What did Mayor Lee say?")
    answer = chat.ask("What did he say about repairs?")
    check(answer, assistant)
    assert answer.question == "What did he say about repairs?"
    assert answer.standalone_question == "What did Mayor Lee say about repairs?"
    assert "six weeks" in answer.text
    assert [turn.question for turn in chat.conversation.turns] == [
        "What did Mayor Lee say?",
        "What did he say about repairs?",
    ]
    assert chat.conversation.turns[1].answer == answer


def test_a_streamed_follow_up_is_the_same(assistant: Assistant) -> None:
    chat = assistant.chat()
    list(chat.stream("What did Mayor Lee say?"))
    events = list(chat.stream("What did he say about repairs?"))
    assert Rewritten("What did Mayor Lee say about repairs?", changed=True) in events
    other = assistant.chat()
    other.ask("What did Mayor Lee say?")
    assert isinstance(events[-1], Finished)
    assert untimed(events[-1].answer) == untimed(other.ask("What did he say about repairs?"))
    assert len(chat.conversation.turns) == 2


def test_what_is_searched_for_can_be_edited(assistant: Assistant) -> None:
    chat = assistant.chat()
    chat.ask("What did Mayor Lee say?")
    edited = "What did Mayor Lee say about repairs?"
    events = list(chat.stream("And that?", standalone=edited))
    assert [event for event in events if isinstance(event, Rewritten)] == [Rewritten(edited, changed=True)]
    assert chat.conversation.turns[-1].question == "And that?"
    assert untimed(chat.conversation.turns[-1].answer) == replace(
        untimed(assistant.ask(edited)), question="And that?", confidence=chat.conversation.turns[-1].answer.confidence
    )
    with pytest.raises(package.QuestionError):
        chat.ask("And that?", standalone=" ")


def test_a_stream_left_early_keeps_no_turn(assistant: Assistant) -> None:
    chat = assistant.chat()
    next(chat.stream("What did Mayor Lee say?"))
    assert chat.conversation == Conversation()


def test_chats_share_nothing(assistant: Assistant) -> None:
    one, other = assistant.chat(), assistant.chat()
    one.ask("What did Mayor Lee say?")
    assert other.conversation == Conversation()
    assert other.ask("What did he say?").standalone_question == "What did he say?"
    assert assistant.ask("What did he say?").standalone_question == "What did he say?"
    assert one.ask("What did he say?").standalone_question == "What did Mayor Lee say?"


def test_a_conversation_does_not_change(assistant: Assistant) -> None:
    before = Conversation()
    answer = assistant.answer(before, "What did Mayor Lee say?")
    after = before.plus(answer)
    assert before.turns == ()
    assert after.turns[0].answer is answer
    assert (
        assistant.answer(after, "And the ferries?").standalone_question == "What did Mayor Lee say about the ferries?"
    )


def test_who_asks_on_hears_more(assistant: Assistant) -> None:
    """What was quoted before counts for less, but the same again is better than nothing."""
    chat = assistant.chat()
    first = chat.ask("What was found in the pillars of the bridge?")
    again = chat.ask("What was found in the pillars of the bridge?")
    assert first.citations[0].quote == "Cracks were found in two pillars of the bridge."
    assert again.citations


def test_many_users_at_once_get_their_own_answers(assistant: Assistant) -> None:
    questions = ["What did Mayor Lee say?", "Why was the bridge closed?", "How often do ferries run?"] * 4
    alone = {question: untimed(assistant.ask(question)) for question in questions}
    answers: dict[int, Answer] = {}

    def ask(number: int) -> None:
        answers[number] = assistant.chat().ask(questions[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: untimed(answer) for number, answer in answers.items()} == {
        number: alone[question] for number, question in enumerate(questions)
    }


def test_awaited_questions_run_side_by_side(assistant: Assistant) -> None:
    async def main() -> list[Answer]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        answers = await asyncio.gather(*(assistant.aask("What did Mayor Lee say?") for _ in range(3)))
        ticking.cancel()
        assert ticks > 3
        return list(answers)

    answers = asyncio.run(main())
    assert len({untimed(answer).text for answer in answers}) == 1
    check(answers[0], assistant)


def test_questions_while_documents_change(assistant: Assistant) -> None:
    """An answer given meanwhile stands on the documents as they were or as they are."""
    stop = threading.Event()
    texts: set[str] = set()

    def ask() -> None:
        while not stop.is_set():
            texts.add(assistant.ask("Why was the bridge closed?").text)

    asking = threading.Thread(target=ask)
    asking.start()
    assert assistant.folder
    for number in range(5):
        write(assistant.folder, {"more.md": f"# Boats\n\nBoat number {number} sails at noon.\n"})
        assistant.sync()
    stop.set()
    asking.join()
    assert texts
    assert all("The harbour bridge was closed on Monday." in text for text in texts)


# Opening.


@pytest.mark.usefixtures("without_weights")
def test_open_indexes_a_folder_and_follows_it(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs")
    here = settings(data_dir=tmp_path / "data")
    with (first := Assistant.open(docs, settings=here)).index:
        assert first.report.added == ("bridge.md", "island.md", "notes.txt")
        assert first.folder == docs
        assert first.index.home.is_relative_to(tmp_path / "data")
    (docs / "notes.txt").unlink()
    with (second := Assistant.open(str(docs), settings=here)).index:
        assert second.index.home == first.index.home
        assert second.report.removed == ("notes.txt",)
        assert second.report.unchanged == ("bridge.md", "island.md")


@pytest.mark.usefixtures("without_weights")
def test_open_an_index_as_it_is(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs")
    with Assistant.open(docs, index=tmp_path / "index", settings=settings()).index as made:
        assert made.home == tmp_path / "index"
    (docs / "notes.txt").unlink()
    with (opened := Assistant.open(index=tmp_path / "index", settings=settings())).index:
        assert opened.index.counts()[0] == 3
        assert opened.folder is None
        assert opened.sync() == opened.report
        assert opened.index.counts()[0] == 3


@pytest.mark.usefixtures("without_weights")
def test_open_one_file(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs")
    with (opened := Assistant.open(docs / "island.md", index=tmp_path / "index", settings=settings())).index:
        assert opened.report.added == ("island.md",)


@pytest.mark.usefixtures("without_weights")
def test_open_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="nowhere does not exist"):
        Assistant.open(tmp_path / "nowhere", index=tmp_path / "index", settings=settings())
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file"):
        Assistant.open(index=tmp_path / "file", settings=settings())


def test_added_files_are_copied_and_kept(assistant: Assistant, tmp_path: Path) -> None:
    new = write(tmp_path / "new", {"boats.md": "# Boats\n\nThe blue boat sails at noon.\n", "island.md": ISLAND})
    report = assistant.add_files([new / "boats.md", str(new / "island.md")])
    assert len(report.added) == 2
    assert assistant.index.counts()[0] == 5
    (new / "boats.md").unlink()
    assistant.sync()
    answer = assistant.ask("When does the blue boat sail?")
    check(answer, assistant)
    assert "noon" in answer.text
    (new / "boats.md").write_text("# Boats\n\nThe blue boat sails at dusk.\n")
    assert len(assistant.add_files([new / "boats.md"]).updated) == 1
    assert "dusk" in assistant.ask("When does the blue boat sail?").text


def test_suggestions_can_be_answered(assistant: Assistant) -> None:
    suggested = assistant.suggestions(2)
    assert len(suggested) == 2
    for question in suggested:
        check(assistant.ask(question), assistant)
