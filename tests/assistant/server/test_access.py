"""Nobody sees what is not theirs: every route, every kind of caller, and a canary for each user."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Mount

from assistant.server.rules import RULES, rule_for
from tests.assistant.server.conftest import CANARIES, Served, User, bearer, cookie


def examples(whose: User) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A request of each route that names what is this user's: method, path, and what is sent."""
    library, document, conversation = whose.library, whose.document, whose.conversation
    canary = CANARIES[whose.name]
    at, page = f"?library={library}", f"/w/{library}"
    yield from (("GET", path, {}) for path in ("/health", "/ready", "/metrics", "/login", "/api/v1/openapi.json"))
    yield "POST", "/login", {"data": {"name": whose.name, "password": "wrong"}}
    yield "GET", "/account", {}
    yield "POST", "/account/password", {"data": {"old": "wrong", "new": "something longer"}}
    yield "POST", "/account/keys", {"data": {"name": "mine", "scope": ["read"]}}
    yield "POST", "/account/keys/revoke", {"data": {"key": whose.key.split("_")[1]}}
    yield "POST", "/account/libraries", {"data": {"name": "Mine"}}
    yield "POST", "/account/share", {"data": {"library": library, "user": "bob", "role": "owner"}}
    asking = {"question": f"When does the {canary} sing?", "library": library, "conversation": conversation}
    yield "POST", "/api/v1/ask", {"json": asking}
    yield "POST", "/api/v1/ask/stream", {"json": asking}
    yield "POST", "/api/v1/search", {"json": {"query": canary, "library": library}}
    yield "GET", "/api/v1/libraries", {}
    yield "POST", "/api/v1/libraries", {"json": {"name": "More"}}
    yield "DELETE", f"/api/v1/libraries/{library}", {}
    yield "PUT", f"/api/v1/libraries/{library}/members", {"json": {"user": "bob", "role": "owner"}}
    yield "GET", f"/api/v1/documents{at}", {}
    for more in ("", "/text", "/passages"):
        yield "GET", f"/api/v1/documents/{document}{more}{at}", {}
        yield "GET", f"/api/v1/documents/{document}{more}", {}
    yield "POST", f"/api/v1/documents{at}", {"files": [("files", ("x.md", b"# X\n\nBy another."))]}
    yield "POST", "/api/v1/documents/fetch", {"json": {"url": "http://127.0.0.1/", "library": library}}
    yield "DELETE", f"/api/v1/documents/{document}{at}", {}
    yield "POST", "/api/v1/sync", {"json": {"library": library}}
    for more in (f"?library={library}", f"/{conversation}{at}", f"/{conversation}/export.json{at}"):
        yield "GET", f"/api/v1/conversations{more}", {}
    yield "GET", f"/api/v1/conversations/{conversation}", {}
    yield "PATCH", f"/api/v1/conversations/{conversation}", {"json": {"title": "Mine", "library": library}}
    yield "DELETE", f"/api/v1/conversations/{conversation}{at}", {}
    completion = {"model": f"citeback/{library}", "messages": [{"role": "user", "content": f"What is {canary}?"}]}
    yield "POST", "/v1/chat/completions", {"json": completion}
    yield "POST", "/v1/chat/completions", {"json": {**completion, "stream": True}}
    yield "GET", "/v1/models", {}
    yield "GET", f"/v1/models/citeback/{library}", {}
    call = {"name": "search", "arguments": {"query": canary, "library": library}}
    yield "POST", "/mcp", {"json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}}
    for path in (
        "/",
        "/config",
        "/theme.css",
        "/gradio_api/heartbeat/abc",
        "/gradio_api/startup-events",
        "/static/img/x.svg",
        "/assets/x.js",
    ):
        yield "GET", f"{page}{path}", {}
    yield "GET", "/", {}
    joined = {"data": [f"{canary}?", None, None], "fn_index": 0, "session_hash": "abc"}
    yield "POST", f"{page}/gradio_api/queue/join", {"json": joined}
    yield "POST", f"{page}/gradio_api/upload", {"files": [("files", ("x.md", b"x"))]}
    yield "GET", f"{page}/citeback/export/{conversation}.md", {}
    yield "GET", f"{page}/citeback/page/{document}/1", {}
    yield "POST", "/logout", {}


def test_every_rule_has_an_example(served: Served) -> None:
    unseen = [
        rule.pattern.pattern
        for rule in RULES
        if not any(rule_for(method, path.partition("?")[0]) is rule for method, path, _ in examples(served.ada))
    ]
    assert unseen == []


def routes_of(routes: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route of an application, but for what is mounted."""
    for route in routes:
        if inner := getattr(route, "original_router", None):
            yield from routes_of(inner.routes)
        elif not isinstance(route, Mount):
            for method in getattr(route, "methods", None) or ():
                yield method, route.path


def test_every_route_has_a_rule(served: Served) -> None:
    found = sorted(set(routes_of(served.app.routes)))
    assert len(found) > 20
    for method, path in found:
        named = path.replace(":path", "").replace("{form}", "md")
        for name in ("document_id", "conversation", "library", "model"):
            named = named.replace(f"{{{name}}}", "abc")
        assert method == "HEAD" or rule_for(method, named), f"{method} {path} has no rule"


@pytest.mark.parametrize(
    "kind", ["anonymous", "another's session", "another's key", "a revoked key", "an ended session"]
)
def test_no_canary_reaches_anybody_else(served: Served, kind: str) -> None:
    headers = {
        "anonymous": {},
        "another's session": cookie(served.bob.session),
        "another's key": bearer(served.bob.key),
        "a revoked key": bearer(served.revoked),
        "an ended session": cookie(served.ended),
    }[kind]
    canary = CANARIES["ada"]
    for method, path, sent in examples(served.ada):
        answer = served.client.request(method, path, headers=headers, **sent)
        # What the caller has sent may be repeated to the caller.
        told = answer.text.replace(f"When does the {canary} sing?", "").replace(f"What is {canary}?", "")
        assert canary not in told, (method, path)
        assert served.ada.session not in told
        assert served.ada.key not in told
        if served.ada.library in path or served.ada.library in json.dumps(sent.get("json", "")):
            refused = answer.status_code in (303, 401, 403, 404) or '"isError":true' in answer.text
            assert refused, (method, path, answer.status_code, answer.text)
    # Everything of hers is still there.
    mine = bearer(served.ada.key)
    listed = served.client.get(f"/api/v1/documents?library={served.ada.library}", headers=mine).json()
    assert [each["id"] for each in listed["documents"]] == [served.ada.document]
    kept = served.client.get(
        f"/api/v1/conversations/{served.ada.conversation}?library={served.ada.library}", headers=mine
    )
    assert canary in kept.text


def test_a_key_is_good_for_its_scopes_alone_and_opens_no_page(served: Served) -> None:
    client, ada = served.client, served.accounts.user("ada")
    keys = {scope: served.accounts.add_key(ada, scope, [scope])[1] for scope in ("read", "ask", "write")}
    tries: dict[str, tuple[str, str, dict[str, Any]]] = {
        "read": ("POST", "/api/v1/search", {"json": {"query": "peace"}}),
        "ask": ("POST", "/api/v1/ask", {"json": {"question": "Who would keep the peace?"}}),
        "write": ("POST", "/api/v1/libraries", {"json": {"name": "Another"}}),
    }
    for scope, key in keys.items():
        for needed, (method, path, sent) in tries.items():
            answer = client.request(method, path, headers=bearer(key), **sent)
            assert (answer.status_code == 200) is (scope == needed), (scope, path, answer.text)
        for method, path in (("GET", "/"), ("GET", f"/w/{served.ada.library}/"), ("POST", "/logout")):
            assert client.request(method, path, headers=bearer(key)).status_code == 403
        joined = client.post(f"/w/{served.ada.library}/gradio_api/queue/join", json={}, headers=bearer(key))
        assert joined.status_code == 403
        assert client.get("/metrics", headers=bearer(key)).status_code == 403
