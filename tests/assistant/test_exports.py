"""Exports: what is written is read back as it was, in every format, whatever stands in it."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import ExportError
from assistant.exports import FORMATS, export, markdown, notes, page, read_export, word
from assistant.exports.script import Block, Mark, Remark, Script, script_of
from assistant.schema import Answer, AnswerSentence, Citation, Conversation, Refusal, Turn

HOSTILE = "”“ — [^1] *(partly supported)* <script>alert(1)</script> &amp; # | \\ 1. `x` ](http://a)"
SOURCES = st.text(string.printable + "”— “", min_size=1, max_size=20).map(str.strip).filter(bool)
TEXTS = st.one_of(st.text(max_size=60), st.sampled_from([HOSTILE, "One\ntwo", "“Q” — A. Source: b, characters 1–2."]))


def citation(number: int, quote: str, *, start: int = 5, source: str = "a/b.md") -> Citation:
    return Citation(number, "d", "A “title”", "Lee", None, "2025-02-14", source, None, start, start + len(quote), quote)


def answered(question: str, *sentences: tuple[str, Citation, str]) -> Answer:
    text, told = "Lee: ", []
    for words, cited, verdict in sentences:
        start = len(text)
        text += f"{words} [{cited.number}] "
        told.append(AnswerSentence(words, start, start + len(words), (cited.number,), verdict, 0.7))  # type: ignore[arg-type]
    return Answer(question, question, text.rstrip(), "extractive", tuple(told), tuple(c for _, c, _ in sentences))


@given(quote=TEXTS, source=SOURCES, start=st.integers(0, 10**6))
def test_a_note_is_read_back_whatever_it_quotes(quote: str, source: str, start: int) -> None:
    cited = citation(1, quote, start=start, source=source)
    found = notes.read(notes.written(cited))
    assert found
    assert notes.alike(quote) in {each.strip() for each in found.quotes}
    assert notes.alike(source) in {each.strip() for each in found.sources}
    assert (found.start, found.end) == (start, start + len(quote))
    assert found.said == notes.alike(notes.written(cited))


@given(st.text(max_size=80))
def test_what_is_no_note_is_none(text: str) -> None:
    assert notes.read(text) is None


@given(TEXTS)
def test_editors_change_nothing_of_a_note_that_counts(quote: str) -> None:
    note = notes.written(citation(1, quote))
    wrapped = note.replace(" ", "\n    ").replace("“", '"').replace("”", '"').replace("—", "–")
    assert notes.read(wrapped) == notes.read(note)


OTHER = citation(2, "B")
SCRIPTS = st.builds(
    lambda title, question, words, remark, quote: script_of(
        Conversation(
            (
                Turn(question, answered(question, (words, citation(1, quote), remark), ("Two.", OTHER, "supported"))),
                Turn("Why?", answered("Why?", ("Again.", citation(1, quote), "supported"))),
            )
        ),
        title,
    ),
    TEXTS, TEXTS, TEXTS, st.sampled_from(["supported", "partly"]), TEXTS,
)  # fmt: skip


def plain(script: Script) -> list[tuple[str, str, list[str]]]:
    """What a reader sees of each paragraph: its words, and the notes it leads to."""
    found: list[tuple[str, str, list[str]]] = []
    for block in script.blocks:
        words = [part.text if isinstance(part, Remark) else part for part in block.parts if not isinstance(part, Mark)]
        marks = [script.notes[part.number] for part in block.parts if isinstance(part, Mark)]
        found.append((block.kind, " ".join(" ".join(words).split()), marks))
    return found


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(SCRIPTS)
def test_markdown_and_pages_are_read_back(script: Script) -> None:
    for form in (markdown, page):
        found = form.read(form.write(script))
        assert [each for each in plain(found) if each[1] or each[2]] == [
            each for each in plain(script) if each[1] or each[2]
        ]


def test_word_documents_have_footnotes_and_are_read_back() -> None:
    script = script_of(
        Conversation((Turn("Who?", answered("Who?", (HOSTILE, citation(1, HOSTILE), "partly"))),)), "A title"
    )
    found = word.read(word.write(script))
    assert found.title == "A title"
    assert plain(found) == plain(script)
    assert word.write(script)[:2] == b"PK"


def test_a_place_cited_twice_has_one_number_and_an_answer_keeps_its_lead() -> None:
    again = Conversation(tuple(Turn(q, answered(q, ("Yes.", citation(1, "Yes."), "supported"))) for q in ("A?", "B?")))
    script = script_of(again, "T")
    assert list(script.notes) == [1]
    assert [b.parts for b in script.blocks if b.kind == "answer"] == [("Lee: Yes.", Mark(1))] * 2


def test_a_refusal_shows_its_nearest_passages_and_an_aside_what_was_searched() -> None:
    refused = Answer("And it?", "And the bridge?", "The documents don’t say.", "extractive",
                     refusal=Refusal("not_supported", "The documents don’t say.", (citation(1, "Near."),)))  # fmt: skip
    script = script_of(Conversation((Turn("And it?", refused),)), "T")
    assert next(b for b in script.blocks if b.kind == "aside") == Block("aside", ("Searched for: And the bridge?",))
    assert Block("answer", ("“Near.”", Mark(1))) in script.blocks


def test_a_page_asks_for_nothing_and_runs_nothing() -> None:
    script = script_of(
        Conversation((Turn(HOSTILE, answered(HOSTILE, (HOSTILE, citation(1, HOSTILE), "partly"))),)), HOSTILE
    )
    written = page.write(script)
    assert "<script" not in written
    assert "default-src 'none'" in written


def test_json_tells_every_answer_as_interfaces_do(tmp_path: Path) -> None:
    conversation = Conversation((Turn("Who?", answered("Who?", ("Lee.", citation(1, "Lee."), "supported"))),))
    file = tmp_path / "talk.json"
    file.write_bytes(export(conversation, "Talk", "json"))
    told = json.loads(file.read_bytes())
    assert [Answer.from_dict(each) for each in told["answers"]] == [conversation.turns[0].answer]
    assert plain(read_export(file)) == plain(script_of(conversation, "Talk"))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{", b'{"answers": [1]}', b"PK\x03\x04", b"[[[[" * 5000])
def test_a_file_that_is_no_export_is_read_or_named(form: str, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"x.{form}"
    file.write_bytes(content)
    told = ""
    try:
        read_export(file)
    except ExportError as error:
        told = str(error)
    assert "\n" not in told


def test_formats_there_are_not_are_named(tmp_path: Path) -> None:
    for name in ("x.pdf", "x"):
        (tmp_path / name).write_text("x")
        with pytest.raises(ExportError, match="md, html, docx, json"):
            read_export(tmp_path / name)
    with pytest.raises(ExportError, match="cannot be read"):
        read_export(tmp_path / "none.md")
