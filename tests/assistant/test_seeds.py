"""The real embedding model, and the real language model, over the documents that come with Citeback."""

from collections.abc import Iterator

import pytest

from assistant import Answer, Assistant, Conversation, Delta, Finished
from assistant.home import default_folder
from tests.assistant.corpus import check, settings
from tests.llm_server import MODEL


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    home = tmp_path_factory.mktemp("seeds")
    with (opened := Assistant.open(default_folder(settings()), index=home, settings=settings())).index:
        yield opened


def test_a_question_is_answered_from_its_sources(assistant: Assistant) -> None:
    answer = assistant.ask("How long did Trump and Putin talk on the telephone?")
    check(answer, assistant)
    assert "nearly 90 minutes" in answer.text
    assert answer.citations[0].source == "negotiations-to-end-ukraine-war.md"


def test_a_follow_up_is_answered(assistant: Assistant) -> None:
    chat = assistant.chat()
    check(chat.ask("What did Hegseth rule out?"), assistant)
    answer = chat.ask("And Article 5?")
    check(answer, assistant)
    assert answer.standalone_question == "What did Hegseth rule out about Article 5?"
    assert any("Article 5" in sentence.text for sentence in answer.sentences)


@pytest.mark.parametrize(
    ("question", "cause"),
    [
        ("What is the capital of Australia?", "not_supported"),
        ("At what temperature does nitrogen boil?", "nothing_found"),
        ("Xyzzy plugh qwertz?", "nothing_found"),
        ("橋は閉まっていますか。", "nothing_found"),
        ("Wie lange sprachen die beiden?", "nothing_found"),
        ("Кто будет охранять мир?", "not_supported"),
        ("🙂", "nothing_found"),
    ],
)
def test_what_is_not_there_is_refused(assistant: Assistant, question: str, cause: str) -> None:
    answer = assistant.ask(question)
    check(answer, assistant)
    assert answer.refusal
    assert answer.refusal.cause == cause
    assert answer.refusal.nearest


def test_suggested_questions_are_answered(assistant: Assistant) -> None:
    suggested = assistant.suggestions()
    assert len(suggested) == 4
    for question in suggested:
        answer = assistant.ask(question)
        check(answer, assistant)
        assert answer.refusal is None, question


def with_model(assistant: Assistant, url: str) -> Assistant:
    """The same documents, asked with a language model that is shown little and may write little, since it is slow."""
    given = settings(llm=MODEL, llm_base_url=url, llm_max_tokens=60, passages=2, llm_timeout=120)
    return Assistant(assistant.index, settings=given)


GAVE_WAY = (
    "extractive (fallback: the documents support nothing ",
    f"extractive (fallback: {MODEL} ",
    f"{MODEL} (cut short: ",
)


@pytest.mark.llm
def test_a_language_model_answers_or_gives_way(assistant: Assistant, llm_url: str) -> None:
    """A small model invents freely: what it is left with is carried by exact quotes all the same."""
    asked = with_model(assistant, llm_url)
    events = list(asked.stream(Conversation(), "How long did Trump and Putin talk on the telephone?"))
    assert isinstance(events[-1], Finished)
    answer: Answer = events[-1].answer
    check(answer, asked)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == answer.text
    assert answer.answered_by == MODEL or answer.answered_by.startswith(GAVE_WAY)


@pytest.mark.llm
def test_a_conversation_with_a_language_model(assistant: Assistant, llm_url: str) -> None:
    chat = with_model(assistant, llm_url).chat()
    first = chat.ask("What did Hegseth rule out?")
    check(first, assistant)
    answer = chat.ask("And Article 5?")
    check(answer, assistant)
    assert answer.standalone_question == "What did Hegseth rule out about Article 5?"
    assert answer.answered_by == MODEL or answer.answered_by.startswith(GAVE_WAY)
