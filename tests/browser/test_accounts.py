"""Signing in on the page: everybody has libraries of their own, and readers of a shared one change nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from assistant.server.accounts import Accounts
from tests.browser.pages import ROOT, ask, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server with accounts is."""
    data = tmp_path_factory.mktemp("data")
    accounts = Accounts(data)
    for name in ("ada", "bob"):
        accounts.add_user(name, f"password of {name}", admin=name == "ada")
    accounts.close()
    settings = {"CITEBACK_ACCOUNTS": "true", "CITEBACK_DATA_DIR": str(data)}
    with served(ROOT / "seeds", tmp_path_factory.mktemp("index"), settings=settings) as address:
        yield address


@pytest.fixture
def visitor(chromium: "Browser", shared: str) -> "Iterator[Page]":
    """A page that nobody has signed in on."""
    with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(shared)
        yield page


def sign_in(page: "Page", name: str, password: str = "") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password or f"password of {name}")
    page.get_by_role("button", name="Sign in").click()


def test_whoever_is_not_signed_in_gets_the_form_alone(visitor: "Page", shared: str) -> None:
    assert visitor.url == f"{shared}/login"
    result = Axe().run(visitor)
    assert [each["id"] for each in result.response["violations"] if each["impact"] in ("serious", "critical")] == []
    sign_in(visitor, "ada", "something else")
    assert visitor.get_by_role("alert").text_content() == "Name and password do not belong together."
    visitor.goto(f"{shared}/w/default/")
    assert visitor.url == f"{shared}/login"


def test_a_reader_asks_and_changes_nothing_and_has_a_library_of_their_own(
    visitor: "Page", shared: str, tmp_path: Path
) -> None:
    sign_in(visitor, "bob")
    visitor.wait_for_selector(".cb-welcome", timeout=60_000)
    assert visitor.url == f"{shared}/w/default/"
    assert not visitor.locator("#cb-upload").is_visible()
    assert not visitor.get_by_role("button", name="Settings").is_visible()
    ask(visitor, "Who would keep the peace?")
    visitor.locator("#cb-documents summary").first.click()
    assert visitor.get_by_role("button", name="Remove from the library").count() == 0
    visitor.locator(".cb-visitor summary").click()
    visitor.get_by_role("button", name="My documents").click()
    visitor.wait_for_url("**/w/*/")
    visitor.wait_for_selector(".cb-welcome", timeout=60_000)
    note = tmp_path / "wren.md"
    note.write_text("# The wren\n\nThe wren nests below the bridge of Ostby.\n", encoding="utf-8")
    visitor.locator("#cb-upload input[type=file]").set_input_files([note])
    visitor.wait_for_selector(".cb-report", timeout=60_000)
    ask(visitor, "Where does the wren nest?")
    assert "bridge of Ostby" in (visitor.locator("#cb-mark").text_content() or "")
    own = visitor.url.partition("?")[0]
    visitor.locator(".cb-visitor summary").click()
    visitor.get_by_role("button", name="Sign out").click()
    visitor.wait_for_url("**/login")
    # Somebody else sees nothing of it.
    sign_in(visitor, "ada")
    visitor.wait_for_selector(".cb-welcome", timeout=60_000)
    assert visitor.locator("#cb-conversations li").count() == 0
    answer = visitor.goto(own)
    assert answer
    assert answer.status == 404
