"""Every metric by hand, and what is undefined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import Citation
from evals import metrics
from evals.metrics import RefusalCounts, Score

TEXT = "The fox ran. The hen sat,\nand the fox came back."


def text_of(document_id: str) -> str:
    return {"d": TEXT, "other": "The hen sat."}[document_id]


def cite(start: int, end: int, *, document_id: str = "d", quote: str | None = None) -> Citation:
    quoted = text_of(document_id)[start:end] if quote is None else quote
    return Citation(1, document_id, "t", None, None, None, "s", None, start, end, quoted)


def test_refusal_by_hand() -> None:
    # Two rightly refused, one wrongly, one missed, four rightly answered.
    pairs = [(False, True)] * 2 + [(True, True)] + [(False, False)] + [(True, False)] * 4
    counts = metrics.refusal_counts(pairs)
    assert counts == RefusalCounts(2, 1, 1, 4)
    assert metrics.refusal_precision(counts) == 2 / 3
    assert metrics.refusal_recall(counts) == 2 / 3
    assert metrics.refusal_f1(counts) == pytest.approx(2 / 3)


def test_refusal_is_undefined_not_zero() -> None:
    nothing = RefusalCounts(0, 0, 0, 5)
    assert metrics.refusal_precision(nothing) is None
    assert metrics.refusal_recall(nothing) is None
    assert metrics.refusal_f1(nothing) is None
    assert metrics.interval_of(metrics.refusal_f1, nothing) is None
    never_refused = RefusalCounts(0, 0, 3, 5)
    assert metrics.refusal_precision(never_refused) is None
    assert metrics.refusal_recall(never_refused) == 0
    assert metrics.refusal_f1(never_refused) == 0


@given(st.builds(RefusalCounts, *[st.integers(0, 40)] * 4))
def test_f1_is_the_harmonic_mean(counts: RefusalCounts) -> None:
    precision, recall = metrics.refusal_precision(counts), metrics.refusal_recall(counts)
    if precision and recall:
        assert metrics.refusal_f1(counts) == pytest.approx(2 / (1 / precision + 1 / recall))


@pytest.mark.parametrize(
    ("facts", "text", "recall"),
    [
        (["90 minutes", "AI"], "They spoke for 90 Minutes, it is said.", 0.5),
        (["31"], "In 1931 they met.", 0.0),
        (["31"], "the 31 other nations", 1.0),
        (["Zelensky"], "Zelenskyy spoke", 0.0),
        (["Russia's claim"], "Russia’s  claim", 1.0),
        (["3-5 years"], "for 3–5 years", 1.0),
        (["a.b"], "a+b", 0.0),
        ([], "anything", None),
    ],
)
def test_fact_recall(facts: list[str], text: str, recall: float | None) -> None:
    assert metrics.fact_recall(facts, text) == recall


def test_a_citation_is_right_if_it_holds_or_overlaps_a_gold_quote() -> None:
    quotes = ["The hen sat, and", "came back"]
    inside, across, apart = cite(17, 20), cite(4, 16), cite(0, 11)
    assert metrics.citation_hit(quotes, [inside], text_of) == 1.0
    assert metrics.citation_hit(quotes, [apart], text_of) == 0.0
    assert metrics.citation_hit(quotes, [], text_of) == 0.0
    assert metrics.citation_recall(quotes, [inside, across, apart], text_of) == 0.5
    assert metrics.citation_recall(quotes, [cite(0, len(TEXT))], text_of) == 1.0
    assert metrics.citation_precision(quotes, [inside, across, apart], text_of) == 2 / 3
    # The same words elsewhere: the gold quote has to be in the document that is cited.
    assert metrics.citation_hit(["came back"], [cite(0, 5, document_id="other")], text_of) == 0.0


def test_touching_is_not_overlapping() -> None:
    assert metrics.citation_hit(["The fox ran."], [cite(12, 20)], text_of) == 0.0
    assert metrics.citation_hit(["The fox ran."], [cite(11, 20)], text_of) == 1.0


def test_citation_metrics_without_gold_or_citations_are_undefined() -> None:
    assert metrics.citation_hit([], [cite(0, 3)], text_of) is None
    assert metrics.citation_recall([], [cite(0, 3)], text_of) is None
    assert metrics.citation_precision([], [cite(0, 3)], text_of) is None
    assert metrics.citation_precision(["The fox"], [], text_of) is None


def test_broken_quotes_by_hand() -> None:
    whole = cite(0, len(TEXT))
    shifted = cite(1, 4, quote="The")
    past_the_end = cite(40, 99, quote=TEXT[40:])
    # Python would read a negative start from the end and find the very words.
    negative = cite(-5, -1, quote="back")
    empty = cite(3, 3)
    assert metrics.broken_quotes([whole], text_of) == 0
    assert metrics.broken_quotes([whole, shifted, past_the_end, negative, empty], text_of) == 4


@given(st.text(), st.text())
def test_occurrences_are_where_they_say(quote: str, text: str) -> None:
    for span in metrics.occurrences(quote, text):
        assert span.of(text).split() == quote.split()


def test_mean_by_hand_counts_what_is_excluded() -> None:
    score = metrics.mean([1.0, 0.0, None, 0.5, 0.5])
    assert (score.value, score.n, score.excluded) == (0.5, 4, 1)
    assert metrics.mean([None, None]) == Score(None, None, None, 0, 2)
    assert metrics.mean([]) == Score(None, None, None, 0, 0)


def test_the_interval_repeats_with_its_seed_and_is_about_right() -> None:
    values = [1.0] * 50 + [0.0] * 50
    score = metrics.mean(values, seed=3)
    assert score == metrics.mean(values, seed=3)
    assert score.low is not None
    assert score.high is not None
    # Normal approximation: 0.5 ± 1.96 * sqrt(0.25 / 100) = 0.402 … 0.598.
    assert score.low == pytest.approx(0.402, abs=0.02)
    assert score.high == pytest.approx(0.598, abs=0.02)


def test_the_interval_of_a_refusal_metric_is_about_right() -> None:
    # Precision here is the mean of 100 decisions, 50 of them right: the same interval as above.
    interval = metrics.interval_of(metrics.refusal_precision, RefusalCounts(50, 50, 0, 0))
    assert interval == pytest.approx((0.402, 0.598), abs=0.02)


def test_percentile_by_hand() -> None:
    assert metrics.percentile([3.0, 1.0, 2.0, 4.0, 5.0], 50) == 3.0
    assert metrics.percentile([0.0, 10.0], 95) == pytest.approx(9.5)
    assert metrics.percentile([], 50) is None


def test_facts_whatever_the_dash_apostrophe_or_script() -> None:
    assert metrics.missing_facts(["3-5", "won't"], "In 3−5 or 3‒5 years it wonʼt.") == []
    assert metrics.missing_facts(["北京"], "他在北京工作") == []
    assert metrics.missing_facts(["art"], "He started.") == ["art"]


def test_a_mistake_is_looked_for_as_it_stands() -> None:
    assert metrics.mistakes_avoided(["Berlin | 900 | 2021"], "Berlin grew.") == 1.0
    assert metrics.mistakes_avoided(["Berlin | 900 | 2021"], "It says Berlin | 900 | 2021.") == 0.0


def test_answers_without_words_are_undefined() -> None:
    assert (metrics.exact_match(["A"], ""), metrics.token_f1(["the"], "")) == (None, None)
