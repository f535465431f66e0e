"""What came of a run, as the panel shows it: read from the run's folder, so it can be shown again at any time."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from assistant.web.answer import answered_by
from assistant.web.render import card, element, facts
from evals import metrics
from evals.page.filters import clear, number, plural, signed
from evals.page.worst import Record, WorstCase, worst_cases
from evals.results import CaseResult
from evals.run import COMPARISON, CONFIG, GATE, SUMMARY, read_results
from index.errors import CitebackError

# As many as the report tells of.
MOST_CASES: Final = 20
# What a metric says, for readers who do not know its name.
NAMES: Final[Mapping[str, str]] = {
    "refusal_precision": "Refusals that were right",
    "refusal_recall": "Questions without an answer that were refused",
    "refusal_f1": "Refusals, both together (F1)",
    "right_decision": "Answered or refused as it should be",
    "fact_recall": "Facts that the answer names",
    "answer_sentence_hit": "Answers that hold the right one",
    "token_f1": "Words in common with the right answer (F1)",
    "exact_match": "First sentence is the right answer",
    "citation_hit": "Answers that quote a right place",
    "citation_recall": "Right places that are quoted",
    "citation_precision": "Quotes that are from a right place",
    "recall@5": "Right documents among the first 5",
    "recall@10": "Right documents among the first 10",
    "ndcg@10": "Order of the first 10 documents (nDCG)",
    "mrr": "Rank of the first right document (MRR)",
    "broken_quotes": "Quotes that do not stand in their document",
    "lost_quotes": "Questions whose right places are gone",
    "mistakes": "Said although it is known to be wrong",
    "tokens": "Tokens an answer",
    "errors": "Questions that failed with an error",
    "seconds": "Seconds a question",
    "seconds_p50": "Seconds, for half of the questions at most",
    "seconds_p95": "Seconds, for 95 in 100 at most",
}


def result_markup(out: Path) -> Markup:
    """What came of the run in the folder `out`: in a sentence, by metric, against the run before, and what went wrong.

    Where the folder does not hold what a run writes, a card that says so.
    """
    try:
        summary, config = _json(out / SUMMARY), _json(out / CONFIG)
        compared, gate = (_json(out / name) if (out / name).is_file() else None for name in (COMPARISON, GATE))
        results = read_results(out)
        parts = [
            _headline(results, summary, config),
            _bounds(gate) if gate else Markup(""),
            _wrong_cases(results),
            _metrics(summary["metrics"]),
            _comparison(compared) if compared else Markup(""),
            element("p", "The full report, to open in a browser: ", element("code", str(out / "report.html"))),
        ]
    except (CitebackError, OSError, ValueError, KeyError, TypeError) as error:
        return card("What came of the last run cannot be shown", f"{out}: {error}", kind="error")
    return element("div", *parts, class_="cb-result")


def went_wrong(result: CaseResult) -> bool:
    """Whether a question came out otherwise than it should: see `CaseResult.right`, or an answer for a refusal."""
    return result.error is not None or not (result.right if result.case.answerable else result.refused)


def when(config: Record) -> str:
    """When a run began.

    >>> when({"started": "2026-11-26T15:28:07+00:00"})
    '2026-11-26, 15:28 UTC'
    """
    day, _, time = str(config["started"]).partition("T")
    return f"{day}, {time[:5]} UTC"


def why(result: CaseResult) -> str:
    """What is wrong with a case that went wrong, in a few words."""
    if result.error is not None:
        return "failed with an error"
    if result.refused:
        return "refused, should have been answered"
    if not result.case.answerable:
        return "answered, should have been refused"
    missing = metrics.missing_facts(result.case.must_contain, _said(result))
    found = [
        "says again what was wrong" if result.mistakes else None,
        f"leaves out {plural(len(missing), 'fact')}" if missing else None,
        "quotes none of the right places" if result.metrics.get("citation_hit") == 0 else None,
        "holds none of the right answers" if result.metrics.get("answer_sentence_hit") == 0 else None,
    ]
    return ", ".join(each for each in found if each)


def _headline(results: Sequence[CaseResult], summary: Record, config: Record) -> Markup:
    done, wanted = summary["cases"], config["cases"]
    wrong = sum(map(went_wrong, results))
    said = f"{done - wrong:,} of {plural(done, 'question')} came out as {'it' if done == 1 else 'they'} should."
    if done < wanted:
        said = f"Stopped after {done:,} of {plural(wanted, 'question')}. {said}"
    by = summary["answered_by"]
    # Only where there are several does it matter how many each of them answered.
    who = [answered_by(name) + (f" ({count:,})" if len(by) > 1 else "") for name, count in by.items()]
    about = facts(when(config), *who)
    return element("div", element("h3", said), role="status") + element("p", about, class_="cb-hint")


def _bounds(gate: Record) -> Markup:
    broken = gate["failures"]
    if not broken:
        return element("p", "✓ Every bound of this suite is kept.", class_="cb-done")
    said = element("p", f"✕ {plural(len(broken), 'bound')} of this suite not kept:")
    return element("div", said, element("ul", *(element("li", line) for line in broken)), class_="cb-failed")


def _metrics(scores: Mapping[str, Record]) -> Markup:
    """A row for each metric that has a value."""
    rows = [
        element(
            "tr",
            _name(name),
            element("td", number(score["value"])),
            element("td", _interval(number, score)),
            element("td", number(score["n"])),
        )
        for name, score in scores.items()
        if score["n"] and score["value"] is not None
    ]
    caption = "Every metric, over the n questions or quotes that have a value; 1 is best, but for counts and times"
    return _table(caption, ("Metric", "Value", "95 % interval", "n"), rows)


def _comparison(compared: Record) -> Markup:
    differences = compared["metrics"]
    certain = [NAMES.get(name, name) for name, each in differences.items() if clear(each) and name != "seconds"]
    said = f"Certainly different: {'; '.join(certain)}." if certain else "No difference is more than chance may be."
    rows = [
        element(
            "tr",
            _name(name),
            element("td", number(each["ours"])),
            element("td", number(each["theirs"])),
            element("td", element("strong" if clear(each) else "span", signed(each["difference"]))),
            element("td", _interval(signed, each)),
            element("td", number(each["n"])),
        )
        for name, each in differences.items()
    ]
    both = plural(compared["cases"], "question")
    caption = f"This run and the one before, over the {both} that both asked; differences in bold are certain"
    headings = ("Metric", "Now", "Before", "Difference", "95 % interval", "n")
    more = element("details", element("summary", "Every difference"), _table(caption, headings, rows))
    return element("h4", "Compared with the run before") + element("p", said) + more


def _interval(shown: Any, score: Record) -> str:
    return "" if score["low"] is None or score["high"] is None else f"{shown(score['low'])} to {shown(score['high'])}"


def _name(name: str) -> Markup:
    known = NAMES.get(name)
    parts = [known, " ", element("code", name)] if known else [name]
    return element("th", *parts, scope="row")


def _table(caption: str, headings: Sequence[str], rows: Sequence[Markup]) -> Markup:
    head = element("thead", element("tr", *(element("th", heading, scope="col") for heading in headings)))
    table = element("table", element("caption", caption), head, element("tbody", *rows), class_="cb-metrics")
    # Wider than its column it is scrolled, which has to be possible without a mouse.
    return element("div", table, class_="cb-scroll", tabindex=0, role="region", aria_label=caption)


def _wrong_cases(results: Sequence[CaseResult]) -> Markup:
    wrong = {result.case.id: result for result in results if went_wrong(result)}
    if not wrong:
        return Markup("")
    shown = worst_cases((result.to_dict() for result in wrong.values()), most=MOST_CASES)
    heading = element("h4", "What went wrong ", element("span", f"{len(wrong):,}", class_="cb-count"))
    cases = [_case(wrong[worst.record["case"]["id"]], worst) for worst in shown]
    left = len(wrong) - len(cases)
    more = element("p", f"{left:,} more: the report tells of them.", class_="cb-hint") if left else Markup("")
    return element("section", heading, *cases, more, class_="cb-wrong")


def _case(result: CaseResult, worst: WorstCase) -> Markup:
    """A case that went wrong, unfolded to what was answered and what was wanted."""
    case = result.case
    before = [turn if isinstance(turn, str) else turn.question for turn in case.history]
    summary = element(
        "summary",
        element("span", case.question, class_="cb-asked"),
        " ",
        element("span", why(result), class_="cb-why"),
    )
    parts = [element("p", f"Asked after: {' · '.join(before)}", class_="cb-hint")] if before else []
    if result.standalone_question not in (None, case.question):
        parts.append(element("p", "Searched for: ", element("q", str(result.standalone_question)), class_="cb-hint"))
    wanted = element("ul", *(element("li", line) for line in _wanted(result, worst)))
    return element(
        "details",
        summary,
        *parts,
        element("h5", "Answered"),
        *_answered(result),
        element("h5", "Wanted"),
        wanted,
        class_="cb-case",
    )


def _answered(result: CaseResult) -> list[Markup]:
    if result.error is not None or result.answer is None:
        return [element("p", f"Nothing. {result.error or ''}")]
    if refusal := result.answer["refusal"]:
        return [element("p", f"Refused: {refusal['message']}")]
    titles = dict.fromkeys(str(citation["title"]) for citation in result.answer["citations"])
    cited = element("p", f"From {facts(*titles)}", class_="cb-hint") if titles else Markup("")
    return [element("blockquote", result.answer["text"]), cited]


def _wanted(result: CaseResult, worst: WorstCase) -> list[str]:
    """What a right answer holds, each with whether this one does where that can be told."""
    case = result.case
    if not case.answerable:
        avoided = [_ticked(f"does not say “{said}”", _avoids(said, result)) for said in case.must_not_contain]
        return ["A refusal: the documents do not say.", *avoided]
    lines = [_ticked(f"says “{' or '.join(map(str.strip, fact.split('|')))}”", there) for fact, there in worst.facts]
    lines += [_ticked(f"does not say “{said}”", _avoids(said, result)) for said in case.must_not_contain]
    lines += [f"quotes from “{quote}”" for quote in case.quotes]
    lines += [f"or answers “{answer}”" if place else f"answers “{answer}”" for place, answer in enumerate(case.answers)]
    lines += [_ticked(f"finds {source}", rank is not None) for source, rank in worst.relevant]
    return lines or ["An answer."]


def _ticked(words: str, there: bool) -> str:
    return f"✓ {words}" if there else f"✕ {words}"


def _avoids(said: str, result: CaseResult) -> bool:
    return metrics.mistakes_avoided((said,), _said(result)) == 1


def _said(result: CaseResult) -> str:
    """The answer; a refusal says nothing, whatever its message holds."""
    return "" if result.refused or not result.answer else str(result.answer["text"])


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
