"""The printed view: boxes on the quote, the document's characters over their print, and pictures of pages alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant import Assistant
from assistant.web.printed import PAGES, WIDEST, Unprinted, page_route, printed_markup
from index import Document, Page, ReadError, Span
from tests.assistant.corpus import assistant_over
from tests.index.folders import write
from tests.index.readers.pdf_files import make_pdf

HOSTILE = '"><img src=x onerror=alert(1)>'
PLACED = re.compile(r"left:([\d.]+)%;top:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%(?:;[a-z-]+:[\d.]+cqw)*")
KINDS = ("stone", "iron", "rope", "chain", "lift", "toll")


class Shown(HTMLParser):
    """What a browser makes of the markup: every element's tag, attributes and own text, in order."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.layers: list[str] = []
        self._inside: list[str | None] = []
        self.feed(str(markup))
        self.close()
        assert self._inside == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag != "img":
            self._inside.append(dict(attrs).get("class"))
        if dict(attrs).get("class") == "cb-layer":
            self.layers.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside.pop()

    def handle_data(self, data: str) -> None:
        if "cb-layer" in self._inside:
            self.layers[-1] += data

    def of(self, kind: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if kind in (tag, attributes.get("class"))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF of six pages, and a text without pages."""
    pages = [
        [f"The council voted for trams on the {kind} bridge", f"and named conditions for {kind}.", f"{HOSTILE} {kind}"]
        for kind in KINDS
    ]
    folder = tmp_path_factory.mktemp("docs")
    write(folder / "toll.pdf", make_pdf(pages))
    write(folder / "plain.txt", "Nothing is printed here.")
    return folder


@pytest.fixture(scope="module")
def assistant(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with assistant_over(folder, tmp_path_factory.mktemp("home")) as opened:
        yield opened


def only(assistant: Assistant, source: str = "toll.pdf") -> Document:
    [info] = [info for info in assistant.index.documents() if info.source == source]
    return assistant.index.document(info.id)


def place_of(document: Document, page: int) -> Span:
    """Where the last word of the page's first line and the first of its second stand."""
    said = f"{KINDS[page - 1]} bridge and"
    start = document.text.index(said)
    return Span(start, start + len(said))


def shown(assistant: Assistant, document: Document, place: Span) -> Shown:
    markup = printed_markup(assistant, document, place, opened="2-1")
    assert markup is not None
    assert not isinstance(markup, Unprinted)
    return Shown(markup)


@pytest.fixture
def client(assistant: Assistant) -> TestClient:
    return TestClient(Starlette(routes=[Route(f"/{PAGES}/{{document_id}}/{{page}}", page_route(assistant))]))


def test_the_quote_is_boxed_on_its_page_between_its_neighbours(assistant: Assistant) -> None:
    document = only(assistant)
    found = shown(assistant, document, place_of(document, 3))
    assert [sheet["data-page"] for sheet in found.of("cb-sheet")] == ["2", "3", "4"]
    assert [box.get("id") for box in found.of("cb-box")] == ["cb-mark", None]
    assert found.of("cb-sheets")[0]["data-opened"] == "2-1"
    assert [image["alt"] for image in found.of("img")] == [f"Page {page} of {document.title}" for page in (2, 3, 4)]
    around = [int(button["data-around"] or "") for button in found.of("button")]
    assert [document.page_at(offset) for offset in around] == [1, 6]
    for button in found.of("button"):
        assert (button["data-event"], button["data-view"], button["data-document"]) == ("open", "printed", document.id)


def test_the_text_over_a_page_is_the_documents_own(assistant: Assistant) -> None:
    document = only(assistant)
    found = shown(assistant, document, place_of(document, 1))
    assert found.layers == [document.text[page.start : page.end] for page in document.pages[:2]]


def test_places_are_percents_of_the_page(assistant: Assistant) -> None:
    document = only(assistant)
    found = shown(assistant, document, place_of(document, 2))
    placed = [*found.of("cb-box"), *found.of("cb-line")]
    assert len(found.of("cb-line")) == 3 * 3
    for each in placed:
        match = PLACED.fullmatch(each["style"] or "")
        assert match, each
        left, top, width, height = map(float, match.groups())
        assert 0 <= left < left + width <= 100
        assert 0 <= top < top + height <= 100


def test_nothing_hostile_gets_out_of_text(assistant: Assistant) -> None:
    document = replace(only(assistant), title=HOSTILE)
    found = shown(assistant, document, place_of(document, 2))
    assert {tag for tag, _ in found.elements} <= {"div", "figure", "img", "span", "button"}
    assert all(HOSTILE in layer for layer in found.layers)
    assert [image["alt"] for image in found.of("img")] == [f"Page {page} of {HOSTILE}" for page in (1, 2, 3)]
    address = re.compile(rf"{PAGES}/{document.id}/\d\?width=\d+&print=[0-9a-f]{{8}}")
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "href"]
        assert ("src" in attributes) == (tag == "img")
        assert address.fullmatch(attributes.get("src") or "") or tag != "img"


