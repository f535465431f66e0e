"""The generative answerer, with a scripted model and with a real one."""

import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answerer import Claim
from assistant.errors import LLMError, translated
from assistant.generative import GenerativeAnswerer, parse, streamed
from assistant.llm import Piece, count_tokens
from assistant.providers import open_llm
from tests.assistant.scripted import BRIDGE, FERRIES, KEY, Scripted, answerer, passage
from tests.llm_server import CONTEXT_TOKENS, MODEL


def said(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.text, claim.passages) for claim in streamed([Piece(text)])]


# Sentences, and the numbers they name.


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("It rained [1]. Then it stopped [2].", [("It rained.", (1,)), ("Then it stopped.", (2,))]),
        ("It rained. [1] Then it stopped. [2]", [("It rained.", (1,)), ("Then it stopped.", (2,))]),
        ("It rained.[1][2] Then it stopped.[3]", [("It rained.", (1, 2)), ("Then it stopped.", (3,))]),
        ("It rained.[1]Then it stopped.", [("It rained.", (1,)), ("Then it stopped.", ())]),
        ("It rained [1, 3; 4-6].", [("It rained.", (1, 3, 4, 5, 6))]),
        ("It rained 【1】. It poured 【2†source】.", [("It rained.", (1,)), ("It poured.", (2,))]),
        ("It rained [Passage 1]. It poured (passage 2).", [("It rained.", (1,)), ("It poured.", (2,))]),
        ("It rained. (1)\nIt poured. (2)", [("It rained.", (1,)), ("It poured.", (2,))]),
        ("It rained [^1] and [[2]](x) poured [1].", [("It rained and poured.", (1, 2))]),
        ("[1] It rained. [2] It poured.", [("It rained.", (1,)), ("It poured.", (2,))]),
        ("It rained.\n\n[2]", [("It rained.", (2,))]),
        ("It rained in the U.S. [1] It was 3.5 mm. [2]", [("It rained in the U.S.", (1,)), ("It was 3.5 mm.", (2,))]),
        # What only looks like a mark stays.
        ("Article 5 (1) and the year [2025] stay [sic].", [("Article 5 (1) and the year [2025] stay [sic].", ())]),
        # Markup goes, words stay.
        ("## Answer\n- **One** *two* __three__ _four_ `five`. [1]", [("One two three four five.", (1,))]),
        ("1. One is [a link](http://x.y/z_(1)).\n2. Two ![pic](http://x.y).", [("One is a link.", ()), ("Two .", ())]),
        ("<p>A <b>bold</b> word.</p><p>Another<br/>one.</p>", [("A bold word.", ()), ("Another one.", ())]),
        ("A <<b>script>alert(1)</script> word.", [("A alert(1) word.", ())]),
        (
            "3 * 4 is 12, 2**8 is 256, a_b_c is a name, p < 0.05.",
            [("3 * 4 is 12, 2**8 is 256, a_b_c is a name, p < 0.05.", ())],
        ),
        ("**It rained. Then it stopped.** [1]", [("It rained.", ()), ("Then it stopped.", (1,))]),
        ("They met on\n3. May was warm.", [("They met on 3.", ()), ("May was warm.", ())]),
        ("<think>Rain. Or not?</think>\nAnswer: It rained. [1]", [("It rained.", (1,))]),
        ("```text\nIt rained.\n```\n---\n> It poured.", [("It rained.", ()), ("It poured.", ())]),
        ("Six weeks", [("Six weeks", ())]),
    ],
)
def test_sentences_marks_and_markup(text: str, claims: list[tuple[str, tuple[int, ...]]]) -> None:
    assert said(text) == claims


@pytest.mark.parametrize(
    "text", ["NO ANSWER", "No answer.", "**NO ANSWER** [1]", "NO ANSWER. They do not say.", "\n«no answer»"]
)
def test_no_answer_yields_nothing(text: str) -> None:
    assert said(text) == []


def test_a_sentence_about_no_answer_is_a_sentence() -> None:
    assert said("No answer was given by the mayor. [1]") == [("No answer was given by the mayor.", (1,))]


def test_sentences_before_a_refusal_stay_and_those_after_it_go() -> None:
    assert said("It rained. [1] NO ANSWER. It poured. [2]") == [("It rained.", (1,))]


