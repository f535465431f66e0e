"""An assistant as LlamaIndex's chat engine: the same answers, streamed or not, with their exact citations."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.llms import ChatMessage, MessageRole, MockFunctionCallingLLM
from llama_index.core.tools import FunctionTool

from assistant import Answer, Assistant, Conversation, QuestionError
from assistant.llama import CitebackChatEngine, StreamedAnswer
from tests.assistant.corpus import assistant_over, check, documents_of, write

SAID, REPAIRS = "What did Mayor Lee say?", "What did he say about repairs?"
STANDALONE = "What did Mayor Lee say about repairs?"
NOWHERE = "What is the price of leeks?"
QUESTIONS = (SAID, REPAIRS, "How often do ferries run?", NOWHERE, "And on the island?")


@pytest.fixture(autouse=True)
def _no_global_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks LlamaIndex's global settings for a model fails."""
    for name in ("llm", "embed_model"):
        monkeypatch.setattr(type(Settings), name, property(lambda _: pytest.fail("global settings were asked")))


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with assistant_over(write(tmp_path / "docs"), tmp_path / "index") as opened:
        yield opened


@pytest.fixture
def engine(assistant: Assistant) -> CitebackChatEngine:
    return CitebackChatEngine(assistant)


def check_response(response: AgentChatResponse | StreamedAnswer, assistant: Assistant) -> Answer:
    """The answer that a response tells of: text and nodes are its own, and all it promises is kept."""
    assert response.metadata
    answer = Answer.from_dict(json.loads(json.dumps(response.metadata)))
    check(answer, assistant)
    assert str(response) == response.response == answer.text
    documents = documents_of(assistant)
    assert len(response.source_nodes) == len(answer.citations)
    for found, citation in zip(response.source_nodes, answer.citations, strict=True):
        node = found.node
        text = documents[node.ref_doc_id].text
        assert text[node.start_char_idx : node.end_char_idx] == node.text == found.get_content() == citation.quote
        assert node.metadata["citation"] == citation.number
        assert f"[{citation.number}]" in response.response
        assert node.metadata["title"] == citation.title
        assert 0 <= found.score <= 1
    return answer


def told(response: Any) -> tuple[Any, ...]:
    """What a response says, however long it took."""
    return response.response, response.source_nodes, {**response.metadata, "timings_ms": {}}


def texts(engine: BaseChatEngine) -> list[tuple[str, str | None]]:
    return [(message.role.value, message.content) for message in engine.chat_history]


# Conversations.


def test_an_answer_is_the_assistants_own(assistant: Assistant, engine: CitebackChatEngine) -> None:
    response = engine.chat(SAID)
    answer = check_response(response, assistant)
    assert answer.text == assistant.ask(SAID).text
    [found] = response.source_nodes
    assert found.text == "Mayor Lee said that repairs would take six weeks."
    assert (found.metadata["author"], found.metadata["citation"]) == ("Ada Stone", 1)
    assert found.score == answer.sentences[0].score


def test_a_follow_up_leans_on_what_came_before(assistant: Assistant, engine: CitebackChatEngine) -> None:
    first = engine.chat(SAID)
    answer = check_response(engine.chat(REPAIRS), assistant)
    assert answer.standalone_question == STANDALONE
    assert texts(engine) == [
        *(("user", SAID), ("assistant", first.response)),
        *(("user", REPAIRS), ("assistant", answer.text)),
    ]
    engine.reset()
    assert engine.chat_history == []
    assert check_response(engine.chat(REPAIRS), assistant).standalone_question == REPAIRS


def test_a_refusal_says_why_and_cites_nothing(assistant: Assistant, engine: CitebackChatEngine) -> None:
    for response in (engine.chat(NOWHERE), _read(engine.stream_chat(NOWHERE))):
        answer = check_response(response, assistant)
        assert answer.refusal
        assert response.source_nodes == []
        assert response.metadata
        assert response.metadata["refusal"]["cause"] == answer.refusal.cause
        assert response.response == answer.refusal.message
    filtered = CitebackChatEngine(assistant, where={"author": "Nobody"}).chat(SAID)
    assert filtered.metadata["refusal"]["cause"] == "filtered_out"


def test_only_documents_that_are_meant(assistant: Assistant) -> None:
    engine = CitebackChatEngine(assistant, where={"source": "island.md"})
    response = engine.chat("How often do ferries run?")
    check_response(response, assistant)
    assert {found.metadata["source"] for found in response.source_nodes} == {"island.md"}


