"""The kind of thing a question asks for."""

import pytest

from assistant.kinds import KINDS, Wanted


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
def test_the_kind_of_thing_asked_for(question: str, kinds: set[str]) -> None:
    found = Wanted(question).held_by("…")
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
def test_whether_a_sentence_holds_it(question: str, text: str, there: bool) -> None:
    values = Wanted(question).held_by(text)
    assert sum(values) == (1 if there else -1)


@pytest.mark.parametrize(
    ("question", "text", "misses"),
    [
        ("How many pillars?", "Cracks were found in two pillars of the bridge.", False),
        ("How many pillars?", "The school will stay open.", True),
        ("How many pillars?", "Article 5 protects pillars.", True),
        ("How many pillars?", "On March 5 the pillars fell.", True),
        ("How many pillars?", "On March 5 the 2 pillars fell.", False),
        ("How many pillars?", "The pre-2014 pillars fell in summer 2022.", True),
        ("How many pillars?", "The pillars of September 2022’s bridge fell.", True),
        ("How far would they move the pillars?", "They would move them as far as the harbour.", False),
        ("How far is the bridge?", "The bridge stands by the harbour.", True),
        ("Which pillars?", "The school will stay open.", False),
    ],
)
def test_how_many_is_not_answered_without_a_figure(question: str, text: str, misses: bool) -> None:
    assert Wanted(question).misses_figure(text) is misses


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
def test_a_time_is_missed_where_only_a_time_is_asked_for(question: str, text: str, misses: bool) -> None:
    assert Wanted(question).misses_date(text) is misses


@pytest.mark.parametrize(
    ("question", "text", "far"),
    [
        ("How many guards are there?", "There are 40 guards.", False),
        ("How many guards are there?", "Of the guards only a dozen stay.", False),
        (
            "How many guards are there?",
            "No guards will be sent to stand at any gate, and 31 other nations agree.",
            True,
        ),
        ("How many guards are there?", "Forty of them watch the gate.", False),
        ("How many cities joined?", "One city joined.", False),
        ("How long are guards there?", "Guards stay.", False),
    ],
)
def test_a_figure_far_from_what_is_counted_counts_something_else(question: str, text: str, far: bool) -> None:
    assert Wanted(question).miscounts(text) is far
