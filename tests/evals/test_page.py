"""The report of a run: one file, nothing of others in it but their words, the worst cases first."""

import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evals.page import ReportError, write_report
from evals.page.worst import how_bad, worst_cases

TASKS = ("ask", "find", "judge")
BAD = """<script>alert(1)</script>"><img src=x onerror='alert(1)'></style></title><b>$x^2$ & {{ 7 * 7 }}"""
OURS = set(
    "html head meta title style body header main footer section article h1 h2 h3 h4 h5 p span strong div ul ol li"
    " blockquote table thead tbody tr th td wbr figure figcaption details summary svg g defs path use text clippath"
    " rect".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class dir value scope open viewbox role aria-label id d style href x y"
    " transform clip-path width height".split()
)


class Page(HTMLParser):
    """The page as a browser would read it: its elements, their attributes, the words of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.setdefault(self.elements[-1] if self.elements else "", []).append(data.strip())


def score(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 3, "excluded": 0}


def record(name: str, *, answerable: bool = True, **fields: Any) -> dict[str, Any]:
    """A line of cases.jsonl in which nothing is wrong; fields that are a case's go into it."""
    case = {"id": name, "question": f"{name}?", "answerable": answerable, "history": [], "tags": ["fact"]}
    own = ("question", "history", "relevant", "quotes", "must_contain", "answers", "evidence", "verdict", "tags")
    case |= {key: fields.pop(key) for key in own if key in fields}
    citation = {"number": 1, "title": "Notes", "source": "notes.md", "quote": "for nearly 90 minutes"}
    answer = {"text": "90 minutes [1].", "answered_by": "extractive", "refusal": None, "citations": [citation]}
    nothing = dict.fromkeys(("standalone_question", "confidence", "judged", "error"))
    plain = {"answer": answer, "refused": not answerable, "seconds": 0.25, "metrics": {"right_decision": 1.0}}
    return {"case": case, "found": [], **nothing, **plain, **fields}


def refusal(message: str) -> dict[str, Any]:
    cause = {"cause": "not_supported", "message": message, "nearest": []}
    return {"text": message, "answered_by": "extractive", "citations": [], "refusal": cause}


def passage(source: str, text: str = "They spoke.", title: str = "") -> dict[str, Any]:
    return {"source": source, "title": title, "start": 0, "end": len(text), "score": 0.5, "text": text}


