"""The page's markup: what comes from documents, questions and file names is shown, never obeyed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from assistant.errors import ConversationNotFound
from assistant.following import Following
from assistant.schema import (
    Answer,
    AnswerSentence,
    Citation,
    Conversation,
    Delta,
    Event,
    Finished,
    Refusal,
    Retrieved,
    Rewritten,
    Searching,
    Sentence,
)
from assistant.settings import load_settings
from assistant.web.answer import Draft, turn_markup, with_footnotes
from assistant.web.chat import Talk, steps, stopped, transcript_markup, welcome
from assistant.web.library import indexing, list_documents, progress_markup, report_markup
from assistant.web.render import element, shortened, text
from assistant.web.source import REACH, cited_source, running_text, source_markup, window_of
from assistant.web.wiring.clicks import clicked_citation, clicked_question
from index import (
    Block,
    CitebackError,
    Document,
    DocumentInfo,
    DocumentNotFound,
    Failure,
    Page,
    Progress,
    Span,
    SyncReport,
)

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "</script><script>alert(1)</script>",
    '" onclick="alert(1)" \'',
    "${alert(1)} {{constructor}} `x`",
)
TAGS = {"article", "blockquote", "button", "cite", "div", "h2", "h3", "h4", "h5", "header", "li", "mark", "nav", "ol"}
TAGS |= {"details", "input", "p", "progress", "q", "section", "span", "summary", "ul"}
TEXT = "Heading\n\nThe wall fell in 1989. It had stood for 28 years.\n\nAdvertisement"
WALL = Document(
    id="wall",
    text=TEXT,
    title="The Wall",
    source="wall.md",
    author="Jane Roe",
    date="1999",
    blocks=(Block(0, 7, "heading", 1), Block(9, 58, "paragraph"), Block(60, 73, "furniture")),
)
QUOTE = "The wall fell in 1989."


class Parsed(HTMLParser):
    """What a browser makes of markup: tags, attributes, all text, and the text inside `<mark>`."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.marked = ""
        self.open: list[str] = []
        self.feed(str(markup))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data if "mark" in self.open else ""


class Shelf:
    """Stands for `assistant.index`."""

    def __init__(self, *documents: Document) -> None:
        self.shelf = {document.id: document for document in documents}

    def document(self, document_id: str) -> Document:
        if document_id not in self.shelf:
            raise DocumentNotFound(f"no document {document_id!r}")
        return self.shelf[document_id]

    def documents(self) -> list[DocumentInfo]:
        return list(self.infos(self.shelf).values())

    def counts(self) -> tuple[int, int]:
        return len(self.shelf), len(self.shelf)

    def infos(self, ids: Iterable[str]) -> dict[str, DocumentInfo]:
        return {
            one.id: DocumentInfo(
                id=one.id,
                title=one.title,
                source=one.source,
                author=one.author,
                publisher=one.publisher,
                date=one.date,
                characters=len(one.text),
            )
            for one in (self.shelf[each] for each in ids if each in self.shelf)
        }


class Scripted:
    """An assistant that says what it was told to."""

    folder = None
    settings = load_settings()

    def __init__(self, *documents: Document, events: tuple[Event, ...] = (), error: Exception | None = None) -> None:
        self.index = Shelf(*documents)
        self.events = events
        self.error = error

    def chat(self, conversation: str | None = None, *, keep: bool = False) -> "ScriptedChat":
        return ScriptedChat(self, conversation)

    @property
    def history(self) -> "Scripted":
        return self

    def append(self, answer: Answer, conversation: str | None) -> str:
        return "kept"

    def further(self, answer: Answer, found: object, n: int) -> list[str]:
        return [f"What about the rest of {document.title}?" for document in self.index.documents()][:n]

    def suggestions(self, n: int) -> list[str]:
        return [f"What about {document.title}?" for document in self.index.documents()][:n]


class ScriptedChat:
    """A conversation with it, and the questions that were asked."""

    asked: ClassVar[list[tuple[str, object, object]]] = []

    def __init__(self, assistant: Scripted, conversation: str | None) -> None:
        if conversation == "gone":
            raise ConversationNotFound("there is no conversation 'gone'")
        self.assistant = assistant
        self.id = conversation
        self.not_kept = ""
        self.conversation = Conversation().plus(answer("First?")) if conversation == "kept" else Conversation()

    def stream(self, question: str, *, where: object = None, standalone: object = None) -> Iterator[Event]:
        self.asked.append((question, where, standalone))
        for event in self.assistant.events:
            if isinstance(event, Finished):
                self.conversation, self.id = self.conversation.plus(event.answer), self.id or "new"
            yield event
        if self.assistant.error:
            raise self.assistant.error


