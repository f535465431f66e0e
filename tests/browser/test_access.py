"""Everybody can use the page: axe-core finds nothing serious on any view, and the keyboard alone is enough."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.pages import OFF_TOPIC, QUESTION, ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def answered(page: "Page") -> None:
    ask(page, QUESTION)
    page.wait_for_selector("#cb-mark")


def refused(page: "Page") -> None:
    ask(page, OFF_TOPIC, until=".cb-card-refusal")


def menus(page: "Page") -> None:
    answered(page)
    page.locator("#cb-documents summary").first.click()
    page.locator(".cb-outline summary").click()


def hovered(page: "Page") -> None:
    answered(page)
    page.locator(".cb-chip").first.hover()
    page.wait_for_selector("#cb-hover")


def settings(page: "Page") -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Language model").wait_for()
    page.wait_for_timeout(400)  # it slides in


def evaluated(page: "Page") -> None:
    page.get_by_role("button", name="Evaluate").click()
    page.wait_for_selector(".cb-panel.cb-shown")
    page.wait_for_timeout(500)


def nothing(page: "Page") -> None:
    page.wait_for_selector(".cb-welcome")


VIEWS: dict[str, Callable[["Page"], None]] = {
    "first run": nothing,
    "answer": answered,
    "refusal": refused,
    "menus": menus,
    "hovering": hovered,
    "settings": settings,
    "evaluation": evaluated,
}


def grave(page: "Page") -> list[str]:
    """What axe-core calls serious or critical, with where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(view: str, dark: bool, page: "Page") -> None:
    if dark:
        page.get_by_role("button", name="Theme").click()
        page.wait_for_selector("body.dark")
    VIEWS[view](page)
    assert grave(page) == []


def test_axe_finds_nothing_serious_on_a_phone(phone: "Page") -> None:
    ask(phone, QUESTION)
    for pane in ("Chat", "Source", "Library"):
        phone.get_by_role("button", name=pane, exact=True).click()
        assert grave(phone) == [], pane


def test_the_keyboard_alone_is_enough(page: "Page") -> None:
    page.locator("#cb-brand").click()
    page.keyboard.press("/")
    page.keyboard.type("Compare what each source says about peacekeepers.")
    page.keyboard.press("Enter")
    page.wait_for_selector(".cb-answered-by")
    page.wait_for_selector("#cb-mark")
    # Tab goes through everything, and shows the quote of a mark it stands on.
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.cb-chip')"):
            break
    page.wait_for_selector("#cb-hover")
    page.keyboard.press("Escape")
    assert page.locator("#cb-hover").count() == 0
    page.locator(".cb-chip").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#cb-source [data-opened]').dataset.opened === '0-2'")
    assert page.evaluate("document.activeElement.matches('.cb-chip.cb-open')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('#cb-source [data-opened]').dataset.opened === '0-1'")
    page.locator(".cb-reading").focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.cb-chip.cb-open')")
    page.get_by_role("button", name="Settings").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#cb-drawer.cb-drawn")
    page.keyboard.press("Escape")
    page.wait_for_selector("#cb-drawer:not(.cb-drawn)", state="attached")
    assert page.evaluate("document.activeElement.matches('[data-drawer]')")


def test_the_theme_is_remembered(page: "Page") -> None:
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Theme").click()
    page.wait_for_selector("body.dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != before
    page.reload()
    page.wait_for_selector(".cb-welcome")
    page.wait_for_selector("body.dark")
