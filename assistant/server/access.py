"""The gate that every request goes through: who calls, by which rule, and how much may be sent."""

from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .accounts import Accounts
from .callers import OWNER, Caller
from .parts import watched
from .problems import problem
from .rules import Rule, methods_of, rule_for

COOKIE: Final = "citeback_session"
_LONGEST_PATH, _LONGEST_HEADERS, _LONGEST_RANGE = 2_048, 32_768, 100


class Access:
    """Lets a request through with its caller in `request.state.caller`, or answers it.

    What lasts may ask `request.state.still` whether the caller is still known.

    Without accounts whoever reaches the server is its owner. A path that no rule names is not there.
    """

    def __init__(self, app: ASGIApp, accounts: Accounts | None) -> None:
        self.app, self._accounts = app, accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = _malformed(scope, headers)
        rule = None if refused else rule_for(scope["method"], scope["path"])
        if rule is None:
            await (refused or _nothing(scope))(scope, receive, send)
            return
        caller = await self._caller(headers)
        if caller is None and rule.need != "open":
            await _unknown(rule)(scope, receive, send)
            return
        if caller is not None and rule.need not in caller.needs_met:
            told = f"this needs the scope {rule.need}; yours are {', '.join(sorted(caller.scopes))}"
            if rule.need == "session":
                told = "this is for people who sign in; a key is for /api/v1, /v1 and /mcp"
            await problem(403, told)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["caller"], state["still"] = caller, partial(self._caller, headers)
        limited = RequestBodyLimitMiddleware(self.app, max_body_size=rule.most_bytes)
        await limited(scope, watched(scope, receive), send)

    async def _caller(self, headers: Headers) -> Caller | None:
        if self._accounts is None:
            return OWNER
        kind, _, key = headers.get("authorization", "").partition(" ")
        if kind:
            # A key that is wrong is told, also where there is a session.
            return await run_in_threadpool(self._accounts.key, key.strip()) if kind.lower() == "bearer" else None
        secret = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        return await run_in_threadpool(self._accounts.session, secret) if secret else None


def caller_of(request: Request) -> Caller:
    """Who calls, as the gate found."""
    caller: Caller = request.state.caller
    return caller


def _malformed(scope: Scope, headers: Headers) -> ASGIApp | None:
    """An answer to what no honest client sends."""
    if len(scope["path"]) > _LONGEST_PATH:
        return problem(414, f"the path has {len(scope['path']):,} characters, the limit is {_LONGEST_PATH:,}")
    if not {".", ".."}.isdisjoint(scope["path"].split("/")) or "\\" in scope["path"] or "\0" in scope["path"]:
        return problem(400, "the path leads out of where it begins; write it without “..”")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > _LONGEST_HEADERS:
        return problem(431, f"the headers have more than {_LONGEST_HEADERS:,} bytes")
    if len(headers.get("range", "")) > _LONGEST_RANGE:
        return problem(416, "too many ranges; ask for one")
    return None


def _nothing(scope: Scope) -> ASGIApp:
    if methods := methods_of(scope["path"]):
        answer = problem(405, f"{scope['method']} is not for this; use {', '.join(methods)}")
        answer.headers["Allow"] = ", ".join(methods)
        return answer
    return problem(404, "there is nothing here; the routes are in /api/v1/openapi.json")


def _unknown(rule: Rule) -> ASGIApp:
    if rule.page:
        return RedirectResponse("/login", status_code=303)
    answer = problem(401, "sign in, or send a key as “Authorization: Bearer cb_…”")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