def test_a_question_that_is_none_is_named(assistant: Assistant, engine: CitebackChatEngine) -> None:
    for ask in (engine.chat, engine.stream_chat, lambda q: asyncio.run(engine.achat(q))):
        with pytest.raises(QuestionError, match="empty"):
            ask(" ")
    assert engine.chat_history == []


def test_it_goes_on_with_a_conversation(assistant: Assistant) -> None:
    chat = assistant.chat()
    chat.ask(SAID)
    engine = CitebackChatEngine(assistant, conversation=chat.conversation)
    assert engine.chat(REPAIRS).metadata["standalone_question"] == STANDALONE
    assert engine.conversation.turns[:1] == chat.conversation.turns
    assert len(engine.conversation.turns) == 2


# Streams.


def _read(streamed: StreamedAnswer) -> StreamedAnswer:
    """The response, read to its end."""
    pieces = list(streamed.response_gen)
    assert "".join(pieces) == streamed.response
    return streamed


async def _aread(streamed: StreamedAnswer) -> StreamedAnswer:
    pieces = [piece async for piece in streamed.async_response_gen()]
    assert "".join(pieces) == streamed.response
    return streamed


def test_streamed_and_awaited_are_the_same(assistant: Assistant) -> None:
    plain, streaming, awaited, both = (CitebackChatEngine(assistant) for _ in range(4))

    async def ask(question: str) -> list[Any]:
        return [await awaited.achat(question), await _aread(await both.astream_chat(question))]

    for question in QUESTIONS:
        expected = plain.chat(question)
        streamed = _read(streaming.stream_chat(question))
        assert isinstance(streamed, StreamingAgentChatResponse)
        assert streamed.is_done
        check_response(streamed, assistant)
        others = asyncio.run(ask(question))
        assert [told(each) for each in (streamed, *others)] == [told(expected)] * 3
    assert texts(plain) == texts(streaming) == texts(awaited) == texts(both)
    assert len(plain.chat_history) == 2 * len(QUESTIONS)


