"""A follow-up is searched for in several wordings; a first question in its own."""

from assistant.followups import Rewrite
from assistant.schema import Answer, Refusal, Turn
from assistant.wordings import wordings


def turn(question: str, text: str, refusal: Refusal | None = None) -> Turn:
    return Turn(question, Answer(question, question, text, "extractive", refusal=refusal))


def test_a_first_question_is_searched_for_as_it_is() -> None:
    assert wordings("Who pays?", Rewrite("Who pays?", changed=False), []) == {"Who pays?": 1.0}


def test_a_follow_up_counts_most_as_asked_and_as_rewritten() -> None:
    turns = [turn("Who built the bridge?", "Lee built it."), turn("When?", " ".join(f"w{n}" for n in range(60)))]
    found = wordings("Why?", Rewrite("Who built the bridge, and why?", changed=True), turns)
    assert found == {
        "Who built the bridge, and why?": 1.0,
        "Why?": 1.0,
        "Who built the bridge? Why?": 0.4,
        " ".join(f"w{n}" for n in range(40)) + " Why?": 0.4,
    }


def test_a_refusals_words_lead_nowhere() -> None:
    refused = turn("Who built the bridge?", "The documents do not say.", Refusal("not_supported", "No."))
    assert wordings("Why?", Rewrite("Why?", changed=False), [refused]) == {
        "Why?": 1.0,
        "Who built the bridge? Why?": 0.4,
    }
