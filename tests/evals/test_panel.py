"""The panel: what it offers, how a run goes on, is stopped and gone on with, and how what came of it is shown."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from assistant import Assistant, Conversation
from evals import panel
from evals.cases import Case, Suite
from evals.keeping import keep_for, kept_suite
from evals.loading import BUNDLED_DOCS
from evals.page.offers import NONE_KEPT, Offer, built_in, finished, offered, unfinished, whole
from evals.page.result import result_markup
from evals.panel import build_evaluate, listing, notes_markup, progress_markup, steps
from evals.results import CaseResult
from evals.run import Run, read_results
from tests.assistant.corpus import FILES, assistant_over, write
from tests.evals.test_page import Page

QUESTIONS = ("When was the harbour bridge closed?", "What does the day ticket cost?", "Who switched off the lamps?")
HOSTILE = """<img src=x onerror=alert(1)></details><script>alert(1)</script>" onclick="alert(1)"""
OURS = set(
    "blockquote caption code details div h3 h4 h5 li p progress q section span strong summary table tbody td th thead"
    " tr ul".split()
)


def never() -> bool:
    return False


def after(questions: int) -> Callable[[], bool]:
    """What says stop once so many questions may have been asked."""
    looks = iter(range(questions))
    return lambda: next(looks, None) is None


@pytest.fixture
def assistant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistant]:
    """An assistant over the small dossier; every step of a run is told."""
    monkeypatch.setattr(panel, "LOOK_AGAIN", 0.0)
    with assistant_over(write(tmp_path / "docs"), tmp_path / "home") as opened:
        yield opened


def kept(assistant: Assistant) -> Offer:
    """Three questions with what was answered to them, kept as right."""
    for question in QUESTIONS:
        keep_for(assistant, Conversation().plus(assistant.ask(question)), 0, "right")
    offer = offered(assistant).of("kept")
    assert offer is not None
    return offer


def ran(assistant: Assistant, offer: Offer, stopped: Callable[[], bool] = never) -> Path:
    """The folder of a run that went well."""
    *_, last = steps(assistant, offer, stopped)
    assert last.failed is None
    assert last.out is not None
    return last.out


def asked(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that are asked from now on."""
    seen: list[str] = []
    stream = assistant.stream

    def watched(conversation: Conversation, question: str) -> Any:
        seen.append(question)
        return stream(conversation, question)

    monkeypatch.setattr(assistant, "stream", watched)
    return seen


def test_where_nothing_can_be_run_it_says_why(assistant: Assistant) -> None:
    offers = offered(assistant)
    assert (offers.suites, offers.of("kept"), listing(offers, None)["visible"]) == ((), None, False)
    told = Page(notes_markup(assistant, offers, None, busy=False)).words["p"]
    assert told[0] == NONE_KEPT
    assert "Is this right?" in told[0]
    assert told[1] == (
        "The questions that come with Citeback are about its example documents; 3 of those 3 are not here, so they are "
        "not on offer."
    )


def test_kept_questions_come_first_and_the_built_in_ones_where_their_documents_are(tmp_path: Path) -> None:
    with assistant_over(BUNDLED_DOCS["seeds"], tmp_path / "home") as assistant:
        keep_for(assistant, Conversation().plus(assistant.ask("Who would keep the peace?")), 0, "right")
        offers = offered(assistant)
        assert [offer.key for offer in offers.suites] == ["kept", "seeds"]
        assert offers.reasons == ()
        shown = listing(offers, offers.of(None))
        assert shown["choices"][0] == ("The questions you kept (1)", "kept")
        assert (shown["value"], shown["visible"]) == ("kept", True)
        assert [offer.gate is not None for offer in offers.suites] == [True, True]


