"""Runs the server: one process on one address."""

import contextlib
import errno
import logging
import os
import socket
import tempfile
from collections.abc import Callable
from typing import Final

import uvicorn

from assistant.chat import Assistant
from assistant.home import data_folder
from assistant.tracing import begin_tracing
from index import CitebackError

from .accounts import Accounts
from .connections import Prompt
from .logs import configure_logs
from .pages import Builds
from .whole import LOOPBACK, server_app

# Answers under way when the server is told to end have so long to be finished.
GRACE_SECONDS: Final = 5


class ServeError(CitebackError):
    """The page cannot be served at this address."""


def serve(
    assistant: Assistant,
    *,
    build: Builds,
    host: str = LOOPBACK[0],
    port: int = 7860,
    begin: Callable[[], None] | None = None,
    ready: Callable[[str], None] | None = None,
    accounts: bool | None = None,
) -> None:
    """Serves until it is interrupted. `begin` is called once nothing is against it, `ready` with the address once it
    answers; port 0 takes a free one.

    `build` makes the page of a library. With `accounts` (by default as the settings say) callers have to sign in, or
    send a key. Raises ServeError where the address is taken or cannot be used, or leads out of this machine without
    accounts.
    """
    accounts = assistant.settings.accounts if accounts is None else accounts
    known = Accounts(data_folder(assistant.settings)) if accounts else None
    if known is None and host not in LOOPBACK and host != "::1":
        raise ServeError(
            f"{host} can be reached by others, who could read everything; add users (citeback users add NAME) and "
            "serve with --accounts, or serve on 127.0.0.1"
        )
    if known is not None and not known.users():
        raise ServeError("there are no users yet; add one with: citeback users add NAME --admin")
    listener = _listen(host, port)
    configure_logs(assistant.settings.log_format)
    if begin:
        begin()
    if assistant.settings.traces:
        begin_tracing(assistant.settings.traces)
    _raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="citeback-uploads-") as uploads:
        # Gradio's own is shared by all users of a machine and outlives the server.
        os.environ["GRADIO_TEMP_DIR"] = uploads
        app = server_app(assistant, build=build, host=host, accounts=known)
        config = uvicorn.Config(
            app,
            http=Prompt,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            # A proxy on this machine says for whom it asks, and whether that is by https.
            forwarded_allow_ips="127.0.0.1",
        )
        address = _address(host, listener)
        server = _Server(config, on_start=lambda: ready(address) if ready else None, on_stop=app.state.end_streams)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    if known is not None:
        known.close()


def _raise_file_limit() -> None:
    """Connections that are open at once are open files, of which some systems allow few."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
        if soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class _Server(uvicorn.Server):
    """Says when it answers and when it is to end. Answers under way are finished; open pages are told no more."""

    def __init__(self, config: uvicorn.Config, *, on_start: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_start, self.on_stop = on_start, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # The page's event streams stay open until they are cut off; uvicorn would log each cut as a failure.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self.on_stop()
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Taken here, so that an address in use is known before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
        # asyncio does so for sockets of its own; without, every second piece of a response waits 40 ms for the first.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise ServeError(f"port {port} on {host} is in use; choose another with --port") from error
        raise ServeError(f"cannot serve on {host}, port {port}: {error}; choose others with --host, --port") from error


def _address(host: str, listener: socket.socket) -> str:
    """The address to type into a browser on this machine."""
    name = LOOPBACK[0] if host in {"", "0.0.0.0"} else f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"
