"""The bundled suite and the briefs it asks about belong together."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from evals.cases import Case
from evals.loading import BUNDLED_DOCS, load
from evals.metrics import missing_facts, occurrences

BRIEFS = {path.name: path.read_text(encoding="utf-8") for path in sorted(BUNDLED_DOCS["seeds"].glob("*.md"))}
CASES = load("seeds").cases


def test_the_suite_is_as_large_as_it_says() -> None:
    kinds = Counter(case.tags[0] for case in CASES)
    assert kinds == {"fact": 34, "compare": 6, "followup": 8, "unanswerable": 12}
    assert sum("near-miss" in case.tags for case in CASES) == 6
    assert all(case.history for case in CASES if "followup" in case.tags)


@pytest.mark.parametrize("case", [case for case in CASES if case.answerable], ids=lambda case: case.id)
def test_gold_quotes_and_facts_stand_in_the_briefs(case: Case) -> None:
    assert case.quotes
    assert case.must_contain
    for quote in case.quotes:
        assert sum(len(occurrences(quote, text)) for text in BRIEFS.values()) == 1
    paragraphs = [line for text in BRIEFS.values() for line in text.splitlines()]
    evidence = " ".join(line for line in paragraphs if any(occurrences(quote, line) for quote in case.quotes))
    assert missing_facts(case.must_contain, evidence) == []


def test_comparisons_need_more_than_one_place() -> None:
    assert all(len(case.quotes) > 1 for case in CASES if "compare" in case.tags)


@pytest.mark.parametrize("name", BRIEFS)
def test_a_brief_says_whose_it_is_and_reads_in_a_few_minutes(name: str) -> None:
    _, front, body = BRIEFS[name].split("---\n", maxsplit=2)
    meta = yaml.safe_load(front)
    assert set(meta) == {"title", "author", "publisher", "date", "note"}
    assert isinstance(meta["date"], str)
    assert 600 <= len([word for word in body.split() if word != "##"]) <= 1000
    assert Path(name).stem == Path(name).stem.lower()
