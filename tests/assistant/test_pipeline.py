"""A question from asking to answer or refusal: offsets, quotes, events, causes, fallbacks."""

import asyncio
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant import (
    Answer,
    Assistant,
    Conversation,
    Delta,
    Event,
    Finished,
    QuestionError,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
)
from assistant.answerer import Answerer
from assistant.errors import LLMError
from assistant.relevance import Ranker
from tests.assistant.corpus import assistant_over, check, settings, write
from tests.assistant.scripted import Scripted, answerer

QUESTIONS = (
    "How long will the repairs take?",
    "Why was the bridge closed?",
    "What did Mayor Lee say?",
    "Compare how long each source says that repairs take.",
    "Is it valid on every ferry?",
    "Who is the captain of the ferry?",
    "Did Napoleon cross the bridge?",
    "Wie lange dauert es?",
    "Мост закрыт?",
    "橋は閉まっていますか。",
    "?!",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("pipeline")
    with (opened := assistant_over(write(folder / "docs"), folder / "index")).index:
        yield opened


def untimed(answer: Answer) -> Answer:
    return replace(answer, timings_ms={})


def finished(events: Sequence[Event]) -> Answer:
    assert isinstance(events[-1], Finished)
    assert not any(isinstance(event, Finished) for event in events[:-1])
    return events[-1].answer


# Events.


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_events_make_up_the_answer(assistant: Assistant, question: str) -> None:
    events = list(assistant.stream(Conversation(), question))
    answer = finished(events)
    check(answer, assistant)
    assert events[:2] == [Searching(question), Rewritten(question, changed=False)]
    assert isinstance(events[2], Retrieved)
    assert [type(event) for event in events[3:-1]] == ([Delta, Sentence] * len(answer.sentences) or [Delta])
    assert "".join(event.text for event in events if isinstance(event, Delta)) == answer.text
    told = [event for event in events if isinstance(event, Sentence)]
    assert tuple(event.sentence for event in told) == answer.sentences
    assert tuple(citation for event in told for citation in event.citations) == answer.citations


@pytest.mark.parametrize("question", QUESTIONS)
def test_streamed_equals_unstreamed(assistant: Assistant, question: str) -> None:
    streamed = finished(list(assistant.stream(Conversation(), question)))
    asked = assistant.ask(question)
    chatted = assistant.chat().ask(question)
    awaited = asyncio.run(assistant.aask(question))
    assert untimed(streamed) == untimed(asked) == untimed(chatted) == untimed(awaited)


def test_who_wrote_is_told_where_nothing_says_who_that_is(assistant: Assistant) -> None:
    answer = Assistant(assistant.index, settings=settings(threshold=0.9)).ask("Who is Ada Stone?")
    assert answer.refusal
    assert answer.text == "The documents don’t say who that is, only what is by them: “Bridge closed”."


def test_a_sentence_is_told_before_the_answer_is_done(assistant: Assistant) -> None:
    """What is streamed is checked: a sentence comes out before the model has written the next."""
    llm = Scripted(["The harbour bridge was closed on Monday. [1] ", "Then ", "it ", "vanished. [1]"])
    events = with_llm(assistant, llm).stream(Conversation(), "When was the bridge closed?")
    assert any(isinstance(event, Sentence) for event in events)
    assert llm.said < 4


def test_an_answer_has_this_shape(assistant: Assistant) -> None:
    answered = assistant.ask("What did Mayor Lee say?").to_dict()
    keys = "question standalone_question text answered_by sentences citations refusal timings_ms"
    assert list(answered) == keys.split()
    assert list(answered["sentences"][0]) == "text start end citations verdict score".split()
    citation_keys = "number document_id title author publisher date source page start end quote".split()
    assert list(answered["citations"][0]) == citation_keys
    assert answered["refusal"] is None
    assert set(answered["timings_ms"]) >= {"retrieve", "answer", "total"}
    refused = assistant.ask("Did Napoleon cross the bridge?").to_dict()
    assert list(refused) == keys.split()
    assert list(refused["refusal"]) == ["cause", "message", "nearest"]
    assert list(refused["refusal"]["nearest"][0]) == citation_keys
    assert (refused["sentences"], refused["citations"]) == ((), ())


# Refusals.


def test_no_documents(tmp_path: Path) -> None:
    with (empty := assistant_over(None, tmp_path)).index:
        events = list(empty.stream(Conversation(), "Why?"))
        answer = finished(events)
        check(answer, empty)
    assert answer.refusal
    assert answer.refusal.cause == "empty_index"
    assert "add some" in answer.text
    assert [type(event) for event in events] == [Searching, Delta, Finished]


def test_nothing_found(assistant: Assistant) -> None:
    """No word of the question is in the documents and no passage is near in meaning."""
    answer = assistant.ask("Xyzzy plugh qwertz?")
    assert answer.refusal
    assert answer.refusal.cause == "nothing_found"
    assert "3 documents" in answer.text


def test_filtered_out(assistant: Assistant) -> None:
    answer = assistant.ask("Why was the bridge closed?", where={"author": "Nobody", "publisher": "Island Post"})
    assert answer.refusal
    assert answer.refusal.cause == "filtered_out"
    assert answer.refusal.nearest == ()
    assert "author “Nobody” and publisher “Island Post”" in answer.text


def test_a_filter_keeps_other_documents_out(assistant: Assistant) -> None:
    answer = assistant.ask("How long will the repairs take?", where={"publisher": "Island Post"})
    check(answer, assistant)
    assert {citation.source for citation in answer.citations} == {"island.md"}
    assert "nine weeks" in answer.text


def test_not_supported_shows_the_nearest_passages(assistant: Assistant) -> None:
    answer = assistant.ask("Who is the captain of the ferry?")
    check(answer, assistant)
    assert answer.refusal
    assert answer.refusal.cause == "not_supported"
    assert 1 <= len(answer.refusal.nearest) <= 3
    assert "erries run every" in " ".join(citation.quote for citation in answer.refusal.nearest)


def test_a_name_the_documents_never_mention_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("Why did Napoleon close the harbour bridge?")
    assert answer.refusal
    assert answer.refusal.cause == "not_supported"
    assert "“Napoleon”" in answer.text
    assert "Lee" not in assistant.ask("What did Zebedee tell Lee?").text


def test_a_question_in_another_language_says_so_or_finds_nothing(assistant: Assistant) -> None:
    for question in ("Wie lange dauert es?", "Мост закрыт?", "橋は閉まっていますか。", "هل الجسر مغلق؟"):
        answer = assistant.ask(question)
        check(answer, assistant)
        assert answer.refusal
        assert answer.refusal.cause in ("nothing_found", "not_supported")


# Questions.


@pytest.mark.parametrize("question", ["", " ", "\n\t ", "\u2003"])
def test_an_empty_question_is_an_error(assistant: Assistant, question: str) -> None:
    for ask in (assistant.ask, assistant.chat().ask):
        with pytest.raises(QuestionError, match="empty: type one"):
            ask(question)


def test_a_question_beyond_the_limit_is_an_error_that_names_both(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match=r"has 100,000 characters, the limit is 4,000: shorten it"):
        assistant.ask("a" * 100_000)
    check(assistant.ask("bridge " * 571), assistant)


def test_an_error_comes_before_the_first_event(assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        assistant.stream(Conversation(), "")
    chat = assistant.chat()
    with pytest.raises(QuestionError):
        list(chat.stream(" "))
    assert chat.conversation == Conversation()


HOSTILE = (
    'NOT ( AND OR "',
    "text:bridge* ~2 ^3 [a TO b]",
    "\x00\x01\x02",
    "\ud800",
    "[1] [2] \n\n[3]",
    "%s %(x)s {0} {question}",
    "<script>alert(1)</script>",
    "a" * 500,
    "ß" * 500,
    "'; DROP TABLE documents; --",
)


@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(max_size=500) | st.text("bridge repairswhoy?'’0129,.“”\n", max_size=80))
@example(HOSTILE[0])
@example(HOSTILE[1])
@example(HOSTILE[2])
@example(HOSTILE[3])
@example(HOSTILE[4])
@example(HOSTILE[5])
@example(HOSTILE[6])
@example(HOSTILE[7])
@example(HOSTILE[8])
@example(HOSTILE[9])
def test_any_question_is_answered_or_refused(assistant: Assistant, question: str) -> None:
    try:
        answer = assistant.ask(question)
    except QuestionError:
        assert not question.strip()
    else:
        check(answer, assistant)
        assert answer.question == re.sub("[\ud800-\udfff]", "\ufffd", question.strip())


# Answers of a language model.


class WithModel(Assistant):
    """Asks the answerers given before its own."""

    first: tuple[Answerer, ...] = ()

    def answerers(self, ranker: Ranker) -> Iterator[Answerer]:
        yield from self.first
        yield from super().answerers(ranker)


def with_llm(assistant: Assistant, *llms: Scripted) -> WithModel:
    asked = WithModel(assistant.index, settings=assistant.settings)
    asked.first = tuple(answerer(llm) for llm in llms)
    return asked


QUESTION = "Why was the harbour bridge closed?"
SUPPORTED = "The harbour bridge was closed on Monday. [1] "
INVENTED = "The bridge was sold to Liechtenstein for 900 euros. [1] "


def test_a_supported_sentence_is_answered_by_the_model(assistant: Assistant) -> None:
    answer = with_llm(assistant, Scripted([SUPPORTED])).ask(QUESTION)
    check(answer, assistant)
    assert answer.answered_by == "scripted"
    assert answer.text == "The harbour bridge was closed on Monday. [1]"
    assert answer.sentences[0].verdict == "supported"
    assert answer.citations[0].quote == "The harbour bridge was closed on Monday."


def test_an_invented_sentence_is_never_shown(assistant: Assistant) -> None:
    events = list(with_llm(assistant, Scripted([INVENTED, SUPPORTED, INVENTED])).stream(Conversation(), QUESTION))
    answer = finished(events)
    check(answer, assistant)
    assert answer.answered_by == "scripted"
    assert answer.text == "The harbour bridge was closed on Monday. [1]"
    assert "Liechtenstein" not in "".join(event.text for event in events if isinstance(event, Delta))


def test_what_an_answer_leaves_open_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("When and why was the harbour bridge closed?")
    assert "Monday" in answer.text
    assert answer.notice == "The passages found don’t say why."
    assert assistant.ask("When was the harbour bridge closed?").notice is None


def test_what_was_left_out_and_what_does_not_exist_is_told(assistant: Assistant) -> None:
    answer = with_llm(assistant, Scripted([INVENTED, SUPPORTED.replace("[1]", "[1][77]"), INVENTED])).ask(QUESTION)
    assert answer.text == "The harbour bridge was closed on Monday. [1]"
    assert answer.notice == (
        "Sentences of the language model left out, because the documents do not carry them: 1. "
        "Passages that the language model cited and that do not exist: 1."
    )
    # A model that gave way wrote nothing of the answer.
    assert with_llm(assistant, Scripted([INVENTED])).ask(QUESTION).notice is None
    assert with_llm(assistant, Scripted([SUPPORTED])).ask(QUESTION).notice is None


def test_a_partly_supported_sentence_says_so(assistant: Assistant) -> None:
    certain = "Repairs of the bridge take nine weeks, engineers told the Island Post. [1]"
    answer = with_llm(assistant, Scripted([certain])).ask(QUESTION)
    check(answer, assistant)
    assert answer.sentences[0].verdict == "partly"
    assert answer.citations[0].quote == "Repairs of the bridge would take nine weeks, engineers told the Island Post."


def test_sentences_on_one_place_share_a_number(assistant: Assistant) -> None:
    texts = [
        SUPPORTED,
        "Cracks were found in two pillars of the bridge. [1] ",
        "On Monday the harbour bridge was closed. [1]",
    ]
    answer = with_llm(assistant, Scripted(texts)).ask(QUESTION)
    check(answer, assistant)
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,), (1,)]


