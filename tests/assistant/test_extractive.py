"""Answers made of exact sentences: which ones, in what order, and what never."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.answerer import Claim, Passage
from assistant.extractive import ExtractiveAnswerer
from assistant.relevance import Ranker
from tests.assistant.corpus import BRIDGE, assistant_over, check, passages_of, write


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("extractive")
    with (opened := assistant_over(write(folder / "docs"), folder / "index")).index:
        yield opened


def claims(
    assistant: Assistant,
    question: str,
    passages: list[Passage] | None = None,
    said: tuple[str, ...] = (),
    threshold: float = 0.25,
    max_sentences: int = 4,
) -> list[Claim]:
    answerer = ExtractiveAnswerer(
        Ranker(assistant.index.vocabulary(), assistant.models),
        assistant.models.vectors,
        assistant.index.document,
        threshold=threshold,
        max_sentences=max_sentences,
    )
    return list(answerer.claims(question, passages_of(assistant) if passages is None else passages, said=said))


def texts(found: list[Claim]) -> list[str]:
    return [claim.text for claim in found]


QUESTIONS = (
    "Why was the bridge closed?",
    "How long will the repairs take?",
    "Explain how long the repairs will take.",
    "Compare what each source says about ferries.",
    "Is it valid on every ferry?",
    "What did Mayor Lee say?",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_claims_are_exact_sentences_each_once_in_reading_order(assistant: Assistant, question: str) -> None:
    found = claims(assistant, question)
    passages = {passage.number: passage for passage in passages_of(assistant)}
    assert found
    assert len(found) <= 4
    assert len(set(texts(found))) == len(found)
    places: dict[str, list[int]] = {}
    for claim in found:
        assert claim.quoted
        passage, span = claim.quoted
        document_id = passage.document_id
        (number,) = claim.passages
        assert passages[number] == passage
        assert span in passages[number].sentences
        start = passages[number].start
        assert passages[number].text[span.start - start : span.end - start] == claim.text
        places.setdefault(document_id, []).append(span.start)
    # The sentences of one document stand together and in its order.
    assert [claim.quoted[0].document_id for claim in found if claim.quoted] == [
        id for id, starts in places.items() for _ in starts
    ]
    assert all(starts == sorted(starts) for starts in places.values())


def test_no_sentence_reaches_a_threshold_of_one(assistant: Assistant) -> None:
    for question in QUESTIONS:
        assert claims(assistant, question, threshold=1.0) == []


def test_a_lower_threshold_never_loses_an_answer(assistant: Assistant) -> None:
    """Which sentences are chosen depends on the best one; whether there are any, on the threshold alone."""
    for question in QUESTIONS:
        answered = [bool(claims(assistant, question, threshold=t / 10)) for t in range(11)]
        assert answered == sorted(answered, reverse=True)
        assert answered[0]


def test_there_are_no_more_sentences_than_asked_for(assistant: Assistant) -> None:
    for most in (1, 2, 3, 8):
        found = claims(assistant, "Explain the bridge, the repairs and the ferries.", max_sentences=most, threshold=0.0)
        assert 1 <= len(found) <= max(2, most)


def test_without_passages_there_is_no_answer(assistant: Assistant) -> None:
    assert claims(assistant, "Why?", []) == []
    assert claims(assistant, "Compare each source.", []) == []


def test_a_sentence_that_points_back_is_led_in(assistant: Assistant) -> None:
    assert texts(claims(assistant, "Does it cost 2 euros?")) == [
        "The harbour office introduced a day ticket.",
        "It costs 2 euros and is valid on every ferry.",
    ]


def test_a_question_is_no_answer_however_alike(assistant: Assistant) -> None:
    """BRIDGE itself asks who will pay."""
    assert "Who will pay for the repairs?" in BRIDGE
    for question in ("Who will pay for the repairs?", "Compare who will pay for the repairs in each source."):
        assert all(not text.endswith("?") for text in texts(claims(assistant, question)))
        answer = assistant.ask(question)
        check(answer, assistant)
        assert all(not sentence.text.endswith("?") for sentence in answer.sentences)


@pytest.mark.parametrize(
    "question",
    [
        "Compare how long each source says that repairs take.",
        "Do the sources agree on how long repairs take?",
        "How do the articles differ on how long repairs take?",
    ],
)
def test_a_comparison_takes_one_sentence_of_each_source(assistant: Assistant, question: str) -> None:
    found = claims(assistant, question)
    documents = [claim.quoted[0].document_id for claim in found if claim.quoted]
    assert len(documents) == len(set(documents)) >= 2
    assert {"six weeks" in text or "nine weeks" in text for text in texts(found)[:2]} == {True}


RULES = """# Park

The park opens at eight. Visitors keep to these rules:

- Dogs stay on a lead.
- Fires burn in the stone ring only.
- Bicycles keep to the gravel path

## How to book the hut

Follow these steps to book the hut.

1. Call the warden before noon.
2. Pay the deposit of 20 euros.

The hut sleeps six people.
"""
RULES_SAID = [
    "Visitors keep to these rules:",
    "Dogs stay on a lead.",
    "Fires burn in the stone ring only.",
    "Bicycles keep to the gravel path",
]


def test_a_list_is_quoted_as_a_whole_and_an_item_with_what_leads_into_it(tmp_path: Path) -> None:
    with (park := assistant_over(write(tmp_path / "docs", {"park.md": RULES}), tmp_path / "index")).index:
        assert texts(claims(park, "Which rules do visitors keep to?")) == RULES_SAID
        assert texts(claims(park, "Where do fires burn in the stone ring?")) == [RULES_SAID[0], RULES_SAID[2]]
        steps = texts(claims(park, "What are the steps to book the hut?"))
        assert steps[:2] == ["Follow these steps to book the hut.", "Call the warden before noon."]
        assert "The hut sleeps six people." not in steps


GUIDE = """# Guide

