"""Conversations on the command line: kept, listed, exported, checked again."""

import json
import re
from pathlib import Path

import pytest

from assistant.exports import FORMATS
from tests.test_cli import Cli, citeback, docs, one_line  # noqa: F401


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CITEBACK_RANKER", "none")
    monkeypatch.setenv("CITEBACK_VERIFIER", "none")


@pytest.fixture
def kept(citeback: Cli, docs: Path) -> str:  # noqa: F811
    """The id of a conversation of two turns."""
    told = citeback(
        "chat", "--docs", docs, stdin="When was the bridge closed?\nWhat does the day ticket cost?\n"
    ).stdout
    found = re.search(r"Kept as (\w+): citeback export \1", told)
    assert found
    return found[1]


def test_a_chat_is_kept_listed_and_gone_on_with(citeback: Cli, docs: Path, kept: str) -> None:  # noqa: F811
    listed = citeback("conversations", "--docs", docs).stdout
    assert kept in listed
    assert "When was the bridge closed?  (2 questions)" in " ".join(listed.split(" "))
    assert "No conversations." in citeback("conversations", "nowhere", "--docs", docs).stdout
    citeback("chat", "--docs", docs, "--continue", kept[:8], stdin="And how long will repairs take?\n")
    [told] = json.loads(citeback("conversations", "--docs", docs, "--json").stdout)
    assert (told["id"], told["turns"]) == (kept, 3)


def test_a_chat_need_not_be_kept(citeback: Cli, docs: Path) -> None:  # noqa: F811
    assert "Kept as" not in citeback("chat", "--docs", docs, "--no-keep", stdin="When was the bridge closed?\n").stdout
    assert json.loads(citeback("conversations", "--docs", docs, "--json").stdout) == []


def test_a_conversation_is_renamed_and_deleted(citeback: Cli, docs: Path, kept: str) -> None:  # noqa: F811
    assert "The closure" in citeback("conversations", "The closure", "--rename", kept, "--docs", docs).stdout
    assert "No conversations." in citeback("conversations", "--delete", kept, "--docs", docs).stdout
    assert kept in one_line(citeback("export", kept, "--docs", docs))


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_is_verified(citeback: Cli, docs: Path, kept: str, tmp_path: Path, form: str) -> None:  # noqa: F811
    file = tmp_path / f"talk.{form}"
    assert citeback("export", kept, "--docs", docs, "--out", file).stdout.strip() == str(file)
    result = citeback("verify", file, "--docs", docs)
    assert result.exit_code == 0
    assert re.search(r"(\d) of \1 quotes stand, (\d) of \2 sentences are supported", result.stdout)
    told = json.loads(citeback("verify", file, "--docs", docs, "--json").stdout)
    assert told["holds"] is True
    assert {note["standing"]["state"] for note in told["notes"]} == {"unchanged"}


def test_a_printed_export_is_markdown(citeback: Cli, docs: Path, kept: str) -> None:  # noqa: F811
    told = citeback("export", kept, "--docs", docs).stdout
    assert told.startswith("# When was the bridge closed?\n\n## When was the bridge closed?")
    assert "[^1]: “" in told
    assert citeback("export", kept, "--docs", docs, "--format", "docx").exit_code == 2


def test_what_does_not_hold_is_exit_code_1(citeback: Cli, docs: Path, kept: str, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "talk.md"
    citeback("export", kept, "--docs", docs, "--out", file)
    (docs / "bridge.md").write_text("The bridge is open.", encoding="utf-8")
    result = citeback("verify", file, "--docs", docs)
    assert result.exit_code == 1
    assert "no longer stands in its source" in result.stdout


def test_a_file_that_is_none_is_one_line(citeback: Cli, docs: Path, tmp_path: Path) -> None:  # noqa: F811
    assert "cannot be read" in one_line(citeback("verify", tmp_path / "none.md", "--docs", docs))
    assert "no format" in one_line(citeback("export", "x", "--docs", docs, "--format", "pdf"))
