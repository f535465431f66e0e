"""The page's tab for suites: run one over the documents at hand and read what came of it."""

import io
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from markupsafe import Markup
from rich.console import Console

from assistant.web.render import card, element
from assistant.web.wiring.whole import QUIET
from evals import running
from evals.cases import SuiteError
from evals.comparing import compare
from evals.gate import check_names, failures, load_gate
from evals.page.offers import Offer, Offers, finished, offered, unfinished, whole
from evals.page.report import write_report
from evals.page.result import result_markup
from evals.run import Run, read_results, write_gate
from evals.summary import scores
from index import CitebackError

if TYPE_CHECKING:
    from assistant import Assistant

# Seconds between two words on how far a run has come; a screen reader reads each of them out.
LOOK_AGAIN: Final = 0.5
# The tab may be opened long after the page: what is on offer is looked up whenever it comes to be seen.
WATCH: Final = """
let there = false;
new ResizeObserver(() => {
  const seen = element.getBoundingClientRect().width > 0;
  if (seen && !there) trigger('look');
  there = seen;
}).observe(element);
"""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EvaluatePanel:
    """The panel's components, for wiring. `shown` is the folder of the run that `result` shows, "" where it is none."""

    suites: Any
    notes: Any
    run: Any
    stop: Any
    progress: Any
    result: Any
    shown: Any


@dataclass(frozen=True, slots=True)
class Step:
    """A state of the panel during a run: how far it is; at the end, in which folder it was written, or what failed."""

    progress: Markup | None = None
    out: Path | None = None
    failed: Markup | None = None


@dataclass(slots=True)
class Desk:
    """Who is having questions asked, and who wants that to stop: visitors, by their session."""

    served: str | None = None
    stopping: set[str] = field(default_factory=set)


def build_evaluate(assistant: "Assistant") -> None:
    """The panel over one assistant, built and wired in the `gr.Blocks` (or the column of one) that is open."""
    words = "Asks questions whose right answers are known, one at a time, here; you can go on asking meanwhile."
    heading = element("h2", "Do the answers hold?") + element("p", words, class_="cb-hint")
    gr.HTML(heading, elem_id="cb-evaluate-head", apply_default_css=False, js_on_load=None)
    suites = gr.Radio([], label="Questions to ask", elem_id="cb-suites", visible=False)
    notes = gr.HTML("", elem_id="cb-evaluate-notes", apply_default_css=False, js_on_load=WATCH)
    with gr.Row(elem_id="cb-evaluate-buttons"):
        run = gr.Button("Run", elem_id="cb-run", variant="primary", size="sm", scale=0, interactive=False)
        stop = gr.Button("Stop", elem_id="cb-stop-run", variant="secondary", size="sm", scale=0, visible=False)
    progress = gr.HTML("", elem_id="cb-evaluate-progress", apply_default_css=False, js_on_load=None)
    result = gr.HTML("", elem_id="cb-evaluate-result", apply_default_css=False, js_on_load=None)
    panel = EvaluatePanel(suites, notes, run, stop, progress, result, shown=gr.State(""))
    _wire(assistant, panel, Desk())