@pytest.mark.parametrize("button", [0, -1])
def test_going_on_reaches_every_page_also_those_without_text(tmp_path: Path, button: int) -> None:
    write(tmp_path / "docs" / "toll.pdf", make_pdf([["The first."], *([] for _ in range(7)), ["The last."], []]))
    with assistant_over(tmp_path / "docs", tmp_path / "home") as opened:
        document = only(opened)
        seen, around = set[str | None](), 0 if button else len(document.text)
        for _ in range(4):
            found = shown(opened, document, Span(around, around))
            sheets = found.of("cb-sheet")
            assert [sheet.get("id") for sheet in sheets].count("cb-place") == 1
            assert found.of("cb-box") == []
            seen.update(sheet["data-page"] for sheet in sheets)
            around = int(found.of("button")[button]["data-around"] or "")
        assert seen == {str(page.number) for page in document.pages}


def test_without_printed_pages_there_is_no_view(assistant: Assistant) -> None:
    plain, toll = only(assistant, "plain.txt"), only(assistant)
    slides = replace(toll, pages=(Page(1, 0, len(toll.text), "slide 1"),))
    for document in (plain, slides, replace(toll, id="../etc/passwd")):
        assert printed_markup(assistant, document, Span(0, 3), opened="") is None


@pytest.mark.parametrize(("change", "reason"), [("gone", "no longer there"), ("changed", "has changed since")])
def test_a_file_that_is_not_as_it_was_says_so(
    assistant: Assistant, client: TestClient, folder: Path, change: str, reason: str
) -> None:
    document, file = only(assistant), folder / "toll.pdf"
    before = file.read_bytes()
    try:
        if change == "gone":
            file.unlink()
        else:
            write(file, make_pdf([["Another."]]))
        markup = printed_markup(assistant, document, place_of(document, 1), opened="")
        answer = client.get(f"{PAGES}/{document.id}/1")
    finally:
        write(file, before)
    assert isinstance(markup, Unprinted)
    assert reason in markup
    assert (answer.status_code, answer.headers["content-type"]) == (410, "text/plain; charset=utf-8")
    assert reason in answer.text


def test_a_recognised_page_is_shown_without_boxes_and_says_why(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recognised(document_id: str, page: int) -> None:
        raise ReadError(f"toll.pdf: page {page} was recognised in a <picture>")

    monkeypatch.setattr(assistant.index, "print_of", recognised)
    document = only(assistant)
    markup = printed_markup(assistant, document, place_of(document, 1), opened="")
    assert "page 1 was recognised in a &lt;picture&gt;" in (markup or "")
    found = shown(assistant, document, place_of(document, 1))
    assert len(found.of("img")) == len(found.of("figcaption")) == 2
    assert found.of("cb-box") == []
    assert found.of("cb-sheet")[0]["id"] == "cb-place"


def test_a_picture_of_a_page_is_served(assistant: Assistant, client: TestClient) -> None:
    document = only(assistant)
    found = shown(assistant, document, place_of(document, 1))
    for address in (found.of("img")[0]["src"] or "", f"{PAGES}/{document.id}/6", f"{PAGES}/{document.id}/1?width=1"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content.startswith(b"\x89PNG")
        assert answer.headers["cache-control"].startswith("private")
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((f"{{id}}/1?width={width}", 400) for width in ("0", "99999", WIDEST + 1, "-1", "1e3", "", "²", "9" * 5000)),
        *((f"{{id}}/{page}", 404) for page in ("0", "7", "-1", "x", "1.0", "²", "9" * 5000)),
        *((f"{document}/1", 404) for document in ("unknown", "..", "%2e%2e", "toll.pdf", "..%2f..%2fetc", "{plain}")),
    ],
)
def test_what_there_is_no_picture_of_is_refused(
    assistant: Assistant, client: TestClient, path: str, status: int
) -> None:
    known = {"id": only(assistant).id, "plain": only(assistant, "plain.txt").id}
    answer = client.get(f"{PAGES}/{path.format(**known)}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text