def scripted(*documents: Document, **told: Any) -> Any:
    return cast(Any, Scripted(*documents, **told))


def citation(number: int = 1, *, quote: str = QUOTE, title: str = "The Wall", start: int = 9) -> Citation:
    return Citation(
        number, "wall", title, "Jane Roe", None, "1999", "wall.md", 3, start, start + len(quote), quote, "page 3"
    )


def answer(question: str = "When?", said: str = QUOTE, *, by: str = "extractive") -> Answer:
    prefix = "Jane Roe writes: "
    sentence = AnswerSentence(said, len(prefix), len(prefix) + len(said), (1,), "supported", 0.9)
    return Answer(question, question, f"{prefix}{said} [1]", by, (sentence,), (citation(quote=said),))


def refusal(message: str = "Nobody says.") -> Answer:
    why = Refusal("not_supported", message, (citation(1), citation(2)))
    return Answer("Who?", "Who built it?", message, "extractive", refusal=why)


@given(st.text(st.characters(codec=None)))
def test_text_shows_its_characters_and_makes_no_markup(value: str) -> None:
    parsed = Parsed(element("p", value, title=value))
    expected = "".join("\ufffd" if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in value)
    assert parsed.tags == ["p"]
    assert parsed.text == expected
    assert parsed.attributes == [("title", expected)]


@pytest.mark.parametrize("attribute", ["href", "src", "onclick", "style", "formaction"])
def test_attributes_that_carry_code_or_addresses_are_refused(attribute: str) -> None:
    with pytest.raises(ValueError, match=attribute):
        element("a", "here", **{attribute: "javascript:alert(1)"})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_panel_obeys_what_it_shows(hostile: str) -> None:
    document = Document("wall", f"{hostile} {QUOTE}", hostile, hostile, hostile, hostile, hostile)
    failed = SyncReport(added=(hostile,), failed=(Failure(hostile, hostile),))
    panels = (
        turn_markup(Draft(answer(hostile, hostile, by=hostile), doing=hostile), 0),
        turn_markup(Draft(refusal(hostile), doing=""), 0),
        source_markup(document, Span(0, len(hostile))),
        cited_source(scripted(), citation(title=hostile, quote=hostile), opened="0-1"),
        list_documents(scripted(document)),
        welcome(scripted(document)),
        report_markup(failed),
        progress_markup({"read": Progress("read", 1, 2, hostile)}),
        *(
            step.transcript
            for step in steps(scripted(error=CitebackError(hostile)), Talk(), hostile)
            if step.transcript
        ),
    )
    for panel in panels:
        parsed = Parsed(panel)
        assert set(parsed.tags) <= TAGS
        assert hostile in parsed.text
        assert not [name for name, _ in parsed.attributes if name.startswith("on") or name in {"href", "src", "style"}]