The harbour has three dangers, which follow one by one:

## Storms from the west

They come in autumn.

## Rust on the pillars

It eats the iron.

## Ice in the channel

It comes in spring.

## See also

Other guides.

## Fees

The fees in this picture are those of 2031:

## Contact

Write to the office.

## Opening hours

From eight to five.
"""


def test_headings_that_a_sentence_leads_into_are_quoted_as_the_list_they_are(tmp_path: Path) -> None:
    with (guide := assistant_over(write(tmp_path / "docs", {"guide.md": GUIDE}), tmp_path / "index")).index as index:
        answer = guide.ask("Which dangers does the harbour have?")
        said = [citation.quote for citation in answer.citations]
        assert said == [
            "The harbour has three dangers, which follow one by one:",
            "Storms from the west",
            "Rust on the pillars",
            "Ice in the channel",
        ]
        for each in answer.citations:
            assert index.document(each.document_id).text[each.start : each.end] == each.quote
        # Those beside its own section are of none.
        fees = guide.ask("Which fees are in this picture?")
        assert "Contact" not in [citation.quote for citation in fees.citations]


def test_a_list_that_a_sentence_does_not_speak_of_is_not_its_own(tmp_path: Path) -> None:
    text = "The causes of the closure are rust and storms.\n\n- Subscribe to our letter.\n- Share this on the net.\n"
    with (park := assistant_over(write(tmp_path / "docs", {"park.md": text}), tmp_path / "index")).index:
        said = texts(claims(park, "What are the causes of the closure?"))
        assert said == ["The causes of the closure are rust and storms."]


def test_what_was_said_before_comes_later_where_more_is_asked_for(assistant: Assistant) -> None:
    question = "How long will the repairs take?"
    first, *_ = texts(claims(assistant, question))
    assert texts(claims(assistant, question, said=(first,)))[0] == first
    question = "How long else will the repairs take?"
    second, *_ = texts(claims(assistant, question, said=(first,)))
    assert {"six weeks" in first, "six weeks" in second} == {True, False}
    # Rather the same again than none.
    everything = tuple(p.text[s.start - p.start : s.end - p.start] for p in passages_of(assistant) for s in p.sentences)
    assert texts(claims(assistant, question, said=everything))


def test_a_copy_in_another_document_is_quoted_once(tmp_path: Path) -> None:
    text = "# {}\n\nThe blue boat sails at noon.\n"
    files = {f"{name}.md": text.format(name) for name in ("one", "two", "three")}
    with (copies := assistant_over(write(tmp_path / "docs", files), tmp_path / "index")).index:
        assert texts(claims(copies, "When does the blue boat sail?")) == ["The blue boat sails at noon."]


def test_furniture_is_never_cited(tmp_path: Path) -> None:
    """Advertisements and hashtags are shown with the text, and no answer stands on them."""
    notes = (
        "Harbour news\n\nThe mayor opened the new pier on Friday.\n\nAdvertisement\n\n"
        "Subscribe to our newsletter about the pier!\n\nThe pier is 80 metres long.\n\n#pier #mayor #newsletter\n"
    )
    with (messy := assistant_over(write(tmp_path / "docs", {"news.txt": notes}), tmp_path / "index")).index:
        for question in ("Who opened the pier?", "Which newsletter about the pier is there?", "How long is the pier?"):
            answer = messy.ask(question)
            check(answer, messy)
            shown = [*answer.citations, *(answer.refusal.nearest if answer.refusal else ())]
            assert shown
            for citation in shown:
                assert "Subscribe" not in citation.quote
                assert "Advertisement" not in citation.quote
                assert "#" not in citation.quote
        answer = messy.ask("How long is the pier?")
        assert [citation.quote for citation in answer.citations] == ["The pier is 80 metres long."]
        (document,) = (messy.index.document(info.id) for info in messy.index.documents())
        assert "Subscribe to our newsletter" in document.text


def test_each_source_is_named_before_its_words(assistant: Assistant) -> None:
    answer = assistant.ask("Compare how long each source says that repairs take.")
    check(answer, assistant)
    assert answer.text == (
        "Mayor Lee, reported by Ada Stone, Harbour Gazette (2031-02-12): "
        "Mayor Lee said that repairs would take six weeks. [1]\n\n"
        "Island Post (2031-02-13): Repairs of the bridge would take nine weeks, engineers told the Island Post. [2]"
    )


def test_a_source_is_named_once_for_a_run_of_its_sentences(assistant: Assistant) -> None:
    answer = assistant.ask("Does it cost 2 euros?")
    check(answer, assistant)
    assert answer.text == (
        "Ada Stone, Harbour Gazette: The harbour office introduced a day ticket. [1] "
        "It costs 2 euros and is valid on every ferry. [2]"
    )


def test_quotes_are_supported_in_full(assistant: Assistant) -> None:
    for question in QUESTIONS:
        answer = assistant.ask(question)
        assert all((s.verdict, s.score) == ("supported", 1.0) for s in answer.sentences)
        quotes = {citation.number: citation.quote for citation in answer.citations}
        assert all(quotes[sentence.citations[0]] == sentence.text for sentence in answer.sentences)
