"""A run over a scripted assistant: what is asked, what is measured, what is written, how it exits."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from assistant.schema import Answer, Citation, Conversation, Event, Finished, Refusal, Retrieved, Rewritten
from evals import running
from evals.asking import ask, find
from evals.cases import Case, Said, Suite
from evals.cli import evaluate
from evals.comparing import compare
from evals.run import read_results, run_suite
from evals.summary import Summary
from index import Chunk, ScoredChunk
from index.catalog import DocumentInfo
from index.errors import DocumentNotFound
from index.schema import Document
from tests.fakes import HashEmbedder

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

    def infos(self, ids: Iterable[str], /) -> dict[str, DocumentInfo]:
        return {i: DocumentInfo("d", "notes.md", "Notes", None, None, None, len(TEXT)) for i in ids if i == "d"}


@dataclass
class ScriptedAssistant:
    """Answers from its script; another question raises KeyError. `chats` records what was asked, with what before."""

    script: Mapping[str, Answer]
    index: ScriptedIndex = field(default_factory=ScriptedIndex)
    chats: list[list[str]] = field(default_factory=list)

    def stream(self, conversation: Conversation, question: str, /) -> Iterator[Event]:
        self.chats.append([*(turn.question for turn in conversation.turns), question])
        yield Rewritten(question, changed=False)
        yield Retrieved((ScoredChunk(Chunk(1, "d", TEXT, 0, len(TEXT)), 1.0, 0.9),))
        yield Finished(self.script[question])


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


def run(script: Mapping[str, Answer], out: Path, *, digest: str = "") -> Summary:
    return run_with(ScriptedAssistant(script), out, digest=digest)


def run_with(scripted: ScriptedAssistant, out: Path, *, digest: str = "") -> Summary:
    suite = Suite("small", CASES, digest=digest)
    return run_suite(
        suite, lambda cases: (ask(case, scripted) for case in cases), out, console=Console(file=StringIO())
    )


def test_history_is_asked_first_and_every_case_has_a_chat_of_its_own(tmp_path: Path) -> None:
    scripted = ScriptedAssistant(SCRIPT)
    run_with(scripted, tmp_path)
    assert scripted.chats == [
        ["How long?"],
        ["What did Hegseth say?"],
        ["What did Hegseth say?", "And NATO?"],
        ["Where?"],
    ]


def test_what_was_said_is_not_asked_for() -> None:
    scripted = ScriptedAssistant(SCRIPT)
    said = Said(question="What did Hegseth say?", answer="Much. He said it twice.")
    result = ask(Case(id="a", question="And NATO?", history=(said,), answerable=True), scripted)
    assert (result.error, scripted.chats) == (None, [["What did Hegseth say?", "And NATO?"]])


def test_a_case_that_is_only_searched_for_is_not_answered() -> None:
    case = Case(id="a", question="Not in the script?", answerable=True, relevant=("notes.md", "other.md"))
    result = find(case, ScriptedAssistant(SCRIPT))
    assert (result.error, result.answer, result.refused) == (None, None, None)
    assert [passage["source"] for passage in result.found] == ["notes.md"]
    assert (result.metrics["recall@5"], result.metrics["mrr"]) == (0.5, 1.0)


def test_one_case_by_hand() -> None:
    result = ask(LONG, ScriptedAssistant(SCRIPT))
    found = result.metrics
    assert (found["right_decision"], found["fact_recall"]) == (1.0, 0.5)
    assert (found["citation_hit"], found["citation_recall"], found["citation_precision"]) == (1.0, 1.0, 1.0)
    assert (found["ndcg@10"], found["token_f1"]) == (None, None)
    assert (result.quotes, result.error, result.right) == ((1, 0), None, True)


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
    result = ask(LONG, ScriptedAssistant({"How long?": refuse("How long?")}))
    found = result.metrics
    assert (found["right_decision"], found["fact_recall"], found["citation_hit"]) == (0.0, 0.0, 0.0)
    assert found["citation_precision"] is None
    assert not result.right


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


def test_an_interrupted_run_goes_on_where_it_ended(tmp_path: Path) -> None:
    whole = run(SCRIPT, tmp_path / "whole")
    partial = {question: SCRIPT[question] for question in ("How long?", "Where?")}
    run(partial, tmp_path / "run")
    (tmp_path / "run" / "summary.json").unlink()
    with (tmp_path / "run" / "cases.jsonl").open("a", encoding="utf-8") as lines:
        lines.write('{"case": {"id": "ag')
    scripted = ScriptedAssistant(SCRIPT)
    resumed = run_with(scripted, tmp_path / "run")
    # What failed is asked again, and nothing else.
    assert scripted.chats == [["What did Hegseth say?"], ["What did Hegseth say?", "And NATO?"]]
    assert resumed.metrics["refusal_f1"] == whole.metrics["refusal_f1"]
    assert [result.case.id for result in read_results(tmp_path / "run")] == ["long", "again", "nowhere"]
    # A run that was finished is made again, and so is one of a suite that is another by now.
    for digest in ("", "other"):
        scripted = ScriptedAssistant(SCRIPT)
        if digest:
            (tmp_path / "run" / "summary.json").unlink()
        run_with(scripted, tmp_path / "run", digest=digest)
        assert len(scripted.chats) == 4


def test_two_runs_are_compared_case_by_case(tmp_path: Path) -> None:
    run(SCRIPT, tmp_path / "one")
    run({**SCRIPT, "How long?": refuse("How long?"), "Where?": answer("Where?", "There.")}, tmp_path / "two")
    found = compare(tmp_path / "one", tmp_path / "two")
    assert (found["right_decision"].ours, found["right_decision"].n) == (1.0, 3)
    assert found["right_decision"].difference == pytest.approx(2 / 3)
    assert found["right_decision"].low <= found["right_decision"].difference <= found["right_decision"].high
    assert "mrr" not in found
    written = json.loads((tmp_path / "one" / "compare.json").read_text(encoding="utf-8"))
    assert written["metrics"]["right_decision"]["n"] == 3


class Model(HashEmbedder):
    """Stands in for the embedding model."""

    def __init__(self, name: str = "hash") -> None:
        super().__init__(name)


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite beside its documents; the model is a fake."""
    monkeypatch.setattr("index.store.TransformerEmbedder", Model)
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "notes.md").write_text(TEXT, encoding="utf-8")
    path = tmp_path / "small.jsonl"
    path.write_text("\n".join(case.model_dump_json() for case in CASES), encoding="utf-8")
    return path


