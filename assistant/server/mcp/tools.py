"""The tools. Each call asks who calls, and gets its assistant from the libraries by that; none is remembered."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Final, TypeVar

from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, ListResourcesResult
from pydantic import Field

from assistant.chat import Assistant
from assistant.errors import QuestionError
from assistant.following import Following
from assistant.schema import Answer
from assistant.server.callers import Caller, Scope
from assistant.server.libraries import Libraries, NotAllowed
from assistant.server.rest.forms import Filters, Name, Words
from assistant.server.work import Work
from index import CitebackError, DocumentInfo

from .records import (
    AnswerRecord,
    Documents,
    Found,
    FoundPassage,
    Shelf,
    Stretch,
    apart,
    blocks,
    resource,
    told,
)

NEW: Final = "new"
MOST_RESOURCES: Final = 500
MOST_CHARACTERS: Final = 20_000
# Clients give up on a call after a minute or so.
PATIENCE_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.05
Call = Context[Any, Any]
_Made = TypeVar("_Made")

InLibrary = Annotated[Name | None, Field(description="Which library; by default the first of list_libraries.")]
Where = Annotated[
    Filters | None,
    Field(
        description="Only documents like this, by author, publisher, title, source, format, date, after, before or id, "
        'as in {"author": "Lee", "after": "2025-02"}.'
    ),
]
Going = Annotated[
    Name | None, Field(description=f"The id of a kept conversation, which goes on; {NEW!r} begins one that is kept.")
]


class StillReading(CitebackError):
    """No document has been read yet."""


class Tools:
    """What may be called. `local` calls where there is no HTTP request to say who does."""

    def __init__(self, libraries: Libraries, work: Work, local: Caller | None) -> None:
        self._libraries, self._work, self._local = libraries, work, local

    def _caller(self, request: Any, scope: Scope) -> Caller:
        caller = self._local if request is None else getattr(request.state, "caller", None)
        if not isinstance(caller, Caller):
            raise NotAllowed("it is not known who calls; sign in, or send a key")
        if not caller.may(scope):
            raise NotAllowed(f"this needs the scope {scope}; yours are {', '.join(sorted(caller.scopes)) or 'none'}")
        return caller

    async def _do(self, call: Call, scope: Scope, library: str | None, work: Callable[[Assistant], _Made]) -> _Made:
        caller = self._caller(call.request_context.request, scope)
        return await self._work.run(lambda: work(self._libraries.open(caller, library)))

    def _settle(self, assistant: Assistant) -> None:
        """Waits a while for a folder to be read that the process was started with.

        Raises StillReading where there is nothing yet: that there are no documents would be no answer.
        """
        following = assistant.following if self._local else None
        until = time.monotonic() + PATIENCE_SECONDS
        while following and _reading(following) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        if following and not assistant.index.counts()[0]:
            if following.error:
                raise following.error
            if _reading(following):
                raise StillReading(
                    f"the documents are still being read, {len(following.read):,} files so far; ask again"
                )

    async def ask(
        self,
        call: Call,
        question: Annotated[Words, Field(description="The question, in the language of the documents.")],
        library: InLibrary = None,
        conversation: Going = None,
        where: Where = None,
    ) -> Annotated[CallToolResult, AnswerRecord]:
        """The answer to a question from the documents, each of its sentences with a citation; or why there is none.

        A number in brackets leads to a source below the answer: the quote, where it stands, and the document's id.
        Where the documents don't say, the answer is a refusal with the nearest passages, which is no failure.
        """

        def answered(assistant: Assistant) -> tuple[Answer, str | None]:
            self._settle(assistant)
            kept = assistant.history.find(conversation).id if conversation and conversation != NEW else None
            chat = assistant.chat(kept, keep=conversation == NEW)
            return chat.ask(question, where=where), chat.id

        answer, kept = await self._do(call, "ask", library, answered)
        record = answer.to_dict() | ({"conversation": kept} if kept else {})
        return CallToolResult(content=blocks(told(answer, kept)), structured_content=record)

    async def search(
        self,
        call: Call,
        query: Annotated[Words, Field(description="Words to search for, or what a passage should be about.")],
        k: Annotated[int, Field(ge=1, le=1_000, description="How many passages.")] = 10,
        library: InLibrary = None,
        where: Where = None,
    ) -> Found:
        """The passages nearest to a query, best first, each with its document and its exact place there."""
        if not query.strip():
            raise QuestionError("the query is empty: type one")

        def found(assistant: Assistant) -> Found:
            self._settle(assistant)
            hits = assistant.index.search(query, k=k, where=where)
            infos = assistant.index.infos(hit.chunk.document_id for hit in hits)
            passages = []
            for hit in hits:
                # A document may be gone meanwhile.
                if info := infos.get(hit.chunk.document_id):
                    place = (info.id, hit.chunk.start, hit.chunk.end, info.title, info.source)
                    passages.append(FoundPassage(*place, hit.score, hit.chunk.heading, hit.chunk.text))
            return Found(passages=passages)

        return await self._do(call, "read", library, found)

    async def read_passage(
        self,
        call: Call,
        document_id: Annotated[Name, Field(description="The document's id, as citations and search give it.")],
        start: Annotated[int, Field(ge=0, description="The first character.")],
        end: Annotated[int, Field(ge=0, description="The character after the last.")],
        library: InLibrary = None,
        around: Annotated[int, Field(ge=0, description="How many characters to show before and after as well.")] = 0,
    ) -> Annotated[CallToolResult, Stretch]:
        """Characters `start` to `end` of a document, exactly: what a citation with these offsets quotes.

        With `around` also what stands before and after, apart from them. 20,000 characters at most.
        """
        if (many := end - start + 2 * around) > MOST_CHARACTERS:
            raise QuestionError(f"these are {many:,} characters, the limit is {MOST_CHARACTERS:,}; read them in parts")

        def read(assistant: Assistant) -> Stretch:
            document = assistant.index.document(document_id)
            text, characters = document.text, len(document.text)
            if not start < end <= characters:
                raise QuestionError(f"{start:,} to {end:,} is no part of this document’s {characters:,} characters")
            return Stretch(
                document_id=document.id,
                title=document.title,
                source=document.source,
                locator=document.locator_at(start),
                characters=characters,
                start=start,
                end=end,
                text=text[start:end],
                before=text[max(0, start - around) : start],
                after=text[end : end + around],
            )

        stretch = await self._do(call, "read", library, read)
        return CallToolResult(content=blocks(*apart(stretch)), structured_content=stretch.model_dump())

    async def list_documents(
        self,
        call: Call,
        library: InLibrary = None,
        containing: Annotated[
            str, Field(max_length=500, description="Only those with this in title, source, author or publisher.")
        ] = "",
        limit: Annotated[int, Field(ge=1, le=1_000, description="How many at most.")] = 200,
    ) -> Documents:
        """The documents of a library by source, without their text, and how many there are."""
        wanted = containing.casefold()

        def meant(info: DocumentInfo) -> bool:
            facts = (info.title, info.source, info.author, info.publisher)
            return any(wanted in fact.casefold() for fact in facts if fact)

        def listed(assistant: Assistant) -> Documents:
            self._settle(assistant)
            found = [info for info in assistant.index.documents() if not wanted or meant(info)]
            return Documents(documents=found[:limit], found=len(found))

        return await self._do(call, "read", library, listed)

    async def list_libraries(self, call: Call) -> Shelf:
        """The libraries you may use; where none is named, the first is meant."""
        caller = self._caller(call.request_context.request, "read")
        return Shelf(libraries=await self._work.run(lambda: self._libraries.of(caller)))

    async def document(self, call: Call, library: str, document_id: str) -> str:
        """The whole text of a document."""
        return await self._do(call, "read", library, lambda assistant: assistant.index.document(document_id).text)

    async def resources(self, request: Any, cursor: str | None) -> ListResourcesResult:
        """The documents of the caller's first library, so many at a time; the cursor leads to those after them."""
        caller = self._caller(request, "read")
        if cursor is not None and not re.fullmatch(r"[0-9]{1,9}", cursor):
            raise MCPError(INVALID_PARAMS, "there is no such cursor; begin without one")
        begin = int(cursor or 0)
        end = begin + MOST_RESOURCES

        def listed() -> ListResourcesResult:
            library = self._libraries.of(caller)[0].id
            assistant = self._libraries.open(caller, library)
            with suppress(StillReading):
                self._settle(assistant)
            infos = assistant.index.documents()
            return ListResourcesResult(
                resources=[resource(library, info) for info in infos[begin:end]],
                next_cursor=str(end) if end < len(infos) else None,
            )

        return await self._work.run(listed)


def _reading(following: Following) -> bool:
    """Whether text is still being read; once it is, it can be searched by its words."""
    return following.running and "publish" not in following.progress
