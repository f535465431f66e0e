"""Abbreviations that the documents explain are known where they are used."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.abbreviations import abbreviations, spelt_out
from assistant.answerer import passages_from
from assistant.asking import Asked
from assistant.candidates import candidates
from tests.assistant.corpus import assistant_over


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The World Health Organization (WHO) met.", {"WHO": "World Health Organization"}),
        ("the Department of Public Works (DPW)", {"DPW": "Department of Public Works"}),
        ("several line-of-sight links (LSLs)", {"LSL": "line of sight links"}),
        ("Line-of-Contact (LOC)", {"LOC": "Line of Contact"}),
        ("the free trade agreements (FTAs) of 1994", {"FTA": "free trade agreements"}),
        ("He left (USA).", {}),
        ("Two parties (AB) met.", {}),
        ("(WHO)", {}),
    ],
)
def test_only_letters_that_the_words_before_them_begin_with(text: str, found: dict[str, str]) -> None:
    assert abbreviations([text]) == found


@given(st.text("aAbB ().-’", max_size=200), st.text("aAbB ().-’", max_size=200))
def test_any_text_keeps_its_words(text: str, explained: str) -> None:
    known = abbreviations([explained])
    assert all(short.isupper() for short in known)
    assert len(spelt_out(text, known)) >= len(text)


def test_long_texts_take_no_time() -> None:
    for text in ("Aa " * 40_000, "(" * 40_000, "A-" * 40_000 + "(AA)", "a-" * 4_000 + "."):
        abbreviations([text])


def test_a_sentence_with_the_letters_covers_the_words_asked_for(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = "The line of contact (LOC) is long.\n\nGuards would freeze the LOC by treaty.\n"
    (tmp_path / "docs" / "treaty.txt").write_text(text, encoding="utf-8")
    with (assistant := assistant_over(tmp_path / "docs", tmp_path / "index")).index as index:
        hits = index.search("line of contact")
        passages = passages_from(hits, index.infos(hit.chunk.document_id for hit in hits))
        (sentence,) = [each for each in candidates(passages) if each.text.startswith("Guards")]
        question, vocabulary = "How would guards freeze the line of contact?", assistant.index.vocabulary()
        coverage = [
            asked.words(sentence, asked.present(sentence.passage))[0]
            for asked in (Asked(question, vocabulary), Asked(question, vocabulary, passages))
        ]
        assert coverage[0] < coverage[1] == 1.0
