"""What a question asks for."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assistant import Assistant
from assistant.asking import Asked, compares
from assistant.candidates import Candidate, candidates
from tests.assistant.corpus import assistant_over, passages_of, write


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("asking")
    with (opened := assistant_over(write(folder / "docs"), folder / "index")).index:
        yield opened


def asked(assistant: Assistant, question: str) -> Asked:
    return Asked(question, assistant.index.vocabulary())


def sentence(assistant: Assistant, text: str) -> Candidate:
    """The candidate that is, or that would be where the first passage says so, this sentence."""
    found = candidates(passages_of(assistant))
    return next((c for c in found if c.text == text), Candidate(found[0].passage, found[0].span, text))


@pytest.mark.parametrize(
    ("question", "text", "misses"),
    [
        ("What did Mayor Lee say?", "Mayor Lee said that repairs would take six weeks.", False),
        # Named in the sentence before.
        ("What did Lee say?", "Cracks were found in two pillars of the bridge.", False),
        # Named as the author above.
        ("What does Ada Stone say?", "The harbour office introduced a day ticket.", False),
        ("What did Mayor Lee say?", "The school will stay open.", True),
        ("What did the mayor say?", "The school will stay open.", False),
        ("Did Lee say so?", "The school will stay open.", False),
    ],
)
def test_what_one_said_is_not_what_another_said(assistant: Assistant, question: str, text: str, misses: bool) -> None:
    assert asked(assistant, question).misses_speaker(sentence(assistant, text)) is misses


@pytest.mark.parametrize(
    ("question", "text", "holds"),
    [
        ("What did Mayor Lee say?", "Mayor Lee said that repairs would take six weeks.", True),
        ("What did Lee say about repairs?", "Mayor Lee said that repairs would take six weeks.", True),
        ("What did Lee say about ferries?", "Mayor Lee said that repairs would take six weeks.", False),
        ("What did Lee say?", "Cracks were found in two pillars of the bridge.", False),
        ("What did Ada Stone say?", "Mayor Lee said that repairs would take six weeks.", False),
        ("What did Lee build?", "Mayor Lee said that repairs would take six weeks.", False),
    ],
)
def test_words_that_are_reported_answer_what_was_said(
    assistant: Assistant, question: str, text: str, holds: bool
) -> None:
    assert asked(assistant, question).holds_words(sentence(assistant, text)) is holds


def test_coverage_and_order_are_shares(assistant: Assistant) -> None:
    vocabulary = assistant.index.vocabulary()
    candidate = sentence(assistant, "Cracks were found in two pillars of the bridge.")

    def words(question: str) -> tuple[float, float, float]:
        put = asked(assistant, question)
        return put.words(candidate, put.present(candidate.passage))

    # Of its pairs crack-found, found-two, two-pillar only the last stands so in the sentence.
    assert words("Cracks found: two pillars?") == pytest.approx((1, 1, 1 / 3))
    assert words("two pillars") == (1.0, 1.0, 1.0)
    assert words("pillars found, cracks?") == (1.0, 1.0, 0.0)
    assert words("Zeppelin?") == (0.0, 0.0, 0.0)
    assert words("") == (0.0, 0.0, 0.0)
    rarity = vocabulary.idf(vocabulary.terms("cracks")[0]) / vocabulary.weight(vocabulary.terms("cracks zeppelin"))
    assert words("cracks zeppelin") == pytest.approx((rarity, rarity, 0))


def test_two_terms_in_one_word_are_both_covered(assistant: Assistant) -> None:
    passage = replace(passages_of(assistant)[0], text="Peacekeepers would come.")
    put = Asked("Who would keep the peace?", assistant.index.vocabulary(), [passage])
    assert put._found_in(["peacekeep"]) == ["keep", "peac"]
    assert put._found_in(["keep", "peac"]) == ["keep", "peac"]
    # Where the documents write them as one, a promise that is kept is none of it.
    assert put._found_in(["keep", "promis"]) == put._found_in(["keep", "promis", "peac"]) == []
    assert asked(assistant, "Who would keep the peace?")._found_in(["keep", "promis"]) == ["keep"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Compare the two reports.", True),
        ("Do the sources agree on peacekeepers?", True),
        ("How do the articles differ on sanctions?", True),
        ("What does each source say about the call?", True),
        ("Who agreed to talk?", False),
        ("What did they agree on in May?", True),
        ("What makes a difference?", False),
    ],
)
def test_comparisons_are_noticed(question: str, expected: bool) -> None:
    assert compares(question) is expected
