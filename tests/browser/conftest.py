"""A browser, a page over the seeds, and a watch on what it asks for and complains of."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.pages import ROOT, SWITCHES, cannot_run, own, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """A browser, without a window."""
    program = shutil.which("chromium")
    if program is None:
        cannot_run("chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        cannot_run("playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a page over the seeds is served."""
    with served(ROOT / "seeds", tmp_path_factory.mktemp("index")) as address:
        yield address


@pytest.fixture
def page(chromium: "Browser", address: str) -> "Iterator[Page]":
    """The page, loaded. Afterwards: nothing in the console, and no request to another host."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    trouble: list[str] = []

    def complain(words: str) -> None:
        # A reload cuts off the streams of the page that was, which it tells in one of these words.
        if not any(cut in words for cut in ("AbortError", "Connection errored out")):
            trouble.append(words)

    opened.on("console", lambda message: complain(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complain(str(error)))
    opened.on("request", lambda request: None if own(request.url, address) else trouble.append(request.url))
    opened.goto(address)
    opened.wait_for_selector(".cb-welcome")
    yield opened
    context.close()
    assert trouble == []


@pytest.fixture
def phone(chromium: "Browser", address: str) -> "Iterator[Page]":
    """The page on a phone."""
    with chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as context:
        opened = context.new_page()
        opened.goto(address)
        opened.wait_for_selector(".cb-welcome")
        yield opened