@pytest.mark.parametrize(
    ("llm", "reason"),
    [
        (Scripted([INVENTED, "It was eaten by 77 lions. [2]"]), "the documents support nothing that scripted wrote"),
        (Scripted(["NO ANSWER"]), "scripted found no answer in the passages"),
        (Scripted([], LLMError("the server is down", retryable=True)), "the server is down"),
        (Scripted([INVENTED], LLMError("the server is down", retryable=True)), "the server is down"),
        (Scripted([], ValueError("odd")), "odd"),
        (Scripted(["  "]), "wrote no sentence"),
    ],
)
def test_a_model_without_an_answer_gives_way_to_quotes(assistant: Assistant, llm: Scripted, reason: str) -> None:
    answer = with_llm(assistant, llm).ask(QUESTION)
    check(answer, assistant)
    assert answer.answered_by.startswith("extractive (fallback: ")
    assert reason in answer.answered_by
    assert untimed(replace(answer, answered_by="extractive")) == untimed(assistant.ask(QUESTION))
    assert llm.closed


def test_an_endpoint_that_is_down_gives_way_to_quotes(assistant: Assistant) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    down = Assistant(assistant.index, settings=settings(llm="m", llm_base_url=url))
    answer = down.ask(QUESTION)
    check(answer, assistant)
    assert answer.answered_by.startswith(f"extractive (fallback: {url.removesuffix('/v1')} cannot be reached")