def invoke(suite: Path, *arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(evaluate)
    result = CliRunner().invoke(app, [str(suite), "--out", str(suite.parent / "out"), *arguments])
    return result.exit_code, result.output


def test_the_command_exits_0_and_shows_the_metrics(suite: Path) -> None:
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    assert "refusal_f1" in output
    assert "followup" in output
    for name in ("config.json", "cases.jsonl", "summary.json", "report.html"):
        assert (suite.parent / "out" / name).is_file()
    (suite.parent / "out").rename(suite.parent / "before")
    code, output = invoke(suite, "--data", str(suite.parent), "--compare", str(suite.parent / "before"))
    assert code == 0, output
    assert "compared with" in output


def test_the_command_exits_1_with_a_line_a_failed_bound(suite: Path) -> None:
    gate = suite.parent / "gate.toml"
    gate.write_text("[minimum]\nfact_recall = 0.6\n[maximum]\nbroken_quotes = 0\n", encoding="utf-8")
    code, output = invoke(suite, "--docs", str(suite.parent / "docs"), "--gate", str(gate))
    assert code == 1, output
    assert output.count("the gate wants") == 1
    assert "fact_recall is 0, the gate wants at least 0.6" in output
    assert json.loads((suite.parent / "out" / "gate.json").read_text())["failures"] != []


def test_quotes_of_other_documents_are_named_and_judge_nothing(suite: Path) -> None:
    lost = Case(id="lost", question="How long?", answerable=True, quotes=("The call  lasted", "nowhere to be read"))
    gone = Case(id="gone", question="How long?", answerable=True, quotes=("nowhere to be read",))
    suite.write_text("\n".join(case.model_dump_json() for case in (lost, gone)), encoding="utf-8")
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    assert "2 cases have quotes that stand in no document (lost, gone)" in " ".join(output.split())
    first, second = read_results(suite.parent / "out")
    assert (first.case.quotes, second.case.quotes) == (("The call  lasted",), ())
    assert second.metrics["citation_hit"] is None


def test_the_command_exits_1_if_a_case_raised(suite: Path) -> None:
    extra = Case(id="long-one", question="x" * 5_000, answerable=True)
    suite.write_text(suite.read_text(encoding="utf-8") + "\n" + extra.model_dump_json(), encoding="utf-8")
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 1, output
    assert "1 of 4 cases failed with an error" in output


def test_the_command_exits_2_before_running_anything(suite: Path) -> None:
    gate = suite.parent / "gate.toml"
    gate.write_text("[minimum]\nfact_recal = 0.6\n", encoding="utf-8")
    for arguments, complaint in [
        ((), "Name their folder with --docs"),
        (("--docs", str(suite.parent / "none")), "does not exist"),
        (("--data", str(suite.parent), "--gate", str(gate)), "the gate names fact_recal"),
        (("--data", str(suite.parent), "--gate", str(suite.parent / "gone.toml")), "cannot be read"),
        (("--data", str(suite.parent), "--compare", str(suite.parent / "never")), "does not exist"),
    ]:
        code, output = invoke(suite, *arguments)
        assert code == 2, output
        # Typer wraps its own messages in a box.
        assert complaint in " ".join(output.replace("│", " ").split())
    assert not (suite.parent / "out").exists()


def test_claims_are_judged_by_their_evidence(suite: Path, tmp_path: Path) -> None:
    claims = tmp_path / "claims.yaml"
    lines = [
        {"id": f"{n}", "question": text, "answerable": True, "evidence": [TEXT], "verdict": verdict}
        for n, (text, verdict) in enumerate(
            [("The call lasted nearly 90 minutes.", "supported"), ("The call lasted nearly 40 minutes.", "unsupported")]
        )
    ]
    claims.write_text(json.dumps({"task": "judge", "cases": lines}), encoding="utf-8")
    code, output = invoke(claims)
    assert code == 0, output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["metrics"]["auroc"]["value"] == 1.0
    assert summary["metrics"]["right_verdict"]["n"] == 2


@pytest.mark.slow
def test_several_processes_give_what_one_gives(suite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    arguments = ("--docs", str(suite.parent / "docs"), "--index", str(suite.parent / "home"))
    answers = []
    for workers in ("1", "2"):
        code, output = invoke(suite, *arguments, "--workers", workers)
        assert code == 0, output
        answers.append([(r.case.id, r.refused, r.metrics) for r in read_results(suite.parent / "out")])
    assert answers[0] == answers[1]


def test_small_suites_get_one_process() -> None:
    assert running.workers_for(60) == 1
    assert running.workers_for(60, 3) == 3
    assert 1 <= running.workers_for(100_000) <= 1_000


def test_a_claim_is_judged_by_its_evidence_whatever_folder_is_named(suite: Path, tmp_path: Path) -> None:
    claims = tmp_path / "claims.yaml"
    case = {"id": "a", "question": "The call lasted nearly 90 minutes.", "answerable": True, "verdict": "supported"}
    head = {"task": "judge", "docs": "docs"}
    claims.write_text(json.dumps({**head, "cases": [{**case, "evidence": [TEXT]}]}), encoding="utf-8")
    code, output = invoke(claims)
    assert code == 0, output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["metrics"]["right_verdict"]["value"] == 1.0
    claims.write_text(json.dumps({**head, "cases": [case]}), encoding="utf-8")
    code, output = invoke(claims)
    assert code == 2
    assert "has no evidence" in output


def test_a_run_never_writes_over_what_no_run_wrote(suite: Path) -> None:
    out = suite.parent / "out"
    out.mkdir()
    (out / "cases.jsonl").write_text("mine", encoding="utf-8")
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 2, output
    assert "no run wrote" in output
    assert (out / "cases.jsonl").read_text(encoding="utf-8") == "mine"


def test_a_run_over_other_documents_does_not_go_on(suite: Path) -> None:
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    (suite.parent / "out" / "summary.json").unlink()
    (suite.parent / "docs" / "notes.md").write_text(f"{TEXT}\n\nMore was said.", encoding="utf-8")
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    assert "an unfinished run with other documents: asking anew" in " ".join(output.split())


def test_a_line_that_was_cut_within_a_letter_is_asked_again(suite: Path) -> None:
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    out = suite.parent / "out"
    (out / "summary.json").unlink()
    with (out / "cases.jsonl").open("ab") as lines:
        lines.write('{"case": "é'.encode()[:-1])
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    assert len(read_results(out)) == len(CASES)


def test_words_in_brackets_are_no_markup(suite: Path) -> None:
    case = Case(id="a", question="How long?", answerable=True, tags=("[/b]", "[draft]"))
    suite.write_text(case.model_dump_json(), encoding="utf-8")
    code, output = invoke(suite, "--data", str(suite.parent))
    assert code == 0, output
    assert "[/b]" in output
    assert "[draft]" in output


def test_a_run_is_compared_with_another_one_only(suite: Path) -> None:
    code, _ = invoke(suite, "--data", str(suite.parent))
    assert code == 0
    code, output = invoke(suite, "--data", str(suite.parent), "--compare", str(suite.parent / "out"))
    assert code == 2
    assert "would be written over" in " ".join(output.split())
    assert read_results(suite.parent / "out")


def test_documents_are_named_by_source_or_by_id() -> None:
    for name in ("d", "notes.md"):
        case = Case(id="a", question="How long?", answerable=True, relevant=(name,))
        assert find(case, ScriptedAssistant({})).metrics["mrr"] == 1.0
