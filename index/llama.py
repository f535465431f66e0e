"""LlamaIndex's retriever over an index: every node is an exact stretch of a document."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    ObjectType,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from index import DocumentNotFound, Index, ScoredChunk, Where

# A model is told who says so, and where it stands; names of files and numbers are for programs.
_NOT_FOR_MODELS = ("document_id", "source", "page", "citation")
# As in the index itself: a passage is embedded with what it stands below.
_NOT_EMBEDDED = (*_NOT_FOR_MODELS, "author", "publisher", "date", "locator")
_OF_DOCUMENT = ("title", "author", "publisher", "date", "source")


def node_of(quote: str, document_id: str, start: int, end: int, told: Mapping[str, Any]) -> TextNode:
    """The node of a place in a document, where `document.text[start:end] == quote`; its id is always the same.

    Its metadata are the document's id and what is told, as far as it is known. `get_content()` is the quote; for a
    language model title, author, publisher, date, heading and locator stand above it.
    """
    known = {name: value for name, value in told.items() if value not in (None, "")}
    return TextNode(
        # The same for the same place, and of a kind that every vector store takes.
        id_=str(uuid.uuid5(uuid.NAMESPACE_URL, f"citeback:{document_id}#{start}-{end}")),
        text=quote,
        start_char_idx=start,
        end_char_idx=end,
        metadata={**known, "document_id": document_id},
        excluded_embed_metadata_keys=list(_NOT_EMBEDDED),
        excluded_llm_metadata_keys=list(_NOT_FOR_MODELS),
        relationships={
            NodeRelationship.SOURCE: RelatedNodeInfo(
                node_id=document_id,
                node_type=ObjectType.DOCUMENT,
                metadata={name: known[name] for name in _OF_DOCUMENT if name in known},
            )
        },
    )


class CitebackRetriever(BaseRetriever):  # type: ignore[misc]
    """Passages as LlamaIndex's nodes: `document.text[node.start_char_idx:node.end_char_idx] == node.text`.

    `k` and `where` are those of `Index.search`; `node.ref_doc_id` is the document's id. A query's other wordings, as
    HyDE makes them, are searched for with it; a vector that it brings along is not used, being another model's.
    """

    def __init__(
        self, index: Index, *, k: int = 10, where: Where | None = None, callback_manager: CallbackManager | None = None
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._index = index
        self._k = k
        self._where = dict(where or {})

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        wordings = [query_bundle.query_str, *query_bundle.embedding_strs]
        asked = [wording for wording in wordings if wording.strip()]
        hits = self._index.search(asked, k=self._k, where=self._where)
        return list(self._nodes(hits))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _nodes(self, hits: Sequence[ScoredChunk]) -> Iterator[NodeWithScore]:
        """The node of each passage that still stands where it was found."""
        document_of = cache(self._index.document)
        for hit in hits:
            chunk = hit.chunk
            try:
                document = document_of(chunk.document_id)
            except DocumentNotFound:
                continue
            # Changed since it was found: another text stands there now.
            if document.text[chunk.start : chunk.end] != chunk.text:
                continue
            told = {
                **{name: getattr(document, name) for name in _OF_DOCUMENT},
                "heading": chunk.heading,
                "locator": document.locator_at(chunk.start),
                "page": document.page_at(chunk.start),
            }
            node = node_of(chunk.text, document.id, chunk.start, chunk.end, told)
            yield NodeWithScore(node=node, score=float(hit.score))
