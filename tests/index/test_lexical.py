"""BM25: what matches, what weighs more, and that no query is a syntax error."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Chunk
from index.lexical import LexicalIndex

PASSAGES = [
    (Chunk(3, "a", "European troops would keep the peace.", 0, 37), "The talks"),
    (Chunk(5, "a", "The troops, he said, are not wanted. Troops!", 38, 82, heading="Soup"), "The talks"),
    (Chunk(8, "b", "Leek soup for the U.S. president in Kiev.", 0, 41), "Cooking"),
]
OPERATORS = ["AND", "OR", "NOT", '"', "(", ")", "*", "^2", "~", "text:", "chunk:3", "+", "-", "[a TO b]", "\\", "\x00"]
QUERIES = st.text() | st.lists(st.sampled_from([*OPERATORS, "troops", "soup", "漢字", "é" * 80]) | st.text()).map(
    " ".join
)


@pytest.fixture(scope="module")
def lexical() -> Iterator[LexicalIndex]:
    with TemporaryDirectory() as folder:
        yield LexicalIndex.build(Path(folder), PASSAGES)


def found(lexical: LexicalIndex, query: str, *, k: int = 10) -> list[int]:
    return [i for i, _ in lexical.search(query, k)]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("peace", [3]),
        ("PEACE, keeping", [3]),
        ("troop", [5, 3]),
        ("leeks", [8]),
        ("european soup", [3, 8, 5]),
        ("American president", [8]),
        ("the United States", [8]),
        ("Kyiv", [8]),
        ("cooking", [8]),
        ("nothing", []),
        ("the talk", [3, 5]),
        ("the", [3, 5, 8]),
        ("", []),
        ("?!", []),
    ],
)
def test_examples(lexical: LexicalIndex, query: str, ids: list[int]) -> None:
    assert sorted(found(lexical, query)) == sorted(ids)


def test_more_and_rarer_words_come_first(lexical: LexicalIndex) -> None:
    assert found(lexical, "troops") == [5, 3]
    assert found(lexical, "troops peace")[0] == 3
    # In the passage a word counts more than in its heading.
    assert found(lexical, "soup") == [8, 5]


def test_equals_come_in_the_order_of_their_ids_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    passages = [(Chunk(n, "d", "The fox ran home.", 0, 17), "") for n in range(1, 41)]
    for folder in ("old", "newer", "newest"):
        (tmp_path / folder).mkdir()
    LexicalIndex.build(tmp_path / "old", passages[:5])
    for folder, older, part in (("newer", "old", passages[5:30]), ("newest", "newer", passages[30:])):
        extended = LexicalIndex.extend(tmp_path / folder, tmp_path / older, part, gone=[])
    assert found(extended, "fox", k=40) == list(range(1, 41))


def test_the_score_is_bm25_by_hand(tmp_path: Path) -> None:
    # Two passages of four words, one holds the word once: tf part (k1 + 1) / (1 + k1) = 1, so the score is the idf.
    texts = ["one two three four", "five six seven eight"]
    lexical = LexicalIndex.build(tmp_path, [(Chunk(n, "d", text, 0, 1), "") for n, text in enumerate(texts)])
    [(chunk_id, score)] = lexical.search("six", 10)
    assert chunk_id == 1
    assert score == pytest.approx(math.log(1 + (2 - 1 + 0.5) / (1 + 0.5)), rel=0.01)


def test_filters_change_what_is_found_and_not_the_scores(lexical: LexicalIndex) -> None:
    everything = dict(lexical.search("troops soup", 10))
    only = lexical.search("troops soup", 10, documents={"a", "gone"})
    assert only
    assert {i for i, _ in only} == {3, 5}
    assert all(score == pytest.approx(everything[i]) for i, score in only)
    assert lexical.search("troops", 10, documents=[]) == []
    assert len(lexical.search("troops soup", 1)) == 1


def test_terms(lexical: LexicalIndex) -> None:
    assert lexical.terms("The CAFÉS, leeks and U.S. troops' peace") == "the cafe leek and usa troop peac".split()
    assert lexical.terms("x" * 61) == []
    assert lexical.document_frequency("troop") == 2
    assert lexical.document_frequency("talk") == 0


def test_prefixes(lexical: LexicalIndex) -> None:
    assert lexical.has_prefix("europ", longer_by=3)
    assert lexical.has_prefix("eur", longer_by=5)
    assert not lexical.has_prefix("eur", longer_by=4)
    assert not lexical.has_prefix("asia", longer_by=9)


@given(QUERIES)
def test_no_query_is_a_syntax_error(lexical: LexicalIndex, query: str) -> None:
    results = lexical.search(query, 2, documents=["a", "b", query])
    assert len(results) <= 2
    assert {i for i, _ in results} <= {3, 5, 8}
    assert all(score > 0 for _, score in results)
    assert results == sorted(results, key=lambda pair: -pair[1])
    if {"troop", "soup"} & set(lexical.terms(query)):
        assert results


def test_operators_are_words(lexical: LexicalIndex) -> None:
    assert found(lexical, "NOT troops") == [5, 3]
    assert found(lexical, "-troops text:troops") == [5, 3]
    assert found(lexical, '"troops keep') == [3, 5]


def test_an_empty_index(tmp_path: Path) -> None:
    empty = LexicalIndex.build(tmp_path, [])
    assert empty.search("soup", 10) == []
    assert empty.document_frequency("soup") == 0
    assert not empty.has_prefix("s", longer_by=9)
    # And once more from disk.
    assert LexicalIndex(tmp_path).search("soup", 10) == []
