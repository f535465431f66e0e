"""`citeback users | keys`, and what may be served to whom."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

import app  # noqa: F401 - its commands are registered
from assistant.cli import commands

ROOT = Path(__file__).parent.parent
PASSWORD = "correct horse battery"


class Run(Protocol):
    """Runs a command with what is typed."""

    def __call__(self, *arguments: str, typed: str = "") -> Result: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command over a data folder of its own."""
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path))
    runner = CliRunner()

    def invoke(*arguments: str, typed: str = "") -> Result:
        return runner.invoke(commands, arguments, input=typed)

    return invoke


def test_users_and_keys_come_and_go(run: Run) -> None:
    assert run("users", "add", "Ada", "--admin", typed=f"{PASSWORD}\n").stdout == "added ada\n"
    assert run("users", "add", "bob", typed=f"{PASSWORD}\n").exit_code == 0
    assert run("users", "list").stdout == "ada  (admin)\nbob\n"
    made = run("keys", "add", "bob", "--name", "laptop", "--scope", "read")
    assert made.stdout.startswith("cb_")
    assert "not shown again" in made.stderr
    [line] = run("keys", "list", "bob").stdout.splitlines()
    identity, name, scopes = line.split("  ")
    assert (name, scopes) == ("laptop", "read")
    assert made.stdout.strip() not in line
    assert run("keys", "revoke", "bob", identity).exit_code == 0
    assert run("keys", "list", "bob").stdout == ""
    assert run("users", "password", "bob", typed="another password\n").exit_code == 0
    assert run("users", "remove", "bob").exit_code == 0
    assert run("users", "list").stdout == "ada  (admin)\n"


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("users", "add", "ada"), "short\n", "10 or more"),
        (("users", "add", "a b"), f"{PASSWORD}\n", "no name"),
        (("users", "remove", "nobody"), "", "no user"),
        (("keys", "add", "nobody"), "", "no user"),
        (("keys", "list", "nobody"), "", "no user"),
    ],
)
def test_what_cannot_be_is_one_line(run: Run, arguments: tuple[str, ...], typed: str, told: str) -> None:
    result = run(*arguments, typed=typed)
    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_name_is_taken_once_and_a_key_has_scopes_there_are(run: Run) -> None:
    run("users", "add", "ada", typed=f"{PASSWORD}\n")
    assert "already" in run("users", "add", "ADA", typed=f"{PASSWORD}\n").stderr
    assert "no scope" in run("keys", "add", "ada", "--scope", "everything").stderr
    assert "administrator" in run("keys", "add", "ada", "--scope", "admin").stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [(("--host", "0.0.0.0"), "without accounts|add users"), (("--accounts",), "no users yet")],
)
def test_nothing_is_served_to_everybody(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "app.py"), "serve", "--docs", str(ROOT / "seeds"), "--port", "0", *options]
    environment = {"CITEBACK_DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    refused = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert refused.returncode == 1
    assert re.search(told, refused.stderr)
    assert "Traceback" not in refused.stderr
