"""The settings drawer: who writes answers, and how sure an answer has to be."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup

from assistant.errors import LLMError
from assistant.llm import ChatModel, stream_text
from assistant.providers import open_llm
from index import CitebackError

from .render import element, shortened

if TYPE_CHECKING:
    from assistant import Assistant

SURE: Final = (
    "Answer only what is likelier than this to answer the question; else refuse and show the nearest passages. "
    "0.25 suits questions asked in earnest; 0.75 suits questions that are made to fool."
)


@dataclass(frozen=True, slots=True)
class Drawer:
    """The drawer's components, for wiring."""

    url: Any
    model: Any
    key: Any
    threshold: Any
    test: Any
    use: Any
    status: Any


def build_drawer(assistant: "Assistant") -> Drawer:
    """The drawer, as the settings are now."""
    settings = assistant.settings
    gr.HTML(element("h2", "Settings"), apply_default_css=False, js_on_load=None)
    lead = "For all who use this page. Without a language model answers are the documents’ own words."
    gr.HTML(element("p", lead, class_="cb-lead"), apply_default_css=False, js_on_load=None)
    model = gr.Textbox(
        settings.llm or "", label="Language model", info="Its name at the endpoint, or anthropic:MODEL; empty for none."
    )
    url = gr.Textbox(
        settings.llm_base_url or "", label="Endpoint", info="Speaks as OpenAI does, such as http://127.0.0.1:11434/v1."
    )
    key = gr.Textbox(
        "",
        label="Key",
        type="password",
        info="Only if the endpoint wants one. It is not shown again, nor written down.",
    )
    threshold = gr.Slider(0, 1, settings.threshold, step=0.05, label="How sure an answer has to be", info=SURE)
    with gr.Row():
        test = gr.Button("Test the model", elem_id="cb-test", size="sm")
        use = gr.Button("Use these", elem_id="cb-use", size="sm", variant="primary")
    status = gr.HTML(value="", elem_id="cb-settings-status", apply_default_css=False, js_on_load=None)
    return Drawer(url, model, key, threshold, test, use, status)


def tried(assistant: "Assistant", url: str, model: str, key: str) -> Markup:
    """What a language model says to a word, and how long it took; or why it says nothing."""
    if not model.strip():
        return _told("Name a model first.", well=False)
    began = time.perf_counter()
    try:
        llm = _opened(assistant, url, model, _key_for(assistant, url, model, key))
        said = "".join(piece.text for piece in stream_text(llm, "Answer in one word.", "Say: ready"))
    except LLMError as error:
        return _told(f"It does not answer: {error}", well=False)
    seconds = time.perf_counter() - began
    return _told(f"It answers, after {seconds:.1f} s: “{shortened(said, 80)}”", well=True)


def used(assistant: "Assistant", url: str, model: str, key: str, threshold: float) -> Markup:
    """Puts the settings to use; what is told of it."""
    secret = _key_for(assistant, url, model, key)
    changes = {"llm": model.strip() or None, "llm_base_url": url.strip() or None, "llm_key": secret}
    try:
        if model.strip():
            _opened(assistant, url, model, secret)
        assistant.reconfigure(**changes, threshold=threshold)
    except CitebackError as error:
        return _told(str(error), well=False)
    by = f"{model.strip()} writes answers" if model.strip() else "Answers are the documents’ own words"
    kept = "until Citeback is started again; for good, set CITEBACK_LLM, CITEBACK_LLM_BASE_URL and CITEBACK_THRESHOLD"
    return _told(f"In use: {by}, from {threshold:.0%} sure on, {kept}.", well=True)


def _key_for(assistant: "Assistant", url: str, model: str, key: str) -> str | None:
    """The key that was typed; else the one there is, but only for the endpoint that it was given for."""
    settings = assistant.settings
    now = (settings.llm_base_url or "", (settings.llm or "").partition(":")[0] == "anthropic")
    same = now == (url.strip(), model.strip().partition(":")[0] == "anthropic")
    known = settings.llm_key.get_secret_value() if settings.llm_key and same else None
    return key.strip() or known


def _opened(assistant: "Assistant", url: str, model: str, key: str | None) -> ChatModel:
    """The model, to be asked for a word. Raises LLMError."""
    return open_llm(
        url.strip() or None,
        model.strip(),
        key,
        timeout_s=min(30.0, assistant.settings.llm_timeout),
        max_tokens=16,
        context_tokens=assistant.settings.llm_context_tokens,
    )


def _told(words: str, *, well: bool) -> Markup:
    return element("p", words, class_="cb-done" if well else "cb-failed", role="status")
