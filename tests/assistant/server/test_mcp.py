"""The Model Context Protocol, with its official client in memory: what tools and resources give, and errors."""

import logging
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import ReadResourceResult, TextContent, TextResourceContents

from assistant import Answer, Assistant
from assistant.server.callers import OWNER
from assistant.server.libraries import OneLibrary
from assistant.server.mcp import build_mcp, records, tools
from assistant.server.work import Work
from index import Index, ProgressCallback, SyncReport
from tests.assistant.corpus import FILES, assistant_over, documents_of, embedder, settings, write
from tests.assistant.server.mcp_client import (
    MODES,
    QUESTION,
    REFUSED,
    TOOLS,
    Connect,
    called,
    check_refused,
    failure,
    record,
    refusal,
    run,
    without_times,
    words,
)
from tests.fakes import document


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    tmp = tmp_path_factory.mktemp("one")
    with assistant_over(write(tmp / "docs"), tmp / "home") as opened:
        yield opened


@pytest.fixture(params=MODES)
def connect(request: pytest.FixtureRequest, assistant: Assistant) -> Connect:
    """A client in memory, called by whoever owns the process."""
    return lambda: Client(build_mcp(OneLibrary(assistant), Work(), local=OWNER), mode=request.param)


def test_tools_only_read_and_say_what_they_take(connect: Connect) -> None:
    found = run(connect, lambda client: client.list_tools()).tools
    assert tuple(tool.name for tool in found) == TOOLS
    for tool in found:
        assert tool.annotations.read_only_hint
        assert tool.description
        assert tool.output_schema["type"] == "object"
        assert all(each["description"] for each in tool.input_schema["properties"].values())
    schema = found[0].output_schema["properties"]
    assert {*Answer("", "", "", "").to_dict()} <= {*schema}
    assert "confidence" not in schema


