"""OpenAI's protocol, for whatever speaks it: chat completions whose text bears citation marks, and the list of models.

The whole answer, citations and verdicts included, is in the field "citeback" of a completion and of a stream's last
piece.
"""

import time
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from assistant.errors import QuestionError
from assistant.exports.notes import written
from assistant.given import given
from assistant.llm import count_tokens
from assistant.schema import Answer, Conversation, Delta, Finished

from .access import caller_of
from .events import event, event_stream
from .libraries import DEFAULT, Libraries
from .work import Work

MODEL: Final = "citeback"
# What parts an answer from its sources in what is sent, by which they are told apart when it comes back.
_SOURCES, _NEAREST = "\n\nSources:\n", "\n\nNearest passages:\n"
_MOST_TOKENS: Final = 1_000_000


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class Message(BaseModel):
    """One message."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type in ("text", "input_text"))
        return self.content or ""


class Completion(BaseModel):
    """A request. What only a language model could follow, such as a temperature, is passed over."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"messages": [{"role": "user", "content": "Who would keep the peace?"}]}]}
    )

    model: Annotated[str, Field(max_length=200)] = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=400)]
    stream: bool = False
    n: Annotated[int, Field(ge=1, le=1)] = 1
    max_tokens: Annotated[int | None, Field(ge=1, le=_MOST_TOKENS)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=_MOST_TOKENS)] = None


def openai_routes(libraries: Libraries, work: Work) -> APIRouter:
    """The routes below /v1."""
    routes = APIRouter(prefix="/v1")

    @routes.post("/chat/completions", summary="Answer the last message", response_model=None)
    async def complete(asked: Completion, request: Request) -> Response:
        """A completion, or a stream of them, as OpenAI's clients read it."""
        caller = caller_of(request)
        conversation, question = _conversation(asked.messages)
        name = f"chatcmpl-{uuid.uuid4().hex}"
        assistant = await work.run(lambda: libraries.open(caller, _library(asked.model)))
        if not asked.stream:
            answer = await work.run(lambda: assistant.answer(conversation, question))
            return JSONResponse(_whole(name, asked.model, answer, asked.messages))
        events = await work.run(lambda: assistant.stream(conversation, question))

        async def pieces() -> AsyncIterator[str]:
            yield event(_piece(name, asked.model, {"role": "assistant", "content": ""}))
            async for each in work.stream(events):
                if isinstance(each, Delta):
                    yield event(_piece(name, asked.model, {"content": each.text}))
                elif isinstance(each, Finished):
                    if sources := _sources(each.answer):
                        yield event(_piece(name, asked.model, {"content": sources}))
                    last = _piece(name, asked.model, {}, finish="stop")
                    yield event({**last, "citeback": each.answer.to_dict()})
            yield "data: [DONE]\n\n"

        return event_stream(pieces())

    @routes.get("/models", summary="List models: one a library")
    async def models(request: Request) -> dict[str, Any]:
        """The first is the one that is meant where none is named."""
        caller = caller_of(request)
        found = await work.run(lambda: libraries.of(caller))
        return {"object": "list", "data": [_model(library.id) for library in found]}

    @routes.get("/models/{model:path}", summary="A model")
    async def model(model: str, request: Request) -> dict[str, Any]:
        """Where there is one."""
        caller = caller_of(request)
        await work.run(lambda: libraries.open(caller, _library(model)))
        return _model(_library(model) or DEFAULT)

    return routes


def _library(model: str) -> str | None:
    """The library that a model stands for. Any other name is taken for the first: clients have names of their own."""
    name, _, library = model.partition("/")
    return (library or None) if name == MODEL else None


def _conversation(messages: Sequence[Message]) -> tuple[Conversation, str]:
    """The turns before the last message of the user, and that one: the question."""
    last = max((n for n, message in enumerate(messages) if message.role == "user"), default=-1)
    if last < 0:
        raise QuestionError("no message is the user's; the last one of the user's is the question")
    conversation, question = Conversation(), ""
    for message in messages[:last]:
        if message.role == "user":
            question = message.text
        elif message.role == "assistant" and question:
            text = message.text.partition(_SOURCES)[0].partition(_NEAREST)[0]
            conversation, question = conversation.plus(given(question, text, conversation)), ""
    return conversation, messages[last].text


def _sources(answer: Answer) -> str:
    """What comes after an answer's text: its sources, or the passages nearest to it, and what limits it."""
    lines = "\n".join(f"[{citation.number}] {written(citation)}" for citation in answer.shown)
    head = (_NEAREST if answer.refusal else _SOURCES) if lines else ""
    return head + lines + (f"\n\n{answer.notice}" if answer.notice else "")


def _whole(name: str, model: str, answer: Answer, messages: Sequence[Message]) -> dict[str, Any]:
    text = answer.text + _sources(answer)
    asked, told = sum(count_tokens(message.text) for message in messages), count_tokens(text)
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": None}
    return {
        **_head(name, model, "chat.completion"),
        "choices": [choice],
        "usage": {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told},
        "citeback": answer.to_dict(),
    }


def _piece(name: str, model: str, delta: dict[str, str], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {**_head(name, model, "chat.completion.chunk"), "choices": [choice]}


def _head(name: str, model: str, kind: str) -> dict[str, Any]:
    return {"id": name, "object": kind, "created": int(time.time()), "model": model}


def _model(library: str) -> dict[str, Any]:
    name = MODEL if library == DEFAULT else f"{MODEL}/{library}"
    return {"id": name, "object": "model", "created": 0, "owned_by": MODEL}
