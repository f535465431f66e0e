"""Signing in and out, in a browser."""

from typing import Final

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from .access import COOKIE
from .accounts import LONGEST_SECONDS, Accounts, folded
from .rates import Rates
from .sheets import sheet, told

_LONGEST: Final = 200
_HASHES, _MOST_WAITING = 2, 20
_FORM: Final = Markup("""<h1>Citeback</h1>
<p>Answers from your documents, every sentence with its source.</p>
{told}
<form method="post" action="/login">
<label>Name <input name="name" autocomplete="username" required autofocus maxlength="64"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>
<button>Sign in</button>
</form>""")


def login_routes(accounts: Accounts, rates: Rates) -> APIRouter:
    """The form, what it sends, and signing out."""
    routes = APIRouter(include_in_schema=False)
    # A hash takes 64 MB and a core: few at a time, in no thread that others wait for.
    hashing = anyio.CapacityLimiter(_HASHES)

    @routes.get("/login")
    async def form() -> Response:
        return _shown()

    @routes.post("/login")
    async def sign_in(request: Request) -> Response:
        fields = await request.form(max_files=0, max_fields=4, max_part_size=2 * _LONGEST)
        name, password = (str(fields.get(each, ""))[:_LONGEST] for each in ("name", "password"))
        address = request.client.host if request.client else ""
        # From an address for every name, and for a name from each address: nobody can keep its owner out.
        whose = (f"from {address}", f"{folded(name)} from {address}")
        if hashing.statistics().tasks_waiting >= _MOST_WAITING or not rates.may_try(*whose):
            return _shown("Too many tries. Wait a minute.", 429)
        user = await anyio.to_thread.run_sync(accounts.checked_user, name, password, limiter=hashing)
        if user is None:
            rates.failed(*whose)
            return _shown("Name and password do not belong together.", 401)
        secret = await run_in_threadpool(accounts.begin_session, user)
        response = RedirectResponse("/", 303)
        safe = request.url.scheme == "https"
        response.set_cookie(COOKIE, secret, max_age=int(LONGEST_SECONDS), httponly=True, secure=safe, samesite="strict")
        return response

    @routes.post("/logout")
    async def sign_out(request: Request) -> Response:
        if secret := request.cookies.get(COOKIE):
            await run_in_threadpool(accounts.end_session, secret)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    return routes


def _shown(words: str = "", status: int = 200) -> Response:
    return sheet("Sign in to Citeback", _FORM.format(told=told(words, well=False)), status=status)
