"""Trying a language model, and putting settings to use."""

from typing import TYPE_CHECKING, Any

from assistant.web.drawer import build_drawer, tried, used

from .whole import QUIET

if TYPE_CHECKING:
    from assistant import Assistant


def wire_drawer(page: Any, assistant: "Assistant") -> None:
    """Builds the drawer into `page` and wires it."""
    drawer = build_drawer(assistant)
    asked = [drawer.url, drawer.model, drawer.key]
    drawer.test.click(
        lambda url, model, key: tried(assistant, url, model, key), asked, drawer.status, concurrency_limit=1, **QUIET
    )
    drawer.use.click(
        lambda url, model, key, threshold: used(assistant, url, model, key, threshold),
        [*asked, drawer.threshold],
        drawer.status,
        **QUIET,
    )

    def now() -> tuple[Any, ...]:
        settings = assistant.settings
        return settings.llm or "", settings.llm_base_url or "", settings.threshold

    # Another visitor may have changed them: they are those of all.
    page.load(now, None, [drawer.model, drawer.url, drawer.threshold], **QUIET)
