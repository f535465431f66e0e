"""The Model Context Protocol, with its official client: over HTTP behind the gate, over standard input and output."""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp

from assistant import Assistant
from assistant.server.access import Access
from assistant.server.accounts import Accounts
from assistant.server.callers import Caller
from assistant.server.libraries import Libraries, OneLibrary, SharedLibraries
from assistant.server.mcp import PATHS, build_mcp, mcp_app, running
from assistant.server.work import Work
from index import StoreError
from tests.assistant.corpus import FILES, assistant_over, write
from tests.assistant.server.mcp_client import (
    MODES,
    QUESTION,
    READS,
    TOOLS,
    Connect,
    call,
    called,
    check_refused,
    failure,
    record,
    refusal,
    run,
    without_times,
)
from tests.fakes import document

ROOT = Path(__file__).parents[3]
CANARIES = {"ada": "The zanzibarfink sings at dawn.", "bob": "The quixoticwren sleeps all day."}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    tmp = tmp_path_factory.mktemp("one")
    with assistant_over(write(tmp / "docs"), tmp / "home") as opened:
        yield opened


class Gated:
    """A server behind the gate: what is at its address, and keys and libraries of its users."""

    def __init__(self, url: str, keys: dict[str, str], libraries: dict[str, str], documents: dict[str, str]) -> None:
        self.url, self.keys, self.libraries, self.documents = url, keys, libraries, documents

    def connect(self, who: str, mode: str = "auto", path: str = "/mcp") -> Connect:
        @asynccontextmanager
        async def connecting() -> AsyncIterator[Client]:
            headers = {"Authorization": f"Bearer {self.keys[who]}"}
            async with httpx2.AsyncClient(headers=headers) as http:
                transport = streamable_http_client(self.url + path, http_client=http)
                async with Client(transport, mode=mode) as client:
                    yield client

        return connecting


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of an application that is served on a free port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http="h11", ws="none", log_config=None, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def application(libraries: Libraries, *gate: Middleware) -> Starlette:
    """An application with nothing but the protocol, and what stands before it."""
    server = build_mcp(libraries, Work())
    routes = [Route(path, mcp_app(server)) for path in PATHS]
    return Starlette(routes=routes, middleware=gate, lifespan=lambda _: running(server))