SCRAPS = (
    "It rained|Dr. Lee left the U.S. in May|NO|ANSWER|.|.|!| | |\n|\n\n|[1]| [2, 3]|【1】|(1)|- |1. |2. "
    "|## |**|*|_|`|<b>|</b>|<br>|<|[|](|)|[a b](u v)|<think>|</think>|»"
)
ANSWERS = st.lists(st.sampled_from(SCRAPS.split("|")), max_size=30).map("".join)


@settings(deadline=None)
@given(st.one_of(ANSWERS, st.text(max_size=60)), st.data())
def test_claims_do_not_depend_on_how_the_stream_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [Piece(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    def outcome(pieces: Sequence[Piece]) -> list[Claim] | str:
        try:
            return list(streamed(pieces))
        except LLMError as error:
            return str(error)

    assert outcome(pieces) == outcome([Piece(text)]) == outcome([Piece(character) for character in text])


SENTENCES = ("It rained", "Dr. Lee left the U.S. in May", "It was 3.5 mm (1)", "«Why?», she asked", "**Six** weeks")
ENDINGS = (".", " [1].", ". [2]", ".[1][3]", "!", ".**", " [1, 2].\n", ".\n\n")


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SENTENCES), st.sampled_from(ENDINGS)), min_size=1, max_size=9))
def test_streaming_gives_what_reading_the_whole_text_gives(parts: list[tuple[str, str]]) -> None:
    text = " ".join(sentence + ending for sentence, ending in parts)
    assert list(streamed([Piece(text)])) == parse(text)


def test_degenerate_text_is_read_in_linear_time() -> None:
    started = time.monotonic()
    for scrap in (". ", "[ ", "<a>. ", "a. *b ", "[a](b. ", "<think> a. ", "- a\n", "(passage 1 and "):
        with suppress(LLMError):
            list(streamed([Piece(scrap * 4_000)]))
    assert time.monotonic() - started < 20


@settings(deadline=None)
@given(st.one_of(ANSWERS, st.text(max_size=60)))
def test_every_claim_says_something_in_one_line(text: str) -> None:
    for claim in parse(text):
        assert any(map(str.isalnum, claim.text))
        assert claim.text == " ".join(claim.text.split())
        assert len(set(claim.passages)) == len(claim.passages)


def test_a_sentence_is_given_before_the_next_one_is_written() -> None:
    llm = Scripted(["It rained.", " [1] Then", " it", " stopped", "."])
    claims = answerer(llm).claims("Did it rain?", [BRIDGE])
    assert next(claims) == Claim("It rained.", (1,))
    assert llm.said == 3
    assert [claim.text for claim in claims] == ["Then it stopped."]


def test_closing_the_answer_closes_the_stream() -> None:
    llm = Scripted(["One. ", "Two. ", "Three. "] * 9)
    claims = answerer(llm).claims("?", [BRIDGE])
    next(claims)
    assert not llm.closed
    claims.close()  # type: ignore[attr-defined]
    assert llm.closed


def test_at_most_six_sentences_and_the_rest_is_not_asked_for() -> None:
    llm = Scripted([f"Number {n} came. " for n in range(100)])
    assert len(list(answerer(llm).claims("?", [BRIDGE]))) == 6
    assert llm.said < 10
    assert llm.closed


def test_repeated_sentences_are_dropped_and_end_a_loop() -> None:
    llm = Scripted(["It rained. [1] ", "**It rained!** "] * 50)
    assert list(answerer(llm).claims("?", [BRIDGE])) == [Claim("It rained.", (1,))]
    assert llm.said < 10


def test_an_endless_sentence_is_stopped() -> None:
    llm = Scripted(["over and "] * 100_000)
    with pytest.raises(LLMError, match="raise the answer tokens"):
        list(answerer(llm).claims("?", [BRIDGE]))
    assert llm.said < 1_000


def test_an_unfinished_last_sentence_is_dropped_only_where_the_model_was_cut_off() -> None:
    assert [c.text for c in answerer(Scripted(["One. Two and"], reason="length")).claims("?", [BRIDGE])] == ["One."]
    assert [c.text for c in answerer(Scripted(["One. Two."], reason="length")).claims("?", [BRIDGE])] == [
        "One.",
        "Two.",
    ]
    assert [c.text for c in answerer(Scripted(["One. Two and"], reason="stop")).claims("?", [BRIDGE])] == [
        "One.",
        "Two and",
    ]


