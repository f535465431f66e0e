"""An index within LlamaIndex: whatever its engines, routers and agents are given stands in a document, exactly."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from llama_index.core import Settings
from llama_index.core.agent.workflow import FunctionAgent, ReActAgent
from llama_index.core.llms import ChatMessage, MessageRole, MockFunctionCallingLLM, MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.tools import QueryEngineTool, RetrieverTool

from index import Block, Document, Index, Page, StoreError
from index.llama import CitebackRetriever
from tests.fakes import HashEmbedder, document

FOX = document("fox", "The fox ran home. It was late.", title="Fox", author="Ann", publisher="Gazette", date="2025-02")
HEN = document("hen", "The hen sat down. A fox was near.", title="Farm", author="Bob")
BOOK = Document(
    "book",
    "On Owls\n\nOwls hunt mice.\n\nOwls sleep by day.",
    "Birds",
    "birds.pdf",
    pages=(Page(1, 0, 25), Page(2, 25, 44)),
    blocks=(Block(0, 7, "heading", 1), Block(9, 24, "paragraph"), Block(26, 44, "paragraph")),
)


@pytest.fixture(autouse=True)
def _no_global_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks LlamaIndex's global settings for a model fails."""
    for name in ("llm", "embed_model"):
        monkeypatch.setattr(type(Settings), name, property(lambda _: pytest.fail("global settings were asked")))


@pytest.fixture
def retriever(index: Index) -> CitebackRetriever:
    index.add([FOX, HEN, BOOK])
    return CitebackRetriever(index)


def check(nodes: Sequence[NodeWithScore], index: Index) -> None:
    """That every node is an exact stretch of its document, and says which."""
    for found in nodes:
        node = found.node
        source = index.document(node.ref_doc_id)
        assert type(node) is TextNode
        assert node.text == source.text[node.start_char_idx : node.end_char_idx] != ""
        assert node.get_content() == found.get_content() == found.text == node.text
        # With what stands above it, the quote is still whole.
        for mode in (MetadataMode.LLM, MetadataMode.EMBED):
            assert node.get_content(mode).endswith(node.text)
            assert source.id not in node.get_metadata_str(mode)
        assert node.metadata["document_id"] == node.source_node.node_id == source.id
        for name in ("title", "author", "publisher", "date", "source"):
            assert node.metadata.get(name) == getattr(source, name)
        assert node.metadata.get("page") == source.page_at(node.start_char_idx)
        assert node.metadata.get("locator") == source.locator_at(node.start_char_idx)
        assert "" not in node.metadata.values()
        assert None not in node.metadata.values()
        assert 0 <= found.score <= 1
    assert len({found.node_id for found in nodes}) == len(nodes)


def test_what_is_found_is_what_the_index_finds(index: Index, retriever: CitebackRetriever) -> None:
    nodes = retriever.retrieve("Where did the fox run?")
    check(nodes, index)
    hits = index.search("Where did the fox run?")
    assert [(n.node.ref_doc_id, n.text, n.score) for n in nodes] == [
        (hit.chunk.document_id, hit.chunk.text, hit.score) for hit in hits
    ]
    assert nodes[0].metadata == {
        "title": "Fox",
        "author": "Ann",
        "publisher": "Gazette",
        "date": "2025-02",
        "source": "fox.txt",
        "document_id": "fox",
    }
    assert nodes[0].get_content(MetadataMode.LLM) == (
        "title: Fox\nauthor: Ann\npublisher: Gazette\ndate: 2025-02\n\nThe fox ran home. It was late."
    )
    assert nodes[0].get_content(MetadataMode.EMBED) == "title: Fox\n\nThe fox ran home. It was late."


def test_a_node_says_where_a_reader_finds_it(index: Index, retriever: CitebackRetriever) -> None:
    nodes = CitebackRetriever(index, where={"source": "birds.pdf"}).retrieve("When do owls sleep?")
    check(nodes, index)
    told = {(node.metadata["heading"], node.metadata["page"], node.metadata["locator"]) for node in nodes}
    assert told == {("On Owls", 1, "page 1")}
    assert "page 1" in nodes[0].get_content(MetadataMode.LLM)


