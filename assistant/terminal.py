"""What the commands print."""

import re
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from assistant.schema import Answer, Citation, Place, Turn
from assistant.standing import Standing
from index import DocumentInfo, Failure, ScoredChunk, SyncReport
from index import Progress as Step

_STAGES = {"read": "Reading files", "embed": "Embedding passages", "publish": "Writing the index"}
_MOST_FAILURES = 5
_VERDICTS = {"supported": "", "partly": " (partly supported)", "unsupported": " (not supported)"}


class ProgressBar:
    """A progress bar on stderr, if that is a terminal, which appears with the first step of work that takes time."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._paused = False

    def pause(self) -> None:
        """Take the bar away for a while; steps are still counted."""
        self._paused = True
        self._progress.stop()

    def go_on(self) -> None:
        """Show the bar again."""
        self._paused = False
        self._progress.start()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, step: Step) -> None:
        """Show a step of a sync."""
        if not self._tasks and not self._paused:
            self._progress.start()
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._progress.add_task(_STAGES[step.stage], left="")
        left = f"{step.rate:.0f}/s, {_duration(step.seconds_left)} left" if step.rate and step.seconds_left else ""
        self._progress.update(self._tasks[step.stage], completed=step.done, total=step.total, left=left)


def _duration(seconds: float) -> str:
    """Seconds as one would say them.

    >>> _duration(8.4), _duration(200), _duration(9000)
    ('8 s', '3 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def flowing(text: str) -> str:
    """The text with single line breaks, which are the document's and not a paragraph's end, as spaces.

    >>> flowing("Ships\\nsail.\\n\\nThey sink.")
    'Ships sail.\\n\\nThey sink.'
    """
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text)


def print_failures(report: SyncReport) -> None:
    """Warn on stderr of files that are not in the index."""
    for failure in report.failed[:_MOST_FAILURES]:
        sys.stderr.write(f"citeback: not indexed: {_failure(failure)}\n")
    if (more := len(report.failed) - _MOST_FAILURES) > 0:
        sys.stderr.write(f"citeback: and {more} more; `citeback sync FOLDER` lists them\n")


def _failure(failure: Failure) -> str:
    return failure.reason if failure.source in failure.reason else f"{failure.source}: {failure.reason}"


def print_report(report: SyncReport) -> None:
    """Print what a sync did: counts, then the files that changed or failed."""
    console = Console()
    counts = ("added", "updated", "unchanged", "removed", "failed")
    console.print(", ".join(f"{len(getattr(report, name))} {name}" for name in counts), highlight=False)
    for name in ("added", "updated", "removed"):
        for source in getattr(report, name):
            console.print(f"  {name:9} {source}", markup=False, highlight=False, soft_wrap=True)
    for before, after in report.moved:
        console.print(f"  moved     {before} → {after}", markup=False, highlight=False, soft_wrap=True)
    for failure in report.failed:
        line = f"  failed    {_failure(failure)}"
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)


def print_hits(hits: Sequence[ScoredChunk], infos: Mapping[str, DocumentInfo]) -> None:
    """Print passages with where they stand."""
    console = Console()
    for number, hit in enumerate(hits, start=1):
        info, chunk = infos[hit.chunk.document_id], hit.chunk
        place = f"{info.source}, characters {chunk.start}–{chunk.end}"
        console.print(Text(f"{number}. {info.title}", style="bold"), Text(f"  {place}", style="dim"))
        console.print(Text(chunk.text), "")
    if not hits:
        console.print("No passages.")


def print_turn(console: Console, turn: Turn, changed: Mapping[Place, Standing]) -> None:
    """Print a question that was answered before, and what became of its sources since."""
    console.print(Text(f"> {turn.question}", style="bold"))
    console.print(Text(f"{flowing(turn.answer.text)}\n"), soft_wrap=True)
    print_sources(console, turn.answer, changed)
    console.print()


def print_sources(console: Console, answer: Answer, changed: Mapping[Place, Standing] = MappingProxyType({})) -> None:
    """Print an answer's numbered citations with their quotes, or a refusal's nearest passages."""
    if answer.refusal:
        if answer.refusal.nearest:
            console.print("Nearest passages:", style="bold")
        for citation in answer.refusal.nearest:
            _print_citation(console, citation, changed)
        return
    if answer.notice:
        console.print(answer.notice, style="yellow", markup=False)
    verdicts = {n: _VERDICTS[s.verdict] for s in answer.sentences for n in s.citations}
    for citation in answer.citations:
        _print_citation(console, citation, changed, verdicts.get(citation.number, ""))
    if answer.answered_by != "extractive":
        console.print(f"answered by {answer.answered_by}", style="dim", markup=False)


def _print_citation(console: Console, citation: Citation, changed: Mapping[Place, Standing], verdict: str = "") -> None:
    who = [part for part in (citation.author, citation.publisher, citation.date) if part]
    place = citation.locator or f"characters {citation.start}–{citation.end}"
    line = Text(f"[{citation.number}] ", style="cyan")
    line.append(", ".join([*who, f"“{citation.title}”"]), style="bold")
    line.append(f", {citation.source}, {place}{verdict}", style="dim")
    console.print(line, soft_wrap=True)
    console.print(Text(f"    “{flowing(citation.quote)}”"), soft_wrap=True)
    if standing := changed.get(citation.place):
        console.print(Text(f"    {standing.words}", style="yellow"), soft_wrap=True)
