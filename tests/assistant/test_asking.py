"""What a question asks for."""

from collections.abc import Iterator

import pytest

from assistant import Assistant
from assistant.asking import KINDS, Asked, compares
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
    ("question", "kinds"),
    [
        ("How many weeks will it take?", {"number"}),
        ("How long will it take?", {"number"}),
        ("What percentage of it?", {"number"}),
        ("When was it closed?", {"date"}),
        ("In which year was it closed?", {"date"}),
        ("Who closed it?", {"who"}),
        ("Whose bridge is it?", {"who"}),
        ("Why was it closed?", {"reason"}),
        ("What did Lee rule out?", {"denial"}),
        ("When and why was it closed?", {"date", "reason"}),
        ("What is the bridge?", set()),
        ("Whenever, whyever, however?", set()),
        ("", set()),
    ],
)
def test_the_kind_of_thing_asked_for(assistant: Assistant, question: str, kinds: set[str]) -> None:
    found = asked(assistant, question).kinds(sentence(assistant, "…"))
    assert {kind for kind, value in zip(KINDS, found, strict=True) if value} == kinds


@pytest.mark.parametrize(
    ("question", "text", "there"),
    [
        ("How many?", "There are 12 of them.", True),
        ("How many?", "There are twenty of them.", True),
        ("How many?", "There are seventeen of them.", True),
        ("How many?", "There are some of them.", False),
        ("When?", "It closed in May.", True),
        ("When?", "It closed in 1987.", True),
        ("When?", "It closed three years ago.", True),
        ("When?", "It closed.", False),
        ("Who?", "It was closed by Lee.", True),
        ("Who?", "Ada Stone closed it.", True),
        ("Who?", "It was closed.", False),
        ("Why?", "It closed because of cracks.", True),
        ("Why?", "It closed.", False),
        ("What did he rule out?", "It will not close.", True),
        ("What did he rule out?", "It will close.", False),
    ],
)
def test_whether_a_sentence_holds_it(assistant: Assistant, question: str, text: str, there: bool) -> None:
    values = asked(assistant, question).kinds(sentence(assistant, text))
    assert sum(values) == (1 if there else -1)


@pytest.mark.parametrize(
    ("question", "text", "misses"),
    [
        ("How many pillars?", "Cracks were found in two pillars of the bridge.", False),
        ("How many pillars?", "The school will stay open.", True),
        ("How many pillars?", "Article 5 protects pillars.", True),
        ("How many pillars?", "On March 5 the pillars fell.", True),
        ("How many pillars?", "On March 5 the 2 pillars fell.", False),
        ("Which pillars?", "The school will stay open.", False),
    ],
)
def test_how_many_is_not_answered_without_a_figure(
    assistant: Assistant, question: str, text: str, misses: bool
) -> None:
    assert asked(assistant, question).misses_figure(sentence(assistant, text)) is misses


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
    put = asked(assistant, "Who would keep the peace?")
    assert put._found_in({"peacekeep"}) == ["keep", "peac"]
    assert put._found_in({"peac"}) == ["peac"]


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


@pytest.mark.parametrize(
    ("question", "text", "misses"),
    [
        ("When was it closed?", "It was closed.", True),
        ("When was it closed?", "It was closed on Monday.", False),
        ("When was it closed?", "It was closed at noon.", False),
        ("When was it closed?", "It was closed after the storm.", False),
        ("On which date was it closed?", "It was closed after the storm.", True),
        ("On which date was it closed?", "It was closed on 3 May.", False),
        ("When and why was it closed?", "It was closed because of cracks.", False),
        ("What happens when it is closed?", "Ferries run.", False),
        ("Where was it closed, and when?", "It was closed at the pier.", True),
        ("Why was it closed?", "It was closed.", False),
    ],
)
def test_a_time_is_missed_where_only_a_time_is_asked_for(
    assistant: Assistant, question: str, text: str, misses: bool
) -> None:
    assert asked(assistant, question).misses_date(sentence(assistant, text)) is misses