def test_the_log_of_the_process_is_left_alone(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    build_mcp(OneLibrary(assistant), Work())
    assert (root.handlers, root.level) == ([], level)


@pytest.mark.parametrize("question", [QUESTION, REFUSED])
def test_an_answer_is_the_one_the_assistant_gives(connect: Connect, assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    result = called(connect, "ask", question=question)
    assert without_times(record(result)) == without_times(answer.to_dict())
    assert bool(answer.refusal) == (question == REFUSED)
    told = words(result)
    assert told.startswith(answer.text)
    for citation in answer.shown:
        assert f"[{citation.number}] “{citation.quote}”" in told
        assert f"characters {citation.start}–{citation.end}. Document {citation.document_id}." in told


def test_only_such_documents(connect: Connect) -> None:
    told = record(called(connect, "ask", question=QUESTION, where={"author": "Ada Stone"}))
    assert {citation["source"] for citation in told["citations"]} == {"bridge.md"}
    # Some models write an object as a string.
    found = record(called(connect, "search", query="ferries", where='{"publisher": "Island Post"}'))
    assert {passage["source"] for passage in found["passages"]} == {"island.md"}
    nothing = record(called(connect, "ask", question=QUESTION, where={"author": "Nobody"}))
    assert nothing["refusal"]["cause"] == "filtered_out"


def test_a_conversation_is_kept_where_one_is_begun(connect: Connect, assistant: Assistant) -> None:
    assert "conversation" not in record(called(connect, "ask", question=QUESTION))
    begun = called(connect, "ask", question="What did Mayor Lee say?", conversation="new")
    kept = record(begun)["conversation"]
    assert words(begun).endswith(f"Conversation {kept}.")
    told = record(called(connect, "ask", question="And the engineers?", conversation=kept))
    assert told["conversation"] == kept
    assert told["standalone_question"] != "And the engineers?"
    turns = assistant.history.load(kept).turns
    assert [turn.question for turn in turns] == ["What did Mayor Lee say?", "And the engineers?"]


def test_search_gives_exact_places(connect: Connect, assistant: Assistant) -> None:
    found = record(called(connect, "search", query="repairs of the bridge", k=3))["passages"]
    hits = assistant.index.search("repairs of the bridge", k=3)
    assert [(each["document_id"], each["start"], each["end"]) for each in found] == [
        (hit.chunk.document_id, hit.chunk.start, hit.chunk.end) for hit in hits
    ]
    for each in found:
        document = assistant.index.document(each["document_id"])
        assert document.text[each["start"] : each["end"]] == each["text"]
        assert each["title"] == document.title


def test_a_passage_and_what_stands_around_it(connect: Connect, assistant: Assistant) -> None:
    [citation, *_] = record(called(connect, "ask", question=QUESTION))["citations"]
    place = {name: citation[name] for name in ("document_id", "start", "end")}
    text = assistant.index.document(citation["document_id"]).text
    alone = called(connect, "read_passage", **place)
    assert words(alone) == record(alone)["text"] == citation["quote"]
    assert (record(alone)["before"], record(alone)["after"]) == ("", "")
    around = record(called(connect, "read_passage", **place, around=10_000 - len(citation["quote"])))
    assert around["text"] == citation["quote"]
    assert around["before"] + around["text"] + around["after"] == text
    some = called(connect, "read_passage", **place, around=7)
    after = text[citation["end"] : citation["end"] + 7]
    parts = [part.text for part in some.content if isinstance(part, TextContent)]
    assert parts[-2:] == [
        f"Characters {citation['start']} to {citation['end']}:\n{citation['quote']}",
        f"After:\n{after}",
    ]


def test_lists(connect: Connect) -> None:
    found = record(called(connect, "list_documents"))
    assert [each["source"] for each in found["documents"]] == sorted(FILES)
    assert found["found"] == len(FILES)
    few = record(called(connect, "list_documents", limit=1))
    assert (len(few["documents"]), few["found"]) == (1, len(FILES))
    for named in ("ISLAND", "island post"):
        one = record(called(connect, "list_documents", containing=named))
        assert [each["title"] for each in one["documents"]] == ["Island cut off"]
    assert record(called(connect, "list_libraries")) == {
        "libraries": [{"id": "default", "name": "docs", "role": "owner"}]
    }


# Resources


def texts_of(read: ReadResourceResult) -> list[str]:
    return [part.text for part in read.contents if isinstance(part, TextResourceContents)]


def test_resources_are_the_documents(connect: Connect, assistant: Assistant) -> None:
    async def read(client: Client) -> dict[str, str]:
        listed = await client.list_resources()
        assert listed.next_cursor is None
        [template] = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "citeback://{library}/documents/{document_id}"
        found = {}
        for each in listed.resources:
            [found[each.uri.rpartition("/")[2]]] = texts_of(await client.read_resource(each.uri))
        return found

    texts = {id: each.text for id, each in documents_of(assistant).items()}
    assert run(connect, read) == texts


def test_resources_beyond_the_most_are_behind_a_cursor(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "MOST_RESOURCES", 2)

    async def read(client: Client) -> list[list[str]]:
        pages, cursor = [], None
        while True:
            listed = await client.list_resources(cursor=cursor)
            pages.append([each.name for each in listed.resources])
            if (cursor := listed.next_cursor) is None:
                return pages

    assert run(connect, read) == [["bridge.md", "island.md"], ["notes.txt"]]
    error = failure(connect, lambda client: client.list_resources(cursor="-1"))
    assert error.message == "there is no such cursor; begin without one"


def test_a_long_text_is_cut_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 9)
    with Assistant(Index.open(tmp_path, embedder=embedder()), settings=settings()) as own:
        own.index.add([document("../ü", "Žluťoučký kůň skáče.")])
        server = build_mcp(OneLibrary(own), Work(), local=OWNER)

        async def read(client: Client) -> list[str]:
            [listed] = (await client.list_resources()).resources
            return texts_of(await client.read_resource(listed.uri))

        beginning, note = run(lambda: Client(server), read)
    assert beginning == "Žluťou"
    assert note == "[Cut after 6 of 20 characters; read_passage reads the others.]"


# What goes wrong

ERRORS: dict[str, tuple[str, dict[str, Any], str]] = {
    "empty question": ("ask", {"question": ""}, "question: String should have at least 1 character"),
    "blank question": ("ask", {"question": " \n"}, "the question is empty: type one"),
    "long question": ("ask", {"question": "x" * 4001}, "the question has 4,001 characters, the limit is 4,000"),
    "far too long": ("ask", {"question": "x" * 20_001}, "question: String should have at most 20000 characters"),
    "no question": ("ask", {}, "question: Field required"),
    "other argument": ("ask", {"question": "Who?", "keep": True}, "keep is no argument of ask; use question,"),
    "field": ("ask", {"question": "Who?", "where": {"colour": "red"}}, "where: Value error, colour is no field; use"),
    "conversation": ("ask", {"question": "Who?", "conversation": "abc"}, "there is no conversation 'abc'"),
    "library": ("ask", {"question": "Who?", "library": "other"}, "there is no library 'other'; list_libraries tells"),
    "blank query": ("search", {"query": " "}, "the query is empty"),
    "none": ("search", {"query": "x", "k": 0}, "k: Input should be greater than or equal to 1"),
    "many": ("search", {"query": "x", "k": 1001}, "k: Input should be less than or equal to 1000"),
    "document": ("read_passage", {"document_id": "x", "start": 0, "end": 1}, "no document has the id 'x'"),
    "long passage": ("read_passage", {"document_id": "x", "start": 0, "end": 20_001}, "these are 20,001 characters"),
    "wide": (
        "read_passage",
        {"document_id": "x", "start": 0, "end": 2, "around": 10_000},
        "these are 20,002 characters",
    ),
    "negative": ("read_passage", {"document_id": "x", "start": -1, "end": 1}, "start: Input should be greater"),
    "documents": ("list_documents", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
    "argument of none": ("list_libraries", {"all": True}, "all is no argument of list_libraries; it has none"),
    "tool": ("delete", {}, "Unknown tool: delete"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_one_line(connect: Connect, case: str) -> None:
    tool, arguments, message = ERRORS[case]
    assert refusal(called(connect, tool, **arguments)).startswith(message)


def test_a_passage_that_is_not_in_its_document(connect: Connect, assistant: Assistant) -> None:
    [info, *_] = assistant.index.documents()
    for start, end in ((5, 5), (6, 5), (0, info.characters + 1)):
        told = refusal(called(connect, "read_passage", document_id=info.id, start=start, end=end))
        assert told == f"{start:,} to {end:,} is no part of this document’s {info.characters:,} characters"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("citeback://default/documents/x", "no document has the id 'x'; it may have been removed"),
        ("citeback://other/documents/x", "there is no library 'other'; list_libraries tells which you may use"),
        ("file:///etc/passwd", "Unknown resource: file:///etc/passwd"),
    ],
)
def test_errors_of_resources(connect: Connect, uri: str, message: str) -> None:
    error = failure(connect, lambda client: client.read_resource(uri))
    assert (error.code, error.message) == (-32602, message)


def test_a_folder_that_is_still_being_read_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "PATIENCE_SECONDS", 0.1)
    read = threading.Event()
    with Assistant(Index.open(tmp_path / "home", embedder=embedder()), settings=settings()) as own:
        own.folder = write(tmp_path / "docs")

        def reading(tell: ProgressCallback) -> SyncReport:
            read.wait()
            return own.sync(progress=tell)

        own.following = own.behind(reading)
        connect = partial(Client, build_mcp(OneLibrary(own), Work(), local=OWNER))
        for tool, arguments in (("ask", {"question": QUESTION}), ("search", {"query": "x"}), ("list_documents", {})):
            told = refusal(called(connect, tool, **arguments))
            assert told == "the documents are still being read, 0 files so far; ask again"
        assert run(connect, lambda client: client.list_resources()).resources == []
        monkeypatch.setattr(tools, "PATIENCE_SECONDS", 60)
        threading.Timer(0.2, read.set).start()
        assert record(called(connect, "ask", question=QUESTION))["citations"]


def test_why_a_folder_could_not_be_read_is_told(tmp_path: Path) -> None:
    with Assistant(Index.open(tmp_path / "home", embedder=embedder()), settings=settings()) as own:
        own.folder = tmp_path / "gone"
        own.following = own.behind(lambda tell: own.sync(progress=tell))
        connect = partial(Client, build_mcp(OneLibrary(own), Work(), local=OWNER))
        told = refusal(called(connect, "ask", question=QUESTION))
        assert told.startswith(f"{own.folder} does not exist")


def test_without_a_caller_nothing_is_told(assistant: Assistant) -> None:
    connect = partial(Client, build_mcp(OneLibrary(assistant), Work()))
    check_refused(connect, TOOLS, "it is not known who calls; sign in, or send a key")
