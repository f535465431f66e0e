"""The real page in Chromium: a click on a citation shows its quote, and nothing is asked of any other host."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evals.loading import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = """
import sys
from functools import partial
from assistant import Assistant
from assistant.web import serve
from evals.keeping import keep_for
with Assistant.open(sys.argv[1], index=sys.argv[2], wait=sys.argv[3] == "wait") as assistant:
    told = lambda address: print(address, flush=True)
    serve(assistant, port=0, ready=told, keep=partial(keep_for, assistant))
"""
QUESTION = "What did Hegseth declare about Ukraine's membership in NATO?"
HOSTILE = """<img src="x" onerror="document.title='owned'"><script>document.title='owned'</script>

The lighthouse at Skagen was painted grey in 1858. The lighthouse at Skagen is 46 metres tall.
"""
OFF_TOPIC = "At what temperature does tungsten melt?"


def cannot_run(reason: str) -> None:
    """Skips; on CI, where everything is meant to be there, fails."""
    if os.environ.get("CITEBACK_TESTS_MUST_RUN"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a page over the seeds is served."""
    with served(ROOT / "seeds", tmp_path_factory.mktemp("index")) as address:
        yield address


@contextmanager
def served(docs: Path, index: Path, *, wait: bool = True) -> Iterator[str]:
    """Where a page over the folder is served, by a process of its own that must end cleanly when interrupted.

    Without `wait` it is served while the folder is still being indexed.
    """
    log = index / "server.log"
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, "-c", START, str(docs), str(index), "wait" if wait else "now"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with server:
            assert server.stdout is not None
            ready, _, _ = select.select([server.stdout], [], [], 120)
            line = server.stdout.readline().strip() if ready else ""
            if not line:
                server.kill()
                pytest.fail(f"the page did not start: {log.read_text(encoding='utf-8')}")
            try:
                yield line
                server.send_signal(signal.SIGINT)
                assert server.wait(30) == 0
            finally:
                # Waited for when the block ends, which a server that goes on would not.
                server.kill()
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.fixture
def page(chromium: "Browser", address: str) -> "Iterator[Page]":
    """The page, loaded. Afterwards: nothing in the console, and no request to another host."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", lambda request: None if _own(request.url, address) else trouble.append(request.url))
    opened.goto(address)
    opened.wait_for_selector(".cb-welcome")
    yield opened
    context.close()
    assert trouble == []


def test_a_click_on_a_citation_shows_exactly_its_quote(page: "Page") -> None:
    ask(page, QUESTION)
    assert page.locator("#cb-source h2").is_visible(), "the first citation's source opens by itself"
    listed = page.locator(".cb-citation")
    assert listed.count() >= 1
    for number in range(listed.count()):
        quote = listed.nth(number).locator(".cb-quote").text_content()
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
    first = page.locator("#cb-documents li button").first
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


def test_a_phone_shows_the_source_below_and_leads_back(chromium: "Browser", address: str) -> None:
    with chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as context:
        phone = context.new_page()
        phone.goto(address)
        phone.wait_for_selector(".cb-welcome")
        ask(phone, QUESTION)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        phone.locator(".cb-chip").first.click()
        phone.wait_for_function("document.querySelector('#cb-source').getBoundingClientRect().top < 100")
        assert in_view(phone.locator("#cb-mark"))
        phone.get_by_role("button", name="Back to the answer").click()
        phone.wait_for_function("document.querySelector('.cb-question').getBoundingClientRect().top >= 0")


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


def ask(page: "Page", question: str, *, until: str = ".cb-answered-by") -> None:
    """Types a question and waits for what shall come."""
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_selector(until, timeout=60_000)


def in_view(mark: "Locator") -> bool:
    """Whether the mark is within the visible part of the reading pane, and that within the window."""
    return bool(
        mark.evaluate(
            """(mark) => {
              const pane = mark.closest(".cb-reading").getBoundingClientRect();
              const box = mark.getBoundingClientRect();
              return box.top >= pane.top && box.bottom <= pane.bottom && pane.top >= 0 && pane.bottom <= innerHeight;
            }"""
        )
    )


def _own(url: str, address: str) -> bool:
    return url.startswith(f"{address}/") or re.match(r"(data|blob|about):", url) is not None
