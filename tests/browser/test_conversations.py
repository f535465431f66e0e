"""Conversations on the page: kept over a reload, gone on with, stopped, edited, renamed, deleted, saved."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.assistant.endpoint import begin_stream, endpoint, send_text
from tests.browser.pages import OFF_TOPIC, QUESTION, ROOT, ask, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def said(page: "Page") -> list[str]:
    return page.locator(".cb-claim .cb-said").all_text_contents()


def test_a_reload_keeps_the_conversation_and_it_goes_on(page: "Page") -> None:
    ask(page, QUESTION)
    before = said(page)
    page.reload()
    page.wait_for_selector(".cb-turn")
    assert said(page) == before
    ask(page, "And about its old borders?", until=".cb-turn[data-turn='1']:not([data-live])")
    assert "Searched for:" in (page.locator(".cb-searched").last.text_content() or "")


def test_what_was_searched_for_is_edited_and_asked_as_it_stands(page: "Page") -> None:
    ask(page, QUESTION)
    ask(page, "And about its old borders?", until=".cb-turn[data-turn='1']:not([data-live])")
    page.locator(".cb-searched button").last.click()
    box = page.get_by_label("Your question")
    page.get_by_text("What you send now is searched for as it stands.").wait_for()
    assert "old borders" in box.input_value()
    box.fill("Which article of the treaty protects a peacekeeping force?")
    box.press("Enter")
    page.wait_for_selector(".cb-turn[data-turn='2']:not([data-live])")
    assert page.locator(".cb-turn[data-turn='2'] .cb-searched").count() == 0


def test_conversations_are_listed_reopened_renamed_searched_and_deleted(page: "Page") -> None:
    ask(page, QUESTION)
    first = page.url
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".cb-welcome")
    ask(page, OFF_TOPIC, until=".cb-card-refusal")
    listed = page.locator("#cb-conversations li")
    # Other tests have asked the same: it is the one that is open.
    row = listed.filter(has=page.locator("[aria-current=true]")).filter(has_text=OFF_TOPIC)
    row.wait_for()
    row.locator("summary").click()
    row.get_by_role("button", name="Rename").click()
    title = page.get_by_label("New title")
    title.fill("About <b>metals</b>")
    title.press("Enter")
    named = listed.filter(has_text="About <b>metals</b>").first
    named.wait_for()
    listed.filter(has_text=QUESTION).first.locator("> button").click()
    page.wait_for_selector(".cb-claim")
    assert page.url == first
    named.locator("> button").click()
    page.wait_for_selector(".cb-card-refusal")
    named.locator("summary").click()
    named.get_by_role("button", name="Delete for good").click()
    page.wait_for_selector(".cb-welcome")
    named.wait_for(state="detached")


@pytest.mark.parametrize("form", ["Word", "HTML", "Markdown", "JSON"])
def test_a_conversation_is_saved(form: str, page: "Page") -> None:
    ask(page, QUESTION)
    with page.expect_download() as told:
        page.get_by_role("button", name=form, exact=True).click()
    content = Path(told.value.path()).read_bytes()
    assert len(content) > 200
    if form != "Word":
        assert said(page)[0].encode() in content or form == "Markdown"


def test_an_answer_is_copied_with_its_footnotes(page: "Page") -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    page.get_by_role("button", name="Copy with footnotes").click()
    page.get_by_text("Copied", exact=True).wait_for()
    words = page.evaluate("navigator.clipboard.readText()")
    assert said(page)[0] in words
    assert "\n[1] “" in words
    assert "Source: " in words


def test_a_suggestion_after_an_answer_is_asked(page: "Page") -> None:
    ask(page, QUESTION)
    chip = page.locator(".cb-further button").first
    words = chip.text_content()
    chip.click()
    page.wait_for_selector(".cb-turn[data-turn='1']:not([data-live])")
    assert page.locator(".cb-question").last.text_content() == words


def drip(request: BaseHTTPRequestHandler) -> None:
    """A model that writes a sentence a second, and does not end."""
    begin_stream(request)
    for _ in range(60):
        send_text(request, "The analysis foresees a Russia-friendly deal in Ukraine in 2025. [1] ")
        time.sleep(1)


@pytest.fixture(scope="module")
def dripping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with endpoint(drip) as url:
        settings = {"CITEBACK_LLM": "drip", "CITEBACK_LLM_BASE_URL": url}
        with served(ROOT / "seeds", tmp_path_factory.mktemp("drip"), settings=settings) as address:
            yield address


@pytest.fixture
def waiting(chromium: "Browser", dripping: str) -> "Iterator[Page]":
    """A page amid an answer that does not end."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(dripping)
        page.wait_for_selector(".cb-welcome")
        page.get_by_label("Your question").fill("What is foreseen?")
        page.get_by_role("button", name="Ask", exact=True).click()
        page.wait_for_selector("[data-live] .cb-doing")
        yield page


def test_an_answer_is_stopped_and_the_question_given_back(waiting: "Page") -> None:
    assert not waiting.get_by_role("button", name="Ask", exact=True).is_visible()
    waiting.get_by_role("button", name="Stop").click()
    waiting.get_by_text("Stopped. Your question is in the box.").wait_for()
    assert waiting.get_by_label("Your question").input_value() == "What is foreseen?"
    assert waiting.locator(".cb-turn").count() == 0
    assert waiting.get_by_role("button", name="Ask", exact=True).is_visible()


def test_a_reload_amid_an_answer_gives_the_question_back(waiting: "Page") -> None:
    waiting.reload()
    waiting.wait_for_selector(".cb-welcome")
    waiting.wait_for_function("document.querySelector('#cb-ask-box textarea').value === 'What is foreseen?'")


def test_back_leads_to_the_conversation_before(page: "Page") -> None:
    ask(page, QUESTION)
    first = page.url
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".cb-welcome")
    ask(page, OFF_TOPIC, until=".cb-card-refusal")
    listed = page.locator("#cb-conversations li")
    # The list has the new one on top before another is clicked.
    listed.filter(has=page.locator("[aria-current=true]")).filter(has_text=OFF_TOPIC).wait_for()
    listed.filter(has_text=QUESTION).first.locator("> button").click()
    page.wait_for_selector(".cb-claim")
    assert page.url == first
    page.go_back()
    page.wait_for_selector(".cb-card-refusal")
