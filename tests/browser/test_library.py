"""The library on the page: files of every kind are added, chosen, removed and put back; a folder is watched."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import pytest

from tests.browser.pages import ask, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def pdf(path: Path, *lines: str) -> Path:
    """A PDF of one page with the lines, of the simplest kind."""
    shown = " ".join(f"({line}) Tj 0 -24 Td" for line in lines)
    stream = f"BT /F1 14 Tf 72 700 Td {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(content)
    path.write_bytes(content + b"xref\n0 6\n0000000000 65535 f \n" + table + end)
    return path


def word(path: Path, *paragraphs: str) -> Path:
    document = docx.Document()
    for each in paragraphs:
        document.add_paragraph(each)
    document.save(str(path))
    return path


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Where a page over a folder is served, and that folder, which tests may add to."""
    docs, index = tmp_path_factory.mktemp("docs"), tmp_path_factory.mktemp("index")
    (docs / "mill.md").write_text("# The mill\n\nThe mill was built in 1803.\n", encoding="utf-8")
    settings = {"CITEBACK_WATCH_SECONDS": "0.5", "CITEBACK_FETCH_URLS": "true"}
    with served(docs, index, settings=settings) as address:
        yield address, docs


@pytest.fixture
def own(chromium: "Browser", shelf: tuple[str, Path]) -> "Iterator[Page]":
    """The page over it."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(shelf[0])
        page.wait_for_selector("#cb-documents li")
        yield page


def test_files_of_every_kind_are_added_and_a_broken_one_is_named(own: "Page", tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4\nnothing of a document")
    files = [
        pdf(tmp_path / "bridge.pdf", "The bridge of Ostby was opened in 1911.", "It carries two tracks."),
        word(tmp_path / "ferry.docx", "The ferry to Ostby costs 12 crowns."),
        broken,
    ]
    own.locator("#cb-upload input[type=file]").set_input_files(files)
    own.wait_for_selector(".cb-report", timeout=60_000)
    assert own.locator(".cb-done").count() == 2
    assert "broken.pdf" in (own.locator(".cb-failed").text_content() or "")
    assert own.get_by_role("button", name="Try again").is_visible()
    ask(own, "What does the ferry to Ostby cost?")
    assert "12 crowns" in (own.locator("#cb-mark").text_content() or "")
    ask(own, "When was the bridge of Ostby opened?", until=".cb-turn[data-turn='1']:not([data-live])")
    # Where it is printed, the page is shown with a box over the quote.
    own.wait_for_selector("#cb-source .cb-sheet img")
    picture, box = (
        own.locator(place).first.bounding_box() for place in ("#cb-source .cb-sheet img", "#cb-source .cb-box")
    )
    assert picture
    assert box
    assert picture["x"] <= box["x"] < box["x"] + box["width"] <= picture["x"] + picture["width"]
    own.wait_for_function("document.querySelector('.cb-sheet img').naturalWidth > 100")
    assert "opened in 1911" in " ".join(own.locator(".cb-line").all_text_contents())
    own.get_by_role("button", name="Text", exact=True).click()
    own.wait_for_selector("#cb-source .cb-text")
    assert own.locator("#cb-mark").text_content() == "The bridge of Ostby was opened in 1911."
    # Removed and put back, it still has its pages.
    bridge = own.locator("#cb-documents li").filter(has_text="Bridge")
    bridge.locator("summary").click()
    bridge.get_by_role("button", name="Remove from the library").click()
    own.get_by_role("button", name="Put it back").click()
    own.get_by_role("button", name="Put it back").wait_for(state="detached")
    bridge.locator("button").first.click()
    own.wait_for_selector("#cb-source .cb-sheet img")


def test_rows_are_shown_as_a_table_with_the_quoted_one_marked(own: "Page", tmp_path: Path) -> None:
    table = tmp_path / "fares.csv"
    table.write_text("Place,Crowns\nOstby,12\nVestby,19\nSorby,7\n", encoding="utf-8")
    own.locator("#cb-upload input[type=file]").set_input_files([table])
    own.wait_for_selector(".cb-report", timeout=60_000)
    ask(own, "How many crowns for the place Vestby?")
    own.wait_for_selector("#cb-source .cb-table")
    assert own.locator(".cb-table thead th").all_text_contents() == ["", "Place", "Crowns"]
    assert own.locator(".cb-table tr.cb-marked td").all_text_contents() == ["Vestby", "19"]


def test_only_the_chosen_documents_are_asked(page: "Page") -> None:
    row = page.locator("#cb-documents li").nth(1)
    title = row.locator(".cb-title").text_content() or ""
    row.locator("summary").click()
    row.get_by_role("button", name="Ask only this one").click()
    page.locator("#cb-scope").get_by_text("is asked").wait_for()
    ask(page, "What is said about peacekeepers and NATO?", until=".cb-turn:not([data-live])")
    titles = page.locator(".cb-citation cite").all_text_contents()
    assert set(titles) == {title}
    page.get_by_role("button", name="Ask all").click()
    page.locator("#cb-scope p").wait_for(state="detached")


def test_a_document_is_removed_and_put_back(own: "Page") -> None:
    mill = own.locator("#cb-documents li").filter(has_text="The mill")
    mill.locator("summary").click()
    mill.get_by_role("button", name="Remove from the library").click()
    own.get_by_text("“The mill” is removed.").wait_for()
    assert mill.count() == 0
    own.get_by_role("button", name="Put it back").click()
    mill.wait_for()
    ask(own, "When was the mill built?")
    assert "1803" in (own.locator(".cb-said").first.text_content() or "")


def test_a_new_file_in_the_folder_appears_by_itself(own: "Page", shelf: tuple[str, Path]) -> None:
    (shelf[1] / "fountain.md").write_text("# The fountain\n\nIt was built in 1911.\n", encoding="utf-8")
    own.locator("#cb-documents li").filter(has_text="The fountain").wait_for(timeout=30_000)


def test_an_address_is_asked_for_only_where_it_is_allowed_and_none_inside_is_fetched(
    own: "Page", shelf: tuple[str, Path], page: "Page"
) -> None:
    assert not page.get_by_label("Address of a page to add").is_visible()
    own.get_by_label("Address of a page to add").fill(f"{shelf[0]}/mill.html")
    own.get_by_label("Address of a page to add").press("Enter")
    own.get_by_text("only 80, 443 are").wait_for()


def test_words_are_found_in_a_source_and_the_outline_leads_there(page: "Page") -> None:
    page.locator("#cb-documents li > button").first.click()
    page.wait_for_selector("#cb-source .cb-text")
    find = page.get_by_label("Find in this source")
    find.fill("peacekeep")
    told = page.locator(".cb-found")
    first = told.text_content() or ""
    assert first.startswith("1 of ")
    assert int(first.rpartition(" ")[2]) > 1
    find.press("Enter")
    assert (told.text_content() or "").startswith("2 of ")
    find.fill("zeppelin")
    assert told.text_content() == "0 of 0"
    page.locator(".cb-outline summary").click()
    entry = page.locator(".cb-outline li button").last
    words = entry.text_content() or ""
    entry.click()
    heading = page.locator("#cb-source .cb-heading").filter(has_text=words).last
    page.wait_for_function(
        "h => { const r = h.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }",
        arg=heading.element_handle(),
    )


def test_citations_are_stepped_through(page: "Page") -> None:
    ask(page, "Compare what each source says about peacekeepers.")
    chips = page.locator(".cb-chip")
    assert chips.count() > 1
    page.get_by_role("button", name="Citation after").click()
    page.wait_for_selector(".cb-chip.cb-open >> nth=0")
    page.wait_for_function("document.querySelector('#cb-source [data-opened]').dataset.opened === '0-2'")
    page.get_by_role("button", name="Citation before").click()
    page.wait_for_function("document.querySelector('#cb-source [data-opened]').dataset.opened === '0-1'")
