"""One question, every interface: the same answer with the same citations."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from openai import OpenAI
from starlette.testclient import TestClient
from typer.testing import CliRunner

import app  # noqa: F401 - its commands are registered
from assistant import Assistant, Finished
from assistant.cli import commands
from assistant.llama import CitebackChatEngine
from assistant.server.callers import OWNER
from assistant.server.libraries import OneLibrary
from assistant.server.mcp import build_mcp
from assistant.server.work import Work
from assistant.web.chat import Talk, steps
from tests.assistant.server.conftest import ROOT
from tests.assistant.server.mcp_client import without_times

QUESTIONS = (
    "How long did Trump and Putin speak by telephone?",
    "What did Hegseth rule out?",
    "Compare what each source says about Europe.",
    "Which main issues will shape the peace talks?",
    "Who would keep the peace?",
    "At what temperature does tungsten melt?",
)
Ask = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def interfaces(seeds: Assistant, alone: TestClient) -> Iterator[dict[str, Ask]]:
    """What each interface makes of a question: the record of its answer."""
    client = OpenAI(base_url="http://127.0.0.1/v1", api_key="none", http_client=_over(alone))

    def cli(question: str) -> dict[str, Any]:
        asked = ["ask", question, "--json", "--docs", str(ROOT / "seeds"), "--index", str(seeds.index.home)]
        told: dict[str, Any] = json.loads(CliRunner().invoke(commands, asked).stdout)
        return told

    def python_stream(question: str) -> dict[str, Any]:
        last = list(seeds.chat().stream(question))[-1]
        assert isinstance(last, Finished)
        return last.answer.to_dict()

    def page(question: str) -> dict[str, Any]:
        *_, last = steps(seeds, Talk(), question)
        seeds.history.delete(last.talk.id or "")
        return last.talk.conversation.turns[-1].answer.to_dict()

    def rest(question: str) -> dict[str, Any]:
        told: dict[str, Any] = alone.post("/api/v1/ask", json={"question": question}).json()
        return told

    def rest_stream(question: str) -> dict[str, Any]:
        said = ""
        with alone.stream("POST", "/api/v1/ask/stream", json={"question": question}) as answer:
            events = [each.split("\n") for each in answer.read().decode().split("\n\n") if each]
        for name, data in events:
            if name == "event: delta":
                said += json.loads(data.removeprefix("data: "))["text"]
        finished: dict[str, Any] = json.loads(events[-1][1].removeprefix("data: "))
        assert (events[-1][0], said) == ("event: finished", finished["text"])
        return finished

    def openai(question: str) -> dict[str, Any]:
        said = client.chat.completions.create(model="citeback", messages=[{"role": "user", "content": question}])
        told: dict[str, Any] = said.model_extra["citeback"] if said.model_extra else {}
        assert (said.choices[0].message.content or "").startswith(told["text"])
        return told

    def openai_stream(question: str) -> dict[str, Any]:
        messages: Any = [{"role": "user", "content": question}]
        pieces = list(client.chat.completions.create(model="citeback", messages=messages, stream=True))
        told: dict[str, Any] = pieces[-1].model_extra["citeback"] if pieces[-1].model_extra else {}
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces).startswith(told["text"])
        return told

    def mcp(question: str) -> dict[str, Any]:
        async def asked() -> Any:
            from mcp import Client

            async with Client(build_mcp(OneLibrary(seeds), Work(), local=OWNER)) as session:
                return await session.call_tool("ask", {"question": question})

        told: dict[str, Any] = asyncio.run(asked()).structured_content
        return told

    def llama(question: str) -> dict[str, Any]:
        return dict(CitebackChatEngine(seeds).chat(question).metadata or {})

    yield {
        "python, async": lambda question: asyncio.run(seeds.aask(question)).to_dict(),
        "python, stream": python_stream,
        "command line": cli,
        "page": page,
        "REST": rest,
        "REST, stream": rest_stream,
        "OpenAI": openai,
        "OpenAI, stream": openai_stream,
        "MCP": mcp,
        "LlamaIndex": llama,
    }
    client.close()


def _over(served: TestClient) -> httpx.Client:
    """A client of the kind OpenAI's wants, over a server that is in this process."""

    def answer(request: httpx.Request) -> httpx.Response:
        given = served.request(
            request.method, request.url.path, content=request.read(), headers={"Content-Type": "application/json"}
        )
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return httpx.Client(transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_interface_gives_the_same_answer(question: str, interfaces: dict[str, Ask], seeds: Assistant) -> None:
    expected = without_times(seeds.ask(question).to_dict())
    assert expected["citations"] or expected["refusal"]
    for name, ask in interfaces.items():
        told = without_times(ask(question))
        told.pop("conversation", None)
        assert told == expected, name


def test_a_follow_up_is_understood_alike(seeds: Assistant, alone: TestClient, interfaces: dict[str, Ask]) -> None:
    first, second = "What did Hegseth rule out?", "And Article 5?"
    chat = seeds.chat()
    chat.ask(first)
    expected = without_times(chat.ask(second).to_dict())
    begun = alone.post("/api/v1/ask", json={"question": first, "keep": True}).json()
    rest = alone.post("/api/v1/ask", json={"question": second, "conversation": begun["conversation"]}).json()
    assert rest.pop("conversation") == begun["conversation"]
    assert without_times(rest) == expected
    engine = CitebackChatEngine(seeds)
    engine.chat(first)
    assert without_times(dict(engine.chat(second).metadata or {})) == expected
    alone.delete(f"/api/v1/conversations/{begun['conversation']}")
    # OpenAI's protocol carries the words of earlier turns, and not their citations.
    said = [{"role": "user", "content": first}, {"role": "assistant", "content": begun["text"]}]
    asked = {"messages": [*said, {"role": "user", "content": second}]}
    openai = alone.post("/v1/chat/completions", json=asked).json()["citeback"]
    assert openai["standalone_question"] == expected["standalone_question"]
    assert [each["quote"] for each in openai["citations"]] == [each["quote"] for each in expected["citations"]]