def write_run(out: Path, records: Sequence[Mapping[str, Any]], *, task: str = "ask", **files: Any) -> Path:
    """A run's folder; `summary` and `config` are added to the plain ones, other files written as they are."""
    summary = {"suite": "notes", "task": task, "cases": len(records), "metrics": {}, "tags": {}, "answered_by": {}}
    summary |= {"risk_coverage": None, **files.pop("summary", {})}
    config = {"suite": "notes", "task": task, "citeback": "0.1.0", "started": "2026-11-26T15:28:07+00:00"}
    files |= {"summary": summary, "config": config | files.pop("config", {})}
    for name, content in files.items():
        (out / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    (out / "cases.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return out


def html_of(out: Path) -> str:
    return write_report(out).read_text("utf-8")


@pytest.mark.parametrize("task", TASKS)
def test_a_report_is_one_file_that_asks_for_nothing(tmp_path: Path, task: str) -> None:
    metrics = {"mrr": score(0.5, 0.25, 0.75), "errors": score(0), "seconds_p50": score(0.25), "tokens": score(94.5)}
    compared = {"mrr": {"ours": 0.5, "theirs": 0.25, "difference": 0.25, "low": 0.1, "high": 0.4, "n": 3}}
    wrong: dict[str, Any] = {"metrics": {"mrr": 0.5}, "found": [passage("notes.md")], "relevant": ["notes.md"]}
    if task == "judge":
        wrong |= {"judged": {"verdict": "partly", "score": 0.5}, "verdict": "supported", "evidence": ["They spoke."]}
    if task != "ask":
        wrong |= {"answer": None, "refused": None}
    run = write_run(
        tmp_path,
        [record("one", **wrong)],
        task=task,
        summary={"metrics": metrics, "tags": {"fact": metrics}, "risk_coverage": [[0.5, 0.0, 0.7], [1.0, 0.3, 0.2]]},
        compare={"against": "runs/before", "cases": 1, "metrics": compared},
        gate={"file": "gate.toml", "failures": []},
    )
    html = html_of(run)
    assert write_report(run) == run / "report.html"
    assert not any(sign in html for sign in ("http://", "https://", "<script", "@import", "<link"))
    page = Page(html)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in page.attributes
    assert page.elements.count("svg") == 4
    assert {value[0] for name, value in page.attributes if name == "href"} == {"#"}


@pytest.mark.parametrize("task", TASKS)
def test_other_peoples_words_are_words(tmp_path: Path, task: str) -> None:
    gold = ("must_contain", "answers", "quotes", "relevant", "evidence", "tags")
    case: dict[str, Any] = {name: [BAD] for name in gold}
    case |= {"question": BAD, "history": [BAD, {"question": BAD, "answer": BAD}], "found": [passage(BAD, BAD, BAD)]}
    case |= {"standalone_question": "So: " + BAD, "judged": {"verdict": BAD, "score": 0.1} if task == "judge" else None}
    answer: dict[str, Any] = {"text": BAD, "answered_by": BAD, "refusal": None, "notice": BAD}
    answer["citations"] = [{"number": 1, "title": BAD, "locator": BAD, "quote": BAD}]
    records = [
        record("failed", **case, answer=None, error=BAD),
        record("low", **case, answer=answer, metrics={BAD: 0.0}),
        record("refused", **case, answer=refusal(BAD), refused=True),
    ]
    compared = {BAD: {"ours": 0.5, "theirs": 0.5, "difference": 0.0, "low": 0.0, "high": 0.0, "n": 3}}
    run = write_run(
        tmp_path,
        records,
        task=task,
        summary={"suite": BAD, "metrics": {BAD: score(0.5)}, "tags": {BAD: {BAD: score(0.5)}}, "answered_by": {BAD: 3}},
        config={BAD: BAD, "settings": {BAD: BAD}, "started": BAD, "citeback": BAD, "platform": BAD},
        compare={"against": BAD, "cases": 3, "metrics": compared},
        gate={"file": BAD, "failures": [BAD]},
    )
    html = html_of(run)
    page = Page(html)
    assert set(page.elements) <= OURS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    assert page.words["h1"] == [BAD]
    assert page.words["h3"] == [BAD] * 3


def test_the_worst_cases_come_first() -> None:
    records = [
        record("half", metrics={"right_decision": 1.0, "fact_recall": 0.0}),
        record("fine"),
        record("wrong refusal", refused=True, metrics={"right_decision": 0.0}),
        record("quarter", metrics={"fact_recall": 0.25, "tokens": 1.0, "seconds": 0.0, "mrr": None}),
        record("wrong answer", answerable=False, refused=False, metrics={"right_decision": 0.0}),
        record("failed", error="ValueError: no", refused=None, metrics={}),
        record("also half", metrics={"citation_hit": 0.5}),
        record("right refusal", answerable=False),
    ]
    found = [case.record["case"]["id"] for case in worst_cases(records, most=20)]
    assert found == ["failed", "wrong answer", "wrong refusal", "quarter", "half", "also half"]
    assert [case.record["case"]["id"] for case in worst_cases(records, most=2)] == ["failed", "wrong answer"]


def test_what_was_not_asked_is_no_wrong_decision() -> None:
    assert how_bad(record("found", refused=None, metrics={"mrr": 1.0})) is None
    assert how_bad(record("found", refused=None, metrics={})) is None


def test_the_page_keeps_that_order_and_shows_twenty(tmp_path: Path) -> None:
    records = [record(f"case {n}", metrics={"mrr": (25 - n) / 26}) for n in range(25)]
    assert Page(html_of(write_run(tmp_path, records))).words["h3"] == [f"case {n}?" for n in range(24, 4, -1)]


def test_what_is_missing_and_what_is_relevant_is_marked(tmp_path: Path) -> None:
    found = [passage(f"{n}.md") for n in range(1, 15)]
    case: dict[str, Any] = {"must_contain": ["90 minutes", "Middle East"], "relevant": ["2.md", "13.md", "99.md"]}
    [shown] = worst_cases([record("one", **case, found=found, metrics={"fact_recall": 0.5})], most=20)
    assert shown.facts == (("90 minutes", True), ("Middle East", False))
    assert shown.relevant == (("2.md", 2), ("13.md", 13), ("99.md", None))
    assert [p.rank for p in shown.passages if p.relevant] == [2, 13]
    assert ([p.rank for p in shown.passages], shown.left_out) == ([*range(1, 11), 13], 3)
    html = html_of(write_run(tmp_path, [shown.record]))
    assert html.count('<strong class="good">relevant</strong>') == 2
    assert html.count('<strong class="bad">missing</strong>') == 1
    assert html.count('<strong class="bad">not found</strong>') == 1


def test_a_wrong_verdict_is_told_with_the_right_one() -> None:
    judged: dict[str, Any] = {"verdict": "supported", "judged": {"verdict": "partly", "score": 0.5}, "refused": None}
    [shown] = worst_cases([record("claim", **judged, metrics={"right_verdict": 0.0})], most=20)
    assert shown.why == "judged partly, should have been supported"


def test_a_refusal_holds_no_fact(tmp_path: Path) -> None:
    refused = record("one", must_contain=["90 minutes"], answer=refusal("It speaks of 90 minutes."), refused=True)
    html = html_of(write_run(tmp_path, [refused]))
    assert html.count('<strong class="bad">missing</strong>') == 1
    assert "Refused: not supported" in html
    assert "It speaks of 90 minutes." in html


def test_undefined_is_a_dash(tmp_path: Path) -> None:
    metrics = {"fact_recall": score(None), "errors": score(0), "mrr": score(float("nan"))}
    page = Page(html_of(write_run(tmp_path, [], summary={"metrics": metrics, "tags": {"fact": metrics}})))
    assert [cell for cell in page.words["td"] if cell in "–0"] == ["–", "0", "–", "0"]
    assert "svg" not in page.elements


@pytest.mark.parametrize("task", TASKS)
def test_a_run_without_cases_has_a_page(tmp_path: Path, task: str) -> None:
    html = html_of(write_run(tmp_path, [], task=task))
    assert "The run has no cases." in html
    (tmp_path / "cases.jsonl").unlink()
    assert html_of(tmp_path) == html


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ({"gate": {"file": "g.toml", "failures": []}}, "✓ The gate is kept"),
        ({"gate": {"file": "g.toml", "failures": ["errors is 1"]}}, "✗ The gate is not kept: 1 bound fails"),
        ({"gate": {"file": "g.toml", "failures": ["a", "b"]}}, "✗ The gate is not kept: 2 bounds fail"),
        ({}, "No gate was given: nothing here passed or failed."),
    ],
)
def test_the_gate_is_told_in_words(tmp_path: Path, gate: dict[str, Any], words: str) -> None:
    assert words in Page(html_of(write_run(tmp_path, [], **gate))).words["p"]


def test_a_long_text_is_cut_and_nothing_of_it_lost(tmp_path: Path) -> None:
    text = " ".join(f"word{n}" for n in range(300))
    html = html_of(write_run(tmp_path, [record("one", quotes=[text], metrics={"citation_hit": 0.0})]))
    assert text not in html
    head, _, rest = html[html.index("word0 ") : html.index("word299") + 7].partition('<details class="rest">')
    assert len(head) <= 420
    assert head + rest.partition("</summary>")[2] == text


def test_half_a_character_breaks_no_page(tmp_path: Path) -> None:
    assert "half ??" in html_of(write_run(tmp_path, [record("one", question="half \ud800?", error="E: no")]))


@pytest.mark.parametrize(("content", "fault"), [(None, "is not there"), ("{", "cannot be read")])
def test_a_run_that_is_not_finished_is_named(tmp_path: Path, content: str | None, fault: str) -> None:
    path = write_run(tmp_path, []) / "summary.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(ReportError) as caught:
        write_report(tmp_path)
    assert str(caught.value).startswith(f"{path}: {fault}")
    assert not (tmp_path / "report.html").exists()
