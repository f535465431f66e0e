"""Sixty payloads in documents, titles, file names and a model's words: shown, never obeyed, also after a reload."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.assistant.endpoint import begin_stream, endpoint, send_event, send_text
from tests.browser.pages import own as is_own
from tests.browser.pages import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

pytestmark = pytest.mark.browser

DO = "alert(1)"
FOREIGN = "http://evil.example"
EVENTS = "onload onerror onclick onfocus onmouseover ontoggle onbegin onanimationstart onpointerenter onwheel".split()
PAYLOADS = [
    *(f"<img src=x {event}={DO}>" for event in EVENTS),
    *(f"<svg {event}={DO}><circle r=9></svg>" for event in EVENTS[:6]),
    *(
        f'<{tag} src="{FOREIGN}/a">'
        for tag in ("img", "iframe", "embed", "script", "audio", "video", "input type=image")
    ),
    *(f"<{tag}>{DO}</{tag}>" for tag in ("script", "style", "noscript", "template", "xmp", "title", "textarea")),
    f'<form action="{FOREIGN}"><button>Go</button></form>',
    f'<div style="background:url({FOREIGN}/b)">x</div>',
    f'<style>@import "{FOREIGN}/c";</style>',
    f'<link rel=stylesheet href="{FOREIGN}/d">',
    f'<meta http-equiv=refresh content="0;url={FOREIGN}">',
    f'<base href="{FOREIGN}/">',
    f'<object data="{FOREIGN}/e"></object>',
    f'<a href="javascript:{DO}">here</a>',
    f"[here](javascript:{DO})",
    f"![x]({FOREIGN}/f)",
    f'![x](x"onerror="{DO})',
    f'" autofocus onfocus="{DO}" x="',
    f"' onmouseover='{DO}' x='",
    f"--><img src=x onerror={DO}><!--",
    f"]]><img src=x onerror={DO}>",
    f"</textarea><img src=x onerror={DO}>",
    f"</mark></div><script>{DO}</script>",
    f"&lt;img src=x onerror={DO}&gt;",
    f"&#60;script&#62;{DO}&#60;/script&#62;",
    f"\\x3cscript\\x3e{DO}\\x3c/script\\x3e",
    f"${{{DO}}} {{{{constructor.constructor('{DO}')()}}}}",
    f"<%= {DO} %>",
    f"<math><mtext><img src=x onerror={DO}></mtext></math>",
    f"<svg><a xlink:href=javascript:{DO}><text y=9>x</text></a></svg>",
    f"<details open ontoggle={DO}>x</details>",
    f"<body onload={DO}>",
    f"<img src=`x` onerror={DO}//",
    f"<scr<script>ipt>{DO}</scr</script>ipt>",
    "[1](javascript:alert(1)) [^1]: <img src=x onerror=alert(1)>",
    f"data:text/html,<script>{DO}</script>",
]
RULES = [f"The harbour rule number {number} reads {payload} and holds." for number, payload in enumerate(PAYLOADS)]


def obeying(request: BaseHTTPRequestHandler) -> None:
    """A model that says all of it, in pieces that cut tags apart."""
    begin_stream(request)
    for rule in RULES:
        words = f"{rule} [1]\n"
        for at in range(0, len(words), 11):
            send_text(request, words[at : at + 11])
    send_text(request, "", "stop")
    send_event(request, "[DONE]")


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[str]:
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    index.mkdir()
    for number, (payload, rule) in enumerate(zip(PAYLOADS, RULES, strict=True)):
        name = re.sub(r"[/\0]", "", payload)[:80]
        told = payload.replace("\\", "\\\\").replace('"', '\\"')
        text = f'---\ntitle: "{told}"\nauthor: "{told}"\n---\n# {payload}\n\n{rule}\n'
        (docs / f"{number} {name}.md").write_text(text, encoding="utf-8")
    (docs / "rules.txt").write_text("\n\n".join(RULES), encoding="utf-8")
    with endpoint(obeying) as url:
        settings = {"CITEBACK_LLM": "obeying", "CITEBACK_LLM_BASE_URL": url, "CITEBACK_LLM_MAX_TOKENS": "9000"}
        with served(docs, index, settings=settings) as address:
            yield address


def test_nothing_hostile_is_obeyed(chromium: "Browser", hostile: str) -> None:
    assert len(PAYLOADS) >= 60
    trouble: list[str] = []
    with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()

        def dismiss(dialog: "Dialog") -> None:
            trouble.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.on("request", lambda request: None if is_own(request.url, hostile) else trouble.append(request.url))
        page.goto(hostile)
        page.wait_for_selector("#cb-documents li")
        rows = page.locator("#cb-documents li > button")
        for number in range(rows.count()):
            rows.nth(number).click()
            page.wait_for_timeout(60)
        page.wait_for_selector("#cb-source .cb-text")
        box = page.get_by_label("Your question")
        box.fill(f"What do the harbour rules read, {PAYLOADS[0]}?")
        box.press("Enter")
        page.wait_for_selector(".cb-answered-by, .cb-card-refusal", timeout=90_000)
        shown = page.locator(".cb-turn").inner_text()
        assert "harbour rule" in shown
        for chip in page.locator(".cb-chip").all()[:20]:
            chip.hover()
        page.reload()
        page.wait_for_selector(".cb-turn")
        page.locator("#cb-conversations summary").first.click()
        page.wait_for_timeout(500)
        assert page.title() == "Citeback"
        strange = "#cb-page :is(img, form, iframe, object, embed, link, base, script, style, audio, video, a[href])"
        # Gradio itself puts style sheets into its components.
        found = page.locator(strange).evaluate_all("all => all.map(each => each.outerHTML.slice(0, 200))")
        assert [each for each in found if "alert" in each or "evil" in each] == []
        assert page.locator("[onerror], [onclick], [onload], [onfocus], [onmouseover]").count() == 0
    assert trouble == []
