"""Backups on the command line: written, brought back, refused in one line."""

import re
from pathlib import Path

import pytest

from tests.test_cli import Cli, citeback, docs, one_line  # noqa: F401


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def file(citeback: Cli, docs: Path, tmp_path: Path) -> Path:  # noqa: F811
    """A backup of the index of the documents."""
    citeback("sync", docs)
    result = citeback("backup", tmp_path / "b.zip", "--docs", docs)
    assert result.exit_code == 0
    said = re.escape(str(tmp_path / "b.zip")) + r": 3 documents, \d+ passages, 0 conversations, 0 uploads, \d+ KB\n"
    assert re.fullmatch(said, result.stdout)
    assert result.stderr == ""
    return tmp_path / "b.zip"


def test_an_index_is_brought_back_to_where_its_folder_has_it(
    citeback: Cli,  # noqa: F811
    docs: Path,  # noqa: F811
    file: Path,
    tmp_path: Path,
) -> None:
    refused = citeback("restore", file, "--docs", docs)
    assert refused.exit_code == 1
    assert "--force" in one_line(refused)
    result = citeback("restore", file, "--docs", docs, "--force")
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert re.fullmatch(r".*/indexes/docs-\w+: 3 documents, .*, as of [\d-]+ [\d:]+ UTC", first)
    aside = re.fullmatch(r"What was there is in (.*/indexes/docs-\w+\.before-[\d-]+)", second)
    assert aside
    assert (Path(aside[1]) / "catalog.sqlite").is_file()
    assert citeback("sync", docs).stdout.startswith("0 added, 0 updated, 3 unchanged, 0 removed")


def test_an_index_is_brought_back_elsewhere(citeback: Cli, file: Path, tmp_path: Path) -> None:  # noqa: F811
    result = citeback("restore", file, "--index", tmp_path / "again")
    assert result.stdout.startswith(f"{tmp_path / 'again'}: 3 documents")
    assert citeback("backup", tmp_path / "c.zip", "--index", tmp_path / "again").exit_code == 0
    assert "--force" in one_line(citeback("backup", tmp_path / "c.zip", "--index", tmp_path / "again"))
    assert citeback("backup", tmp_path / "c.zip", "--index", tmp_path / "again", "--force").exit_code == 0


def test_the_folder_may_be_elsewhere_or_gone(
    citeback: Cli,  # noqa: F811
    docs: Path,  # noqa: F811
    file: Path,
    tmp_path: Path,
) -> None:
    docs.rename(tmp_path / "moved")
    assert citeback("restore", file, "--docs", tmp_path / "moved").exit_code == 0
    assert citeback("sync", tmp_path / "moved").stdout.startswith("0 added, 0 updated, 3 unchanged, 0 removed")
    assert citeback("backup", tmp_path / "gone.zip", "--docs", docs).exit_code == 0


def test_what_is_missing_is_told(citeback: Cli, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "text.zip").write_text("no archive")
    for arguments in (
        ("backup", tmp_path / "b.zip", "--index", tmp_path / "none"),
        ("restore", tmp_path / "none.zip", "--index", tmp_path / "again"),
        ("restore", tmp_path / "text.zip", "--index", tmp_path / "again"),
    ):
        result = citeback(*arguments)
        assert result.exit_code == 1
        one_line(result)
    assert [path.name for path in tmp_path.iterdir()] == ["text.zip"]


def test_ctrl_c_says_what_it_leaves(
    citeback: Cli,  # noqa: F811
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.backup.back_up", stop)
    monkeypatch.setattr("assistant.backup.restore", stop)
    for arguments, left in (
        (("backup", tmp_path / "c.zip", "--index", tmp_path / "data"), "nothing was written"),
        (("restore", file, "--index", tmp_path / "again"), "nothing was changed"),
    ):
        result = citeback(*arguments)
        assert result.exit_code == 130
        assert result.stderr == f"\nciteback: stopped; {left}\n"
