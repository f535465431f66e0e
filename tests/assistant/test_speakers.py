"""Who a quoted sentence is from or about, and how an answer, an export and its check say so."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.exports import export, read_export
from assistant.speakers import People, people_of
from assistant.verifying import verify
from tests.assistant.corpus import assistant_over

STREET = """---
title: The street
author: Ada Stone
publisher: Harbour Gazette
date: 2031-03-01
---
The council met in the old hall on Monday evening.

Mayor Lee wants a quiet street by the harbour. He would close it to lorries at night from May on.

“Nobody asked the drivers about the tolls,” said Rosa Quint.

Quint called Bob Hale in the morning. He was not amused by the noise of the fountain.
"""


@pytest.mark.parametrize(
    ("sentence", "before", "speaker", "person"),
    [
        ("Mayor Lee said that tolls rise.", [], "Mayor Lee", None),
        ("Lee, who opened it, later told the council that it holds.", [], "Lee", None),
        ("“It holds,” Lee added.", [], "Lee", None),
        ("“It holds,” said Dr. Ada Stone, an engineer.", [], "Dr. Ada Stone", None),
        ("According to the paper, it holds.", [], None, None),
        ("According to Rosa Quint, it holds.", [], "Rosa Quint", None),
        ("Experts said that it holds.", [], None, None),
        ("Lee said goodbye.", [], None, None),
        ("He said that it holds.", ["Lee came late."], "Lee", "Lee"),
        ("She said that it holds.", ["It rained."], None, None),
        ("He left.", ["Lee came late.", "He sat down."], None, "Lee"),
        ("She left.", ["Lee came late.", "He sat down."], None, None),
        ("He left.", ["Lee met Rosa Quint."], None, None),
        ("He left.", ["In Ostby, Lee spoke of the tolls in Norway."], None, "Lee"),
        ("She and Lee left.", ["Lee came late."], None, None),
        ("He left.", ["Lee’s Law was repealed."], None, None),
        ("He left.", [], None, None),
        # Anybody else who may be "he" leaves doubt.
        ("He was arrested.", ["Mayor Lee was attacked by a man with a knife."], None, None),
        ("He was arrested.", ["Police questioned a fisherman from Ostby."], None, None),
        ("He had been accused.", ["Lee took over the office from Hale."], None, None),
        ("He became king.", ["Edward was succeeded by his son in 1910."], None, None),
        ("He fell ill.", ["Lee opened the hall.", "He introduced Bob Hale."], None, None),
        ("He left.", ["Buckingham Palace announced it."], None, None),
        ("He said that it would last.", ["Washington has a new secretary of state."], None, None),
        # No words are reported, or nobody's.
        ("Nobody said that tolls rise.", [], None, None),
        ("Had Lee said that tolls would rise, he would have lost.", [], None, None),
        ("Lee wrote a book that sold well.", [], None, None),
        ("“It is safe,” Reuters reported Lee as saying.", [], None, None),
        ("Boeing reported losses that shocked the markets.", [], None, None),
        ("Lee said on Monday at the hall that it holds.", [], "Lee", None),
        ("Lee told the council on Monday that it holds.", [], "Lee", None),
    ],
)
def test_who_speaks_and_who_is_meant(sentence: str, before: list[str], speaker: str | None, person: str | None) -> None:
    assert people_of(sentence, before) == People(speaker, person)


@given(st.text(max_size=300), st.lists(st.text(max_size=100), max_size=3))
def test_any_text_is_read_and_only_its_own_names_are_given(sentence: str, before: list[str]) -> None:
    told = people_of(sentence, before)
    for name in (told.speaker, told.person):
        assert name is None or name in " ".join([*before, sentence])


def test_a_long_sentence_is_read_in_linear_time() -> None:
    for text in (
        "He " + "A’" * 8_000,
        "Lee was " + "A’" * 8_000,
        "Lee said " + "on " * 20_000,
        "A b " * 20_000,
        "Aa " * 40_000,
        "He, " * 20_000,
        "Lee " + "once " * 30_000,
    ):
        people_of(text, [text])
        people_of("He left.", [text])


@pytest.mark.parametrize("form", ["md", "html", "docx", "json"])
def test_names_stand_outside_the_quotes_and_hold_in_an_export(form: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "street.md").write_text(STREET, encoding="utf-8")
    assistant = assistant_over(tmp_path / "docs", tmp_path / "index")
    with assistant.index:
        talk = assistant.chat()
        closed = talk.ask("From when on would the street be closed to lorries at night?")
        assert closed.text == (
            "Ada Stone, Harbour Gazette: [Mayor Lee] He would close it to lorries at night from May on. [1]"
        )
        drivers = talk.ask("What did Rosa Quint say about the drivers?")
        assert drivers.text.startswith("Rosa Quint, reported by Ada Stone, Harbour Gazette: “Nobody asked")
        for answer in (closed, drivers):
            for each in answer.citations:
                assert assistant.index.document(each.document_id).text[each.start : each.end] == each.quote
            assert [answer.text[s.start : s.end] for s in answer.sentences] == [c.quote for c in answer.citations]
        file = tmp_path / f"talk.{form}"
        file.write_bytes(export(talk.conversation, "A talk", form))
        found = verify(read_export(file), assistant.index, assistant.models)
        assert found.holds, found
        if form == "md":
            lied = file.read_text().replace("[Mayor Lee]", "[Rosa Quint]").replace("\\[Mayor Lee", "\\[Rosa Quint")
            assert lied != file.read_text()
            file.write_text(lied)
            assert not verify(read_export(file), assistant.index, assistant.models).holds