def test_how_many_and_of_which_documents(index: Index, retriever: CitebackRetriever) -> None:
    assert len(retriever.retrieve("fox")) == 3
    assert len(CitebackRetriever(index, k=1).retrieve("fox")) == 1
    assert [n.node.ref_doc_id for n in CitebackRetriever(index, where={"author": "Bob"}).retrieve("fox")] == ["hen"]
    assert CitebackRetriever(index, where={"author": "Cy"}).retrieve("fox") == []
    with pytest.raises(StoreError, match="cannot filter by 'colour'"):
        CitebackRetriever(index, where={"colour": "red"}).retrieve("fox")


def test_other_wordings_of_a_query_are_searched_for_too(retriever: CitebackRetriever) -> None:
    hyde = QueryBundle("When are they awake?", custom_embedding_strs=["Owls hunt mice by night.", " "])
    assert retriever.retrieve(hyde)[0].node.ref_doc_id == "book"
    only = QueryBundle("", custom_embedding_strs=["Owls hunt mice by night."])
    assert retriever.retrieve(only)[0].node.ref_doc_id == "book"
    assert retriever.retrieve(QueryBundle(" ")) == []


def test_a_place_has_one_id(tmp_path: Path, index: Index, retriever: CitebackRetriever) -> None:
    ids = [node.node_id for node in retriever.retrieve("fox")]
    assert [node.node_id for node in retriever.retrieve("the fox")] == ids
    with Index.open(tmp_path / "other", embedder=HashEmbedder()) as other:
        other.add([HEN, FOX])
        there = {node.node_id for node in CitebackRetriever(other).retrieve("fox")}
    assert there < set(ids)


def test_nodes_can_be_written_down(retriever: CitebackRetriever) -> None:
    nodes = retriever.retrieve("fox")
    store = SimpleDocumentStore()
    store.add_documents([found.node for found in nodes])
    assert SimpleDocumentStore.from_dict(json.loads(json.dumps(store.to_dict()))).docs == {
        found.node_id: found.node for found in nodes
    }


