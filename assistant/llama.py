"""LlamaIndex's chat engine over an assistant: cited, checked answers, with the citations as its nodes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.llms import ChatMessage, ChatResponse, MessageRole
from llama_index.core.schema import NodeWithScore

from assistant import Answer, Assistant, Conversation, Delta, Event, Finished, Turn
from assistant.given import given
from assistant.in_threads import in_threads
from index import Where
from index.llama import node_of

# Where a message of the history carries the answer it tells.
_RECORD = "citeback"
_ANSWERING = (MessageRole.ASSISTANT, MessageRole.CHATBOT, MessageRole.MODEL)
_TOLD = ("title", "author", "publisher", "date", "source", "page", "locator")


@dataclass
class StreamedAnswer(StreamingAgentChatResponse):  # type: ignore[misc]
    """An answer under way. Once its stream has ended, `response`, `source_nodes` and `metadata` are those of `chat`."""

    metadata: dict[str, Any] | None = None


class CitebackChatEngine(BaseChatEngine):  # type: ignore[misc]
    """A conversation with an assistant, as LlamaIndex's chat engine. One engine is for one conversation.

    A response's text is `Answer.text`, marks included; `source_nodes` are its citations, each with its number as
    `metadata["citation"]`; `response.metadata` is `Answer.to_dict()`. A refusal has no source nodes, and its cause in
    `metadata["refusal"]["cause"]`. A stream asks as it is read, and its turn is kept once it was read to its end.

    A `chat_history` given with a message takes the place of what was said so far, as in LlamaIndex's own engines.
    Messages that the property `chat_history` gave are the turns they were, citations and numbers included. Others are
    taken as said: they make follow-ups understood, and are never quoted. What the system and tools say is left out.
    """

    def __init__(
        self, assistant: Assistant, *, where: Where | None = None, conversation: Conversation | None = None
    ) -> None:
        self._assistant = assistant
        self._where = dict(where or {})
        self.conversation = conversation or Conversation()

    def reset(self) -> None:
        """Forget what was said."""
        self.conversation = Conversation()

    @property
    def chat_history(self) -> list[ChatMessage]:
        """The conversation as messages, a question and its answer in turn; an answer's record comes with it."""
        return [message for turn in self.conversation.turns for message in _messages(turn)]

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """The answer to the next question. Raises QuestionError for one that is empty or too long."""
        self._take(message, chat_history)
        return self._kept(self._assistant.answer(self.conversation, message, where=self._where))

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """As `chat`, without blocking the event loop."""
        self._take(message, chat_history)
        ask = self._assistant.answer
        return self._kept(await asyncio.to_thread(ask, self.conversation, message, where=self._where))

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamedAnswer:
        """The answer as it comes about: each piece of `response_gen` is checked already. Raises as `chat` does."""
        events = self._events(message, chat_history)
        streamed = StreamedAnswer(is_writing_to_memory=False)

        def pieces() -> Iterator[ChatResponse]:
            for event in events:
                yield from self._pieces(event, streamed)

        streamed.chat_stream = pieces()
        return streamed

    async def astream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamedAnswer:
        """As `stream_chat`, for `async_response_gen`; the event loop is not blocked."""
        events = self._events(message, chat_history)
        streamed = StreamedAnswer(is_writing_to_memory=False)

        async def pieces() -> AsyncIterator[ChatResponse]:
            async with aclosing(in_threads(events)) as told:
                async for event in told:
                    for piece in self._pieces(event, streamed):
                        yield piece

        streamed.achat_stream = pieces()
        return streamed

    def _take(self, message: str, chat_history: Sequence[ChatMessage] | None) -> None:
        """Let a history that comes with a question be the conversation."""
        if chat_history is not None:
            self.conversation = _conversation(chat_history, before=message)

    def _events(self, message: str, chat_history: Sequence[ChatMessage] | None) -> Iterator[Event]:
        self._take(message, chat_history)
        return self._assistant.stream(self.conversation, message, where=self._where)

    def _kept(self, answer: Answer) -> AgentChatResponse:
        """The response that tells of an answer, which is kept as a turn."""
        self.conversation = self.conversation.plus(answer)
        return AgentChatResponse(answer.text, source_nodes=_nodes(answer), metadata=answer.to_dict())

    def _pieces(self, event: Event, streamed: StreamedAnswer) -> Iterator[ChatResponse]:
        """What an event adds to the text; the last one completes the response."""
        if isinstance(event, Delta):
            streamed.response += event.text
            said = ChatMessage(role=MessageRole.ASSISTANT, content=streamed.response)
            yield ChatResponse(message=said, delta=event.text)
        elif isinstance(event, Finished):
            whole = self._kept(event.answer)
            streamed.response, streamed.source_nodes, streamed.metadata = (
                whole.response,
                whole.source_nodes,
                whole.metadata,
            )
            streamed.is_done = True


def _nodes(answer: Answer) -> list[NodeWithScore]:
    """The citations in order, each with the score of the sentence it carries best."""
    nodes = []
    for citation in answer.citations:
        told = {"citation": citation.number, **{name: getattr(citation, name) for name in _TOLD}}
        node = node_of(citation.quote, citation.document_id, citation.start, citation.end, told)
        scores = [sentence.score for sentence in answer.sentences if citation.number in sentence.citations]
        nodes.append(NodeWithScore(node=node, score=max(scores, default=None)))
    return nodes


def _messages(turn: Turn) -> Iterator[ChatMessage]:
    yield ChatMessage(role=MessageRole.USER, content=turn.question)
    record = {_RECORD: turn.answer.to_dict()}
    yield ChatMessage(role=MessageRole.ASSISTANT, content=turn.answer.text, additional_kwargs=record)


def _conversation(messages: Sequence[ChatMessage], *, before: str) -> Conversation:
    """The turns of messages: a question and what was answered up to the next one.

    What was answered before any question, as a greeting, is left out, and so is the question `before` where it ends
    the messages, being the one to answer now.
    """
    said: list[tuple[str, list[ChatMessage]]] = []
    for message in messages:
        if message.role == MessageRole.USER:
            said.append((message.content or "", []))
        elif message.role in _ANSWERING and said:
            said[-1][1].append(message)
    if said and said[-1] == (before, []):
        said.pop()
    conversation = Conversation()
    for question, answers in said:
        conversation = conversation.plus(_answer(question, answers, conversation))
    return conversation


def _answer(question: str, messages: Sequence[ChatMessage], conversation: Conversation) -> Answer:
    """The answer that a message carries, where it is still the one it tells; else its words as if given here."""
    text = "\n\n".join(message.content for message in messages if message.content)
    for message in messages:
        with suppress(KeyError, TypeError, AttributeError, ValueError):
            answer = Answer.from_dict(message.additional_kwargs[_RECORD])
            if (answer.question, answer.text) == (question, text):
                return answer
    return given(question, text, conversation)
