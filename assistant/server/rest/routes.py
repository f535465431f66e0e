"""The routes. Each gets its assistant from the libraries, by who calls; none has another way to one."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from assistant.asking import checked_question
from assistant.conversing import Chat
from assistant.schema import Event, Finished
from assistant.server.access import caller_of
from assistant.server.events import event, event_stream
from assistant.server.libraries import Libraries
from assistant.server.work import Work

from .conversations import conversation_routes
from .documents import document_routes
from .forms import Asking, Search
from .libraries import library_routes
from .records import event_record, hits_record


def rest_routes(libraries: Libraries, work: Work) -> APIRouter:
    """All of them, for an application to include."""
    routes = APIRouter(prefix="/api/v1")
    _ask_routes(routes, libraries, work)
    document_routes(routes, libraries, work)
    conversation_routes(routes, libraries, work)
    library_routes(routes, libraries)
    return routes


def _ask_routes(routes: APIRouter, libraries: Libraries, work: Work) -> None:
    @routes.post("/ask", summary="Ask a question")
    async def ask(asking: Asking, request: Request) -> dict[str, Any]:
        """The answer, as `citeback ask --json` gives it; with the conversation's id where it is kept."""
        caller = caller_of(request)

        def answer() -> dict[str, Any]:
            assistant = libraries.open(caller, asking.library)
            chat = assistant.chat(_found(assistant, asking.conversation), keep=asking.keep)
            told = chat.ask(asking.question, where=asking.where, standalone=asking.standalone).to_dict()
            return {**told, "conversation": chat.id} if chat.id else told

        return await work.run(answer)

    @routes.post(
        "/ask/stream",
        summary="Ask a question, and get the answer as it comes about",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Events"}},
    )
    async def stream(asking: Asking, request: Request) -> StreamingResponse:
        """Events: searching, rewritten, retrieved, delta, sentence, and finished with the whole answer; or error.

        Deltas joined are the answer's text; nothing is sent unchecked.
        """
        caller = caller_of(request)

        def begin() -> tuple[Chat, Iterator[Event]]:
            assistant = libraries.open(caller, asking.library)
            chat = assistant.chat(_found(assistant, asking.conversation), keep=asking.keep)
            checked_question(asking.question, most=assistant.settings.max_question)
            return chat, chat.stream(asking.question, where=asking.where, standalone=asking.standalone)

        chat, events = await work.run(begin)

        async def told() -> AsyncIterator[str]:
            async for each in work.stream(events):
                name, record = event_record(each)
                if isinstance(each, Finished) and chat.id:
                    record["conversation"] = chat.id
                yield event(record, name)

        return event_stream(told(), error_name="error")

    @routes.post("/search", summary="Find passages")
    async def search(search: Search, request: Request) -> dict[str, Any]:
        """The passages nearest to the query, best first, with their documents and places."""
        caller = caller_of(request)

        def found() -> dict[str, Any]:
            index = libraries.open(caller, search.library).index
            hits = index.search(search.query, k=search.k, where=search.where)
            return hits_record(hits, index.infos(hit.chunk.document_id for hit in hits))

        return await work.run(found)


def _found(assistant: Any, conversation: str | None) -> str | None:
    return assistant.history.find(conversation).id if conversation else None