@pytest.mark.parametrize(
    "change", [lambda index: index.delete(["fox"]), lambda index: index.add([document("fox", "An owl flew.")])]
)
def test_what_changed_since_it_was_found_is_left_out(
    index: Index, retriever: CitebackRetriever, change: Callable[[Index], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    search = index.search

    def found_before(*arguments: Any, **options: Any) -> Any:
        hits = search(*arguments, **options)
        change(index)
        return hits

    monkeypatch.setattr(index, "search", found_before)
    nodes = retriever.retrieve("fox")
    check(nodes, index)
    assert {found.node.ref_doc_id for found in nodes} == {"hen", "book"}


_TEXTS = st.text(st.sampled_from("The fox ran. Ä🦊\n\n{metadata_str} 1,5 – “Ja!” \t\r\u2028"), max_size=400)


@limits(max_examples=20)
@given(st.lists(_TEXTS, min_size=1, max_size=3), st.text(max_size=20).filter(lambda query: query.isprintable()))
def test_every_node_of_any_document_is_exact(texts: list[str], query: str) -> None:
    with TemporaryDirectory() as home, Index.open(home, embedder=HashEmbedder()) as index:
        index.add(
            Document(f"d{number}", text, "{content}", "a.txt", pages=(Page(1, 0, number), Page(2, number, len(text))))
            for number, text in enumerate(texts)
        )
        check(CitebackRetriever(index, k=50).retrieve(query or "fox"), index)


def test_awaiting_does_not_block(index: Index, retriever: CitebackRetriever, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set()
    search = index.search

    def noted(*arguments: Any, **options: Any) -> Any:
        threads.add(threading.current_thread())
        return search(*arguments, **options)

    monkeypatch.setattr(index, "search", noted)

    async def both() -> tuple[Any, Any]:
        return await asyncio.gather(retriever.aretrieve("fox"), retriever.aretrieve(QueryBundle("owls")))

    foxes, owls = asyncio.run(both())
    assert threads
    assert threading.main_thread() not in threads
    assert (foxes, owls) == (retriever.retrieve("fox"), retriever.retrieve("owls"))


# Within LlamaIndex.


# LlamaIndex’s agents use what pydantic, and their own workflows, call deprecated.
deprecated = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def scripted(*lines: str) -> MockFunctionCallingLLM:
    """A model that says the lines in turn, whatever it is asked."""
    script = list(lines)
    return MockFunctionCallingLLM(
        is_chat_model=True,
        response_generator=lambda *_, **__: ChatMessage(role=MessageRole.ASSISTANT, content=script.pop(0)),
    )


def engine_over(retriever: CitebackRetriever, mode: ResponseMode = ResponseMode.COMPACT) -> RetrieverQueryEngine:
    """An engine whose model answers with its prompt."""
    return RetrieverQueryEngine.from_args(retriever, llm=MockLLM(), response_mode=mode)


@pytest.mark.parametrize("mode", [ResponseMode.COMPACT, ResponseMode.REFINE, ResponseMode.TREE_SUMMARIZE])
def test_a_query_engine_reads_the_exact_text(index: Index, retriever: CitebackRetriever, mode: ResponseMode) -> None:
    engine = engine_over(retriever, mode)
    response = engine.query("Where did the fox run?")
    awaited = asyncio.run(engine.aquery("Where did the fox run?"))
    for each in (response, awaited):
        check(each.source_nodes, index)
        assert each.source_nodes[0].node.ref_doc_id == "fox"
        assert "author: Ann" in str(each) or mode is ResponseMode.REFINE
        assert each.source_nodes[-1].text in str(each)


def test_a_streaming_query_engine(index: Index, retriever: CitebackRetriever) -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM(), streaming=True)
    response = RetrieverQueryEngine(retriever, synthesizer).query("Where did the fox run?")
    check(response.source_nodes, index)
    assert FOX.text in "".join(response.response_gen)


def test_a_router_chooses_between_two(index: Index, retriever: CitebackRetriever) -> None:
    by = {name: engine_over(CitebackRetriever(index, where={"author": name})) for name in ("Ann", "Bob")}
    tools = [QueryEngineTool.from_defaults(engine, name=name, description=f"By {name}.") for name, engine in by.items()]
    select = scripted('[{"choice": 2, "reason": "Hens are his."}]')
    router = RouterQueryEngine(LLMSingleSelector.from_defaults(select), tools, llm=MockLLM())
    response = router.query("Who sat down?")
    check(response.source_nodes, index)
    assert [found.node.ref_doc_id for found in response.source_nodes] == ["hen"]
    assert HEN.text in str(response)


def test_fused_with_another_a_place_is_there_once(index: Index, retriever: CitebackRetriever) -> None:
    fused = QueryFusionRetriever(
        [retriever, CitebackRetriever(index, k=2)],
        llm=MockLLM(),
        num_queries=1,
        similarity_top_k=9,
        mode="reciprocal_rerank",
    )
    nodes = asyncio.run(fused.aretrieve("fox"))
    check(nodes, index)
    assert len(nodes) == 3


@deprecated
def test_an_agent_that_calls_functions(index: Index, retriever: CitebackRetriever) -> None:
    def say(messages: Sequence[ChatMessage], **_: Any) -> ChatMessage:
        read = [message.content for message in messages if message.role == MessageRole.TOOL]
        if read:
            return ChatMessage(role=MessageRole.ASSISTANT, content=f"I have read: {read[0]}")
        block = {"block_type": "tool_call", "tool_call_id": "1", "tool_name": "notes", "tool_kwargs": {"input": "fox"}}
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=[block])

    tool = QueryEngineTool.from_defaults(engine_over(retriever), name="notes", description="Notes on animals.")
    agent = FunctionAgent(tools=[tool], llm=MockFunctionCallingLLM(response_generator=say))
    output = asyncio.run(_run(agent, "Where did the fox run?"))
    [call] = output.tool_calls
    check(call.tool_output.raw_output.source_nodes, index)
    assert call.tool_output.raw_output.source_nodes[0].text == FOX.text
    assert FOX.text in str(output)


@deprecated
def test_an_agent_that_reasons_in_words(index: Index, retriever: CitebackRetriever) -> None:
    llm = scripted(
        'Thought: I look it up.\nAction: notes\nAction Input: {"input": "fox"}',
        "Thought: I can answer without using any more tools.\nAnswer: Home.",
    )
    tool = RetrieverTool.from_defaults(retriever, name="notes", description="Notes on animals.")
    output = asyncio.run(_run(ReActAgent(tools=[tool], llm=llm, streaming=False), "Where did the fox run?"))
    [call] = output.tool_calls
    check(call.tool_output.raw_output, index)
    assert all(found.text in call.tool_output.content for found in call.tool_output.raw_output)
    assert str(output) == "Home."


async def _run(agent: Any, question: str) -> Any:
    return await agent.run(question)
