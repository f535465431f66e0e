"""One question, every interface: the same answer with the same citations."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from mcp import Client
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


class Interfaces:
    """What each interface makes of a question: the record of its answer."""

    def __init__(self, seeds: Assistant, served: TestClient) -> None:
        self.seeds, self.served = seeds, served
        self.openai = OpenAI(base_url="http://127.0.0.1/v1", api_key="none", http_client=_over(served))

    def all(self) -> dict[str, Ask]:
        """By name."""
        return {
            "python, async": lambda question: asyncio.run(self.seeds.aask(question)).to_dict(),
            "python, stream": self.of_stream,
            "command line": self.of_cli,
            "page": self.of_page,
            "REST": lambda question: dict(self.served.post("/api/v1/ask", json={"question": question}).json()),
            "REST, stream": self.of_rest_stream,
            "OpenAI": self.of_openai,
            "OpenAI, stream": self.of_openai_stream,
            "MCP": self.of_mcp,
            "LlamaIndex": lambda question: dict(CitebackChatEngine(self.seeds).chat(question).metadata or {}),
        }

    def of_cli(self, question: str) -> dict[str, Any]:
        asked = ["ask", question, "--json", "--docs", str(ROOT / "seeds"), "--index", str(self.seeds.index.home)]
        return dict(json.loads(CliRunner().invoke(commands, asked).stdout))

    def of_stream(self, question: str) -> dict[str, Any]:
        last = list(self.seeds.chat().stream(question))[-1]
        assert isinstance(last, Finished)
        return last.answer.to_dict()

    def of_page(self, question: str) -> dict[str, Any]:
        *_, last = steps(self.seeds, Talk(), question)
        self.seeds.history.delete(last.talk.id or "")
        return last.talk.conversation.turns[-1].answer.to_dict()

    def of_rest_stream(self, question: str) -> dict[str, Any]:
        with self.served.stream("POST", "/api/v1/ask/stream", json={"question": question}) as answer:
            events = [each.split("\n") for each in answer.read().decode().split("\n\n") if each]
        told = [(name, json.loads(data.removeprefix("data: "))) for name, data in events]
        name, finished = told[-1]
        said = "".join(record["text"] for each, record in told if each == "event: delta")
        assert (name, said) == ("event: finished", finished["text"])
        return dict(finished)

    def of_openai(self, question: str) -> dict[str, Any]:
        said = self.openai.chat.completions.create(model="citeback", messages=[{"role": "user", "content": question}])
        told = (said.model_extra or {})["citeback"]
        assert (said.choices[0].message.content or "").startswith(told["text"])
        return dict(told)

    def of_openai_stream(self, question: str) -> dict[str, Any]:
        messages: Any = [{"role": "user", "content": question}]
        pieces = list(self.openai.chat.completions.create(model="citeback", messages=messages, stream=True))
        told = (pieces[-1].model_extra or {})["citeback"]
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces).startswith(told["text"])
        return dict(told)

    def of_mcp(self, question: str) -> dict[str, Any]:
        async def asked() -> Any:
            async with Client(build_mcp(OneLibrary(self.seeds), Work(), local=OWNER)) as session:
                return await session.call_tool("ask", {"question": question})

        return dict(asyncio.run(asked()).structured_content)


@pytest.fixture(scope="module")
def interfaces(seeds: Assistant, alone: TestClient) -> Iterator[dict[str, Ask]]:
    """All of them, by name."""
    found = Interfaces(seeds, alone)
    yield found.all()
    found.openai.close()


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
