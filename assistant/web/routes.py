"""What the page fetches by itself: exports of conversations, pictures of pages."""

import re
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from assistant.errors import ConversationNotFound
from assistant.exports import FORMATS, MEDIA_TYPES, export
from index import CitebackError

from .printed import PAGES, page_route

if TYPE_CHECKING:
    from assistant import Assistant

BASE: Final = "/citeback"


def add_routes(app: FastAPI, assistant: "Assistant") -> None:
    """Adds the routes to an application, before anything is mounted over them."""

    async def exported(request: Request) -> Response:
        conversation, form = request.path_params["conversation"], request.path_params["form"]
        if form not in FORMATS:
            return PlainTextResponse(f"There is no format {form!r}; use {', '.join(FORMATS)}.", 404)
        return await run_in_threadpool(_exported, assistant, conversation, form)

    app.add_route(f"{BASE}/export/{{conversation}}.{{form}}", exported, methods=["GET"])
    app.add_route(f"/{PAGES}/{{document_id}}/{{page}}", page_route(assistant), methods=["GET"])


def _exported(assistant: "Assistant", conversation: str, form: str) -> Response:
    try:
        kept = assistant.history.find(conversation)
        content = export(assistant.history.load(kept.id), kept.title, form)
    except ConversationNotFound as error:
        return PlainTextResponse(str(error), 404)
    except CitebackError as error:
        return PlainTextResponse(str(error), 500)
    name = re.sub(r"[^A-Za-z0-9]+", "-", kept.title).strip("-")[:60] or "conversation"
    # Downloaded, never shown: what a browser shows from here is the page alone.
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
