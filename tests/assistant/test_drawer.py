"""The settings drawer: a key goes to the endpoint it was given for and to no other."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant import Assistant
from assistant.web.drawer import tried, used
from tests.assistant.corpus import assistant_over, write
from tests.assistant.endpoint import begin_stream, endpoint, send_event, send_text

KEY = "sk-not-for-everybody"


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def url(heard: list[str]) -> Iterator[str]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        heard.append(request.headers.get("Authorization", ""))
        begin_stream(request)
        send_text(request, "Ready.", "stop")
        send_event(request, "[DONE]")

    with endpoint(answer) as address:
        yield address


def over(folder: Path, **changes: object) -> Assistant:
    return assistant_over(write(folder / "docs"), folder / "index", **changes)


def test_a_model_that_answers_is_told_and_its_own_key_is_used(url: str, heard: list[str], tmp_path: Path) -> None:
    with (assistant := over(tmp_path, llm="m", llm_base_url=url, llm_key=SecretStr(KEY))).index:
        told = tried(assistant, url, "m", "")
        assert "It answers, after" in told
        assert "Ready." in told
        assert heard == [f"Bearer {KEY}"]


def test_the_key_goes_to_no_other_endpoint(url: str, heard: list[str], tmp_path: Path) -> None:
    with (assistant := over(tmp_path, llm="m", llm_base_url="http://127.0.0.1:9/v1", llm_key=SecretStr(KEY))).index:
        tried(assistant, url, "m", "")
        used(assistant, url, "m", "", 0.25)
        assert assistant.settings.llm_key is None
        assert heard
        assert all(KEY not in each for each in heard)


def test_what_cannot_be_used_is_told_and_changes_nothing(tmp_path: Path) -> None:
    with (assistant := over(tmp_path)).index:
        before = assistant.settings
        for url, model, threshold in (("http://[::1", "m", 0.25), ("", "", 7.0), ("gopher://x", "m", 0.5)):
            assert "cb-failed" in used(assistant, url, model, "", threshold)
            assert assistant.settings == before
        assert "cb-failed" in tried(assistant, "", "", "")
        assert "In use" in used(assistant, "", "", "", 0.5)
        assert assistant.settings.threshold == 0.5
