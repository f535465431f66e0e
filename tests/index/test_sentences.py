"""Sentences: by example, and what holds for any text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Span, sentence_spans
from index.sentences import trimmed

FRAGMENTS = [
    "Dr.",
    "U.S.",
    "e.g.",
    "No.",
    "1.",
    "It",
    "left",
    "...",
    "…",
    "?!",
    '"',
    "”",
    "(",
    ")",
    "。",
    "」",
    "é",
    "3.5",
]
FRAGMENTS += [" ", "\n\n", "\t", "\u2028", "\u00a0", "\x1f", "😀", "e\u0301", "ﬁ", "İ"]
TEXTS = st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join)


# Sentences are parted by "|"; joined by a space they have to come out again.
@pytest.mark.parametrize(
    "sentences",
    [
        # titles and initials
        "Mr. Brown met Mrs. Green.|They agreed.",
        "Gen. Milley and Lt. Col. Vindman met Sen. Graham.|Rep. Smith left.",
        "J. R. R. Tolkien wrote it.|George W. Bush read it.",
        "Prof. Jones of St. John's College spoke.|All listened.",
        "Dr. Lee, Ph.D., spoke.|It was long.",
        # abbreviations that may end a sentence
        "He lives in the U.S. and works for the U.N. Security Council.|He is well.",
        "It was made in the U.S.|It sold well.",
        "Washington, D.C., is warm.|So is Rome.",
        "He is from Washington, D.C.|He likes it.",
        "They spoke of Martin Luther King Jr.|He was there.",
        "Acme Inc. Chairman Roe left Acme Inc.|The rest stayed.",
        "They met at 5 p.m. Eastern time.|It ended at 7 p.m.|The guests left.",
        "On Jan. 5 they met.|It snowed.|They met in Jan.|The weather was bad.",
        "The company (est. 1990) grew.|Fine.",
        "See Fig. 3 and No. 7.|They differ.",
        "He said no.|They left.",
        "Use e.g. Paris or i.e. Rome.|Done.",
        # numbers, names with marks in them
        "The price rose 3.5 percent to $4.20.|Then it fell.",
        "It costs 1,000.00 dollars vs. 900 before.|Good.",
        "Visit example.com for v1.2.3 of it.|It is free.",
        "It came in 2024.|Then 4 more came.",
        "1. First boil the water.|Then wait.",
        # quotes and brackets
        '"Stop!" he said.|She stopped.',
        'He said, "Go."|They went.',
        "“We will not go.”|He left the room.",
        "‹Non.›|«Oui.»|(He left.)|[She stayed.]",
        '"Why?" asked Ann.|"Because," said Bob.',
        # other marks, other scripts
        "Is it so?|Yes!|No...|Perhaps.",
        "He paused... and went on.|Wait… what?|Nothing.",
        "What?!|Really?!",
        "Yahoo! bought it.|OK.",
        "¿Qué?|¡No!|Über uns.|Ärger kam.",
        "Он ушёл.|Она осталась.",
        "No full stop at the end.|Like this",
    ],
)
def test_examples(sentences: str) -> None:
    expected = sentences.split("|")
    text = " ".join(expected)
    assert [span.of(text) for span in sentence_spans(text)] == expected


@pytest.mark.parametrize(
    "sentences",
    [
        "今日は雨です。|明日は晴れです。",
        "「行くの？」|と彼は言った。",
        "他说：“走吧。”|然后离开了。",
        "本当？！|はい。",
        "一。|二！|三？|四｡",
    ],
)
def test_chinese_and_japanese_marks_need_no_space_behind_them(sentences: str) -> None:
    expected = sentences.split("|")
    text = "".join(expected)
    assert [span.of(text) for span in sentence_spans(text)] == expected


def test_the_number_of_a_list_item_belongs_to_its_sentence() -> None:
    text = "1. Boil the water.\n2. Add salt. There were 3. Then 4."
    expected = ["1. Boil the water.", "2. Add salt.", "There were 3.", "Then 4."]
    assert [span.of(text) for span in sentence_spans(text)] == expected


def test_a_range_keeps_the_offsets_of_the_text() -> None:
    text = "One. Two. Three. Four."
    assert sentence_spans(text, 4, 16) == [Span(5, 9), Span(10, 16)]
    assert sentence_spans(text, 6, 8) == [Span(6, 8)]
    assert sentence_spans(text, 4, 5) == []


def test_white_space_holds_no_sentence() -> None:
    assert sentence_spans("") == []
    assert sentence_spans(" \n\t\u00a0\u2028") == []


@given(TEXTS, st.data())
def test_spans_are_trimmed_ordered_apart_and_cover_all_but_white_space(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    at = start
    for span in sentence_spans(text, start, end):
        assert at <= span.start < span.end <= end
        assert span.of(text) == span.of(text).strip()
        assert not text[at : span.start].strip()
        at = span.end
    assert not text[at:end].strip()


@pytest.mark.parametrize(
    "text",
    [
        "!?" * 20_000,
        ".\n" * 20_000,
        '."' * 20_000,
        "." * 40_000,
        '"' * 40_000 + ".",
        "。」" * 20_000,
        "Mr. " * 10_000,
        "a." * 20_000,
        "1. " * 10_000,
        "\n" * 40_000 + "5. x",
        "(" * 40_000 + ".",
        "x" * 40_000 + ". " + "(" * 40_000,
        " " * 80_000,
    ],
    ids=lambda text: repr(text[:4]),
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.perf_counter()
    spans = sentence_spans(text)
    # Each takes under 0.1 s; quadratic time would be minutes, recursion an error.
    assert time.perf_counter() - started < 1.5
    assert sum(span.end - span.start for span in spans) >= len("".join(text.split()))


@pytest.mark.parametrize(("start", "end", "span"), [(0, 4, Span(1, 3)), (1, 3, Span(1, 3)), (0, 1, None), (2, 2, None)])
def test_trimmed(start: int, end: int, span: Span | None) -> None:
    assert trimmed("\nab ", start, end) == span
