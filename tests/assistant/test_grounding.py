"""Verdicts: what the cited text carries, and what it does not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.answerer import Claim
from assistant.grounding import Grounded, ground
from assistant.refusals import unknown_names
from index import Span
from tests.assistant.corpus import assistant_over, passages_of, write


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("grounding")
    with (opened := assistant_over(write(folder / "docs"), folder / "index")).index:
        yield opened


def grounded(assistant: Assistant, claim: Claim | str) -> Grounded:
    named = (1,) if isinstance(claim, str) and claim.endswith(".") else ()
    claim = Claim(claim, named) if isinstance(claim, str) else claim
    result = ground(claim, passages_of(assistant), vocabulary=assistant.index.vocabulary(), models=assistant.models)
    assert 0 <= result.score <= 1.001
    assert (result.passage is None) == (result.span is None)
    return result


def quoted(result: Grounded) -> str:
    assert result.passage
    assert result.span
    start = result.passage.start
    return result.passage.text[result.span.start - start : result.span.end - start]


# Exact quotes.


def test_every_sentence_of_the_passages_is_supported_exactly(assistant: Assistant) -> None:
    for passage in passages_of(assistant):
        for span in passage.sentences:
            text = passage.text[span.start - passage.start : span.end - passage.start]
            result = grounded(assistant, Claim(text, (passage.number,), (passage, span)))
            assert (result.verdict, result.score, result.span) == ("supported", 1.0, span)
            assert quoted(result) == text


def test_a_quote_that_is_not_there_is_not_supported(assistant: Assistant) -> None:
    passage = passages_of(assistant)[0]
    span = passage.sentences[0]
    text = passage.text[: span.end - span.start]
    for claim in (
        Claim(text.replace("Monday", "Tuesday"), (1,), (passage, span)),
        Claim(text, (1,), (passage, Span(span.start + 1, span.end + 1))),
        Claim(text, (1,), (passage, Span(span.start + 10_000, span.end + 10_000))),
        Claim(text, (1,), (replace(passage, text="Another."), span)),
    ):
        result = grounded(assistant, claim)
        assert (result.verdict, result.score, result.passage) == ("unsupported", 0.0, None)


# Words of its own.


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The harbour bridge was closed on Monday.", "The harbour bridge was closed on Monday."),
        ("On Monday the harbour bridge was closed.", "The harbour bridge was closed on Monday."),
        ("However, the harbour bridge was closed on Monday.", "The harbour bridge was closed on Monday."),
        ("Mayor Lee said repairs would take six weeks.", "Mayor Lee said that repairs would take six weeks."),
        ("Mayor Lee said that repairs would take 6 weeks.", "Mayor Lee said that repairs would take six weeks."),
        ("Engineers did not blame the storm of 2029.", "Engineers did not blame the storm of 2029."),
        ("Cracks were found in 2 pillars of the bridge.", "Cracks were found in two pillars of the bridge."),
    ],
)
def test_what_the_passage_says_is_supported(assistant: Assistant, text: str, quote: str) -> None:
    result = grounded(assistant, text)
    assert result.verdict == "supported"
    assert quoted(result) == quote


@pytest.mark.parametrize(
    "text",
    [
        "Repairs of the harbour bridge would take six weeks according to Lee.",
        "Two pillars of the bridge have cracks.",
        "The closed harbour bridge has cracks in two pillars.",
    ],
)
def test_a_paraphrase_is_supported_or_partly(assistant: Assistant, text: str) -> None:
    assert grounded(assistant, text).verdict in ("supported", "partly")


@pytest.mark.parametrize(
    "text",
    [
        # Another figure.
        "Mayor Lee said that repairs would take 60 weeks.",
        "Mayor Lee said that repairs would take seven weeks.",
        "Cracks were found in 3 pillars of the bridge.",
        "Engineers did not blame the storm of 2028.",
        # Another name.
        "The harbour bridge was closed on Tuesday.",
        "Mayor Smith said that repairs would take six weeks.",
        "Napoleon said that repairs would take six weeks.",
        "The harbour bridge in Atlantis was closed on Monday.",
        # Denied, or no longer denied.
        "The harbour bridge was not closed on Monday.",
        "Cracks were not found in two pillars of the bridge.",
        "No cracks were found in two pillars of the bridge.",
        "Engineers blamed the storm of 2029.",
        "Mayor Lee denied that repairs would take six weeks.",
        # The opposite, another unit, a figure that counts something else.
        "The harbour bridge was opened after the storm and not closed on Monday.",
        "Mayor Lee said that repairs would take six days.",
        "Cracks were found in six pillars of the bridge.",
        # No claim at all.
        "The harbour bridge",
        "Repairs of the harbour bridge on Monday",
        "Was the harbour bridge closed on Monday?",
        # Nothing of it there.
        "Bananas are rich in potassium.",
        "NATO was founded in 1949.",
        "",
        "?!",
        "the of and",
    ],
)
def test_what_the_passage_does_not_say_is_not_supported(assistant: Assistant, text: str) -> None:
    assert grounded(assistant, text).verdict == "unsupported"


def test_what_is_only_expected_is_not_certain(assistant: Assistant) -> None:
    assert grounded(assistant, "Repairs would take nine weeks, engineers told the Island Post.").verdict == "supported"
    assert grounded(assistant, "Repairs take nine weeks, engineers told the Island Post.").verdict == "partly"


def test_a_name_known_from_another_passage_does_not_speak_here(assistant: Assistant) -> None:
    """At the head of a sentence too, where any word has a capital."""
    assert grounded(assistant, Claim("Lee said that cracks were found in two pillars.", (1,))).verdict != "unsupported"
    assert grounded(assistant, Claim("Post said that repairs would take six weeks.", (1,))).verdict == "unsupported"


def test_the_named_passage_is_looked_at_first(assistant: Assistant) -> None:
    """Passages 2 and 4 are those on ferries."""
    for number in (2, 4):
        result = grounded(assistant, Claim("Ferries run every few minutes.", (number,)))
        assert result.passage
        assert result.passage.number == number


@pytest.mark.parametrize("numbers", [(), (99,), (0, -1, 99), (3,)])
def test_a_passage_wrongly_named_or_missing_is_looked_for(assistant: Assistant, numbers: tuple[int, ...]) -> None:
    result = grounded(assistant, Claim("The harbour bridge was closed on Monday.", numbers))
    assert result.verdict == "supported"
    assert result.passage
    assert result.passage.number == 1


def test_without_passages_nothing_is_supported(assistant: Assistant) -> None:
    for claim in (Claim("The bridge was closed.", (1,)),):
        result = ground(claim, [], vocabulary=assistant.index.vocabulary(), models=assistant.models)
        assert result == Grounded(claim, None, None, "unsupported", 0.0)


def test_two_sentences_carry_one_claim_together(assistant: Assistant) -> None:
    result = grounded(
        assistant, "The harbour bridge was closed on Monday and Mayor Lee said repairs would take six weeks."
    )
    assert result.verdict in ("supported", "partly")
    assert quoted(result).startswith("The harbour bridge was closed on Monday. Mayor Lee said")


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=120)
    | st.lists(st.sampled_from("not no Lee the bridge 6 six , . 1,000 closed".split())).map(" ".join)
)
def test_any_claim_gets_a_verdict(assistant: Assistant, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert grounded(assistant, text).verdict in ("supported", "partly", "unsupported")


# Names nobody mentions.


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Did Napoleon cross the bridge?", ["Napoleon"]),
        ("What did Lee tell Napoleon in Waterloo?", ["Napoleon", "Waterloo"]),
        ("What happened to the bridge in 1815?", ["1815"]),
        ("What did Mayor Lee say on Monday?", []),
        ("Napoleon?", []),
        ("Was it closed in 2029?", []),
        ("How many of the 17 boats sail?", []),
        ("IS THE PURPLE ELEPHANT ALLOWED ON THE FERRY?", []),
        ("what does the fy17 usd budget say?", []),
        ("", []),
    ],
)
def test_names_no_document_mentions(assistant: Assistant, question: str, names: list[str]) -> None:
    assert unknown_names(question, assistant.index.vocabulary()) == names


def test_a_denial_of_something_else_does_not_turn_a_claim(assistant: Assistant) -> None:
    text = "Although trade is not their first concern, the two ministers spoke by telephone for nearly 90 minutes."
    passage = replace(passages_of(assistant)[0], text=text, start=0, end=len(text), sentences=(Span(0, len(text)),))

    def verdict(words: str) -> str:
        vocabulary = assistant.index.vocabulary()
        return ground(Claim(words, (1,)), [passage], vocabulary=vocabulary, models=assistant.models).verdict

    assert verdict("The two ministers spoke by telephone for nearly 90 minutes.") != "unsupported"
    assert verdict("The two ministers never spoke by telephone for nearly 90 minutes.") == "unsupported"
