"""What whoever runs the server goes by: health, readiness, counts, the log; and no secret in any of it."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from assistant import Assistant
from assistant.server.callers import Caller
from assistant.server.limits import MOST_UNKNOWN, Limits
from assistant.server.logs import AsJson, AsText, configure_logs
from assistant.server.rates import Rates
from tests.assistant.server.conftest import CANARIES, Served, bearer, cookie

QUESTION = "Who would keep the peace?"


def test_it_lives_and_is_ready(alone: TestClient) -> None:
    assert alone.get("/health").json() == {"status": "ok"}
    assert alone.get("/ready").json() == {"status": "ready", "missing": []}


def test_it_says_what_is_missing(alone: TestClient, seeds: Assistant) -> None:
    seeds.is_warm = False
    try:
        answer = alone.get("/ready")
    finally:
        seeds.is_warm = True
    assert (answer.status_code, answer.json()["missing"]) == (503, ["the models are being loaded"])


def test_it_counts_without_words(alone: TestClient) -> None:
    alone.post("/api/v1/ask", json={"question": QUESTION})
    alone.get("/nowhere/of/mine")
    told = alone.get("/metrics").text
    assert 'citeback_requests_total{kind="rest",status="200"}' in told
    assert 'citeback_requests_total{kind="page",status="404"}' in told
    assert 'citeback_answers_total{outcome="extractive"}' in told
    assert 'citeback_stage_seconds_count{stage="retrieve"}' in told
    assert not any(word in told for word in ("peace", "nowhere", "seeds"))


def test_every_response_has_a_name_and_the_security_headers(alone: TestClient) -> None:
    for path in ("/health", "/nowhere", "/", "/api/v1/documents"):
        headers = alone.get(path).headers
        assert len(headers["x-request-id"]) == 12
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server logs, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AsJson())
    logger = logging.getLogger("assistant")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_request_is_a_line_without_its_words(alone: TestClient, log: io.StringIO) -> None:
    alone.post("/api/v1/ask", json={"question": QUESTION})
    [line] = [json.loads(each) for each in log.getvalue().splitlines()]
    assert (line["message"], line["kind"], line["method"], line["status"]) == ("request", "rest", "POST", 200)
    assert line["ms"] > 0
    assert "peace" not in log.getvalue()


def test_a_line_for_people_tells_the_same() -> None:
    record = logging.LogRecord("assistant", logging.INFO, "", 0, "request", None, None)
    record.__dict__.update(status=200, secret="x")
    assert AsText().format(record).endswith("INFO request status=200")
    configure_logs("text")
    assert logging.getLogger("assistant").level == logging.WARNING
    logging.getLogger("assistant").handlers.clear()
    logging.getLogger("assistant").setLevel(logging.NOTSET)
    logging.getLogger("uvicorn").handlers.clear()


def forms_of(secret: str) -> list[str]:
    """A secret as it may slip through: raw, encoded, in part."""
    raw = secret.encode()
    half = len(secret) // 2
    return [
        secret,
        quote(secret, safe=""),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        secret[:half] if half > 11 else secret,
        secret[-12:],
    ]


def test_no_secret_is_told_anywhere(served: Served, log: io.StringIO) -> None:
    client, ada = served.client, served.ada
    told = []
    for headers in (
        bearer(ada.key),
        cookie(ada.session),
        bearer(ada.key + "x"),
        {"Cookie": f"citeback_session={ada.key}"},
    ):
        for method, path in (
            *(("GET", path) for path in ("/api/v1/libraries", "/api/v1/documents", "/v1/models", "/ready", "/metrics")),
            *(("GET", path) for path in ("/", f"/w/{ada.library}/", f"/w/{ada.library}/config", "/nowhere", "/login")),
            ("GET", f"/api/v1/conversations/{ada.conversation}?library={ada.library}"),
            ("GET", f"/api/v1/conversations/{ada.conversation}/export.md?library={ada.library}"),
        ):
            answer = client.request(method, path, headers=headers)
            told.append(answer.text + str(answer.headers))
        for body in ({"question": QUESTION}, {"question": ""}, {"nothing": ada.key[:5]}):
            answer = client.post("/api/v1/ask/stream", json=body, headers=headers)
            told.append(answer.text + str(answer.headers))
    told.append(client.post("/login", data={"name": "ada", "password": "password of ada, nearly"}).text)
    told.append(log.getvalue())
    kept = served.accounts.path.read_bytes().decode("latin-1")
    for secret in (ada.key, ada.session, "password of ada"):
        for form in forms_of(secret):
            assert not any(form in each for each in told), form
            assert form not in kept
    assert CANARIES["ada"] not in log.getvalue()


def test_a_wrong_password_takes_as_long_and_a_right_one_begins_a_session(served: Served) -> None:
    client = served.client
    answer = client.post("/login", data={"name": "BOB", "password": "password of bob"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    told = answer.headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    secret = answer.cookies["citeback_session"]
    client.cookies.clear()
    page = client.get("/", headers=cookie(secret))
    assert (page.status_code, page.headers["location"]) == (303, "/w/default/")
    client.post("/logout", headers=cookie(secret))
    assert client.get("/", headers=cookie(secret)).headers["location"] == "/login"


def test_guessing_is_slowed_and_keeps_nobody_out_elsewhere(served: Served) -> None:
    def tried(name: str, address: str, password: str = "x") -> int:
        headers = {"X-Forwarded-For": address}
        return served.client.post("/login", data={"name": name, "password": password}, headers=headers).status_code

    rates = Rates(0)
    for _ in range(10):
        assert rates.may_try("ada from 1", "from 1")
        rates.failed("ada from 1", "from 1")
    assert not rates.may_try("ada from 1", "from 1")
    assert not rates.may_try("bob from 1", "from 1")
    assert rates.may_try("ada from 2", "from 2")
    # However the name is written, it is the same one.
    answers = {tried(name, "1") for name in ("ada", " ada", "ADA ", "ａda") * 4}
    assert answers <= {401, 429}
    assert tried("ada", "1") == 429


def test_who_is_not_signed_in_can_keep_out_others_like_them_alone() -> None:
    limits = Limits(_never, Rates(0))
    limits._under_way.update({f"unknown {number}": 1 for number in range(MOST_UNKNOWN)})
    answers: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "path": "/login", "method": "GET", "headers": [], "client": ("1.2.3.4", 5)}
    asyncio.run(limits({**scope, "state": {"caller": None}}, _nothing, send))
    assert answers[0]["status"] == 503
    with pytest.raises(NotImplementedError):
        asyncio.run(limits({**scope, "state": {"caller": Caller("ada", "ada", frozenset())}}, _nothing, send))


async def _never(*_: Any) -> None:
    raise NotImplementedError


async def _nothing() -> Any:
    return {"type": "http.disconnect"}


def test_the_description_has_examples_that_are_right(alone: TestClient) -> None:
    described = alone.get("/api/v1/openapi.json").json()
    forms = {name: schema for name, schema in described["components"]["schemas"].items() if "examples" in schema}
    assert {"Asking", "Search", "Fetching", "Syncing", "Renaming", "NewLibrary", "Member", "Completion"} <= set(forms)
    sent = {"Asking": "/api/v1/ask", "Search": "/api/v1/search", "Completion": "/v1/chat/completions"}
    for name, path in sent.items():
        for example in forms[name]["examples"]:
            assert alone.post(path, json=example).status_code == 200, name
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
