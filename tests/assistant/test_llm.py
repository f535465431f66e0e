"""Tokens without a network, and endpoints that fail."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from assistant.answerer import Claim
from assistant.errors import LLMError
from assistant.llm import count_tokens
from assistant.providers import open_llm
from tests.assistant.endpoint import Handler, begin_stream, endpoint, send_event, send_text
from tests.assistant.scripted import BRIDGE, KEY, answerer

# Tokens.


def test_tokens_are_counted_without_network_and_without_importing_llama_index() -> None:
    script = (
        "import socket, sys\n"
        "def blocked(*_): raise AssertionError('network')\n"
        "socket.socket.connect = socket.getaddrinfo = blocked\n"
        "import os; before = dict(os.environ)\n"
        "from assistant.llm import count_tokens\n"
        "assert dict(os.environ) == before\n"
        "assert count_tokens('Who would keep the peace?') == 6\n"
        "assert count_tokens('<|endoftext|>') > 1\n"
        "assert 'llama_index.core' not in sys.modules\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "TIKTOKEN_CACHE_DIR"}
    subprocess.run([sys.executable, "-c", script], check=True, env=env, timeout=60)


def test_hostile_text_is_counted_in_linear_time() -> None:
    started = time.monotonic()
    for text in ("!?" * 50_000, "a" * 100_000, " " * 100_000, "\ud800" * 1_000):
        assert count_tokens(text) > 0
    assert time.monotonic() - started < 5


# An endpoint that fails.


def status(code: int, body: object) -> Handler:
    def handle(request: BaseHTTPRequestHandler) -> None:
        content = json.dumps(body).encode()
        request.send_response(code)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return handle


def asked(url: str, timeout_s: float = 10, key: str | None = KEY) -> Iterator[Claim]:
    llm = open_llm(url, "m", key, timeout_s=timeout_s, max_tokens=100, context_tokens=4096)
    return answerer(llm).claims("How long?", [BRIDGE])


def failure(url: str, timeout_s: float = 10) -> LLMError:
    with pytest.raises(LLMError) as caught:
        list(asked(url, timeout_s))
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    assert KEY not in shown
    assert "\n" not in str(error)
    assert error.__context__ is None
    return error


@pytest.mark.parametrize(
    ("code", "retryable", "words"),
    [
        (400, False, "context tokens"),
        (401, False, "check the API key"),
        (404, False, "model's name"),
        (429, True, "quota"),
        (500, True, "later"),
        (503, True, "later"),
    ],
)
def test_http_errors_say_what_to_do_and_never_the_key(code: int, retryable: bool, words: str) -> None:
    body = {"error": {"message": f"bad\nkey {KEY}, also sk-another-000000000000 of Bearer {KEY}", "type": "x"}}
    with endpoint(status(code, body)) as url:
        error = failure(url)
    assert error.retryable is retryable
    assert f"HTTP {code}" in str(error)
    assert words in str(error)
    assert url.removesuffix("/v1") in str(error)
    assert "sk-another" not in str(error)


def test_an_endpoint_that_is_down_is_told_within_two_seconds() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    llm = open_llm(f"http://127.0.0.1:{port}/v1", "m", KEY, timeout_s=60, max_tokens=9, context_tokens=4096)
    started = time.monotonic()
    with pytest.raises(
        LLMError, match=r"127\.0\.0\.1:\d+ cannot be reached \(.*refused.*\): start the server"
    ) as caught:
        list(answerer(llm).claims("?", [BRIDGE]))
    assert time.monotonic() - started < 2
    assert caught.value.retryable


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout_s=0.3)
    assert "sent nothing within 0.3 s: raise the timeout" in str(error)
    assert error.retryable


def test_a_stream_that_falls_silent_is_given_up() -> None:
    done = threading.Event()

    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        send_text(request, "It rained. Then ")
        done.wait(10)

    with endpoint(handle) as url:
        claims = asked(url, timeout_s=0.5)
        assert next(claims).text == "It rained."
        with pytest.raises(LLMError, match=r"sent nothing within 0\.5 s") as caught:
            next(claims)
        done.set()
    assert caught.value.retryable


def test_a_stream_cut_in_mid_answer_keeps_what_was_whole() -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        send_text(request, "It rained. Then it ")
        request.close_connection = True
        request.connection.shutdown(socket.SHUT_RDWR)

    with endpoint(handle) as url:
        claims = asked(url)
        assert next(claims).text == "It rained."
        with pytest.raises(LLMError, match="broke off in the middle") as caught:
            next(claims)
    assert caught.value.retryable


def test_a_stream_that_ends_without_a_reason_was_cut() -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        send_text(request, "It rained. Then it ")
        request.wfile.write(b"0\r\n\r\n")

    with endpoint(handle) as url:
        assert [claim.text for claim in asked(url)] == ["It rained."]


@pytest.mark.parametrize(("code", "retryable"), [(400, False), (503, True)])
def test_an_error_within_the_stream_is_told(code: int, retryable: bool) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        send_event(request, json.dumps({"error": {"code": code, "message": f"too long for {KEY}"}}))
        request.wfile.write(b"0\r\n\r\n")

    with endpoint(handle) as url:
        error = failure(url)
    assert f"HTTP {code}" in str(error)
    assert error.retryable is retryable


@pytest.mark.parametrize("data", ["{", "[]", "null", '"x"', '{"choices": 5}', '{"choices": [{}]}', "<html>"])
def test_a_stream_of_nonsense_is_told(data: str) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        send_event(request, data)
        request.wfile.write(b"0\r\n\r\n")

    with endpoint(handle) as url:
        failure(url)


def test_closing_the_answer_hangs_up() -> None:
    gone = threading.Event()

    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        try:
            for n in range(1_000):
                send_text(request, f"Number {n} came. ")
                time.sleep(0.01)
        except OSError:
            gone.set()

    with endpoint(handle) as url:
        claims = asked(url)
        next(claims)
        claims.close()  # type: ignore[attr-defined]
        assert gone.wait(2)


def test_each_sentence_may_be_read_by_another_thread() -> None:
    """Web servers read a stream in whichever thread is free."""

    def handle(request: BaseHTTPRequestHandler) -> None:
        begin_stream(request)
        send_text(request, "It rained. Then it stopped. It poured.", "stop")
        send_event(request, "[DONE]")
        request.wfile.write(b"0\r\n\r\n")

    texts: list[str] = []
    with endpoint(handle) as url:
        claims = asked(url)
        for _ in range(3):
            thread = threading.Thread(target=lambda: texts.append(next(claims).text))
            thread.start()
            thread.join()
        assert next(claims, None) is None
    assert texts == ["It rained.", "Then it stopped.", "It poured."]


@pytest.mark.parametrize("key", [None, KEY])
def test_only_the_key_given_is_sent_and_nowhere_shown(key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.append(str(request.headers) + request.path)
        status(500, {})(request)

    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "sk-environment-0000000000")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with endpoint(handle) as url:
        llm = open_llm(url, "m", key, timeout_s=5, max_tokens=100, context_tokens=4096)
        with pytest.raises(LLMError, match="HTTP 500"):
            list(answerer(llm).claims("?", [BRIDGE]))
    # It is asked again as long as it says that it is busy.
    assert len(seen) == 3
    assert f"Authorization: Bearer {key or 'not-needed'}\n" in seen[0]
    assert "sk-environment" not in seen[0]
    assert seen[0].endswith("/v1/chat/completions")
    for shown in (repr(llm), str(llm), repr(answerer(llm)), repr(vars(llm))):
        assert KEY not in shown


URLS = ["", "127.0.0.1:8080", "ftp://u:secret@x/v1", "http://", "http://x:port/v1", "http://[::1/v1", KEY]


@pytest.mark.parametrize("url", URLS)
def test_a_base_url_that_is_none_is_told(url: str) -> None:
    with pytest.raises(LLMError, match="is not a base URL: give one like") as caught:
        open_llm(url, "m", None, timeout_s=1, max_tokens=1, context_tokens=4096)
    assert not caught.value.retryable
    assert "secret" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_what_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(url: str, model: str, key: str | None) -> str:
        with pytest.raises(LLMError) as caught:
            open_llm(url, model, key, timeout_s=1, max_tokens=1, context_tokens=4096)
        assert caught.value.__context__ is None
        return str(caught.value)

    assert (
        opened("http://127.0.0.1:9/v1", "m", f"{KEY}é")
        == "the API key holds a character that no key has: copy it again"
    )
    assert opened("http://127.0.0.1:9/v1", "m", f"{KEY}\n{KEY}").startswith("the API key holds")
    monkeypatch.setenv("ALL_PROXY", "nonsense://127.0.0.1:9")
    assert "Unknown scheme for proxy" in opened("http://192.0.2.1/v1", "m", KEY)


def test_a_key_read_from_a_file_may_end_in_a_newline() -> None:
    with endpoint(status(403, {})) as url, pytest.raises(LLMError, match="check the API key"):
        list(asked(url, key=f"{KEY}\n"))


def test_a_busy_server_is_asked_again_until_it_answers() -> None:
    seen: list[int] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.append(1)
        if len(seen) < 3:
            return status(503, {"error": {"message": "loading"}})(request)
        begin_stream(request)
        send_text(request, "Six weeks. [1]", reason="stop")
        send_event(request, "[DONE]")
        request.wfile.write(b"0\r\n\r\n")
        return None

    with endpoint(handle) as url:
        assert [claim.text for claim in asked(url)] == ["Six weeks."]
    assert len(seen) == 3


def test_what_asking_again_cannot_mend_is_asked_once() -> None:
    seen: list[int] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.append(1)
        status(401, {})(request)

    with endpoint(handle) as url, pytest.raises(LLMError):
        list(asked(url))
    assert len(seen) == 1


# Anthropic's own interface. Its servers cannot be reached here: a server on loopback speaks as they do.


def anthropic_events(text: str, reason: str | None) -> Iterator[dict[str, object]]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": usage}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for piece in (text[:5], text[5:]):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
    yield {"type": "content_block_stop", "index": 0}
    if reason:
        ended = {"stop_reason": reason, "stop_sequence": None}
        yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 1}}
        yield {"type": "message_stop"}


def says(text: str, reason: str | None = "end_turn", seen: list[str] | None = None) -> Handler:
    def handle(request: BaseHTTPRequestHandler) -> None:
        if seen is not None:
            seen.append(request.path + str(request.headers))
        begin_stream(request)
        for event in anthropic_events(text, reason):
            line = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            request.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        request.wfile.write(b"0\r\n\r\n")

    return handle


def asked_anthropic(url: str, key: str | None = KEY) -> list[Claim]:
    llm = open_llm(
        url.removesuffix("/v1"), "anthropic:claude-haiku-4-5", key, timeout_s=10, max_tokens=100, context_tokens=4096
    )
    assert KEY not in repr(llm) + repr(vars(llm))
    return list(answerer(llm).claims("How long?", [BRIDGE]))


def test_anthropic_is_asked_through_its_own_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-environment-0000000000")
    seen: list[str] = []
    with endpoint(says("Six weeks. [1] Then it opens. [1]", seen=seen)) as url:
        assert [(claim.text, claim.passages) for claim in asked_anthropic(url)] == [
            ("Six weeks.", (1,)),
            ("Then it opens.", (1,)),
        ]
    assert seen[0].startswith("/v1/messages")
    assert KEY in seen[0]
    assert "sk-environment" not in seen[0]


@pytest.mark.parametrize("reason", ["max_tokens", None])
def test_what_anthropic_broke_off_loses_its_unfinished_sentence(reason: str | None) -> None:
    with endpoint(says("Six weeks. [1] Then it op", reason)) as url:
        assert [claim.text for claim in asked_anthropic(url)] == ["Six weeks."]


def test_anthropic_errors_are_told_without_the_key() -> None:
    body = {"type": "error", "error": {"type": "authentication_error", "message": f"invalid x-api-key {KEY}"}}
    with endpoint(status(401, body)) as url, pytest.raises(LLMError, match="check the API key") as caught:
        asked_anthropic(url)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(LLMError, match="anthropic:claude-x is no model that"):
        open_llm(None, "anthropic:claude-x", KEY, timeout_s=1, max_tokens=1, context_tokens=1)
    with pytest.raises(LLMError, match="set CITEBACK_LLM_KEY"):
        asked_anthropic("http://127.0.0.1:9/v1", key=None)
