"""The page of each library, as each user may see it: an application of its own, made when it is first opened.

So nothing of one user's page (its events, its streams, its uploads) can be reached from another's: what is asked of the
gate is asked for every event, because every event comes by the path of its page.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import anyio
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.chat import Assistant

from .callers import OWNER, Caller
from .libraries import Libraries, Library
from .problems import problem

# Pages kept ready; the one that was not used for longest goes first.
MOST_PAGES: Final = 64
# Between two looks whether whoever listens to a stream is still signed in.
LOOK_SECONDS: Final = 60.0
_STREAM: Final = re.compile(r"/gradio_api/(?:heartbeat/\w+|queue/data|upload_progress)\Z")
_PLACE: Final = re.compile(r"/w/([\w-]{1,64})(/.*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A page to be made: over which library, for whom, where it is, and where else its user may go."""

    assistant: Assistant
    library: Library
    libraries: tuple[Library, ...]
    caller: Caller
    path: str


# Makes the page of a place.
Builds = Callable[[Place], FastAPI]


class Pages:
    """An application that leads to the pages. Without accounts there is one, at the root."""

    def __init__(self, libraries: Libraries, build: Builds, *, accounts: bool) -> None:
        self._libraries, self._build, self._accounts = libraries, build, accounts
        self._pages: OrderedDict[tuple[str | None, tuple[Library, ...], str], _Running] = OrderedDict()
        self._making = asyncio.Lock()
        self._streams: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request. The gate has found the caller."""
        task = asyncio.current_task()
        if task is None or not _STREAM.search(scope["path"]):
            await self._serve(scope, receive, send)
            return
        self._streams.add(task)
        watch = asyncio.create_task(self._end_with_session(task, scope["state"]["still"]))
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:
            if task in self._streams:
                raise
            # Ended here, not by whoever runs it: the response is brought to its end.
            task.uncancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watch.cancel()
            self._streams.discard(task)

    def end_streams(self) -> None:
        """End the streams that open pages listen to, which would last for as long as the pages are open."""
        while self._streams:
            self._streams.pop().cancel()

    async def _end_with_session(
        self, task: "asyncio.Task[None]", still: Callable[[], Awaitable[Caller | None]]
    ) -> None:
        """Ends a stream once whoever listens has signed out, or has been shut out."""
        while await still() is not None:
            await asyncio.sleep(LOOK_SECONDS)
        self._streams.discard(task)
        task.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Gradio believes it, whoever sends it.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"x-forwarded-host"]
        caller: Caller = scope["state"]["caller"]
        libraries = tuple(await run_in_threadpool(self._libraries.of, caller))
        if not self._accounts:
            page = await self._page(caller, libraries, libraries[0], "")
            await page(scope, receive, send)
            return
        match = _PLACE.fullmatch(scope["path"])
        if match is None:
            await RedirectResponse(f"/w/{libraries[0].id}/", 303)(scope, receive, send)
            return
        library = next((each for each in libraries if each.id == match[1]), None)
        if library is None:
            await problem(404, "there is no such library, or it is not yours to use")(scope, receive, send)
            return
        path = f"/w/{library.id}"
        page = await self._page(caller, libraries, library, path)
        await page({**scope, "root_path": scope.get("root_path", "") + path}, receive, send)

    async def _page(self, caller: Caller, libraries: tuple[Library, ...], library: Library, path: str) -> ASGIApp:
        # With other rights, or other places to go to, it is another page.
        key = (caller.user, libraries, library.id)
        async with self._making:
            if key not in self._pages:
                place = Place(self._libraries.open(caller, library.id), library, libraries, caller, path)
                app = await anyio.to_thread.run_sync(lambda: asyncio.run(self._built(place)))
                self._pages[key] = await _Running.begun(app)
            self._pages.move_to_end(key)
            while len(self._pages) > MOST_PAGES:
                _, oldest = self._pages.popitem(last=False)
                await oldest.end()
            return self._pages[key].app

    async def _built(self, place: Place) -> FastAPI:
        # Where no event loop runs, Gradio makes some and leaves them open.
        return self._build(place)

    async def prepare(self) -> None:
        """Make the page there is without accounts, before anybody waits for it."""
        if not self._accounts:
            libraries = tuple(await run_in_threadpool(self._libraries.of, OWNER))
            await self._page(OWNER, libraries, libraries[0], "")

    async def close(self) -> None:
        """End all pages."""
        while self._pages:
            _, page = self._pages.popitem()
            await page.end()


class _Running:
    """A page whose lifespan has begun, in a task of its own: it has to end in the task it began in."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._ready, self._over = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._live())

    @classmethod
    async def begun(cls, app: FastAPI) -> "_Running":
        """The page, once it can be used."""
        page = cls(app)
        ready = asyncio.create_task(page._ready.wait())
        await asyncio.wait([ready, page._task], return_when=asyncio.FIRST_COMPLETED)
        if page._task.done():
            ready.cancel()
            page._task.result()
        return page

    async def _live(self) -> None:
        async with self.app.router.lifespan_context(self.app):
            self._ready.set()
            await self._over.wait()

    async def end(self) -> None:
        """End it."""
        self._over.set()
        await self._task