def _wire(assistant: "Assistant", panel: EvaluatePanel, desk: Desk) -> None:
    controls = [panel.suites, panel.notes, panel.run, panel.stop, panel.progress]
    outputs = [*controls, panel.result, panel.shown]

    def choose(chosen: str | None, shown: str, failed: Markup | None = None) -> tuple[Any, ...]:
        return calm(assistant, chosen, shown, busy=desk.served is not None, failed=failed)

    def look(chosen: str | None, progress: str | None, shown: str) -> tuple[Any, ...]:
        # Whoever comes back to the tab during their run finds it as it is.
        return tuple(gr.skip() for _ in outputs) if progress else choose(chosen, shown)

    def begin(request: gr.Request) -> tuple[Any, ...]:
        desk.stopping.discard(str(request.session_hash))
        doing = "Waiting until another reader’s questions are answered …" if desk.served else "Getting ready …"
        going = element("p", doing, class_="cb-doing", role="status")
        # The result goes: it is another run's.
        return gr.update(interactive=False), "", gr.update(interactive=False), gr.update(visible=True), going, "", ""

    def go(chosen: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        visitor, failed = str(request.session_hash), None
        desk.served = visitor
        try:
            offer = offered(assistant).of(chosen)
            # A suite that went since it was chosen is told of at the end; no other one is run for it.
            going = steps(assistant, offer, lambda: visitor in desk.stopping) if offer and offer.key == chosen else ()
            for step in going:
                failed = step.failed
                if step.progress and visitor not in desk.stopping:
                    yield *(gr.skip() for _ in controls[:-1]), step.progress, gr.skip(), gr.skip()
        finally:  # also where the page was closed
            desk.served = None if desk.served == visitor else desk.served
            desk.stopping.discard(visitor)
        yield choose(chosen, "", failed)

    def stop(request: gr.Request) -> tuple[Any, ...]:
        desk.stopping.add(str(request.session_hash))
        stopping = element("p", "Stopping after this question …", class_="cb-doing", role="status")
        return gr.update(visible=False), stopping

    panel.notes.look(look, [panel.suites, panel.progress, panel.shown], outputs, **QUIET)
    panel.suites.input(choose, [panel.suites, panel.shown], outputs, **QUIET)
    panel.run.click(begin, None, outputs, **QUIET).then(
        go, panel.suites, outputs, concurrency_limit=1, concurrency_id="evaluate", **QUIET
    )
    panel.stop.click(stop, None, [panel.stop, panel.progress], **QUIET)


def calm(
    assistant: "Assistant", chosen: str | None, shown: str, *, busy: bool, failed: Markup | None = None
) -> tuple[Any, ...]:
    """The panel when nothing is asked, with what failed, or else the last run of the suite that is chosen.

    That one is left as it is where it is `shown` already: a reader may have unfolded some of it.
    """
    offers = offered(assistant)
    offer = offers.of(chosen)
    last = next(reversed(finished(offer.below)), None) if offer else None
    result = failed or (result_markup(last) if last else Markup(""))
    if last and not failed and str(last) == shown:
        result = gr.skip()
    notes = notes_markup(assistant, offers, offer, busy=busy)
    ready, listed = gr.update(interactive=offer is not None), gr.update(**listing(offers, offer))
    return listed, notes, ready, gr.update(visible=False), "", result, "" if failed else str(last or "")


def listing(offers: Offers, chosen: Offer | None) -> dict[str, Any]:
    """What the list of suites shows: each with how many questions it has."""
    choices = [(f"{offer.title} ({len(offer.suite.cases):,})", offer.key) for offer in offers.suites]
    value = chosen.key if chosen else None
    return {"choices": choices, "value": value, "visible": bool(choices), "interactive": True}


def steps(assistant: "Assistant", offer: Offer, stopped: Callable[[], bool]) -> Iterator[Step]:
    """The panel's states while the questions are asked, one at a time; the last one says where the run was written.

    `stopped` is looked at before each question; what was answered until then is written as a whole run is. Closed
    early, an unfinished run stays, and the next one of the suite goes on where it ended.
    """
    try:
        yield from _asked(assistant, offer, stopped)
    except (CitebackError, OSError) as error:
        yield Step(failed=card("The questions could not be asked", str(error), kind="error"))
    except Exception:
        log.exception("a run failed")
        words = "Something unexpected went wrong; the terminal that runs Citeback shows what."
        yield Step(failed=card("Unexpected error", words, kind="error"))


def _asked(assistant: "Assistant", offer: Offer, stopped: Callable[[], bool]) -> Iterator[Step]:
    if offer.gate:
        # Before the first question: a gate that cannot be read would else come to light after the last.
        check_names(load_gate(offer.gate), scores([], offer.suite.task))
    run, total = _begun(assistant, offer), len(offer.suite.cases)
    assistant.warm_up()
    before, began, told = len(run.done), time.monotonic(), 0.0
    yield Step(progress_markup(before, total, None))
    results = run.results(partial(map, running.runner_of(assistant, offer.suite.task)))
    while not stopped() and next(results, None):
        now = time.monotonic()
        if now - told >= LOOK_AGAIN:
            left = (now - began) / (len(run.done) - before) * (total - len(run.done))
            yield Step(progress_markup(len(run.done), total, left))
            told = now
    results.close()
    if not run.done:
        yield Step(failed=card("Stopped before the first answer", "Nothing was measured."))
        return
    yield Step(element("p", "Writing down what came of it …", class_="cb-doing", role="status"))
    _finish(run, offer)
    yield Step(out=run.out)


def _begun(assistant: "Assistant", offer: Offer) -> Run:
    """The run in a new folder, or in that of the last one if it was cut off."""
    index = assistant.index
    config = running.config_of(assistant.folder, running.digest_in(index), assistant.settings, None)
    now = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    names = (now if number == 1 else f"{now}-{number}" for number in count(1))
    out = unfinished(offer.below) or next(out for name in names if not (out := offer.below / name).exists())
    suite = running.with_quotes_in(offer.suite, index)
    return Run.begin(suite, out, config=config, console=Console(file=io.StringIO()))


def _finish(run: Run, offer: Offer) -> None:
    """Writes the summary, what the gate says, how it compares with the run before, and the report."""
    earlier = [out for out in finished(offer.below) if out < run.out and whole(out)]
    summary = run.finish()
    if offer.gate and whole(run.out):  # a part of the questions says nothing of a bound
        write_gate(run.out, offer.gate, failures(load_gate(offer.gate), summary.metrics))
    if earlier:
        with suppress(SuiteError):  # the suite has none of its questions left
            compare(run.out, earlier[-1])
    write_report(run.out)


def progress_markup(done: int, total: int, left: float | None) -> Markup:
    """How many questions are answered, and about how many seconds are left."""
    soon = None if left is None else f"{left / 60:,.0f} min" if left >= 90 else f"{max(1, round(left)):,} s"
    words = f"{done:,} of {total:,} questions" + (f", about {soon} left" if soon else "")
    bar = element("progress", max=max(1, total), value=done, aria_label="Questions answered")
    return element("div", bar, element("p", words, role="status"), class_="cb-progress")


def notes_markup(assistant: "Assistant", offers: Offers, chosen: Offer | None, *, busy: bool) -> Markup:
    """What is to be known before a run: why suites are not on offer, and what the last one left."""
    notes = list(offers.reasons)
    if assistant.index.waiting():
        notes.append("Documents are still being read in; what is asked now is answered without some of them.")
    if busy:
        notes.append("Another reader’s questions are being asked; yours will be after them.")
    elif chosen and (cut := unfinished(chosen.below)) and (done := len(read_results(cut))):
        of = f"{done:,} of {len(chosen.suite.cases):,}"
        notes.append(f"The last run was cut off after {of} questions; Run goes on from there.")
    return element("div", *(element("p", note, class_="cb-hint") for note in notes))
