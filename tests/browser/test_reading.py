"""Reading: a click on a citation shows its quote, and nothing is asked of any other host."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evals.loading import load
from tests.browser.pages import OFF_TOPIC, QUESTION, ask, in_view, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

HOSTILE = """<img src="x" onerror="document.title='owned'"><script>document.title='owned'</script>

The lighthouse at Skagen was painted grey in 1858. The lighthouse at Skagen is 46 metres tall.
"""


def test_a_click_on_a_citation_shows_exactly_its_quote(page: "Page") -> None:
    ask(page, QUESTION)
    assert page.locator("#cb-source h2").is_visible(), "the first citation's source opens by itself"
    listed = page.locator(".cb-citation")
    assert listed.count() >= 1
    for number in range(listed.count()):
        quote = listed.nth(number).locator(".cb-quote").text_content()
        assert quote
        page.locator(f".cb-chip[data-number='{number + 1}']").first.click()
        page.wait_for_selector(f"#cb-source [data-opened='0-{number + 1}']")
        mark = page.locator("#cb-mark")
        assert mark.text_content() == quote
        assert in_view(mark)


def test_a_question_the_documents_do_not_answer_is_refused(page: "Page") -> None:
    ask(page, OFF_TOPIC, until=".cb-card-refusal")
    assert page.locator(".cb-claim").count() == 0
    nearest = page.locator(".cb-card-refusal .cb-citation").first
    if nearest.count():
        nearest.click()
        page.wait_for_selector("#cb-mark")
        assert page.locator("#cb-mark").text_content() == nearest.locator(".cb-quote").text_content()


def test_a_refusal_that_is_wrong_is_kept_as_a_test(page: "Page") -> None:
    ask(page, OFF_TOPIC, until=".cb-card-refusal")
    page.get_by_role("button", name="No, the documents do say").click()
    page.get_by_text("Kept as a test.").wait_for()
    page.get_by_label("Why?").fill("It names the speaker.")
    page.get_by_label("Why?").press("Enter")
    page.get_by_text("Kept as a test, with your note.").wait_for()
    told = page.locator("#cb-hint").text_content() or ""
    (case,) = load(told.rpartition("citeback eval ")[2].split()[0]).cases
    assert (case.question, case.answerable) == (OFF_TOPIC, True)


def test_an_example_question_is_answered_and_a_new_conversation_forgets_it(page: "Page") -> None:
    page.locator(".cb-suggestions button").first.click()
    page.wait_for_selector(".cb-answered-by")
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".cb-welcome")
    assert page.locator(".cb-turn").count() == 0
    assert page.locator("#cb-mark").count() == 0


def test_a_blank_question_is_not_asked(page: "Page") -> None:
    box = page.get_by_label("Your question")
    box.fill("   ")
    box.press("Enter")
    page.get_by_text("Type a question first.").wait_for()
    assert page.locator(".cb-turn").count() == 0


def test_a_document_of_the_library_opens(page: "Page") -> None:
    first = page.locator("#cb-documents li > button").first
    title = first.locator(".cb-title").text_content()
    first.click()
    page.wait_for_selector("#cb-source .cb-text")
    assert page.locator("#cb-source h2").text_content() == title


def test_uploaded_files_are_indexed_and_can_be_quoted(page: "Page", tmp_path: Path) -> None:
    files = [tmp_path / "lighthouse.txt", tmp_path / "empty.txt"]
    files[0].write_text(HOSTILE, encoding="utf-8")
    files[1].write_text(" ", encoding="utf-8")
    page.locator("#cb-upload input[type=file]").set_input_files(files)
    page.wait_for_selector(".cb-report", timeout=60_000)
    assert page.locator(".cb-done").count() == 1
    assert "empty.txt" in (page.locator(".cb-failed").text_content() or "")
    ask(page, "How tall is the lighthouse at Skagen?")
    assert "46 metres" in (page.locator("#cb-mark").text_content() or "")
    assert "<script>" in (page.locator(".cb-text").text_content() or "")
    assert page.title() == "Citeback"


def test_every_visitor_has_a_conversation_of_their_own(page: "Page", chromium: "Browser", address: str) -> None:
    ask(page, QUESTION)
    with chromium.new_context() as other:
        visitor = other.new_page()
        visitor.goto(address)
        visitor.wait_for_selector(".cb-welcome")
        assert visitor.locator(".cb-turn").count() == 0
    ask(page, "And about its old borders?", until=".cb-turn[data-turn='1']:not([data-live])")


def test_a_phone_shows_one_pane_at_a_time(phone: "Page") -> None:
    ask(phone, QUESTION)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.locator(".cb-chip").first.click()
    phone.wait_for_selector("#cb-mark", state="visible")
    assert in_view(phone.locator("#cb-mark"))
    assert phone.get_by_role("button", name="Source", exact=True).get_attribute("aria-pressed") == "true"
    assert not phone.locator("#cb-ask-box").is_visible()
    phone.get_by_role("button", name="Back to the answer").click()
    phone.wait_for_selector(".cb-question", state="visible")
    phone.get_by_role("button", name="Library", exact=True).click()
    phone.wait_for_selector("#cb-documents li", state="visible")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_questions_are_answered_while_the_folder_is_indexed(chromium: "Browser", tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    index.mkdir()
    (docs / "lighthouse.txt").write_text(HOSTILE, encoding="utf-8")
    ledger = (f"The harbour ledger of day {day} lists {day * 37 % 91} ropes.\n\n" for day in range(30_000))
    (docs / "ledger.txt").write_text("".join(ledger), encoding="utf-8")
    with served(docs, index, wait=False) as address, chromium.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.get_by_text("Making vectors of passages").wait_for(timeout=60_000)
        assert page.locator("#cb-documents li").count() == 2
        ask(page, "How tall is the lighthouse at Skagen?")
        assert "46 metres" in (page.locator(".cb-claim").first.text_content() or "")
        page.get_by_text("searched by their words only").wait_for()