def test_a_stream_is_printed(engine: CitebackChatEngine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.stream_chat(SAID).print_response_stream()
    assert capsys.readouterr().out == engine.chat_history[-1].content


def test_a_stream_left_early_keeps_no_turn(assistant: Assistant, engine: CitebackChatEngine) -> None:
    next(engine.stream_chat(SAID).response_gen)

    async def leave() -> None:
        pieces = (await engine.astream_chat(SAID)).async_response_gen()
        await anext(pieces)
        await pieces.aclose()

    asyncio.run(leave())
    assert engine.conversation == Conversation()
    check_response(engine.chat(SAID), assistant)


def test_a_failure_reaches_who_reads(
    assistant: Assistant, engine: CitebackChatEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk went away")

    monkeypatch.setattr(assistant.index, "search", fail)
    with pytest.raises(OSError, match="the disk went away"):
        list(engine.stream_chat(SAID).response_gen)
    with pytest.raises(OSError, match="the disk went away"):
        asyncio.run(_astreamed(engine, SAID))
    assert engine.chat_history == []


async def _astreamed(engine: CitebackChatEngine, question: str) -> StreamedAnswer:
    return await _aread(await engine.astream_chat(question))


def test_awaiting_does_not_block(
    assistant: Assistant, engine: CitebackChatEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()
    search = assistant.index.search

    def noted(*arguments: Any, **options: Any) -> Any:
        threads.add(threading.current_thread())
        return search(*arguments, **options)

    monkeypatch.setattr(assistant.index, "search", noted)

    async def ask() -> None:
        await engine.achat(SAID)
        await _astreamed(engine, REPAIRS)
        # Side by side each has its turn.
        await asyncio.gather(engine.achat(SAID), engine.achat(NOWHERE))

    asyncio.run(ask())
    assert threads
    assert threading.main_thread() not in threads
    assert len(engine.conversation.turns) == 4


# Histories that are handed in.


def test_a_history_that_comes_back_is_what_it_was(assistant: Assistant, engine: CitebackChatEngine) -> None:
    """As from a client that keeps the conversation itself."""
    engine.chat(SAID)
    written = [message.model_dump_json() for message in engine.chat_history]
    history = [ChatMessage.model_validate_json(each) for each in written]
    other = CitebackChatEngine(assistant)
    response = other.chat(REPAIRS, history)
    assert told(response) == told(engine.chat(REPAIRS))
    assert texts(other) == texts(engine)
    # The place that was cited before keeps its number.
    assert [found.metadata["citation"] for found in response.source_nodes] == [1]
    assert other.conversation.turns[0].answer.citations == engine.conversation.turns[0].answer.citations


def test_a_history_takes_the_place_of_what_was_said(assistant: Assistant, engine: CitebackChatEngine) -> None:
    engine.chat("How often do ferries run?")
    history = [
        ChatMessage(role="system", content="Answer in rhymes."),
        ChatMessage(role="assistant", content="What would you like to know?"),
        ChatMessage(role="user", content=SAID),
        ChatMessage(role="assistant", content="", additional_kwargs={"tool_calls": []}),
        ChatMessage(role="tool", content="A tool's words."),
        ChatMessage(role="assistant", content="He spoke of six weeks. Then he left."),
    ]
    asked: list[Callable[[], Any]] = [
        lambda: engine.chat(REPAIRS, history),
        lambda: _read(engine.stream_chat(REPAIRS, history)),
        lambda: asyncio.run(engine.achat(REPAIRS, history)),
        # The question itself may end the history.
        lambda: engine.chat(REPAIRS, [*history, ChatMessage(role="user", content=REPAIRS)]),
    ]
    for ask in asked:
        response = ask()
        assert check_response(response, assistant).standalone_question == STANDALONE
        assert texts(engine) == [
            *(("user", SAID), ("assistant", "He spoke of six weeks. Then he left.")),
            *(("user", REPAIRS), ("assistant", response.response)),
        ]
    [said, _] = engine.conversation.turns
    assert (said.answer.answered_by, said.answer.citations) == ("given", ())
    assert [each.text for each in said.answer.sentences] == ["He spoke of six weeks.", "Then he left."]
    assert check_response(engine.chat(REPAIRS, []), assistant).standalone_question == REPAIRS


@pytest.mark.parametrize(
    "change",
    [
        {"content": "Something else."},
        {"additional_kwargs": {"citeback": {"text": "Something else."}}},
        {"additional_kwargs": {"citeback": "no record"}},
        {"additional_kwargs": {}},
    ],
)
def test_an_edited_message_is_taken_at_its_words(
    assistant: Assistant, engine: CitebackChatEngine, change: dict[str, Any]
) -> None:
    engine.chat(SAID)
    question, answer = engine.chat_history
    edited = ChatMessage(
        role=answer.role, **{"content": answer.content, "additional_kwargs": answer.additional_kwargs, **change}
    )
    response = engine.chat(REPAIRS, [question, edited])
    check_response(response, assistant)
    assert engine.conversation.turns[0].answer.citations == ()
    assert engine.conversation.turns[0].answer.text == edited.content


def test_a_question_nobody_answered_is_still_what_it_was_about(engine: CitebackChatEngine) -> None:
    response = engine.chat(REPAIRS, [ChatMessage(role="user", content=SAID)])
    assert response.metadata["standalone_question"] == STANDALONE


# Within LlamaIndex.


# LlamaIndex's agents use what pydantic, and their own workflows, call deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_agent_asks_it(assistant: Assistant, engine: CitebackChatEngine) -> None:
    async def documents(question: str) -> AgentChatResponse:
        """Answer a question from the documents, with citations."""
        return await engine.achat(question)

    def say(messages: Sequence[ChatMessage], **_: Any) -> ChatMessage:
        read = [message.content for message in messages if message.role == MessageRole.TOOL]
        asks = (SAID, REPAIRS)[len(read) :]
        if not asks:
            return ChatMessage(role=MessageRole.ASSISTANT, content=f"I was told: {read[-1]}")
        call = {"tool_call_id": str(len(read)), "tool_name": "documents", "tool_kwargs": {"question": asks[0]}}
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=[{"block_type": "tool_call", **call}])

    async def run() -> Any:
        llm = MockFunctionCallingLLM(response_generator=say)
        return await FunctionAgent(tools=[FunctionTool.from_defaults(async_fn=documents)], llm=llm).run("Lee?")

    output = asyncio.run(run())
    answers = [check_response(call.tool_output.raw_output, assistant) for call in output.tool_calls]
    assert answers[-1].standalone_question == STANDALONE
    assert str(output) == f"I was told: {answers[-1].text}"
    assert len(engine.conversation.turns) == 2
