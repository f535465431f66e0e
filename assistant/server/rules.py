"""Which route asks what of its caller. What is not named here is not there."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from .callers import Scope

# "open": whoever calls. "user": whoever is known. "session": a person, who has signed in; a key is good for its scopes
# alone, and pages know none. Else the scope a session or key has to be good for.
Need = Literal["open", "user", "session"] | Scope
KILOBYTE, MEGABYTE = 1 << 10, 1 << 20
UPLOAD_BYTES: Final = 200 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of the caller of some paths, and how large what they send may be.

    A `page` shows itself in a browser, where somebody who is not signed in is led to the form for it.
    """

    methods: frozenset[str]
    pattern: re.Pattern[str]
    need: Need
    most_bytes: int = 64 * KILOBYTE
    page: bool = False


def _rule(methods: str, pattern: str, need: Need, most_bytes: int = 64 * KILOBYTE, *, page: bool = False) -> Rule:
    return Rule(frozenset(methods.split()), re.compile(pattern), need, most_bytes, page)


_ID: Final = r"[\w-]{1,64}"
# The page of a library: of what Gradio serves, what our page uses and no more. With accounts it stands below /w/ID.
_AT: Final = rf"(?:/w/{_ID})?"
RULES: Final = (
    _rule("GET", r"/(?:health|ready)", "open"),
    _rule("GET", r"/metrics", "admin"),
    _rule("GET", r"/login", "open", page=True),
    _rule("POST", r"/login", "open", 4 * KILOBYTE, page=True),
    _rule("POST", r"/logout", "session", page=True),
    _rule("GET", r"/account", "session", page=True),
    _rule("POST", r"/account/(?:password|keys|keys/revoke|libraries|share)", "session", 4 * KILOBYTE, page=True),
    _rule("GET", r"/api/v1/openapi\.json", "open"),
    _rule("POST", r"/api/v1/ask(?:/stream)?", "ask"),
    _rule("POST", r"/api/v1/search", "read"),
    _rule("GET", r"/api/v1/libraries", "user"),
    _rule("POST", r"/api/v1/libraries", "write"),
    _rule("DELETE", rf"/api/v1/libraries/{_ID}", "write"),
    _rule("PUT", rf"/api/v1/libraries/{_ID}/members", "write"),
    _rule("GET", rf"/api/v1/documents(?:/{_ID}(?:/passages|/text)?)?", "read"),
    _rule("POST", r"/api/v1/documents", "write", UPLOAD_BYTES),
    _rule("POST", r"/api/v1/documents/fetch", "write"),
    _rule("DELETE", rf"/api/v1/documents/{_ID}", "write"),
    _rule("POST", r"/api/v1/sync", "write"),
    _rule("GET", rf"/api/v1/conversations(?:/{_ID}(?:/export\.\w{{1,8}})?)?", "ask"),
    _rule("PATCH DELETE", rf"/api/v1/conversations/{_ID}", "ask"),
    _rule("POST", r"/v1/chat/completions", "ask", MEGABYTE),
    _rule("GET", r"/v1/models(?:/[\w/.-]{1,128})?", "ask"),
    _rule("POST", r"/mcp/?", "user", MEGABYTE),
    _rule("GET HEAD", r"/", "session", page=True),
    _rule("GET HEAD", rf"{_AT}/", "session", page=True),
    _rule("GET HEAD", rf"{_AT}/(?:assets|static|svelte)/[\w./@-]+", "session"),
    _rule("GET HEAD", rf"{_AT}/(?:config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)", "session"),
    _rule("GET", rf"{_AT}/gradio_api/(?:heartbeat/\w+|queue/data|upload_progress)", "session"),
    _rule("GET", rf"{_AT}/gradio_api/(?:startup-events|theme\.css)", "session"),
    _rule("POST", rf"{_AT}/gradio_api/(?:queue/join|cancel|reset)", "session", 256 * KILOBYTE),
    _rule("POST", rf"{_AT}/gradio_api/upload", "session", UPLOAD_BYTES),
    _rule("GET HEAD", rf"{_AT}/citeback/(?:export/[\w.-]+|page/{_ID}/\d+)", "session"),
)


def rule_for(method: str, path: str) -> Rule | None:
    """The rule of a route; None where there is no such route.

    >>> rule_for("GET", "/health").need, rule_for("POST", "/api/v1/ask").need, rule_for("GET", "/gradio_api/proxy=x")
    ('open', 'ask', None)
    """
    return next((rule for rule in RULES if method in rule.methods and rule.pattern.fullmatch(path)), None)


def methods_of(path: str) -> list[str]:
    """The methods there are for a path."""
    return sorted({method for rule in RULES if rule.pattern.fullmatch(path) for method in rule.methods})
