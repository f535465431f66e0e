"""The image and its composition, as far as they can be checked without Docker: they agree, and give nothing away."""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

import app  # noqa: F401 - it has the commands registered
from assistant.cli import commands
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = ("Dockerfile", "compose.yaml", ".dockerignore")
# Of the Compose specification; what is misspelt there is passed over without a word.
SERVICE_KEYS = frozenset(
    "build cap_add cap_drop command cpus depends_on entrypoint environment env_file expose healthcheck image init "
    "logging mem_limit networks pids_limit ports profiles pull_policy read_only restart secrets security_opt "
    "stop_grace_period stop_signal tmpfs ulimits user volumes working_dir".split()
)


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, in order, each with the rest of its line."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def of(name: str) -> list[str]:
    """What stands behind the instructions of this name."""
    return [rest for each, rest in instructions() if each == name]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(place for place, (name, _) in enumerate(found) if name == "FROM") :]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for name, rest in last_stage() if name == "ENV" for pair in rest.split())


def service() -> dict[str, Any]:
    [(name, found)] = composition()["services"].items()
    assert name == "citeback"
    return dict(found)


def composition() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last pattern that fits it, or a folder above it, decides.

    >>> [is_ignored(path) for path in ("app.py", "index/store.py", "index/__pycache__/store.pyc", ".env")]
    [False, False, True, True]
    """
    parts = path.split("/")
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        # "**/" is any number of folders, none too.
        if any(_fits(each, pattern) for each in above):
            ignored = not line.startswith("!")
    return ignored


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(path.rpartition("/")[2], pattern[3:])
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


# Linters


def linted(command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    program = shutil.which(command, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        if os.environ.get("CITEBACK_TESTS_MUST_RUN"):
            pytest.fail(f"{command} is not installed")
        pytest.skip(f"{command} is not installed")
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_dockerfile_passes_its_linter() -> None:
    done = linted("hadolint", "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_composition_passes_its_linter() -> None:
    done = linted("compose-lint", "check", "--format", "json", "compose.yaml")
    assert done.returncode == 0, done.stderr
    # The image is built here, so it has no digest; how many processors there are we cannot know, and Docker refuses
    # to start with a limit above that.
    assert {finding["rule_id"] for finding in json.loads(done.stdout)["findings"]} <= {"CL-0019", "CL-0026"}


# The image


def test_all_that_is_copied_is_there_and_not_ignored() -> None:
    copied = [rest.split()[:-1] for rest in of("COPY") if not rest.startswith("--from")]
    for source in (name for names in copied for name in names):
        path = ROOT / source
        assert path.exists(), source
        inside = (
            [path] if path.is_file() else [p for p in path.rglob("*") if p.suffix in (".py", ".md", ".safetensors")]
        )
        assert any(not is_ignored(p.relative_to(ROOT).as_posix()) for p in inside), source
    for rest in of("COPY"):
        if rest.startswith("--from"):
            assert rest.split()[0] == "--from=build"


def test_all_that_is_installed_is_copied() -> None:
    copied = {name for rest in of("COPY") for name in rest.split()[:-1]}
    tools = PROJECT["tool"]["setuptools"]
    assert {f"{name}.py" for name in tools["py-modules"]} <= copied
    assert {name.rstrip("*") for name in tools["packages"]["find"]["include"]} <= copied
    assert {
        "pyproject.toml",
        "constraints.txt",
        PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"],
    } <= copied
    for name, patterns in tools["package-data"].items():
        for pattern in patterns:
            for path in (ROOT / name).glob(pattern):
                assert not is_ignored(path.relative_to(ROOT).as_posix()), path
    assert any("-c constraints.txt" in rest for rest in of("RUN"))


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", ".venv/bin/python", ".env", "index/.env", "seeds/.hidden", "id_rsa", "accounts.sqlite"),
        *("runs/a/cases.jsonl", "tests/conftest.py", "docs/page.png", "backup.zip", "evals/__pycache__/cli.pyc"),
    ],
)
def test_what_is_not_named_stays_out(path: str) -> None:
    assert is_ignored(path)


def test_nobody_is_root() -> None:
    last = last_stage()
    [user] = [rest for name, rest in last if name == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    # Nothing is done as root after that.
    assert not [name for name, _ in last[last.index(("USER", user)) :] if name in ("RUN", "COPY", "ADD")]
    assert service()["user"] == user
    uid, gid = user.split(":")
    [made] = [rest for name, rest in last if name == "RUN"]
    assert f"--uid {uid} " in made
    assert f"--gid {gid} " in made


def test_the_base_is_one_version_of_python_that_is_enough() -> None:
    assert {rest.split()[0] for rest in of("FROM")} == {"python:3.11-slim"}
    assert PROJECT["project"]["requires-python"] == ">=3.11"


def test_what_it_runs_is_a_command_there_is() -> None:
    assert [json.loads(rest) for rest in of("ENTRYPOINT")] == [list(PROJECT["project"]["scripts"])]
    [command] = [json.loads(rest) for rest in of("CMD")]
    told = CliRunner().invoke(commands, [command[0], "--help"], env={"COLUMNS": "200"}).output
    for option in (word for word in command[1:] if word.startswith("--")):
        assert option in told
    # Others than loopback only with accounts.
    assert command[command.index("--host") + 1] == "0.0.0.0"
    assert "--accounts" in command


@pytest.mark.parametrize("hosts", ["", "docs.example.org, other.example.org"])
@pytest.mark.parametrize("status", [200, 503])
def test_health_is_asked_for_by_a_name_that_is_answered(hosts: str, status: int) -> None:
    asked: list[tuple[str, str]] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Host"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    [health] = of("HEALTHCHECK")
    program, *arguments = json.loads(health[health.index("[") :])
    assert program == "python"
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        code = arguments[1].replace(":7860/", f":{server.server_port}/")
        env = {**os.environ, "CITEBACK_HOSTS": hosts}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert (done.returncode == 0) == (status == 200)
    assert asked == [("/health", hosts.split(",")[0] or "127.0.0.1")]


# The composition


def test_its_keys_are_right() -> None:
    assert set(composition()) == {"services", "volumes", "networks"}
    assert set(service()) <= SERVICE_KEYS
    assert service()["image"] == f"citeback:{PROJECT['project']['version']}"
    assert set(service()["networks"]) <= set(composition()["networks"])


def test_it_may_do_no_more_than_it_must() -> None:
    found = service()
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "cap_add" not in found
    assert "privileged" not in found
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+g", found["mem_limit"])
    assert found["pids_limit"] > 0
    [temporary] = found["tmpfs"]
    assert temporary.startswith("/tmp:")
    [network] = found["networks"]
    options = composition()["networks"][network]
    assert (
        options.get("internal") or options["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    )


def test_ports_agree() -> None:
    [port] = of("EXPOSE")
    [command] = [json.loads(rest) for rest in of("CMD")]
    assert command[command.index("--port") + 1] == port
    assert f"http://127.0.0.1:{port}/health" in of("HEALTHCHECK")[0]
    # On this machine alone.
    assert service()["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_volumes_agree() -> None:
    [volumes] = [json.loads(rest) for rest in of("VOLUME")]
    found = [re.fullmatch(r"(.+?):(/\w+)(?::ro)?", each) for each in service()["volumes"]]
    mounts = {each[2]: each[1] for each in found if each}
    assert len(mounts) == 3
    assert {path: mounts[path] for path in volumes} == {path: path[1:] for path in volumes}
    assert set(composition()["volumes"]) == {path[1:] for path in volumes}
    assert environment()["CITEBACK_DATA_DIR"] in volumes
    assert f"{mounts['/documents']}:/documents:ro" in service()["volumes"]
    assert environment()["CITEBACK_DOCS"] == "/documents"
    # Made before, for its user: else what is mounted there would be root's.
    [made] = [rest for name, rest in last_stage() if name == "RUN"]
    assert all(path in made for path in (*volumes, "/documents"))
    # All else that is written goes where that is allowed.
    assert all(environment()[name].startswith("/tmp") for name in ("HOME", "MPLCONFIGDIR"))


def test_settings_are_settings() -> None:
    known = {f"CITEBACK_{name.upper()}" for name in Settings.model_fields}
    for file in ("Dockerfile", "compose.yaml"):
        assert set(re.findall(r"CITEBACK_[A-Z_]+", (ROOT / file).read_text(encoding="utf-8"))) <= known
    assert {name for name in environment() if name.startswith("CITEBACK")} <= known


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_given_away(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert set(re.findall(r"\w+://[^/\s'\"]+", text)) <= {"http://127.0.0.1:7860"}
    assert not re.search(r"(?i)pypi|registry|index-url|docker\.io|ghcr|quay", text)
    assert not re.search(r"(?i)(password|secret|token|_key)\s*[:=]", text)
