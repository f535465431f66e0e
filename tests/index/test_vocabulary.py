"""Which words carry a question, and how much."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from index import Chunk, Vocabulary
from index.lexical import LexicalIndex

TEXTS = ["European troops keep peace.", "Troops leave Moldova.", "Soup is hot.", "Soup is cold and troops eat."]


@pytest.fixture(scope="module")
def vocabulary() -> Iterator[Vocabulary]:
    with TemporaryDirectory() as folder:
        passages = [(Chunk(n, "d", text, 0, len(text)), "Notes") for n, text in enumerate(TEXTS)]
        yield Vocabulary(LexicalIndex.build(Path(folder), passages), len(TEXTS))


def test_content_terms_are_what_the_question_turns_on(vocabulary: Vocabulary) -> None:
    question = "Who would keep the peace, and what would the troops' troops eat?"
    assert vocabulary.content_terms(question) == ["keep", "peac", "troop", "eat"]
    assert vocabulary.terms("Troops and troops") == ["troop", "and", "troop"]
    assert vocabulary.content_terms("What is it about?") == []
    assert vocabulary.content_terms("") == []


@pytest.mark.parametrize(("term", "n"), [("troop", 3), ("soup", 2), ("moldova", 1), ("unheard", 0)])
def test_idf_by_hand(vocabulary: Vocabulary, term: str, n: int) -> None:
    assert vocabulary.idf(term) == pytest.approx(math.log(1 + (4 - n + 0.5) / (n + 0.5)))


def test_weight_is_the_sum(vocabulary: Vocabulary) -> None:
    assert vocabulary.weight(["soup", "troop"]) == vocabulary.idf("soup") + vocabulary.idf("troop")
    assert vocabulary.weight([]) == 0


def test_rarity_is_defined_where_the_count_is_behind(vocabulary: Vocabulary) -> None:
    behind = Vocabulary(vocabulary._lexical, 0)
    assert math.isfinite(behind.idf("troop"))


@pytest.mark.parametrize(
    ("term", "known"),
    [
        ("moldova", True),
        ("moldovan", True),
        ("europ", True),
        ("moldov", True),
        ("moldo", True),
        ("mold", False),
        ("moldovaniser", False),
        ("sou", False),
        ("france", False),
    ],
)
def test_words_akin_are_known(vocabulary: Vocabulary, term: str, known: bool) -> None:
    assert vocabulary.knows(term) == known


def test_found_in_joins_kin(vocabulary: Vocabulary) -> None:
    assert vocabulary.found_in("russian", ["russia"])
    assert vocabulary.found_in("russia", {"russian"})
    assert vocabulary.found_in("iran", ["iran"])
    assert not vocabulary.found_in("iran", ["iranian"])
    assert not vocabulary.found_in("russia", ["russianising"])
    assert not vocabulary.found_in("russia", [])
