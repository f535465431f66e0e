"""Puts cases to an assistant, in this process or in several, one a core."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from assistant import Assistant
from assistant.home import index_home
from assistant.settings import Settings
from assistant.terminal import ProgressBar, print_failures
from evals import asking, judging
from evals.cases import Case, Suite, SuiteError, Task
from evals.results import CaseResult
from index import Document, Index, existing_folder

# Fewer cases for each process than this are over before another has loaded the model.
_CASES_A_PROCESS = 100
# Passages that are searched for, of which the first ten documents are judged.
_PASSAGES = 50

Runner = Callable[[Case], CaseResult]

_runner: Runner | None = None


def workers_for(cases: int, wanted: int | None = None) -> int:
    """How many processes to share so many cases out to."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wanted or max(1, min(cores, cases // _CASES_A_PROCESS))


def runner_of(assistant: asking.Answering, task: Task) -> Runner:
    """What puts one case to the assistant."""
    if task == "judge":
        assert isinstance(assistant, Assistant)
        index, models = assistant.index, assistant.models
        return lambda case: judging.judge(case, index, models)
    put = asking.ask if task == "ask" else asking.find
    return lambda case: put(case, assistant)


def run_in_processes(
    cases: Sequence[Case], home: Path, settings: Settings, task: Task, workers: int
) -> Iterator[CaseResult]:
    """What came of each case, as it comes, from processes that have the index in `home` open."""
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _open, (home, settings, task))
    with pool:
        try:
            for done in as_completed([pool.submit(_run, case) for case in cases]):
                yield done.result()
        except BrokenProcessPool as error:
            raise SuiteError(
                "a process that asked was ended, perhaps for want of memory; run the same again, which goes on where "
                "this ended, with fewer of them (--workers 1)"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def settings_for(task: Task, settings: Settings) -> Settings:
    """The settings with which a task is done: a ranking is judged by more passages than an answer stands on."""
    return settings.model_copy(update={"passages": max(settings.passages, _PASSAGES)}) if task == "find" else settings


def home_of(suite: Suite, settings: Settings, index: Path | None) -> Path:
    """Where the index of a suite's documents is kept: in `index`, else in the user's data directory.

    Suites over the same documents share it.
    """
    if index is not None:
        return index
    if suite.folder is not None and suite.task != "judge":
        return index_home(existing_folder(suite.folder), settings)
    content = hashlib.sha256()
    for document in _documents(suite):
        content.update(f"{document.id}\0{document.title}\0{document.text}\0".encode())
    return index_home(Path(f"eval-{content.hexdigest()[:16]}"), settings)


def fill(suite: Suite, home: Path, settings: Settings) -> None:
    """Make the index in `home` hold the suite's documents; what it holds already costs nothing."""
    with Index.open(home, model=settings.model, limits=settings.limits) as index, ProgressBar() as bar:
        if suite.folder is not None and suite.task != "judge":
            print_failures(index.sync(suite.folder, progress=bar.update))
            return
        documents = _documents(suite)
        there = {info.id for info in index.documents()}
        missing = [document for document in documents if document.id not in there]
        if missing or index.waiting():
            index.add(missing, progress=bar.update)


def with_quotes_found(suite: Suite, home: Path, settings: Settings) -> Suite:
    """The suite without quotes that stand in none of the documents; `lost` names the cases that had such.

    They were mistyped, or the documents are others: no citation could ever reach them, so they judge nothing.
    """
    with Index.open(home, model=settings.model) as index:
        return with_quotes_in(suite, index)


def with_quotes_in(suite: Suite, index: Index) -> Suite:
    """As `with_quotes_found`, of an index that is open."""
    wanted = {" ".join(quote.split()) for case in suite.cases for quote in case.quotes}
    for info in index.documents() if wanted else ():
        text = " ".join(index.document(info.id).text.split())
        wanted = {quote for quote in wanted if quote not in text}
        if not wanted:
            break
    cases, lost = [], []
    for case in suite.cases:
        quotes = tuple(quote for quote in case.quotes if " ".join(quote.split()) not in wanted)
        if quotes != case.quotes:
            lost.append(case.id)
        cases.append(case.model_copy(update={"quotes": quotes}))
    return replace(suite, cases=cases, lost=lost)


def digest_of(home: Path, settings: Settings) -> str:
    """What tells the documents of an index from what they were before."""
    with Index.open(home, model=settings.model) as index:
        return digest_in(index)


def digest_in(index: Index) -> str:
    """As `digest_of`, of an index that is open."""
    content = hashlib.sha256()
    for info in sorted(index.documents(), key=lambda info: info.id):
        content.update(f"{info.id}\0{info.title}\0{index.document(info.id).text}\0".encode(errors="replace"))
    return content.hexdigest()[:16]


def config_of(folder: Path | None, documents: str, settings: Settings, drawn: Sequence[int] | None) -> dict[str, Any]:
    """What config.json tells of how a run was made; `documents` is their digest, `drawn` how many of how they were."""
    return {
        "docs": str(folder) if folder else None,
        "documents": documents,
        "settings": settings.model_dump(mode="json", exclude={"llm_key", "data_dir"}),
        "drawn": drawn,
    }


def _documents(suite: Suite) -> Sequence[Document]:
    if suite.task == "judge":
        return [judging.evidence_document(case) for case in suite.cases]
    return suite.documents


def _open(home: Path, settings: Settings, task: Task) -> None:
    global _runner
    assistant = Assistant.open(index=home, settings=settings)
    # The first case is not to be charged with loading the model.
    assistant.warm_up()
    _runner = runner_of(assistant, task)


def _run(case: Case) -> CaseResult:
    assert _runner is not None
    return _runner(case)
