"""Pages: their streams end with the session, and their uploads are apart."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from gradio.route_utils import delete_files_created_by_app
from starlette.routing import Mount

from app import page_of
from assistant import Assistant
from assistant.server import pages
from assistant.server.callers import OWNER, Caller
from assistant.server.libraries import Library, OneLibrary
from assistant.server.pages import Pages, Place
from tests.assistant.server.conftest import Served, cookie


class Listening(Pages):
    """Pages whose streams never end by themselves."""

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()


def test_a_stream_ends_when_its_session_has(seeds: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LOOK_SECONDS", 0.01)
    looks = iter([OWNER, OWNER, None])

    async def still() -> Caller | None:
        return next(looks)

    async def listen() -> list[str]:
        sent: list[str] = []

        async def send(message: Any) -> None:
            sent.append(message["type"])

        async def receive() -> Any:
            await asyncio.Event().wait()

        scope = {"path": "/w/x/gradio_api/heartbeat/abc", "state": {"caller": OWNER, "still": still}}
        await Listening(OneLibrary(seeds), page_of, accounts=True)(scope, receive, send)
        return sent

    assert asyncio.run(asyncio.wait_for(listen(), 30)) == ["http.response.start", "http.response.body"]


def test_what_one_page_was_sent_is_apart_from_what_another_was(served: Served) -> None:
    def uploaded(session: str, library: str) -> str:
        where, file = f"/w/{library}/gradio_api/upload", ("files", ("same.md", b"# The same"))
        (path,) = served.client.post(where, files=[file], headers=cookie(session)).json()
        return str(path)

    ada, bob = served.ada, served.bob
    paths = [uploaded(user.session, user.library) for user in (ada, bob)]
    assert len({path.rpartition("/same.md")[0].rpartition("/")[0] for path in paths}) == 2


def test_what_is_left_of_uploads_is_deleted_when_due(seeds: Assistant) -> None:
    library = Library("default", "seeds", "owner")

    async def built() -> Any:
        return page_of(Place(seeds, library, (library,), OWNER, ""))

    app = asyncio.run(built())
    inner: Any = next(route.app for route in app.routes if isinstance(route, Mount))
    page = inner.get_blocks()
    assert page.delete_cache == (600, 3600)
    left = Path(inner.uploaded_file_dir) / "left.md"
    left.write_text("left")
    page.upload_file_set.add(str(left))
    delete_files_created_by_app(page, age=3600)
    assert left.exists()
    delete_files_created_by_app(page, age=0)
    assert not left.exists()
