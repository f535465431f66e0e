"""How soon a long PDF that was just dropped into a folder is answered from."""

import os
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

from assistant import Answer, Assistant
from evals.bench.lines import BenchError, Line, Plan, Row, growth
from evals.bench.machine import fresh, memory_mb
from evals.bench.made import prose
from evals.bench.pdf import text_pdf
from index import Progress
from index.sandbox import Sandbox

_PAGES = (100, 300, 1_000)
_WORDS_A_PAGE = 450
# How far into the file the fact stands.
_PLACE = 0.777
_FACT = "The ledger of the Skarholm lighthouse records 4,312 barrels of lamp oil."
_QUESTION = "How many barrels of lamp oil does the ledger of the Skarholm lighthouse record?"
_TARGET = 5.0
_PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 900


def measure(plan: Plan) -> Line:
    """The first right answer after PDFs of 100, 300 and 1,000 pages, with the model in memory.

    It is asked for once the text is said to be searchable; and for the longest also over and over from the start, as by
    others who ask meanwhile.
    """
    runs = [fresh(first_answer, plan.work / f"pdf-{pages}", pages) for pages in _PAGES]
    crowded = fresh(first_answer, plan.work / "pdf-crowded", _PAGES[-1], asking=True)
    rows = [_row(pages, run) for pages, run in zip(_PAGES, runs, strict=True)]
    asked = f"{crowded['answer_s']:.1f} s; each {crowded['ask_s']:.2f} s, slowest {crowded['slowest_ask_s']:.2f} s"
    rows.append(Row("  … asked over and over meanwhile", asked))
    rows += [
        Row(f"  … {pages:,} pages: parsed / all vectors made", f"{run['parse_s']:.1f} / {run['vectors_s']:.0f} s")
        for pages, run in zip(_PAGES, runs, strict=True)
    ]
    exponent = growth(_PAGES, [run["answer_s"] for run in runs])
    rows.append(Row("  grows with the pages to the power of", f"{exponent}"))
    return Line(tuple(rows), {"pages": _PAGES, "runs": runs, "crowded": crowded, "growth": exponent})


def report_pdf(pages: int) -> bytes:
    """A PDF of made-up prose, 450 words a page, with one fact somewhere behind its middle."""
    sentences = prose(10**9)
    texts = []
    for number in range(1, pages + 1):
        page: list[str] = [_FACT] if number == fact_page(pages) else []
        count = 0
        while count < _WORDS_A_PAGE:
            page.append(next(sentences))
            count += len(page[-1].split())
        texts.append(" ".join(page))
    return text_pdf(texts)


def fact_page(pages: int) -> int:
    """The page the fact stands on.

    >>> fact_page(1000)
    777
    """
    return max(1, round(_PLACE * pages))


def first_answer(work: Path, pages: int, *, asking: bool = False) -> dict[str, Any]:
    """Seconds from the file's arrival to the first answer that cites the fact's page, and what came before and after.

    With `asking` the question is asked all the time, else once the text is said to be searchable.
    The assistant runs already, over one small document. "parse_s" is of the child that parses, by itself. Raises
    BenchError where the answer does not come.
    """
    docs = work / "docs"
    docs.mkdir(parents=True)
    (docs / "small.txt").write_text(" ".join(prose(300, seed=1)), encoding="utf-8")
    file = work / "report.pdf"
    file.write_bytes(report_pdf(pages))
    assistant = Assistant.open(docs, index=work / "index")
    assistant.warm_up()
    assistant.ask(_QUESTION)
    parse = _parse_seconds(file)
    os.rename(file, docs / file.name)
    syncing = _Syncing(assistant)
    if not asking:
        syncing.searchable.wait(_PATIENCE_SECONDS)
    answer, asked = _ask_until_found(assistant, syncing, fact_page(pages))
    found = time.perf_counter() - syncing.began
    waiting, notice = assistant.index.waiting(), answer.notice
    syncing.thread.join()
    return {
        "answer_s": found,
        "parse_s": parse,
        "read_s": syncing.read,
        "vectors_s": time.perf_counter() - syncing.began,
        "passages": assistant.index.counts()[1],
        "waiting": waiting,
        "notice": notice,
        "ask_s": median(asked),
        "slowest_ask_s": max(asked),
        **memory_mb(),
    }


class _Syncing:
    """A sync in a thread of its own; `read` is how many seconds it took to read and store the text."""

    def __init__(self, assistant: Assistant) -> None:
        self.began = time.perf_counter()
        self.read: float | None = None
        self.searchable = threading.Event()
        self.thread = threading.Thread(target=assistant.sync, kwargs={"progress": self._hear})
        self.thread.start()

    def _hear(self, news: Progress) -> None:
        if news.stage == "read" and news.done == news.total:
            self.read = time.perf_counter() - self.began
        if news.stage == "publish":
            self.searchable.set()


def _ask_until_found(assistant: Assistant, syncing: _Syncing, page: int) -> tuple[Answer, list[float]]:
    """The first answer that cites the page, and how many seconds each of the answers took."""
    asked: list[float] = []
    while time.perf_counter() - syncing.began < _PATIENCE_SECONDS:
        last = not syncing.thread.is_alive()
        began = time.perf_counter()
        answer = assistant.ask(_QUESTION)
        asked.append(time.perf_counter() - began)
        if any(citation.page == page for citation in answer.citations):
            return answer, asked
        if last:
            raise BenchError(f"{_QUESTION!r} is not answered from page {page} of the file; answered: {answer.text!r}")
        time.sleep(_PAUSE_SECONDS)
    raise BenchError(f"no answer from page {page} within {_PATIENCE_SECONDS} s")


def _parse_seconds(file: Path) -> float:
    with Sandbox() as sandbox:
        began = time.perf_counter()
        outcome = sandbox.read(file, source=file.name)
        seconds = time.perf_counter() - began
    if outcome.failure:
        raise BenchError(outcome.failure)
    return seconds


def _row(pages: int, run: dict[str, Any]) -> Row:
    judged = (f"{_TARGET:g} s", run["answer_s"] <= _TARGET) if pages == max(_PAGES) else ("", None)
    return Row(f"first answer from a new PDF of {pages:,} pages", f"{run['answer_s']:.1f} s", *judged)
