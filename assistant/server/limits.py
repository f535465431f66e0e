"""How much one caller, and all together, may have under way."""

from collections import Counter
from collections.abc import MutableMapping
from typing import Any, Final

import anyio
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from .callers import Caller
from .problems import problem
from .rates import Rates

# Requests of one caller, and of all, that are under way; a page keeps two open.
MOST_OF_ONE: Final = 128
MOST_OF_ALL: Final = 512
MOST_UNKNOWN: Final = 128
# A client that takes nothing for so long is let go, and one whose body is not there by then, but for its size.
PATIENCE_SECONDS: Final = 30.0
_LEAST_BYTES_A_SECOND: Final = 50_000
_UNKNOWN: Final = "unknown "
_FREE: Final = ("/health", "/ready", "/metrics")


class Limits:
    """Refuses what would be too much: 429 where it is the caller's doing, 503 where all together are too many.

    Behind the gate, so that who calls is known.
    """

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app, self._rates = app, rates
        self._under_way: Counter[str] = Counter()
        self._all = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self.app(scope, receive, send)
            return
        whose = _whose(scope)
        if self._all >= MOST_OF_ALL:
            await _later(503, f"{self._all} requests are under way, the limit is {MOST_OF_ALL}", send, scope, receive)
            return
        if whose.startswith(_UNKNOWN) and self._unknown() >= MOST_UNKNOWN:
            # Whoever is not signed in can keep out others like them alone.
            await _later(503, "too many who are not signed in; try again", send, scope, receive)
            return
        if self._under_way[whose] >= MOST_OF_ONE:
            told = f"{MOST_OF_ONE} of your requests are under way; wait for one"
            await _later(429, told, send, scope, receive)
            return
        if scope["method"] == "POST" and not self._rates.call(whose):
            await _later(429, "too many requests in a minute; CITEBACK_RATE is the limit", send, scope, receive)
            return
        self._all += 1
        self._under_way[whose] += 1
        try:
            await self.app(scope, _prompt(receive), _patient(send))
        finally:
            self._all -= 1
            self._under_way[whose] -= 1
            if not self._under_way[whose]:
                del self._under_way[whose]

    def _unknown(self) -> int:
        return sum(count for whose, count in self._under_way.items() if whose.startswith(_UNKNOWN))


def _whose(scope: Scope) -> str:
    caller: Caller | None = scope.get("state", {}).get("caller")
    if caller is not None and caller.user is not None:
        return caller.user
    client = scope.get("client")
    address = client[0] if client else ""
    return f"{_UNKNOWN}{address}" if caller is None else address


def _patient(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        with anyio.fail_after(PATIENCE_SECONDS):
            await send(message)

    return sending


def _prompt(receive: Receive) -> Receive:
    """A body that does not come in is refused. Whoever has sent all may wait."""
    complete, until, size = False, anyio.current_time() + PATIENCE_SECONDS, 0

    async def receiving() -> MutableMapping[str, Any]:
        nonlocal complete, size
        if complete:
            return await receive()
        with anyio.CancelScope(deadline=until + size / _LEAST_BYTES_A_SECOND):
            message = await receive()
            complete = not message.get("more_body", False)
            size += len(message.get("body", b""))
            return message
        raise HTTPException(408, "what you send does not come in; send it again")

    return receiving


async def _later(status: int, told: str, send: Send, scope: Scope, receive: Receive) -> None:
    answer = problem(status, told)
    answer.headers["Retry-After"] = "5"
    await answer(scope, receive, send)
