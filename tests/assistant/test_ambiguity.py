"""Questions that leave open whom or what they mean are asked back, not answered by chance."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant, Conversation
from assistant.ambiguity import ambiguity
from tests.assistant.corpus import assistant_over, check, passages_of, write

TALK = """\
# The council

Mayor Lee said that the bridge stays closed. Anna Stone said that it may open in May. Stone wrote to Oslo.
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("ambiguity")
    with (opened := assistant_over(write(folder / "docs", {"talk.md": TALK}), folder / "index")).index:
        yield opened


def found(assistant: Assistant, question: str) -> tuple[str, ...] | None:
    unclear = ambiguity(question, passages_of(assistant), assistant.index.vocabulary())
    return (unclear.word, *unclear.readings) if unclear else None


@pytest.mark.parametrize(
    ("question", "readings"),
    [
        ("What did he say about the bridge?", ("he", "Mayor Lee", "Anna Stone")),
        ("Is his bridge closed?", ("his", "Mayor Lee’s", "Anna Stone’s")),
        ("Who told her?", ("her", "Mayor Lee", "Anna Stone")),
    ],
)
def test_a_person_not_named_is_one_of_those_who_speak(
    assistant: Assistant, question: str, readings: tuple[str, ...]
) -> None:
    unclear = found(assistant, question)
    assert unclear
    word, *offered = unclear
    assert word == readings[0]
    assert offered == [f"“{question.replace(word, name, 1)}”" for name in readings[1:]]


@pytest.mark.parametrize("question", ["What is it?", "Why is that?", "Is this so?", "What are they?"])
def test_a_question_of_nothing_but_a_pronoun_is_asked_back(assistant: Assistant, question: str) -> None:
    unclear = found(assistant, question)
    assert unclear is not None
    assert len(unclear) == 1


@pytest.mark.parametrize(
    "question",
    [
        "What did Lee say about his bridge?",
        "Did the mayor say that he would resign?",
        "Is it true that the bridge is closed?",
        "Are there bridges that stay closed?",
        "When will they open the bridge?",
        "?!",
        "",
    ],
)
def test_questions_that_say_whom_they_mean_are_clear(assistant: Assistant, question: str) -> None:
    assert found(assistant, question) is None


def test_where_only_one_speaks_he_is_meant(tmp_path: Path) -> None:
    files = {"a.md": "Mayor Lee said that the bridge stays closed."}
    with (opened := assistant_over(write(tmp_path / "docs", files), tmp_path / "index")).index:
        assert found(opened, "What did he say about the bridge?") is None


def test_a_refusal_offers_the_readings_and_a_conversation_settles_them(assistant: Assistant) -> None:
    answer = assistant.ask("What did he say about the bridge?")
    check(answer, assistant)
    assert answer.refusal
    assert answer.refusal.cause == "ambiguous"
    assert "“What did Anna Stone say about the bridge?”" in answer.refusal.message
    talk = assistant.chat()
    talk.ask("What did Mayor Lee say?")
    again = talk.ask("What did he say about the bridge?")
    assert again.refusal is None
    assert assistant.answer(Conversation(), "What is it?").refusal