@pytest.mark.parametrize(("text", "retryable"), [("", True), ("<think>Hm", True), ("[1]", True)])
def test_silence_is_an_error_and_not_a_refusal(text: str, retryable: bool) -> None:
    with pytest.raises(LLMError) as caught:
        list(answerer(Scripted([text])).claims("?", [BRIDGE]))
    assert caught.value.retryable is retryable


def test_without_passages_the_model_is_not_asked() -> None:
    llm = Scripted(["It rained."])
    assert list(answerer(llm).claims("?", [])) == []
    assert llm.said == 0


def test_a_passage_too_long_gives_way_to_a_shorter_one() -> None:
    llm = Scripted(["Yes."])
    passages = [passage(1, "word " * 5_000), FERRIES]
    assert list(answerer(llm, context_tokens=2048).claims("?", passages)) == [Claim("Yes.")]
    assert 'number="2"' in llm.prompt
    assert 'number="1"' not in llm.prompt
    assert count_tokens(llm.prompt) * 1.25 + 512 <= 2048


def test_a_context_too_small_for_one_passage_names_the_fix() -> None:
    with pytest.raises(
        LLMError, match=r"has 600 context tokens .* needs about \d+: raise the context tokens"
    ) as caught:
        list(answerer(Scripted(["Yes."]), context_tokens=600).claims("?", [BRIDGE]))
    assert not caught.value.retryable


def test_errors_of_any_library_become_ours() -> None:
    for error in (
        ValueError("x"),
        KeyError("x"),
        RuntimeError(f"key {KEY}"),
        ConnectionResetError("x"),
        UnicodeError(),
    ):
        with pytest.raises(LLMError) as caught:
            list(answerer(Scripted(["Whole. Part"], error)).claims("?", [BRIDGE]))
        assert KEY not in str(caught.value)
    ours = LLMError("as it is", retryable=True)
    assert translated(ours) is ours


# A real model.


@pytest.mark.llm
@pytest.mark.parametrize("question", ["How long will the repairs take?", "Who designed the library?"])
def test_a_real_model_answers_or_says_that_it_cannot(llm_url: str, question: str) -> None:
    llm = open_llm(llm_url, MODEL, None, timeout_s=60, max_tokens=120, context_tokens=CONTEXT_TOKENS)
    # Neither a sentence nor a refusal would be an LLMError.
    for claim in GenerativeAnswerer(llm, MODEL, context_tokens=CONTEXT_TOKENS).claims(question, [BRIDGE, FERRIES]):
        assert any(map(str.isalnum, claim.text))


@pytest.mark.llm
def test_a_real_model_answers_the_next_question_after_a_cancelled_one(llm_url: str) -> None:
    llm = open_llm(llm_url, MODEL, None, timeout_s=60, max_tokens=100, context_tokens=CONTEXT_TOKENS)
    model = GenerativeAnswerer(llm, MODEL, context_tokens=CONTEXT_TOKENS)
    for _ in range(4):
        claims = model.claims("How long will the repairs take?", [BRIDGE, FERRIES])
        assert next(claims).text
        claims.close()  # type: ignore[attr-defined]
    assert list(model.claims("How long will the repairs take?", [BRIDGE, FERRIES]))


@pytest.mark.llm
def test_a_real_model_with_more_than_it_can_read_is_an_error_with_a_fix(llm_url: str) -> None:
    llm = open_llm(llm_url, MODEL, None, timeout_s=60, max_tokens=50, context_tokens=100_000)
    passages = [passage(n, "The bridge was closed on Monday. " * 40) for n in range(1, 60)]
    with pytest.raises(LLMError, match="lower the context tokens") as caught:
        list(GenerativeAnswerer(llm, MODEL, context_tokens=100_000).claims("Why?", passages))
    assert not caught.value.retryable


def test_what_small_models_repeat_of_their_prompt_is_no_part_of_an_answer() -> None:
    text = 'Answer: It rained. [1]\n<passage number="3" title="Rain › Then\nAnswer: It stopped. [2]\n</passage>'
    assert [claim.text for claim in parse(text)] == ["It rained.", "It stopped."]
