"""Follow-up questions: what is filled in, and what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.followups import standalone
from assistant.referents import names_in
from assistant.schema import Answer, AnswerSentence, Turn

HEGSETH = ("What did Hegseth rule out?", "Hegseth said that NATO membership for Ukraine was unrealistic.")
CALL = ("How long did Trump and Putin speak?", "Trump and Putin spoke for nearly 90 minutes.")
RYABKOV = ("What did Deputy Foreign Minister Ryabkov say?", "Ryabkov said the war would go on.")
DEMAND = ("What did Putin demand?", "Putin demanded neutrality.")
SWAP = ("Which swap of territory does Korybko think possible?", "Korybko says that Kharkov Oblast could be returned.")
CITY = ("Why might Trump not want to give Zaporozhye city to Russia?", "Over 700,000 people live in it.")
MEETING = ("Where did Trump suggest that he would meet Putin?", "He would meet Putin in Saudi Arabia.")
EXCLUDED = ("Who will be excluded from the peace talks?", "Ukraine will likely be excluded.")
KEEPERS = ("What should the peacekeepers be allowed to do?", "They may detain people.")
REGION = ("What is the Trans-Dnieper region?", "It would work as a buffer zone, Korybko writes.")
FORCES = ("What does Nebenzia say about foreign forces?", "Such forces would be targets, Nebenzia said.")
BLAME = ("Which countries did Korybko blame?", "The UK and Poland, Korybko says.")
EU = ("Can the EU replace the US?", "The authors feel that it cannot.")
BRIDGE = ("Why was the bridge closed?", "Cracks were found in two pillars, Mayor Lee said.")
CURIE = ("When was Marie Curie born?", "Marie Curie was born in 1867 in Warsaw.")
TOWER = ("How tall is the Eiffel Tower?", "The Eiffel Tower is 330 metres tall.")
DIFFERENCE = ("What’s the difference between debit and credit cards?", "A debit card draws on what one has.")
FIRMS = ("What do Acme and Beta sell?", "Acme sells anvils. Beta sells boats.")
ACME = ("What does Acme sell?", "Acme sells anvils.")
ZIP = ("What does the function return?", "")


def turn(question: str, said: str, turns: tuple[Turn, ...] = ()) -> Turn:
    rewritten = standalone(question, turns).text
    sentences = (AnswerSentence(said, 0, len(said), (1,), "supported", 1.0),) if said else ()
    return Turn(question, Answer(question, rewritten, said, "extractive", sentences))


def rewritten(question: str, *history: tuple[str, str]) -> str:
    turns: tuple[Turn, ...] = ()
    for asked, said in history:
        turns = (*turns, turn(asked, said, turns))
    return standalone(question, turns).text


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        # A new topic in the frame of the last question.
        ([HEGSETH], "And Article 5?", "What did Hegseth rule out about Article 5?"),
        ([HEGSETH], "What about Trump?", "What did Trump rule out?"),
        ([HEGSETH], "And Trump?", "What did Trump rule out?"),
        ([HEGSETH], "Trump?", "What did Trump rule out?"),
        ([HEGSETH], "What about NATO?", "What did Hegseth rule out about NATO?"),
        ([HEGSETH], "Well, and NATO?", "What did Hegseth rule out about NATO?"),
        ([HEGSETH], "And the troops?", "What did Hegseth rule out about the troops?"),
        ([HEGSETH], "And in Europe?", "What did Hegseth rule out in Europe?"),
        ([HEGSETH], "And after the war?", "What did Hegseth rule out after the war?"),
        ([RYABKOV], "How about Hegseth?", "What did Hegseth say?"),
        ([CALL], "And Zelensky?", "How long did Zelensky and Putin speak?"),
        ([EXCLUDED], "And Europe?", "Who will be excluded from the peace talks, and what about Europe?"),
        ([FORCES], "And sanctions?", "What does Nebenzia say about sanctions?"),
        ([EU], "What about the UK?", "Can the UK replace the US?"),
        ([BRIDGE], "What about the ferries?", "Why was the bridge closed, and what about the ferries?"),
        # Words alone that fit nowhere into the last question are a topic of their own.
        ([BRIDGE], "Ferry timetable", "Ferry timetable"),
        ([CURIE], "And Pierre Curie?", "When was Pierre Curie born?"),
        ([TOWER], "And Big Ben?", "How tall is Big Ben?"),
        ([TOWER], "And the Louvre?", "How tall is the Louvre?"),
        ([REGION], "And its residents?", "Its residents (the Trans-Dnieper region)?"),
        # A bare question word asks more of the last question.
        ([HEGSETH], "Why?", "What did Hegseth rule out, and why?"),
        ([HEGSETH], "How come?", "What did Hegseth rule out, and why?"),
        ([HEGSETH], "Why is that?", "What did Hegseth rule out, and why?"),
        ([HEGSETH], "Yes, but why?", "What did Hegseth rule out, and why?"),
        ([EU], "Why not?", "Can the EU replace the US, and why not?"),
        ([DEMAND], "Ok, and when?", "What did Putin demand, and when?"),
        ([CURIE], "And where?", "When was Marie Curie born, and where?"),
        ([CURIE], "Which city?", "When was Marie Curie born, and which city?"),
        ([CALL], "About what?", "How long did Trump and Putin speak, and about what?"),
        ([MEETING], "On which date?", "Where did Trump suggest that he would meet Putin, and on which date?"),
        ([MEETING], "Why there?", "Where did Trump suggest that he would meet Putin, and why?"),
        ([EXCLUDED], "Who else?", "Who will be excluded from the peace talks, and who else?"),
        ([EXCLUDED], "Why them?", "Who will be excluded from the peace talks, and why?"),
        ([HEGSETH, ("Why?", "")], "And when?", "What did Hegseth rule out, and when?"),
        ([HEGSETH, ("Why?", "")], "And Trump?", "What did Trump rule out?"),
        ([HEGSETH], "Tell me more.", "What did Hegseth rule out, and what else?"),
        ([HEGSETH], "What else?", "What did Hegseth rule out, and what else?"),
        # Who said so: the words that were quoted.
        ([BRIDGE], "Who said that?", "Who said: Cracks were found in two pillars, Mayor Lee said?"),
        ([BRIDGE], "Who wrote that?", "Who said: Cracks were found in two pillars, Mayor Lee said?"),
        ([ZIP], "Who says so?", "Who said: What does the function return?"),
        # He, she, his, her.
        ([HEGSETH], "What did he say about NATO?", "What did Hegseth say about NATO?"),
        ([HEGSETH], "What did he say about Ukraine?", "What did Hegseth say about Ukraine?"),
        ([HEGSETH], "What were his reasons?", "What were Hegseth’s reasons?"),
        ([HEGSETH], "His reasons?", "Hegseth’s reasons?"),
        ([HEGSETH], "Did Putin call him?", "Did Putin call Hegseth?"),
        ([HEGSETH], "What did he tell him?", "What did Hegseth tell him (what Hegseth did rule out)?"),
        ([HEGSETH], "But did he rule out sanctions?", "Did Hegseth rule out sanctions?"),
        ([RYABKOV], "Who is he?", "Who is Deputy Foreign Minister Ryabkov?"),
        ([BRIDGE], "What did he promise?", "What did Mayor Lee promise?"),
        ([REGION], "Why does he propose it?", "Why does Korybko propose it (the Trans-Dnieper region)?"),
        ([CURIE], "Where did she study?", "Where did Marie Curie study?"),
        ([CURIE], "Who taught her?", "Who taught Marie Curie?"),
        ([CURIE], "What was her job?", "What was Marie Curie’s job?"),
        ([CURIE, TOWER], "Did she see it?", "Did Marie Curie see it (the Eiffel Tower)?"),
        ([DEMAND], "Thanks. What did he offer?", "What did Putin offer?"),
        # They, them, their.
        ([CALL], "What else did they discuss?", "What else did Trump and Putin discuss?"),
        ([CALL], "What was their topic?", "What was Trump and Putin’s topic?"),
        ([BLAME], "What did they do?", "What did they do (countries Korybko blame)?"),
        ([KEEPERS], "May they shoot?", "May the peacekeepers shoot?"),
        ([KEEPERS], "Who sends them?", "Who sends the peacekeepers?"),
        ([KEEPERS], "What are their limits?", "What are the peacekeepers’ limits?"),
        ([FORCES], "Who sends them?", "Who sends foreign forces?"),
        ([SWAP], "Would their constitutions allow that?", "Would their constitutions allow that (swap of territory)?"),
        # It, that, there.
        ([TOWER], "Who built it?", "Who built it (the Eiffel Tower)?"),
        ([DIFFERENCE], "Why does it matter?", "Why does it matter (the difference between debit and credit cards)?"),
        ([TOWER], "Where is it?", "Where is it (the Eiffel Tower)?"),
        ([TOWER, ("Who built it?", "")], "When was it built?", "When was it built (the Eiffel Tower)?"),
        ([BRIDGE], "When will it open?", "When will it open (the bridge closed)?"),
        ([CALL], "When was that?", "When was that (Trump and Putin speak)?"),
        ([HEGSETH], "Is that realistic?", "Is that realistic (what Hegseth did rule out)?"),
        ([CITY], "How many people live there?", "How many people live in Zaporozhye city?"),
        ([REGION], "Who lives there?", "Who lives in the Trans-Dnieper region?"),
        ([CITY], "Are there any troops there?", "Are there any troops in Zaporozhye city?"),
        ([MEETING], "Has he been there before?", "Has Trump been in Saudi Arabia before?"),
        # The one of two.
        ([FIRMS], "And the latter?", "What do Beta sell?"),
        ([FIRMS], "What does the former cost?", "What does Acme cost?"),
        ([FIRMS, ACME], "And the other one?", "What does Beta sell?"),
        ([FIRMS, ACME], "What does the other one cost?", "What does Beta cost?"),
    ],
)
def test_what_is_missing_is_filled_in(history: list[tuple[str, str]], question: str, expected: str) -> None:
    assert rewritten(question, *history) == expected


@pytest.mark.parametrize(
    "question",
    [
        "How long did Trump and Putin speak?",
        "What is the Trans-Dnieper region?",
        "What is NATO?",
        "Who won the football World Cup in 2022?",
        "What happened next?",
        "Which countries agreed?",
        "How many troops are there?",
        "Is there a referendum?",
        "Are there any troops?",
        "There certainly are people who care!",
        "Who says that there will be peace?",
        "When did the first World War start?",
        "Who was the first president?",
        "Is it true that Rome has hills?",
        "What time is it in Rome?",
        "How long does it take to bake bread?",
        "Did Trump say that he would go?",
        "Do Trump and Putin trust each other when they speak?",
        "No one came to the talks in Riyadh?",
        "My bank closed. Is that legal?",
        "Thanks!",
        "Ok.",
        "Hello",
        "?",
        "…",
    ],
)
def test_what_lacks_nothing_is_left_alone(question: str) -> None:
    """A change of topic borrows nothing, whatever was asked before."""
    for history in (HEGSETH, CALL, TOWER, BRIDGE, CITY):
        rewrite = standalone(question, [turn(*history)])
        assert (rewrite.text, rewrite.changed) == (question, False)


@pytest.mark.parametrize("question", ["What did he say?", "And Article 5?", "Why?", "Who said that?", "the other one"])
def test_a_first_question_is_left_alone(question: str) -> None:
    rewrite = standalone(question, [])
    assert (rewrite.text, rewrite.changed) == (question, False)


def test_white_space_is_no_change() -> None:
    rewrite = standalone("  Who  won\nthe World Cup? ", [turn(*HEGSETH)])
    assert (rewrite.text, rewrite.changed) == ("Who won the World Cup?", False)


def test_follow_ups_upon_follow_ups_do_not_pile_up() -> None:
    turns: tuple[Turn, ...] = ()
    for question in ("What did Hegseth rule out?", "Why?", "When?", "And Article 5?", "Why?", "Who else?", "Why?"):
        turns = (*turns, turn(question, "Hegseth said no.", turns))
    assert turns[-1].answer.standalone_question == "What did Hegseth rule out about Article 5, and why?"


def test_the_last_turn_that_names_someone_counts() -> None:
    """Turns between that name nobody are passed over."""
    assert rewritten("What did she find?", CURIE, ("Is radium dangerous?", ""), ZIP) == "What did Marie Curie find?"
    assert rewritten("What did he say?", CURIE, HEGSETH) == "What did Hegseth say?"


def test_names() -> None:
    assert names_in("What does President Lee’s envoy say of the Ministry of Defence and Article 5?") == [
        "President Lee",
        "Ministry of Defence",
        "Article 5",
    ]
    assert names_in("What Article 5 says") == ["Article 5"]
    assert names_in("The 12 countries") == ["12"]
    assert names_in("Where is Lee’s envoy?") == ["Lee"]
    assert names_in("why? who is it? How many? Articles?") == []


FRAGMENTS = (
    "and|but|why|who|what|about|the other one|the former|he|she|his|they|them|it|that|there|so|else|which|said|did|is|"
    "Trump|NATO|Article 5|the troops|in Kiev|?|.|,| |’s|…|thanks|more|(|)|[|]|\\|\\1|\ud800|\x00|ß|е"
).split("|")


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map(" ".join), st.sampled_from([HEGSETH, CALL, FIRMS, TOWER]))
def test_any_question_is_taken(question: str, history: tuple[str, str]) -> None:
    """Nothing raises, nothing becomes empty, and what is said to be unchanged is."""
    turns = [turn(*history)]
    rewrite = standalone(question, turns)
    assert bool(rewrite.text) == bool(question.split())
    assert rewrite.changed == (rewrite.text != " ".join(question.split()))
    assert standalone(question, turns) == rewrite


def test_long_questions_take_linear_time() -> None:
    for text in (
        "and " * 1_000,
        "he " * 1_300,
        "What about " + "the " * 900,
        "A " * 2_000,
        "which " * 600,
        "(" * 4_000,
    ):
        standalone(text, [turn(text, text), turn(*HEGSETH), turn(text, text)])