def test_a_suite_that_names_documents_which_are_not_there_is_not_offered(tmp_path: Path) -> None:
    file, docs = tmp_path / "suite.jsonl", tmp_path / "none"
    case = Case(id="a", question="Why?", answerable=True, relevant=("bridge.md", "gone.md"))
    file.write_text(case.model_dump_json(), encoding="utf-8")
    assert "1 of those 2 are not here" in str(built_in(FILES, tmp_path, file, docs))
    assert isinstance(built_in({*FILES, "gone.md"}, tmp_path, file, docs), Offer)
    # Nothing tells which documents it is about.
    file.write_text(case.model_copy(update={"relevant": ()}).model_dump_json(), encoding="utf-8")
    assert "not on offer" in str(built_in(FILES, tmp_path, file, docs))


def test_a_suite_that_cannot_be_read_or_asked_is_told(assistant: Assistant) -> None:
    kept(assistant)
    file = kept_suite(assistant.index.home)
    whole_file = file.read_text("utf-8")
    file.write_text(f"{whole_file}task: judge\n", "utf-8")
    assert "citeback eval" in offered(assistant).reasons[0]
    file.with_suffix(".jsonl").write_text("{", "utf-8")
    assert "The questions you kept cannot be read" in offered(assistant).reasons[0]


def test_a_run_tells_how_it_comes_on_and_then_what_came_of_it(assistant: Assistant) -> None:
    *going, last = steps(assistant, kept(assistant), never)
    told = [words for step in going for words in Page(step.progress or "").words["p"]]
    assert [words.partition(",")[0] for words in told[:-1]] == [f"{done} of 3 questions" for done in range(4)]
    assert "about 1 s left" in told[1]
    assert told[-1] == "Writing down what came of it …"
    assert last.out is not None
    assert last.out.parent == assistant.index.home / "runs" / "kept"
    assert {path.name for path in last.out.iterdir()} == {
        *("config.json", "cases.jsonl", "summary.json", "gate.json", "report.html")
    }
    html = result_markup(last.out)
    page = Page(html)
    assert page.words["h3"] == ["3 of 3 questions came out as they should."]
    assert "✓ Every bound of this suite is kept." in page.words["p"]
    assert str(last.out / "report.html") in page.words["code"]
    assert page.words["th"][:4] == ["Metric", "Value", "95 % interval", "n"]
    assert page.elements.count("caption") == page.elements.count("table") == 1
    scopes = [value for name, value in page.attributes if name == "scope"]
    assert len(scopes) == page.elements.count("th")
    # No suite names documents: metrics that no case has a value of are left out.
    assert "citation_hit" in html
    assert "mrr" not in html


@pytest.mark.parametrize(
    ("left", "words"), [(None, "1 of 9 questions"), (0.2, "about 1 s left"), (89, "about 89 s"), (200, "about 3 min")]
)
def test_the_time_that_is_left_is_told_roughly(left: float | None, words: str) -> None:
    assert words in progress_markup(1, 9, left)


def test_what_was_done_when_it_was_stopped_is_shown(assistant: Assistant) -> None:
    offer = kept(assistant)
    out = ran(assistant, offer, after(2))
    assert [result.case.question for result in read_results(out)] == list(QUESTIONS[:2])
    assert Page(result_markup(out)).words["h3"] == [
        "Stopped after 2 of 3 questions. 2 of 2 questions came out as they should."
    ]
    # A part of the questions says nothing of the bounds.
    assert not (out / "gate.json").exists()
    assert (out / "report.html").is_file()
    assert (whole(out), unfinished(offer.below)) == (False, None)


def test_stopped_before_the_first_answer_there_is_nothing_to_show(assistant: Assistant) -> None:
    offer = kept(assistant)
    *_, last = steps(assistant, offer, after(0))
    assert "Stopped before the first answer" in str(last.failed)
    assert finished(offer.below) == []
    assert "cut off" not in notes_markup(assistant, offered(assistant), offer, busy=False)