@pytest.fixture(scope="module")
def gated(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    accounts = Accounts(tmp_path_factory.mktemp("accounts"))
    libraries = SharedLibraries(accounts, assistant, tmp_path_factory.mktemp("libraries"))
    keys, own, documents = {}, {}, {}
    for name, canary in CANARIES.items():
        user = accounts.add_user(name, f"password of {name}")
        keys[name] = accounts.add_key(user, "all", ["read", "ask"])[1]
        caller = Caller(user.id, name, frozenset({"read", "ask"}))
        own[name] = libraries.of(caller)[-1].id
        documents[name] = f"doc-{name}"
        libraries.open(caller, own[name]).index.add([document(documents[name], canary)])
    keys["asks"] = accounts.add_key(accounts.user("ada"), "asks", ["ask"])[1]
    keys["reads"] = accounts.add_key(accounts.user("ada"), "reads", ["read"])[1]
    with serving(application(libraries, Middleware(Access, accounts=accounts))) as url:
        yield Gated(url, keys, own, documents)
    libraries.close()
    accounts.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", PATHS)
def test_over_http_the_answers_are_the_same(gated: Gated, assistant: Assistant, path: str, mode: str) -> None:
    connect = gated.connect("ada", mode, path)
    assert without_times(record(called(connect, "ask", question=QUESTION))) == without_times(
        assistant.ask(QUESTION).to_dict()
    )
    assert len(run(connect, lambda client: client.list_resources()).resources) == len(FILES)
    assert refusal(called(connect, "ask", question=" ")) == "the question is empty: type one"


@pytest.mark.parametrize("mode", MODES)
def test_a_user_sees_nothing_of_another(gated: Gated, mode: str) -> None:
    def everything(who: str, whose: str) -> str:
        """All that tools and resources tell somebody of what is somebody's."""

        async def told(client: Client) -> str:
            lines = []
            for library in (None, gated.libraries[who], gated.libraries[whose]):
                named = {} if library is None else {"library": library}
                place = {"document_id": gated.documents[whose], "start": 0, "end": 20, "around": 50}
                for tool, arguments in (
                    ("ask", {"question": "What sings, or sleeps?"}),
                    ("ask", {"question": "What sings, or sleeps?", "where": {"id": gated.documents[whose]}}),
                    ("search", {"query": "sings, or sleeps", "k": 1000}),
                    ("read_passage", place),
                    ("list_documents", {"limit": 1000}),
                    ("list_documents", {"containing": "doc-"}),
                ):
                    lines.append((await client.call_tool(tool, {**arguments, **named})).model_dump_json())
                uri = f"citeback://{library or 'default'}/documents/{gated.documents[whose]}"
                try:
                    lines.append((await client.read_resource(uri)).model_dump_json())
                except MCPError as error:
                    lines.append(repr(error.error))
            lines.append((await client.call_tool("list_libraries", {})).model_dump_json())
            listed = await client.list_resources()
            lines.append(listed.model_dump_json())
            lines += [(await client.read_resource(each.uri)).model_dump_json() for each in listed.resources]
            return "\n".join(lines)

        text = run(gated.connect(who, mode), told)
        assert isinstance(text, str)
        return text

    for who, other in (("ada", "bob"), ("bob", "ada")):
        canary = CANARIES[other].split()[1]
        assert canary in everything(other, other)
        assert canary not in everything(who, other)


def test_callers_at_the_same_time_are_not_mixed_up(gated: Gated) -> None:
    async def main() -> None:
        async with gated.connect("ada")() as ada, gated.connect("bob")() as bob:
            for _ in range(10):
                found = await asyncio.gather(
                    *(client.call_tool("list_libraries", {}) for client in (ada, bob, ada, bob)),
                )
                ids = [record(each)["libraries"][-1]["id"] for each in found if isinstance(each, CallToolResult)]
                assert ids == [gated.libraries[name] for name in ("ada", "bob", "ada", "bob")]

    asyncio.run(main())


def test_conversations_are_of_the_user(gated: Gated) -> None:
    kept = record(called(gated.connect("ada"), "ask", question=QUESTION, conversation="new"))["conversation"]
    told = refusal(called(gated.connect("bob"), "ask", question="And the school?", conversation=kept))
    assert told.startswith(f"there is no conversation '{kept}'")
    assert record(called(gated.connect("ada"), "ask", question="And the school?", conversation=kept))


@pytest.mark.parametrize("mode", MODES)
def test_a_key_is_good_for_its_scopes(gated: Gated, mode: str) -> None:
    asks = gated.connect("asks", mode)
    assert record(called(asks, "ask", question=QUESTION))["citations"]
    check_refused(asks, TOOLS[1:], "this needs the scope read; yours are ask")
    post = partial(httpx.post, f"{gated.url}/mcp", json=call("list_libraries"))
    assert post(headers={"Authorization": f"Bearer {gated.keys['reads']}"}).status_code == 200
    told = refusal(called(gated.connect("reads", mode), "ask", question=QUESTION))
    assert told.startswith("this needs the scope ask")
    assert post().status_code == 401


def test_json_or_a_stream_as_the_client_accepts(gated: Gated) -> None:
    key = {"Authorization": f"Bearer {gated.keys['ada']}"}
    both = "application/json, text/event-stream"
    for path in PATHS:
        for accept, kind in (
            ("application/json", "application/json"),
            ("*/*", "application/json"),
            (both, "text/event-stream"),
        ):
            headers = {**key, "Accept": accept}
            answer = httpx.post(f"{gated.url}{path}", json=call("list_libraries"), headers=headers)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(kind)
            assert "mcp-session-id" not in answer.headers
            assert gated.libraries["ada"] in answer.text
        for method in ("GET", "DELETE"):
            answer = httpx.request(method, f"{gated.url}{path}", headers={**key, "Accept": both})
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    headers = {**key, "Accept": both}
    long = httpx.post(f"{gated.url}/mcp", json=call("search", query="x" * (1 << 20)), headers=headers)
    assert long.status_code == 413
    broken = httpx.post(f"{gated.url}/mcp", content=b"{", headers={**headers, "Content-Type": "application/json"})
    assert broken.status_code == 400


def test_without_the_gate_nothing_is_told(assistant: Assistant) -> None:
    with serving(application(OneLibrary(assistant))) as url:
        check_refused(partial(Client, f"{url}/mcp"), TOOLS, "it is not known who calls; sign in, or send a key")


def test_it_runs_again_where_the_application_does(assistant: Assistant) -> None:
    server = build_mcp(OneLibrary(assistant), Work())
    app = Starlette(routes=[Route("/mcp", mcp_app(server))], lifespan=lambda _: running(server))
    for _ in range(2):
        with serving(app) as url:
            answer = httpx.post(f"{url}/mcp", json=call("list_libraries"))
            assert answer.json()["result"]["isError"]


class Broken(OneLibrary):
    """Fails as it is told to."""

    def __init__(self, assistant: Assistant, error: Exception) -> None:
        super().__init__(assistant)
        self._error = error

    def open(self, *_: Any, **__: Any) -> Assistant:
        raise self._error


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (RuntimeError("secret in /srv/data"), None),
        (StoreError("/srv/data/catalog.sqlite is damaged; move it"), "… is damaged; move it"),
    ],
)
def test_nothing_of_the_machine_is_told_but_logged(
    assistant: Assistant, error: Exception, shown: str | None, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(application(Broken(assistant, error), Middleware(Access, accounts=None))) as url:
        connect = partial(Client, f"{url}/mcp", mode=mode)
        told = [refusal(called(connect, "ask", question="Who?"))]
        told += [failure(connect, read).message for read in READS]
    for line in told:
        assert line == shown if shown else "secret" not in line
        assert "/srv" not in line
        assert "Traceback" not in line
    assert caplog.text.count("/srv/data") >= len(told)
    assert all(each.levelno >= logging.ERROR for each in caplog.records if "/srv/data" in each.getMessage())


# Over standard input and output


@pytest.mark.slow
def test_over_stdio_the_answers_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs, home = write(tmp_path / "docs"), tmp_path / "home"
    for name in [name for name in os.environ if name.startswith("CITEBACK_")]:
        monkeypatch.delenv(name)
    with Assistant.open(docs, index=home) as own:
        answer = own.ask(QUESTION)
    command = ["-m", "app", "mcp", "--docs", str(docs), "--index", str(home)]
    process = StdioServerParameters(command=sys.executable, args=command, cwd=ROOT)

    async def work(client: Client) -> CallToolResult:
        assert [tool.name for tool in (await client.list_tools()).tools] == [*TOOLS]
        assert len((await client.list_resources()).resources) == len(FILES)
        missing = await client.call_tool("ask", {"question": "Who?", "library": "other"})
        assert isinstance(missing, CallToolResult)
        assert refusal(missing).startswith("there is no library 'other'")
        told = await client.call_tool("ask", {"question": QUESTION})
        assert isinstance(told, CallToolResult)
        return told

    told = record(run(lambda: Client(process), work))
    assert told["citations"]
    assert without_times(told) == without_times(answer.to_dict())


@pytest.mark.slow
def test_nothing_but_the_protocol_is_on_standard_output(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "mcp", "--docs", str(write(tmp_path / "docs"))]
    environment = {**os.environ, "CITEBACK_DATA_DIR": str(tmp_path / "data")}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    # Asked at once, while the folder is still being read.
    sent = (
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        call("list_documents"),
    )
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for message in sent:
            process.stdin.write(f"{json.dumps(message)}\n".encode())
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        rest = process.stdout.read()
        code = process.wait()
    assert (code, rest) == (0, b"")
    assert answers[0]["result"]["serverInfo"]["name"] == "citeback"
    assert answers[1]["result"]["structuredContent"]["found"] == len(FILES)
