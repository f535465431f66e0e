"""An export is checked against the documents as they are now."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import fill

import docx
import pytest
from docx.oxml import OxmlElement

from assistant import Assistant
from assistant.errors import ExportError
from assistant.exports import export, read_export
from assistant.verifying import Verification, verify
from tests.assistant.corpus import BRIDGE, FILES, assistant_over, write


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with (opened := assistant_over(write(tmp_path / "docs"), tmp_path / "index")).index:
        yield opened


def exported(assistant: Assistant, folder: Path, form: str) -> Path:
    talk = assistant.chat()
    for question in ("When was the bridge closed?", "What does the day ticket cost?", "Who is the king of Norway?"):
        talk.ask(question)
    file = folder / f"talk.{form}"
    file.write_bytes(export(talk.conversation, "A talk", form))
    return file


def checked(file: Path, assistant: Assistant) -> Verification:
    return verify(read_export(file), assistant.index, assistant.models)


@pytest.mark.parametrize("form", ["md", "html", "docx", "json"])
def test_what_was_just_exported_holds(form: str, assistant: Assistant, tmp_path: Path) -> None:
    found = checked(exported(assistant, tmp_path, form), assistant)
    assert found.holds
    assert len(found.notes) >= 2
    assert {note.standing and note.standing.state for note in found.notes} == {"unchanged"}
    assert {sentence.verdict for sentence in found.sentences} == {"supported"}


CLOSED = "The harbour bridge was closed on Monday."
STOOD = "“The harbour bridge was closed on Monday.” — "
LIE = "The mayor was shot."
EDITS: dict[str, tuple[str, str]] = {
    "another day in the quote": ("closed on Monday.” —", "closed on Tuesday.” —"),
    "another day in the sentence": (f": {CLOSED}[^1]", ": The harbour bridge was closed on Friday.[^1]"),
    "an empty quote": (STOOD, "“” — "),
    "a part of a sentence": (STOOD, "“closed on Monday.” — "),
    "words before a quote": (f": {CLOSED}[^1]", f": It is false that {CLOSED}[^1]"),
    "a sentence before a quote": (f": {CLOSED}[^1]", f": {LIE} {CLOSED}[^1]"),
    "a sentence behind a quote": (f"{CLOSED}[^1]", f"{CLOSED}[^1] {LIE}"),
    "a paragraph without notes": ("## What does", f"{LIE}\n\n## What does"),
    "another speaker": ("Ada Stone, Harbour Gazette: The harbour", "Pat Lee: The harbour"),
    "another author": (f"{STOOD}Ada Stone", f"{STOOD}Pat Lee"),
    "another date": ("2031-02-12. Source", "1999-01-01. Source"),
    "more in a note": ("2031-02-12. Source", "2031-02-12. The mayor was shot. Source"),
    "a note that is there twice": ("[^1]: “", f"[^1]: “{LIE}” — Lee. Source: a.md, characters 1–20.\n\n[^1]: “"),
    "a cited lie set off": ("## What does", f"> {LIE}[^1]\n\n## What does"),
    "a cited lie in a question": ("## What does", f"## {LIE}[^1]\n\n## What does"),
    "a remark of one's own": (f"{CLOSED}[^1]", f"{CLOSED}[^1] *(and {LIE.lower()})*"),
    "a note of another sentence": (f"{CLOSED}[^1]", f"{CLOSED}[^2]"),
    "a note there is not": (f"{CLOSED}[^1]", f"{CLOSED}[^9]"),
    "a lie behind a quote": (f"{CLOSED}[^1]", f"{CLOSED[:-1]}, a lie.[^1]"),
    "another source beside its own": (
        "Ada Stone, Harbour Gazette: The harbour",
        "Pat Moe, Island Post: The harbour",
    ),
    "words struck out": (f"{CLOSED}[^1]", f"~~{CLOSED}~~[^1]"),
    "words that are no comment": ("bridge was closed", "bridge was <!-- not --> closed"),
    "words turned about": ("was closed", "was \u202eclosed\u202c"),
    "a list behind an aside": ("## What does", f"> Searched for: it\n- {LIE}\n\n## What does"),
    "a heading behind an aside": ("## What does", f"> Searched for: it\n### {LIE}\n\n## What does"),
    "a line no editor knows": (f"{CLOSED}[^1]", f"{CLOSED}[^1]\u2028\u2028> {LIE}"),
    "a remark on what is supported": (f"{CLOSED}[^1]", f"{CLOSED}[^1] *(not supported)*"),
    "words nobody wrote": (f"{CLOSED}[^1]", "The harbour bridge closed on Monday.[^1]"),
    "a very long number": (f"{CLOSED}[^1]", f"{CLOSED}[^{'1' * 5000}]"),
}


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_export_that_was_made_to_mislead_does_not_hold(
    old: str, new: str, assistant: Assistant, tmp_path: Path
) -> None:
    file = exported(assistant, tmp_path, "md")
    text = file.read_text(encoding="utf-8")
    assert old in text, text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert not checked(file, assistant).holds


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "\n\n".join(fill(each, 40, subsequent_indent="  ") for each in text.split("\n\n")),
        lambda text: text.replace("“", '"').replace("”", '"').replace("—", "-"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
    ],
    ids=["wrapped", "straight quotes", "line ends of Windows", "byte order mark"],
)
def test_what_editors_do_by_themselves_changes_nothing(
    edit: Callable[[str], str], assistant: Assistant, tmp_path: Path
) -> None:
    file = exported(assistant, tmp_path, "md")
    file.write_bytes(edit(file.read_text(encoding="utf-8")).encode())
    found = checked(file, assistant)
    assert found.holds, found


PAGES = {
    "a word raised": ("The harbour bridge was closed", "The harbour bridge was <sup>not</sup> closed"),
    "a link in a sentence": ("The harbour bridge was closed", "The harbour bridge was<a> not</a> closed"),
    "a mark that leads elsewhere": ('<a href="#note-1">1</a>', '<a href="#note-2">1</a>'),
    "another element": ("<ol>", f"<div>{LIE}</div><ol>"),
    "a table": ("<ol>", f"<table><tr><td>{LIE}</td></tr></table><ol>"),
    "hidden words": ("bridge was closed", "bridge <span hidden>was</span> closed"),
    "words hidden by style": ("bridge was closed", 'bridge <i style="display:none">was</i> closed'),
    "another style": ("</style>", "p.answer::after{content:' The mayor was shot.'}</style>"),
    "one more style": ("</head>", "<style>p::after{content:'x'}</style></head>"),
    "a box with words": ("<ol>", f'<input value="{LIE}"><ol>'),
    "words turned about": ("bridge was closed", 'bridge <span dir="rtl">was</span> closed'),
    "words struck out": ("bridge was closed", "bridge <s>was</s> closed"),
    "another number for a note": ('value="1"', 'value="2"'),
    "a note twice": ('<li id="note-1"', f'<li id="note-1">{LIE}</li><li id="note-1"'),
}


@pytest.mark.parametrize(("old", "new"), PAGES.values(), ids=PAGES)
def test_what_a_browser_shows_is_what_is_checked(old: str, new: str, assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "html")
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert not checked(file, assistant).holds


def test_a_page_whose_paragraphs_are_not_closed_is_read_all_the_same(assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "html")
    file.write_text(file.read_text(encoding="utf-8").replace("</p>", ""), encoding="utf-8")
    found = checked(file, assistant)
    assert found.holds
    assert found.sentences


def test_what_word_proposes_as_a_change_and_tables_are_checked(assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "docx")
    document = docx.Document(str(file))
    document.save(str(file))
    assert checked(file, assistant).holds
    document.add_table(1, 1).cell(0, 0).text = LIE
    document.save(str(file))
    assert not checked(file, assistant).holds
    file = exported(assistant, tmp_path, "docx")
    document = docx.Document(str(file))
    inserted = OxmlElement("w:ins")
    inserted.append(document.paragraphs[2].add_run(f" {LIE}")._r)
    document.paragraphs[2]._p.append(inserted)
    document.save(str(file))
    assert not checked(file, assistant).holds


def test_the_text_of_json_is_what_is_checked(assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "json")
    told = json.loads(file.read_text(encoding="utf-8"))
    told["answers"][0]["text"] = told["answers"][0]["text"].replace("Monday", "Friday")
    file.write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ExportError, match="sentences are not those of its text"):
        read_export(file)
    told["answers"][0]["text"] = "The mayor was shot."
    told["answers"][0]["sentences"] = []
    file.write_text(json.dumps(told), encoding="utf-8")
    assert not checked(file, assistant).holds


def test_a_renamed_source_is_found_again(assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "md")
    (tmp_path / "docs" / "bridge.md").rename(tmp_path / "docs" / "a, characters 1–2. Source: b.md")
    assistant.sync()
    found = checked(file, assistant)
    assert found.holds
    assert {note.standing and note.standing.state for note in found.notes} >= {"moved"}
    # And a source of any name is told from what stands before it.
    assert checked(exported(assistant, tmp_path, "md"), assistant).holds


@pytest.mark.parametrize("content", ["", "# A title\n\nOnly text.\n", "## Who?\n"])
def test_a_file_that_leads_nowhere_does_not_hold(content: str, tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ExportError, match="no notes"):
        read_export(file)


def test_what_became_of_the_documents_is_told(assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "md")
    bridge = tmp_path / "docs" / "bridge.md"
    bridge.write_text(BRIDGE.replace("## The closure\n", "## The closure\n\nIt was a cold week.\n"))
    assistant.sync()
    assert "moved" in {note.standing and note.standing.state for note in checked(file, assistant).notes}
    assert checked(file, assistant).holds
    bridge.write_text(BRIDGE.replace("closed on Monday", "shut on Monday"))
    assistant.sync()
    assert "changed" in {note.standing and note.standing.state for note in checked(file, assistant).notes}
    for name in FILES:
        (tmp_path / "docs" / name).unlink()
    assistant.sync()
    found = checked(file, assistant)
    assert {note.standing and note.standing.state for note in found.notes} == {"gone"}
    assert not found.holds


def test_a_file_with_other_notes_says_so(assistant: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("# Mine\n\nThe bridge was closed.[^1]\n\n[^1]: Somebody told me.\n")
    found = checked(file, assistant)
    assert [(note.number, note.standing, note.holds) for note in found.notes] == [(1, None, False)]
    assert not found.holds


def test_a_second_mark_does_not_lend_its_speaker(assistant: Assistant, tmp_path: Path) -> None:
    talk = assistant.chat()
    talk.ask("Compare how long each source says that repairs take.")
    file = tmp_path / "talk.md"
    file.write_bytes(export(talk.conversation, "A talk", "md"))
    assert checked(file, assistant).holds
    text = file.read_text(encoding="utf-8")
    lead = "Mayor Lee, reported by Ada Stone, Harbour Gazette (2031-02-12): "
    other = "Island Post (2031-02-13): "
    assert lead in text
    assert other in text
    file.write_text(text.replace(lead, other, 1).replace("weeks.[^1]", "weeks.[^1][^2]", 1), encoding="utf-8")
    assert not checked(file, assistant).holds


@pytest.mark.parametrize("where", ["hidden", "struck out", "header", "separator"])
def test_what_word_hides_or_shows_beside_the_text(where: str, assistant: Assistant, tmp_path: Path) -> None:
    file = exported(assistant, tmp_path, "docx")
    document = docx.Document(str(file))
    (paragraph,) = [each for each in document.paragraphs if "was closed" in each.text]
    run = next(each for each in paragraph.runs if "was closed" in each.text)
    if where == "header":
        document.sections[0].header.paragraphs[0].text = LIE
    elif where == "separator":
        part = next(each.target_part for each in document.part.rels.values() if each.reltype.endswith("/footnotes"))
        part._blob = part.blob.replace(b"<w:separator/>", f"<w:t>{LIE}</w:t>".encode())
    else:
        before, after = run.text.split("was ")
        run.text = before
        hidden, rest = paragraph.add_run("was "), paragraph.add_run(after)
        run._r.addnext(rest._r)
        run._r.addnext(hidden._r)
        hidden.font.hidden, hidden.font.strike = where == "hidden", where == "struck out"
    document.save(str(file))
    assert not checked(file, assistant).holds


def test_a_number_in_brackets_within_a_quote_is_no_mark(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = "Cracks in the harbour bridge were found by Moe [2] in 2029. Rust was found in 2030.\n"
    (tmp_path / "docs" / "paper.txt").write_text(text, encoding="utf-8")
    with (opened := assistant_over(tmp_path / "docs", tmp_path / "index")).index:
        talk = opened.chat()
        assert "Moe [2] in" in talk.ask("Who found cracks in the harbour bridge?").text
        talk.ask("When was rust found?")
        for form in ("md", "html", "docx", "json"):
            file = tmp_path / f"talk.{form}"
            file.write_bytes(export(talk.conversation, "A talk", form))
            assert checked(file, opened).holds, form