@pytest.mark.parametrize("url", ["nonsense", "ftp://x/v1"])
def test_an_endpoint_that_cannot_be_one_gives_way_to_quotes(assistant: Assistant, url: str) -> None:
    wrong = Assistant(assistant.index, settings=settings(llm="m", llm_base_url=url))
    for _ in range(2):
        answer = wrong.ask(QUESTION)
        check(answer, assistant)
        assert answer.answered_by.startswith(f"extractive (fallback: {url!r} is not a base URL")


def test_an_error_in_mid_answer_keeps_what_was_checked(assistant: Assistant) -> None:
    llm = Scripted([SUPPORTED, "Then it "], LLMError("the connection broke", retryable=True))
    answer = with_llm(assistant, llm).ask(QUESTION)
    check(answer, assistant)
    assert answer.text == "The harbour bridge was closed on Monday. [1]"
    assert answer.answered_by == "scripted (cut short: the connection broke)"


def test_a_second_model_is_asked_where_the_first_has_nothing(assistant: Assistant) -> None:
    answer = with_llm(assistant, Scripted(["NO ANSWER"]), Scripted([SUPPORTED])).ask(QUESTION)
    assert answer.answered_by == "scripted"
    assert answer.sentences


def test_no_model_is_asked_what_is_plainly_not_there(assistant: Assistant) -> None:
    llm = Scripted([SUPPORTED])
    answer = with_llm(assistant, llm).ask("Did Napoleon cross the bridge?")
    assert answer.refusal
    assert llm.said == 0


def test_a_model_is_shown_the_standalone_question(assistant: Assistant) -> None:
    llm = Scripted(["NO ANSWER"])
    chat = with_llm(assistant, llm).chat()
    chat.ask("What did Mayor Lee say about the repairs?")
    chat.ask("And the ferries?")
    assert "Question: What did Mayor Lee say about the ferries?" in llm.prompt


def test_closing_the_stream_ends_the_request(assistant: Assistant) -> None:
    llm = Scripted([SUPPORTED, "Cracks were found in two pillars of the bridge. [1] ", "More [1]. "])
    events = with_llm(assistant, llm).stream(Conversation(), QUESTION)
    next(event for event in events if isinstance(event, Sentence))
    events.close()  # type: ignore[attr-defined]
    assert llm.closed