@st.composite
def marked_documents(draw: st.DrawFn) -> tuple[Document, Span]:
    written = draw(st.text("ab \n\r<&", min_size=1, max_size=80))
    edges = sorted(draw(st.sets(st.integers(0, len(written)), max_size=8)))
    blocks = [Block(start, end, "heading", 2) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    pages = [Page(n, start, end) for n, (start, end) in enumerate(pairwise(edges), 1)]
    start, end = sorted(draw(st.tuples(st.integers(0, len(written)), st.integers(0, len(written)))))
    return Document("d", written, "T", "t", blocks=tuple(blocks), pages=tuple(pages)), Span(start, end)


@given(marked_documents())
def test_the_mark_holds_exactly_the_cited_characters(case: tuple[Document, Span]) -> None:
    document, span = case
    parsed = Parsed(running_text(document, Span(0, len(document.text)), span))
    assert parsed.text == document.text
    assert parsed.marked == span.of(document.text)
    assert parsed.tags.count("mark") == (1 if span.start < span.end else 0)


def test_headings_and_furniture_are_styled_as_such() -> None:
    parsed = Parsed(running_text(WALL, Span(0, len(TEXT)), Span(9, 31)))
    assert ("aria-level", "3") in parsed.attributes
    assert parsed.marked == QUOTE
    assert [value for name, value in parsed.attributes if name == "class"] == [
        "cb-heading",
        "cb-between",
        "cb-paragraph",
        "cb-paragraph",
        "cb-between",
        "cb-furniture",
    ]


@pytest.mark.parametrize("start", [0, 60_000, 199_000])
def test_a_long_document_is_shown_around_the_mark(start: int) -> None:
    document = Document("d", "word line\n" * 20_000, "T", "t")
    mark = Span(start, start + 500)
    window = window_of(document.text, mark)
    assert window.start <= mark.start
    assert mark.end <= window.end
    assert window.end - window.start <= 2 * REACH + 500
    markup = source_markup(document, mark)
    assert markup.count("Only part of 200,000 characters") == (window.start > 0) + (window.end < 200_000)
    assert Parsed(markup).marked == mark.of(document.text)


def test_events_add_up_to_the_answer_and_unchecked_text_is_not_shown() -> None:
    whole = answer()
    draft = Draft.of("When?")
    shown = []
    for event in (
        Searching("When?"),
        Rewritten("When did it fall?", True),
        Retrieved(()),
        Delta(whole.text),
        Sentence(whole.sentences[0], whole.citations),
        Finished(whole),
    ):
        draft = draft.plus(event)
        shown.append(Parsed(turn_markup(draft, 0)).text)
    assert "Searched for: When did it fall?" in shown[1]
    assert QUOTE not in shown[3]
    assert "Jane Roe writes:" in shown[4]
    assert QUOTE in shown[4]
    assert draft == Draft(whole, doing="")


def test_sentences_stand_below_who_says_so_with_chip_and_verdict() -> None:
    written = "A writes: One. [1]\n\nB writes: Two. [2] [9]"
    sentences = (
        AnswerSentence("One.", 10, 14, (1,), "supported", 1.0),
        AnswerSentence("Two.", 30, 34, (2,), "unsupported", 0.0),
    )
    both = Answer("q", "q", written, "extractive", sentences, (citation(1), citation(2)))
    parsed = Parsed(turn_markup(Draft(both, doing=""), 4))
    assert "A writes:One. 1 ✓ supportedB writes:Two. 2 ✕ unsupported" in parsed.text
    assert [value for name, value in parsed.attributes if name == "data-number"] == ["1", "2", "1", "2"]
    assert ("aria-label", "Citation 1: The Wall · Jane Roe · page 3") in parsed.attributes


def test_a_refusal_names_its_cause_and_its_nearest_passages_open() -> None:
    conversation = Conversation().plus(answer()).plus(refusal())
    shown = Parsed(transcript_markup(Talk(conversation))).text
    assert "No answer in the documents" in shown
    assert "Searched for: Who built it?" in shown
    assert clicked_citation(conversation, "1", "2") == citation(2)
    assert clicked_citation(conversation, "0", "1") == citation(1)


@pytest.mark.parametrize(("turn", "number"), [("7", "1"), ("0", "9"), ("-1", "1"), ("x", "1"), (None, None)])
def test_a_click_on_what_is_not_there_opens_nothing(turn: object, number: object) -> None:
    assert clicked_citation(Conversation().plus(answer()), turn, number) is None


def test_an_answer_lengthens_the_conversation_and_opens_its_first_citation() -> None:
    before = Talk(Conversation().plus(answer("First?")), "kept")
    states = list(steps(scripted(WALL, events=(Finished(answer()),)), before, "When?"))
    assert [state.box for state in states] == ["", None]
    assert [state.talk.asking for state in states] == ["When?", ""]
    assert states[-1].talk.conversation == before.conversation.plus(answer())
    assert states[-1].talk.id == "kept"
    assert states[-1].cited == citation()
    parsed = Parsed(states[-1].transcript or "")
    assert parsed.tags.count("article") == 2
    assert ("data-conversation", "kept") in parsed.attributes
    assert "What about the rest of The Wall?" in parsed.text
    assert [value for name, value in parsed.attributes if name == "data-download"] == [
        f"kept.{form}" for form in ("docx", "html", "md", "json")
    ]


def test_a_conversation_that_was_deleted_meanwhile_goes_on_as_a_new_one() -> None:
    before = Talk(Conversation().plus(answer("First?")), "gone")
    last = list(steps(scripted(WALL, events=(Finished(answer()),)), before, "When?"))[-1]
    assert (len(last.talk.conversation.turns), last.talk.id) == (2, "kept")


def test_what_another_window_added_is_shown_and_a_suggestion_leaves_the_box_alone() -> None:
    behind = Talk(Conversation(), "kept")
    states = list(steps(scripted(WALL, events=(Finished(answer()),)), behind, "When?", typed=False))
    assert Parsed(states[-1].transcript or "").tags.count("article") == 2
    assert [state.box for state in states] == [None, None]


def test_what_was_chosen_is_asked_and_an_edited_question_as_it_stands() -> None:
    ScriptedChat.asked.clear()
    assistant = scripted(WALL, Document("b", "x", "Bridges", "b.txt"), events=(Finished(answer()),))
    list(steps(assistant, Talk(as_it_stands=True), "When?", ("wall", "b", "gone")))
    list(steps(assistant, Talk(), "When?", ("gone",)))
    assert ScriptedChat.asked == [("When?", {"id": "wall\nb"}, "When?"), ("When?", None, None)]


@pytest.mark.parametrize("error", [CitebackError("the question is too long"), RuntimeError("secret detail")])
def test_an_error_is_a_card_and_the_conversation_goes_on(error: Exception) -> None:
    before = Talk(Conversation().plus(answer("First?")), "kept")
    last = list(steps(scripted(WALL, error=error), before, "When?"))[-1]
    assert last.talk == before
    assert last.box == "When?"
    shown = last.transcript or ""
    assert 'role="alert"' in shown
    assert ("too long" in shown) == isinstance(error, CitebackError)
    assert "secret" not in shown


@pytest.mark.parametrize("blank", ["", "  \n\t"])
def test_a_blank_question_gets_a_hint_and_no_answer(blank: str) -> None:
    (state,) = steps(scripted(WALL, error=RuntimeError("asked")), Talk(), blank)
    assert state.hint == "Type a question first."
    assert state.box is None
    assert "What about The Wall?" in (state.transcript or "")


def test_a_second_question_waits_for_the_first_and_a_stop_gives_it_back() -> None:
    busy = Talk(Conversation().plus(answer("First?")), "kept", asking="When?")
    (state,) = steps(scripted(WALL, error=RuntimeError("asked")), busy, "And why?")
    assert (state.transcript, state.box, state.talk) == (None, None, busy)
    assert "Wait for this answer" in state.hint
    assert stopped(scripted(WALL), busy, "And why?").box is None
    calm = stopped(scripted(WALL), busy)
    assert (calm.box, calm.talk.asking) == ("When?", "")
    assert Parsed(calm.transcript or "").tags.count("article") == 1


def test_a_question_is_edited_as_it_was_put_or_as_it_was_searched_for() -> None:
    conversation = Conversation().plus(refusal())
    assert clicked_question(conversation, "0", standalone=True) == "Who built it?"
    assert clicked_question(conversation, "0", standalone=False) == "Who?"
    assert clicked_question(conversation, "7", standalone=False) == ""


def test_a_copy_has_a_footnote_for_each_citation() -> None:
    words = with_footnotes(replace(answer(), notice="Mind this."))
    assert words == (
        "When?\n\nJane Roe writes: The wall fell in 1989. [1]\n\nMind this.\n\n"
        "[1] “The wall fell in 1989.” — Jane Roe, “The Wall”, 1999, page 3. Source: wall.md, characters 9–31.\n"
    )


def test_the_library_counts_filters_and_reports() -> None:
    other = Document("b", "x", "Bridges", "bridges.txt")
    assert "2" in Parsed(list_documents(scripted(WALL, other))).text
    filtered = Parsed(list_documents(scripted(WALL, other), " ROE ")).text
    assert "1 of 2" in filtered
    assert "Bridges" not in filtered
    done = SyncReport(added=("a.txt",), failed=(Failure("b.bin", "not a format"),))
    seen = list(indexing(Following(lambda tell: done)))
    assert Parsed(seen[-1]).text == "1 file changed · 1 failed✕ b.bin: not a format✓ Added a.txtTry again"


def test_a_failed_upload_is_told() -> None:
    def fail(progress: object) -> SyncReport:
        raise CitebackError("the index is being written by another process")

    assert "another process" in list(indexing(Following(fail)))[-1]


def test_both_tracks_of_a_sync_are_shown_while_they_last() -> None:
    read, embed = Progress("read", 2, 2), Progress("embed", 30, 90, "", 6.2, 10.0)
    shown = Parsed(progress_markup({"read": read, "embed": embed})).text
    assert shown == "Making vectors of passages 30 of 90 · 10 a second · about 6 s left"


def test_files_are_named_as_they_are_read_those_that_failed_first() -> None:
    read = {**{f"{n}.txt": "" for n in range(9)}, "b.bin": "is no document"}
    shown = Parsed(progress_markup({"read": Progress("read", 10, 20)}, read)).text
    assert shown == "Reading files 10 of 20✕ b.bin: is no document✓ 8.txt✓ 7.txt✓ 6.txt✓ 5.txt✓ 4.txt"


def test_shortened_stays_within_its_limit() -> None:
    assert shortened("a " * 100, 20) == "a a a a a a a a a…"
    assert len(shortened("x" * 100, 20)) == 20
    assert text("x") == Markup("x")
