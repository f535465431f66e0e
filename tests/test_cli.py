"""The command line: what each command prints and where, and how it exits."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import app
from assistant import Answer, Assistant
from assistant.cli import commands
from assistant.settings import Settings
from index import Index, Vectors, Where
from tests.assistant.corpus import embedder, write
from tests.fakes import HashEmbedder

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "app",
    "ask",
    "backup",
    "chat",
    "conversations",
    "doctor",
    "eval",
    "export",
    "forget",
    "keys",
    "mcp",
    "restore",
    "search",
    "serve",
    "sync",
    "users",
    "verify",
)
CITATION = "number document_id title author publisher date source page start end quote".split()


@pytest.fixture(autouse=True)
def _no_settings_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("CITEBACK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs")


@pytest.fixture
def citeback(monkeypatch: pytest.MonkeyPatch) -> "Cli":
    """The commands in this process, with an embedder that needs no weights."""
    original = Index.open.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(Index, "open", classmethod(lambda cls, home, **_: original(cls, home, embedder=embedder())))
    return Cli()


class Cli:
    def __call__(self, *arguments: object, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(commands, [str(argument) for argument in arguments], input=stdin)
        # An exception that is no exit is a traceback on the user's screen.
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result


def one_line(result: Result) -> str:
    """What went to stderr, which is one line that says who speaks; stdout is empty."""
    assert result.stdout == ""
    assert re.fullmatch(r"citeback: [^\n]+\n", result.stderr)
    return result.stderr


# ask


def test_ask_prints_the_answer_and_its_sources(citeback: Cli, docs: Path) -> None:
    result = citeback("ask", "What did Mayor Lee say?", "--docs", docs)
    assert result.exit_code == 0
    assert "Mayor Lee said that repairs would take six weeks. [1]" in result.stdout
    assert "[1] Ada Stone, Harbour Gazette, 2031-02-12, “Bridge closed”, bridge.md, characters " in result.stdout
    assert "“Mayor Lee said that repairs would take six weeks.”" in result.stdout


def test_ask_refuses_with_exit_code_3(citeback: Cli, docs: Path) -> None:
    result = citeback("ask", "Did Napoleon cross the bridge?", "--docs", docs)
    assert result.exit_code == 3
    assert "they never mention “Napoleon”" in result.stdout
    assert "Nearest passages:" in result.stdout


@pytest.mark.parametrize(("question", "code"), [("What did Mayor Lee say?", 0), ("Did Napoleon cross the bridge?", 3)])
def test_ask_as_json_is_json_and_nothing_else(citeback: Cli, docs: Path, question: str, code: int) -> None:
    """While indexing and with a file that failed, too."""
    (docs / "empty.txt").touch()
    result = citeback("ask", question, "--docs", docs, "--json")
    assert result.exit_code == code
    answer = json.loads(result.stdout)
    keys = "question standalone_question text answered_by sentences citations refusal timings_ms"
    assert list(answer) == keys.split()
    assert answer["question"] == answer["standalone_question"] == question
    assert re.fullmatch(r"citeback: not indexed: empty\.txt[^\n]+\n", result.stderr)
    shown = answer["citations"] + (answer["refusal"] or {"nearest": []})["nearest"]
    assert shown
    assert all(list(citation) == CITATION for citation in shown)
    if code == 0:
        assert answer["refusal"] is None
        (sentence,) = answer["sentences"]
        assert list(sentence) == ["text", "start", "end", "citations", "verdict", "score"]
        assert answer["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        assert (sentence["citations"], sentence["verdict"], sentence["score"]) == ([1], "supported", 1.0)
        assert answer["answered_by"] == "extractive"
    else:
        assert list(answer["refusal"]) == ["cause", "message", "nearest"]
        assert answer["refusal"]["cause"] == "not_supported"
        assert answer["refusal"]["message"] == answer["text"]
        assert answer["sentences"] == answer["citations"] == []


def test_ask_what_is_no_text(citeback: Cli, docs: Path) -> None:
    """Bytes on a command line need not be UTF-8; Python makes half characters of the others."""
    for arguments in (("ask", "Why was the bridge closed\udcff?", "--json"), ("search", "bridge\udcff", "--json")):
        result = citeback(*arguments, "--docs", docs)
        assert result.exit_code == 0
        assert json.loads(result.stdout)
    assert citeback("ask", "Who is Le\udcff?", "--docs", docs).exit_code == 3


def test_ask_an_index_without_its_folder(citeback: Cli, docs: Path, tmp_path: Path) -> None:
    assert citeback("sync", docs, "--index", tmp_path / "index").exit_code == 0
    for path in docs.iterdir():
        path.unlink()
    result = citeback("ask", "What did Mayor Lee say?", "--index", tmp_path / "index")
    assert result.exit_code == 0
    assert "six weeks" in result.stdout


def test_ask_an_empty_folder(citeback: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = citeback("ask", "Why?", "--docs", tmp_path / "empty", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["refusal"]["cause"] == "empty_index"


class Waiting(HashEmbedder):
    """Makes the vectors of passages only once `go_on` is set; those of questions at once."""

    def __init__(self) -> None:
        super().__init__(dimension=4096)
        self.go_on = threading.Event()

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        if on_batch:
            assert self.go_on.wait(30)
        return super().encode(texts, on_batch=on_batch)


def test_ask_now_answers_by_words_and_makes_the_vectors_after(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder, opening, asking = Waiting(), Index.open.__func__, Assistant.ask  # type: ignore[attr-defined]

    def ask(assistant: Assistant, question: str, *, where: Where | None = None) -> Answer:
        answer = asking(assistant, question, where=where)
        embedder.go_on.set()
        return answer

    monkeypatch.setattr(Index, "open", classmethod(lambda cls, home, **_: opening(cls, home, embedder=embedder)))
    monkeypatch.setattr(Assistant, "ask", ask)
    arguments = ("What did Mayor Lee say?", "--docs", docs, "--index", tmp_path / "index", "--now", "--json")
    result = Cli()("ask", *arguments)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert "six weeks" in answer["text"]
    assert re.fullmatch(r"(\d+) of \1 passages were searched by their words only: .*", answer["notice"])
    assert "making the vectors of what is new" in result.stderr
    with Index.open(tmp_path / "index") as index:
        assert index.waiting() == 0
    # With nothing new there is nothing to say.
    again = Cli()("ask", *arguments)
    assert "notice" not in json.loads(again.stdout)
    assert again.stderr == ""


# sync and forget


def test_forget_removes_a_folder_that_is_gone(citeback: Cli, docs: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert citeback("sync", docs, "--index", index).exit_code == 0
    shutil.rmtree(docs)
    assert "no folder that was synced" in one_line(citeback("forget", tmp_path, "--index", index))
    assert citeback("forget", docs, "--index", index).stdout == "3 documents removed from the index\n"
    refused = citeback("ask", "What did Mayor Lee say?", "--index", index, "--json")
    assert json.loads(refused.stdout)["refusal"]["cause"] == "empty_index"
    assert "holds no index" in one_line(citeback("forget", docs, "--index", tmp_path / "nowhere"))


@pytest.mark.parametrize("command", [("sync", ""), ("ask", "Why?", "--docs", " ")])
def test_an_empty_name_is_not_the_folder_one_stands_in(citeback: Cli, command: tuple[str, ...]) -> None:
    result = citeback(*command)
    assert result.exit_code == 2
    assert "the name is empty" in result.stderr


def test_a_sync_that_is_interrupted_says_what_stays(
    citeback: Cli, docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Index, "sync", interrupted)
        result = citeback("sync", docs, "--index", tmp_path / "index")
    assert result.exit_code == 130
    assert "the next sync goes on from there" in result.stderr


# Errors


@pytest.mark.parametrize("command", [("ask", "Why?"), ("search", "x"), ("chat",), ("app",), ("doctor",)])
def test_a_missing_folder_is_one_line(citeback: Cli, tmp_path: Path, command: tuple[str, ...]) -> None:
    result = citeback(*command, "--docs", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "nowhere does not exist; give a folder of documents" in one_line(result)


def test_a_missing_folder_to_sync_is_one_line(citeback: Cli, tmp_path: Path) -> None:
    result = citeback("sync", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "nowhere does not exist" in one_line(result)


@pytest.mark.parametrize("command", [("ask", "Why?"), ("search", "x"), ("chat",), ("app",), ("doctor",)])
def test_an_unknown_variable_is_one_line(
    citeback: Cli, docs: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEBACK_TRESHOLD", "1")
    result = citeback(*command, "--docs", docs)
    assert result.exit_code == 1
    assert "CITEBACK_TRESHOLD is no setting; did you mean CITEBACK_THRESHOLD?" in one_line(result)


def test_a_wrong_value_is_one_line(citeback: Cli, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEBACK_PASSAGES", "many")
    result = citeback("ask", "Why?", "--docs", docs)
    assert result.exit_code == 1
    assert "CITEBACK_PASSAGES is 'many'" in one_line(result)


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize("text", ["", "  \t "])
def test_an_empty_question_is_wrong_usage(citeback: Cli, docs: Path, command: str, text: str) -> None:
    result = citeback(command, text, "--docs", docs)
    assert result.exit_code == 2
    assert "is empty: type one" in one_line(result)


def test_a_question_beyond_the_limit_is_wrong_usage(citeback: Cli, docs: Path) -> None:
    result = citeback("ask", "why " * 2_000, "--docs", docs, "--json")
    assert result.exit_code == 2
    assert "the limit is 4,000" in one_line(result)


@pytest.mark.parametrize("command", [("ask", "Why?"), ("search", "x"), ("chat",), ("sync",)])
def test_an_index_that_is_a_file_is_one_line(
    citeback: Cli, docs: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("x")
    folder = (docs,) if command == ("sync",) else ("--docs", docs)
    result = citeback(*command, *folder, "--index", tmp_path / "file")
    assert result.exit_code == 1
    assert "choose another --index folder" in one_line(result)


@pytest.mark.parametrize(
    "arguments",
    [("ask",), ("ask", "Why?", "--nonsense"), ("search", "x", "-k", "0"), ("search", "x", "-k", "many"), ("nonsense",)],
)
def test_wrong_usage(citeback: Cli, arguments: tuple[str, ...]) -> None:
    result = citeback(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: citeback" in result.stderr


# chat


def test_chat_with_follow_ups_piped_in(citeback: Cli, docs: Path) -> None:
    lines = "What did Mayor Lee say?\n\nWhat did he say about repairs?\n/new\nWhat did he say?\n/quit\nWhy?\n"
    result = citeback("chat", "--docs", docs, stdin=lines)
    assert result.exit_code == 0
    assert "3 documents." in result.stdout
    first, _, rest = result.stdout.partition("searched for: What did Mayor Lee say about repairs?")
    assert "Mayor Lee said that repairs would take six weeks. [1]" in first
    again, _, new = rest.partition("A new conversation.")
    assert "six weeks" in again
    assert new
    assert result.stdout.count("searched for:") == 1


def test_chat_goes_on_after_a_question_it_cannot_take(citeback: Cli, docs: Path) -> None:
    result = citeback("chat", "--docs", docs, stdin="why " * 2_000 + "\nWhat did Mayor Lee say?\n")
    assert result.exit_code == 0
    assert "the limit is 4,000" in result.stdout
    assert "six weeks" in result.stdout


def test_chat_ends_with_its_input(citeback: Cli, docs: Path) -> None:
    result = citeback("chat", "--docs", docs, stdin="")
    assert result.exit_code == 0


# filters


def test_only_documents_that_fit_are_asked(citeback: Cli, docs: Path) -> None:
    for command in (("ask", "Why was the bridge closed?"), ("search", "bridge")):
        assert "island.md" not in citeback(*command, "--docs", docs, "--where", "source=bridge.md").stdout
        nothing = citeback(*command, "--docs", docs, "--where", "before=1066")
        assert (nothing.exit_code, "bridge.md" in nothing.stdout) == (3 if command[0] == "ask" else 0, False)
        for wrong, said, code in (("author", "FIELD=VALUE", 2), ("autor=Lee", "cannot filter by 'autor'", 1)):
            failed = citeback(*command, "--docs", docs, "--where", wrong)
            assert (failed.exit_code, said in failed.stderr) == (code, True)


# search


def test_search_prints_passages_with_their_places(citeback: Cli, docs: Path) -> None:
    result = citeback("search", "ferries", "--docs", docs)
    assert result.exit_code == 0
    assert re.search(r"1\. (Bridge closed|Island cut off)\s+(bridge|island)\.md, characters \d+–\d+", result.stdout)


def test_search_as_json_is_json_and_nothing_else(citeback: Cli, docs: Path) -> None:
    (docs / "empty.txt").touch()
    result = citeback("search", "ferries", "-k", 2, "--docs", docs, "--json")
    assert result.exit_code == 0
    hits: list[dict[str, Any]] = json.loads(result.stdout)
    assert len(hits) == 2
    for hit in hits:
        assert list(hit) == ["chunk", "score", "cosine", "bm25", "document"]
        chunk = hit["chunk"]
        assert list(chunk) == ["id", "document_id", "text", "start", "end", "heading", "sentences"]
        assert chunk["end"] - chunk["start"] == len(chunk["text"])
        assert hit["document"]["id"] == chunk["document_id"]
        assert chunk["heading"] == "Ferries"
    assert hits[0]["score"] >= hits[1]["score"]


def test_search_in_nothing(citeback: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert citeback("search", "x", "--docs", tmp_path / "empty").stdout == "No passages.\n"
    assert json.loads(citeback("search", "x", "--docs", tmp_path / "empty", "--json").stdout) == []


# sync


def test_sync_reports_and_fails_where_a_file_fails(citeback: Cli, docs: Path) -> None:
    (docs / "empty.txt").touch()
    result = citeback("sync", docs)
    assert result.exit_code == 1
    first, *rest = result.stdout.splitlines()
    assert first == "3 added, 0 updated, 0 unchanged, 0 removed, 1 failed"
    assert [line.split()[:2] for line in rest[:3]] == [
        ["added", name] for name in ("bridge.md", "island.md", "notes.txt")
    ]
    assert re.match(r"  failed +empty\.txt\W", rest[3])
    assert citeback("ask", "What did Mayor Lee say?", "--docs", docs).exit_code == 0
    (docs / "empty.txt").write_text("The lamps are green.")
    (docs / "island.md").unlink()
    (docs / "notes.txt").write_text("The lamps are blue.")
    result = citeback("sync", docs)
    assert result.exit_code == 0
    # What failed before was known already, and is updated.
    assert re.match(r"[01] added, [12] updated, 1 unchanged, 1 removed, 0 failed\n", result.stdout)
    assert "removed   island.md" in result.stdout


def test_sync_as_json_is_json_and_nothing_else(citeback: Cli, docs: Path) -> None:
    (docs / "empty.txt").touch()
    result = citeback("sync", docs, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert list(report) == ["added", "updated", "unchanged", "removed", "failed", "moved"]
    assert report["added"] == ["bridge.md", "island.md", "notes.txt"]
    (failure,) = report["failed"]
    assert failure["source"] == "empty.txt"
    assert failure["reason"]
    assert json.loads(citeback("sync", docs / "bridge.md", "--json").stdout)["added"] == ["bridge.md"]


# doctor, help and README


def test_doctor(citeback: Cli, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = citeback("doctor", "--docs", docs)
    assert result.exit_code == 0
    for name in ("embedding model", "token vocabulary", "index", "disk", "language model"):
        assert f"✓ {name}" in result.stdout
    monkeypatch.setenv("CITEBACK_LLM", "m")
    monkeypatch.setenv("CITEBACK_LLM_BASE_URL", "nonsense")
    result = citeback("doctor", "--docs", docs)
    assert result.exit_code == 1
    assert "✕ language model" in result.stdout


def test_the_commands_there_are(citeback: Cli) -> None:
    assert app.main.__doc__
    names = {command.name or getattr(command.callback, "__name__", "") for command in commands.registered_commands}
    names |= {group.name or "" for group in commands.registered_groups}
    assert names == set(COMMANDS)
    assert "Usage: citeback" in citeback().output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_a_place_in_the_readme(citeback: Cli, command: str) -> None:
    result = citeback(command, "--help")
    assert result.exit_code == 0
    assert f"Usage: citeback {command}" in result.stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"citeback {command}" in readme


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_place_in_the_docs(name: str) -> None:
    assert f"`CITEBACK_{name.upper()}`" in (ROOT / "docs" / "SETTINGS.md").read_text(encoding="utf-8")


# The real thing: a process of its own, the bundled model, the seeds.


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("real") / "index"
    first = run("ask", "How long did Trump and Putin speak on the telephone?", "--index", str(home), "--json")
    assert first.returncode == 0, first.stderr
    answer = json.loads(first.stdout)
    assert "90 minutes" in answer["text"]
    # A pipe shows no progress bar, and nothing warns.
    assert first.stderr == ""
    return home


def run(*arguments: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {name: value for name, value in os.environ.items() if not name.startswith("CITEBACK_")}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments, "--docs", str(ROOT / "seeds")],
        input=stdin,
        capture_output=True,
        text=True,
        env={**given, **environment},
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_a_real_conversation(indexed: Path) -> None:
    lines = "What did Hegseth rule out?\nAnd Article 5?\nWhat is the capital of Australia?\n"
    result = run("chat", "--index", str(indexed), stdin=lines)
    assert result.returncode == 0
    assert "searched for: What did Hegseth rule out about Article 5?" in result.stdout
    assert "Article 5" in result.stdout.partition("searched for:")[2]
    assert "they never mention “Australia”" in result.stdout
    assert result.stderr == ""


def test_a_real_error() -> None:
    result = run("ask", "Why?", CITEBACK_TRESHOLD="1")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "citeback: CITEBACK_TRESHOLD is no setting; did you mean CITEBACK_THRESHOLD?\n"
