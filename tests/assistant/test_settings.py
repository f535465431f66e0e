"""Settings: from the environment, checked by name and value."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.errors import SettingsError
from assistant.settings import Settings, load_settings
from index import Limits

DOCS = Path(__file__).parents[2] / "docs" / "SETTINGS.md"


@pytest.fixture(autouse=True)
def _no_settings_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("CITEBACK_")]:
        monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.model == "all-MiniLM-L6-v2"
    assert settings.llm is None
    assert settings.llm_key is None
    assert (settings.passages, settings.max_sentences, settings.max_question) == (8, 4, 4_000)
    assert 0 < settings.threshold < 1
    assert settings.docs is None
    assert settings.data_dir is None


def test_the_limits_of_reading_are_settings() -> None:
    assert load_settings().limits == Limits()
    assert load_settings(read_seconds=9, read_workers=4).limits == Limits(seconds=9, workers=4)


def test_each_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "data_dir": "/data",
        "docs": "docs",
        "model": "other",
        "reranker": "an/other",
        "ranker": "none",
        "verifier": "an/other",
        "read_seconds": "9",
        "read_memory_mb": "512",
        "read_output_mb": "3",
        "read_workers": "4",
        "passages": "9",
        "max_sentences": "2",
        "threshold": "0.5",
        "max_question": "10",
        "llm": "m",
        "llm_base_url": "http://127.0.0.1:1/v1",
        "llm_key": "sk-secret",
        "watch_seconds": "2.5",
        "fetch_urls": "True",
        "accounts": "True",
        "hosts": "docs.example.org",
        "rate": "60",
        "log_format": "json",
        "traces": "http://127.0.0.1:4318/v1/traces",
        "llm_timeout": "1.5",
        "llm_max_tokens": "7",
        "llm_context_tokens": "600",
    }
    assert set(values) == set(Settings.model_fields)
    for name, value in values.items():
        monkeypatch.setenv(f"CITEBACK_{name.upper()}", value)
    settings = load_settings()
    key = settings.llm_key
    assert key
    assert key.get_secret_value() == "sk-secret"
    shown = settings.model_dump() | {"llm_key": key.get_secret_value()}
    assert {name: str(value) for name, value in shown.items()} == values


def test_what_is_passed_in_counts_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBACK_PASSAGES", "9")
    assert load_settings(passages=3).passages == 3
    assert load_settings().passages == 9


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CITEBACK_TRESHOLD", "did you mean CITEBACK_THRESHOLD?"),
        ("CITEBACK_LLM_URL", "CITEBACK_LLM_URL is no setting"),
        ("CITEBACK_QQQQQQQQQQQQQQQQQQ", "is no setting; see docs/SETTINGS.md"),
    ],
)
def test_an_unknown_variable_is_told_with_the_likely_one(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_variables_of_the_tests_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBACK_TESTS_MUST_RUN", "1")
    load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSAGES", "0"),
        ("PASSAGES", "101"),
        ("PASSAGES", "many"),
        ("MAX_SENTENCES", "0"),
        ("THRESHOLD", "1.1"),
        ("THRESHOLD", "-0.1"),
        ("MAX_QUESTION", "0"),
        ("LLM_TIMEOUT", "0"),
        ("LLM_MAX_TOKENS", "0"),
        ("LLM_CONTEXT_TOKENS", "511"),
    ],
)
def test_a_value_out_of_range_is_told(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CITEBACK_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"CITEBACK_{name} is {value!r}: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_name_passed_in_is_told() -> None:
    with pytest.raises(SettingsError, match="CITEBACK_TRESHOLD"):
        load_settings(treshold=1)


def test_settings_do_not_change_and_hide_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBACK_LLM_KEY", "sk-secret")
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.passages = 3
    assert "sk-secret" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_every_setting_is_described_and_in_the_docs() -> None:
    docs = DOCS.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"CITEBACK_{name.upper()}" in docs
