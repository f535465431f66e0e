"""One's own account: the password, keys for programs, libraries and whom they are shared with."""

from typing import Any, Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from assistant.errors import AccountError

from .access import caller_of
from .accounts import LEAST_PASSWORD, Accounts, User, chosen_scopes
from .callers import ROLES, SCOPES, Role
from .libraries import Library, SharedLibraries
from .rates import Rates
from .sheets import sheet, told

_LONGEST: Final = 200
_PASSWORD: Final = Markup("""<h2>Password</h2>
<form method="post" action="/account/password">
<label>The one you have <input name="old" type="password" autocomplete="current-password" required></label>
<label>A new one, {least} characters or more
<input name="new" type="password" autocomplete="new-password" required minlength="{least}"></label>
<button>Change it</button>
</form>""")
_KEYS: Final = Markup("""<h2>Keys for programs</h2>
<table>{rows}</table>
<form method="post" action="/account/keys">
<label>What it is for <input name="name" maxlength="64" required></label>
<p>{scopes}</p>
<button>Make a key</button>
</form>""")
_LIBRARIES: Final = Markup("""<h2>Libraries</h2>
<table>{rows}</table>
<form method="post" action="/account/libraries">
<label>A new library <input name="name" maxlength="80" required></label>
<button>Make it</button>
</form>
<h2>Share a library</h2>
<form method="post" action="/account/share">
<label>Library <select name="library">{own}</select></label>
<label>With, by name; empty for everybody who signs in <input name="user" maxlength="64"></label>
<label>As <select name="role">{roles}<option value="">no more</option></select></label>
<button>Share it</button>
</form>""")


def account_routes(accounts: Accounts, libraries: SharedLibraries, rates: Rates) -> APIRouter:
    """The sheet and what its forms send. The gate lets people through who have signed in, and no key."""
    routes = APIRouter(include_in_schema=False)
    _password_routes(routes, accounts, libraries, rates)
    _key_routes(routes, accounts, libraries)
    _library_routes(routes, accounts, libraries)
    return routes


def _password_routes(routes: APIRouter, accounts: Accounts, libraries: SharedLibraries, rates: Rates) -> None:
    @routes.get("/account")
    async def show(request: Request) -> Response:
        return await run_in_threadpool(_shown, accounts, libraries, request)

    @routes.post("/account/password")
    async def password(request: Request) -> Response:
        old, new = await _fields(request, "old", "new")
        caller = caller_of(request)
        whose = f"account of {caller.name}"
        if not rates.may_try(whose):
            return await run_in_threadpool(_shown, accounts, libraries, request, "Too many tries. Wait a minute.")

        def change() -> None:
            if accounts.checked_user(caller.name, old) is None:
                raise AccountError("the password you have is another; nothing was changed")
            accounts.set_password(caller.name, new)

        try:
            await run_in_threadpool(change)
        except AccountError as error:
            rates.failed(whose)
            return await run_in_threadpool(_shown, accounts, libraries, request, str(error))
        # Every session ended with it, this one too.
        return RedirectResponse("/login", 303)


def _key_routes(routes: APIRouter, accounts: Accounts, libraries: SharedLibraries) -> None:
    @routes.post("/account/keys")
    async def make_key(request: Request) -> Response:
        fields = await request.form(max_files=0, max_fields=8, max_part_size=_LONGEST)
        name, scopes = str(fields.get("name", ""))[:_LONGEST], [str(each) for each in fields.getlist("scope")]

        def make() -> Markup:
            _, secret = accounts.add_key(accounts.user(caller_of(request).name), name, chosen_scopes(scopes))
            return Markup("The key, which is shown this once: <code>{}</code>").format(secret)

        return await _done(accounts, libraries, request, make)

    @routes.post("/account/keys/revoke")
    async def revoke(request: Request) -> Response:
        (key,) = await _fields(request, "key")

        def end() -> str:
            accounts.revoke_key(accounts.user(caller_of(request).name), key)
            return "The key is good for nothing any more."

        return await _done(accounts, libraries, request, end)


def _library_routes(routes: APIRouter, accounts: Accounts, libraries: SharedLibraries) -> None:
    @routes.post("/account/libraries")
    async def add(request: Request) -> Response:
        (name,) = await _fields(request, "name")
        return await _done(
            accounts, libraries, request, lambda: f"“{libraries.add(caller_of(request), name).name}” is there."
        )

    @routes.post("/account/share")
    async def share(request: Request) -> Response:
        library, user, role = await _fields(request, "library", "user", "role")

        def shared() -> str:
            chosen: Role | None = next((each for each in ROLES if each == role), None)
            libraries.share(caller_of(request), library, user.strip() or None, chosen)
            return f"Shared with {user.strip() or 'everybody'}." if chosen else "Shared no more."

        return await _done(accounts, libraries, request, shared)


async def _fields(request: Request, *names: str) -> tuple[str, ...]:
    fields = await request.form(max_files=0, max_fields=8, max_part_size=2 * _LONGEST)
    return tuple(str(fields.get(name, ""))[:_LONGEST] for name in names)


async def _done(accounts: Accounts, libraries: SharedLibraries, request: Request, work: Any) -> Response:
    try:
        words = await run_in_threadpool(work)
    except AccountError as error:
        return await run_in_threadpool(_shown, accounts, libraries, request, str(error))
    return await run_in_threadpool(_shown, accounts, libraries, request, words, well=True)


def _shown(
    accounts: Accounts, libraries: SharedLibraries, request: Request, words: str | Markup = "", *, well: bool = False
) -> Response:
    caller = caller_of(request)
    user, found = accounts.user(caller.name), libraries.of(caller)
    head = Markup("<h1>{}</h1>\n<p><a href='/'>To the documents</a></p>\n{}").format(user.name, told(words, well=well))
    password = _PASSWORD.format(least=LEAST_PASSWORD)
    body = Markup("\n").join([head, _libraries(libraries, caller, found), _keys(accounts, user), password])
    return sheet("Your account", body, width=560, status=200 if well or not words else 422)


def _keys(accounts: Accounts, user: User) -> Markup:
    row = Markup(
        '<tr><td>{name}<td>{scopes}<td><form method="post" action="/account/keys/revoke">'
        '<button class="small" name="key" value="{id}" aria-label="Revoke {name}">Revoke</button></form>'
    )
    rows = [row.format(name=key.name, id=key.id, scopes=", ".join(sorted(key.scopes))) for key in accounts.keys(user)]
    box = Markup('<label class="beside"><input type="checkbox" name="scope" value="{0}"{1}> {0}</label>')
    scopes = SCOPES if user.admin else SCOPES[:-1]
    boxes = [box.format(scope, Markup(" checked") if scope in ("read", "ask") else "") for scope in scopes]
    return _KEYS.format(rows=Markup("").join(rows) or Markup("<tr><td>None."), scopes=Markup(" ").join(boxes))


def _libraries(libraries: SharedLibraries, caller: Any, found: list[Library]) -> Markup:
    rows = []
    for library in found:
        shared = ", ".join(f"{who} ({role})" for who, role in libraries.members(caller, library.id))
        row = Markup("<tr><td>{}<td>you are {}<td>{}")
        rows.append(row.format(library.name, library.role, f"shared with {shared}" if shared else ""))
    option = Markup('<option value="{}">{}</option>')
    own = [option.format(each.id, each.name) for each in found if libraries.owns(caller, each.id)]
    roles = [option.format(role, role) for role in ROLES]
    return _LIBRARIES.format(rows=Markup("").join(rows), own=Markup("").join(own), roles=Markup("").join(roles))