def test_a_run_that_was_cut_off_goes_on_where_it_ended(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = kept(assistant)
    going = steps(assistant, offer, never)
    assert [next(going).out for _ in range(3)] == [None] * 3
    going.close()  # type: ignore[attr-defined]
    cut = unfinished(offer.below)
    assert "cut off after 2 of 3 questions" in notes_markup(assistant, offered(assistant), offer, busy=False)
    seen = asked(assistant, monkeypatch)
    assert ran(assistant, offer) == cut
    assert seen == [QUESTIONS[2]]
    assert "cut off" not in notes_markup(assistant, offered(assistant), offer, busy=False)


def test_the_second_run_is_compared_with_the_first(assistant: Assistant) -> None:
    offer = kept(assistant)
    first, part = ran(assistant, offer), ran(assistant, offer, after(1))
    assert "Compared with" not in result_markup(first)
    second = ran(assistant, offer)
    page = Page(result_markup(second))
    assert "Compared with the run before" in page.words["h4"]
    assert "No difference is more than chance may be." in page.words["p"]
    assert page.elements.count("caption") == 2
    # With the last whole one: what was stopped says little.
    assert json.loads((second / "compare.json").read_text("utf-8"))["against"] == str(first)
    assert finished(offer.below) == sorted([first, part, second])


def test_what_went_wrong_is_told_with_what_was_wanted(assistant: Assistant) -> None:
    cases = [
        Case(id="facts", question=QUESTIONS[0], answerable=True, must_contain=("Monday", "Sunday | in 1999")),
        Case(id="said", question=QUESTIONS[0], answerable=True, must_not_contain=("Monday",)),
        Case(id="gone", question=QUESTIONS[1], answerable=False),
        Case(id="refused", question="Who won the chess match?", answerable=True, answers=("Ada",)),
        Case(id="broken", question="x" * 5_000, answerable=True),
        Case(id="right", question="Who won the chess match?", answerable=False),
        Case(id="low", question=QUESTIONS[0], answerable=True, must_contain=("purple",), relevant=("gone.md",)),
    ]
    out = ran(assistant, Offer("mine", "Mine", Suite("mine", cases), assistant.index.home / "runs" / "mine", None))
    page = Page(result_markup(out))
    # Half of the facts are enough for an answer to count as right.
    assert page.words["h3"] == ["2 of 7 questions came out as they should."]
    assert page.elements.count("details") == 5
    for words in (
        *("failed with an error", "answered, should have been refused", "refused, should have been answered"),
        *("says again what was wrong", "leaves out 1 fact"),
    ):
        assert words in page.words["span"]
    for line in ("✕ does not say “Monday”", "✕ says “purple”", "✕ finds gone.md", "answers “Ada”", "An answer."):
        assert line in page.words["li"]


def test_hostile_text_is_shown_and_never_obeyed(assistant: Assistant, tmp_path: Path) -> None:
    citation = {"title": HOSTILE, "source": HOSTILE, "quote": HOSTILE}
    answer = {"text": HOSTILE, "answered_by": HOSTILE, "refusal": None, "citations": [citation]}
    gold: dict[str, Any] = dict.fromkeys(
        ("must_contain", "must_not_contain", "quotes", "answers", "relevant"), (HOSTILE,)
    )
    wrong = Case(id="a", question=HOSTILE, answerable=True, history=(HOSTILE,), **gold)
    broken = Case(id="b", question=HOSTILE, answerable=False)
    refused = Case(id="c", question=HOSTILE, answerable=True)
    scored: dict[str, Any] = {
        "metrics": {"mistakes_avoided": 0.0, HOSTILE: 0.5},
        "standalone_question": f"{HOSTILE} there",
    }
    results = [
        CaseResult(wrong, answer=answer, refused=False, **scored),
        CaseResult(broken, error=HOSTILE),
        CaseResult(refused, answer={**answer, "refusal": {"message": HOSTILE}}, refused=True),
    ]
    run = Run.begin(Suite(HOSTILE, [wrong, broken, refused]), tmp_path / "run")
    assert list(run.results(lambda _: iter(results))) == results
    run.finish()
    gate = {"file": HOSTILE, "failures": [HOSTILE]}
    (run.out / "gate.json").write_text(json.dumps(gate), encoding="utf-8")
    each = {"ours": 1, "theirs": 0, "difference": 1, "low": 1, "high": 1, "n": 1}
    compared = {"against": HOSTILE, "cases": 3, "metrics": {HOSTILE: each}}
    (run.out / "compare.json").write_text(json.dumps(compared), encoding="utf-8")
    html = result_markup(run.out)
    page = Page(html)
    assert set(page.elements) <= OURS
    assert not any(name.startswith("on") for name, _ in page.attributes)
    # Three questions, what is wanted, answered, searched for, bounds, errors, metrics, who answered.
    assert html.count("&lt;script&gt;") >= 15
    offers = offered(assistant)
    assert set(Page(notes_markup(assistant, type(offers)((), (HOSTILE,)), None, busy=True)).elements) <= OURS


def test_a_run_that_cannot_be_shown_is_told(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text("{}", encoding="utf-8")
    assert "cannot be shown" in result_markup(tmp_path)


def test_a_gate_that_cannot_be_read_is_told_before_anything_is_asked(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = kept(assistant)
    assert offer.gate is not None
    offer.gate.write_text("[minimum]\nfact_recal = 1", encoding="utf-8")
    seen = asked(assistant, monkeypatch)
    (told,) = steps(assistant, offer, never)
    assert "the gate names fact_recal" in str(told.failed)
    assert seen == []


def test_a_bound_that_is_not_kept_is_named(assistant: Assistant) -> None:
    offer = kept(assistant)
    assert offer.gate is not None
    offer.gate.write_text("[minimum]\ncitation_hit = 1.5", encoding="utf-8")
    page = Page(result_markup(ran(assistant, offer)))
    assert "✕ 1 bound of this suite not kept:" in page.words["p"]
    assert any("the gate wants at least 1.5" in words for words in page.words["li"])


def test_the_panel_is_built_in_a_page_and_its_events_are_its_own(assistant: Assistant) -> None:
    kept(assistant)

    async def built() -> Any:  # Gradio makes event loops where none is running, and leaves them open
        with gr.Blocks() as page, gr.Column():
            build_evaluate(assistant)
        return page

    events = {fn.name: fn for fn in asyncio.run(built()).fns.values()}
    assert set(events) == {"look", "choose", "begin", "go", "stop"}
    assert {fn.api_visibility for fn in events.values()} == {"private"}
    assert (events["go"].concurrency_limit, events["go"].concurrency_id) == (1, "evaluate")
    reader: Any = SimpleNamespace(session_hash="reader")

    suites, _, run, stop, progress, result, shown = events["look"].fn(None, "", "")
    assert (suites["value"], run["interactive"], stop["visible"]) == ("kept", True, False)
    assert (progress, result, shown) == ("", "", "")
    begun = events["begin"].fn(reader)
    assert (begun[2]["interactive"], begun[3]["visible"]) == (False, True)
    *going, end = events["go"].fn("kept", reader)
    assert "3 of 3 questions" in going[3][4]
    assert "3 of 3 questions came out as they should." in end[5]
    assert finished(assistant.index.home / "runs" / "kept") == [Path(end[6])]
    # Whoever comes back finds what they had unfolded; whoever comes for the first time, what came of the last run.
    assert events["look"].fn("kept", "", end[6])[5] == gr.skip()
    assert "3 of 3 questions came out as they should." in events["look"].fn("kept", "", "")[5]
    assert set(map(str, events["look"].fn("kept", "12 of 60", ""))) == {str(gr.skip())}

    # A stop is one visitor's, and is forgotten when they begin again.
    events["begin"].fn(reader)
    events["stop"].fn(reader)
    *_, stopped = events["go"].fn("kept", reader)
    assert "Stopped before the first answer" in stopped[5]
    events["stop"].fn(reader)
    events["begin"].fn(reader)
    *_, end = events["go"].fn("kept", reader)
    assert "3 of 3 questions" in end[5]

    # A suite that went meanwhile is not replaced by another one.
    kept_suite(assistant.index.home).unlink()
    events["begin"].fn(reader)
    (gone,) = events["go"].fn("kept", reader)
    assert NONE_KEPT in Page(gone[1]).words["p"]
