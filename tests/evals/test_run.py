"""A run over a scripted assistant: what is asked, what is measured, what is written, how it exits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

import assistant as assistant_package
from assistant.schema import Answer, Citation, Refusal
from evals.cases import Case, SuiteError
from evals.cli import documents_of, evaluate
from evals.run import Summary, run_case, run_suite
from index.errors import DocumentNotFound, FolderError
from index.schema import Document

TEXT = "Hegseth told NATO leaders that membership was unrealistic. The call lasted nearly 90 minutes."
DOCUMENT = Document(id="d", text=TEXT, title="Notes", source="notes.md")


def cite(quote: str) -> Citation:
    start = TEXT.index(quote)
    return Citation(1, "d", "Notes", None, None, None, "notes.md", None, start, start + len(quote), quote)


def answer(question: str, text: str, *citations: Citation) -> Answer:
    return Answer(question, question, text, "script", citations=citations)


def refuse(question: str, *nearest: Citation) -> Answer:
    refusal = Refusal("not_supported", "The documents do not say; the nearest speaks of 90 minutes.", nearest)
    return Answer(question, question, refusal.message, "script", refusal=refusal)


@dataclass
class ScriptedIndex:
    def document(self, document_id: str, /) -> Document:
        if document_id != DOCUMENT.id:
            raise DocumentNotFound(f"no document has the id {document_id!r}")
        return DOCUMENT

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class ScriptedChat:
    script: Mapping[str, Answer]
    heard: list[str]

    def ask(self, question: str, /) -> Answer:
        self.heard.append(question)
        return self.script[question]


@dataclass
class ScriptedAssistant:
    """Answers from its script; another question raises KeyError. `chats` records what each chat was asked."""

    script: Mapping[str, Answer]
    index: ScriptedIndex = field(default_factory=ScriptedIndex)
    chats: list[list[str]] = field(default_factory=list)

    def chat(self) -> ScriptedChat:
        self.chats.append([])
        return ScriptedChat(self.script, self.chats[-1])


LONG = Case(
    id="long", question="How long?", answerable=True, quotes=("The call lasted",), must_contain=("90 minutes", "AI")
)
AGAIN = Case(id="again", question="And NATO?", history=("What did Hegseth say?",), answerable=True, tags=("followup",))
NOWHERE = Case(id="nowhere", question="Where?", answerable=False, tags=("none",))
CASES = [LONG, AGAIN, NOWHERE]
SCRIPT = {
    "How long?": answer(
        "How long?", "The call lasted nearly 90 minutes. [1]", cite("The call lasted nearly 90 minutes.")
    ),
    "What did Hegseth say?": answer("What did Hegseth say?", "Much.", cite("Hegseth told NATO leaders")),
    "And NATO?": answer("And NATO?", "Unrealistic."),
    "Where?": refuse("Where?", cite("The call lasted")),
}


def run(script: Mapping[str, Answer], out: Path) -> Summary:
    return run_suite(CASES, ScriptedAssistant(script), out, suite="small", console=Console(file=StringIO()))


def test_history_is_asked_first_and_every_case_has_a_chat_of_its_own(tmp_path: Path) -> None:
    scripted = ScriptedAssistant(SCRIPT)
    run_suite(CASES, scripted, tmp_path, suite="small", console=Console(file=StringIO()))
    assert scripted.chats == [["How long?"], ["What did Hegseth say?", "And NATO?"], ["Where?"]]


def test_one_case_by_hand() -> None:
    result = run_case(LONG, ScriptedAssistant(SCRIPT))
    assert (result.right_decision, result.fact_recall, result.missing_facts) == (1.0, 0.5, ("AI",))
    assert (result.citation_hit, result.citation_recall, result.citation_precision) == (1.0, 1.0, 1.0)
    assert (result.quotes_checked, result.broken_quotes, result.error) == (1, 0, None)


def test_a_run_by_hand(tmp_path: Path) -> None:
    summary = run(SCRIPT, tmp_path)
    values = {name: score.value for name, score in summary.metrics.items()}
    assert values["refusal_f1"] == values["refusal_precision"] == values["refusal_recall"] == 1.0
    assert values["right_decision"] == 1.0
    assert (values["fact_recall"], summary.metrics["fact_recall"].n, summary.metrics["fact_recall"].excluded) == (
        0.5,
        1,
        2,
    )
    # The answer, the one before it in the history, and the nearest passage of the refusal.
    assert (values["broken_quotes"], summary.metrics["broken_quotes"].n) == (0, 3)
    assert set(summary.tags) == {"followup", "none"}
    assert summary.tags["none"]["refusal_recall"].value == 1.0
    assert summary.tags["none"]["fact_recall"].value is None
    assert summary.answered_by == {"script": 3}


def test_a_refusal_that_mentions_a_fact_is_no_answer() -> None:
    result = run_case(LONG, ScriptedAssistant({"How long?": refuse("How long?")}))
    assert (result.right_decision, result.fact_recall, result.citation_hit) == (0.0, 0.0, 0.0)
    assert result.citation_precision is None


def test_quotes_that_do_not_fit_are_counted_wherever_they_are_shown(tmp_path: Path) -> None:
    good = cite("The call lasted")
    script = {
        "How long?": answer("How long?", "90 minutes", replace(good, start=good.start + 1)),
        "What did Hegseth say?": answer("What did Hegseth say?", "Much.", replace(good, document_id="gone")),
        "And NATO?": answer("And NATO?", "Unrealistic.", good),
        "Where?": refuse("Where?", replace(good, quote="the call lasted")),
    }
    broken = run(script, tmp_path).metrics["broken_quotes"]
    assert (broken.value, broken.n) == (3, 4)


def test_a_case_that_raises_is_recorded_and_the_others_go_on(tmp_path: Path) -> None:
    summary = run({question: SCRIPT[question] for question in ("How long?", "Where?")}, tmp_path)
    assert (summary.metrics["errors"].value, summary.metrics["right_decision"].excluded) == (1, 1)
    assert summary.metrics["refusal_f1"].value == 1.0
    lines = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["error"] for line in lines] == [None, "KeyError: 'What did Hegseth say?'", None]
    assert lines[1]["answer"] is None


def test_the_three_files_hold_the_run(tmp_path: Path) -> None:
    summary = run(SCRIPT, tmp_path / "deep" / "run")
    folder = tmp_path / "deep" / "run"
    written = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert written["metrics"]["fact_recall"]["value"] == 0.5
    assert written["tags"].keys() == summary.tags.keys()
    lines = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["case"]["id"] for line in lines] == ["long", "again", "nowhere"]
    assert lines[0]["answer"]["citations"][0]["quote"] == "The call lasted nearly 90 minutes."
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["suite"] == "small"
    assert config["cases"] == 3


class Opening:
    """Stands in for `assistant.Assistant`."""

    @staticmethod
    def open(folder: Path, *, index: Path | None = None) -> ScriptedAssistant:
        if folder.name == "broken":
            raise FolderError(f"{folder}: cannot be listed")
        return ScriptedAssistant(SCRIPT)


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(assistant_package, "Assistant", Opening, raising=False)
    path = tmp_path / "small.jsonl"
    path.write_text("\n".join(case.model_dump_json() for case in CASES), encoding="utf-8")
    (tmp_path / "docs").mkdir()
    return path


def invoke(suite: Path, *arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(evaluate)
    result = CliRunner().invoke(app, [str(suite), "--out", str(suite.parent / "out"), *arguments])
    return result.exit_code, result.output


def test_the_command_exits_0_and_shows_the_metrics(suite: Path) -> None:
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0
    assert "refusal_f1" in output
    assert "followup" in output
    assert (suite.parent / "out" / "summary.json").is_file()


def test_the_command_exits_1_with_a_line_a_failed_bound(suite: Path) -> None:
    gate = suite.parent / "gate.toml"
    gate.write_text("[minimum]\nfact_recall = 0.6\ncitation_hit = 1.0\n", encoding="utf-8")
    code, output = invoke(suite, "--docs", str(suite.parent / "docs"), "--gate", str(gate))
    assert code == 1
    assert output.count("the gate wants") == 1
    assert "fact_recall is 0.5, the gate wants at least 0.6" in output


def test_the_command_exits_1_if_a_case_raised(suite: Path) -> None:
    extra = Case(id="unheard", question="Unheard of?", answerable=True)
    suite.write_text(suite.read_text(encoding="utf-8") + "\n" + extra.model_dump_json(), encoding="utf-8")
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 1
    assert "1 of 4 cases failed with an error" in output


def test_the_command_exits_2_before_running_anything(suite: Path) -> None:
    gate = suite.parent / "gate.toml"
    gate.write_text("[minimum]\nfact_recal = 0.6\n", encoding="utf-8")
    (suite.parent / "broken").mkdir()
    for arguments, complaint in [
        ((), "Name their folder with --docs"),
        (("--docs", str(suite.parent / "none")), "does not exist"),
        (("--docs", str(suite.parent / "broken")), "cannot be listed"),
        (("--data", str(suite.parent), "--gate", str(gate)), "the gate names fact_recal"),
        (("--data", str(suite.parent), "--gate", str(suite.parent / "gone.toml")), "cannot be read"),
    ]:
        code, output = invoke(suite, *arguments)
        assert code == 2, output
        # Typer wraps its own messages in a box.
        assert complaint in " ".join(output.replace("│", " ").split())
    assert not (suite.parent / "out").exists()


def test_documents_are_named_or_found_beside_the_suite(tmp_path: Path) -> None:
    suite = tmp_path / "mine.jsonl"
    assert documents_of(suite, data=tmp_path, docs=None) == tmp_path
    (tmp_path / "docs").mkdir()
    assert documents_of(suite, data=tmp_path, docs=None) == tmp_path / "docs"
    assert documents_of(suite, data=tmp_path, docs=tmp_path / "other") == tmp_path / "other"
    assert documents_of(Path("seeds.jsonl"), data=None, docs=None).name == "seeds"
    with pytest.raises(SuiteError, match="--docs"):
        documents_of(suite, data=None, docs=None)
