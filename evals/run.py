"""Runs a suite and writes what came of it: config.json, cases.jsonl, summary.json."""

import json
import platform
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evals.cases import Case, Suite, SuiteError
from evals.results import CaseResult
from evals.summary import Summary, summarise

CONFIG, CASES, SUMMARY = "config.json", "cases.jsonl", "summary.json"
GATE, COMPARISON = "gate.json", "compare.json"
# What makes two runs the same, so that one may go on where the other ended.
_SAME = ("suite", "task", "digest", "drawn", "docs", "documents", "settings", "citeback")


def run_suite(
    suite: Suite,
    run: Callable[[Sequence[Case]], Iterator[CaseResult]],
    out: Path,
    *,
    config: Mapping[str, Any] | None = None,
    seed: int = 0,
    console: Console | None = None,
) -> Summary:
    """The summary of putting every case to `run`; `out` gets config.json, cases.jsonl and summary.json.

    cases.jsonl grows case by case. A run that was interrupted goes on where it ended, if suite and `config` are the
    same; cases that failed with an error are run again. `seed` fixes the intervals; progress is drawn on `console`
    (default: standard error).
    """
    under_way = Run.begin(suite, out, config=config, seed=seed, console=console)
    with _progress(console) as progress:
        task = progress.add_task(escape(suite.name), total=len(suite.cases), completed=len(under_way.done))
        for _ in under_way.results(run):
            progress.advance(task)
    return under_way.finish()


def write_gate(out: Path, gate: Path, complaints: Sequence[str]) -> None:
    """Writes beside a run which bounds of a gate it does not keep."""
    _write_json(out / GATE, {"file": str(gate), "failures": list(complaints)})


@dataclass(frozen=True, slots=True)
class Run:
    """A run on its way: `done` is what has come of its cases, by their ids. It may end before all of them are done."""

    suite: Suite
    out: Path
    seed: int
    done: dict[str, CaseResult]

    @classmethod
    def begin(
        cls,
        suite: Suite,
        out: Path,
        *,
        config: Mapping[str, Any] | None = None,
        seed: int = 0,
        console: Console | None = None,
    ) -> "Run":
        """The run, its config.json written, with what an unfinished one of the same suite and `config` has in `out`."""
        check_folder(out)
        out.mkdir(parents=True, exist_ok=True)
        head = {"suite": suite.name, "task": suite.task, "cases": len(suite.cases), "digest": suite.digest}
        described = {**head, "seed": seed, **environment(), **(config or {})}
        before = _done_before(out, described, console or Console(stderr=True))
        # Of the run before: its end, and how it compared.
        for name in (SUMMARY, GATE, COMPARISON):
            (out / name).unlink(missing_ok=True)
        _write_json(out / CONFIG, described)
        _write_lines(out, before)
        return cls(suite, out, seed, {result.case.id: result for result in before})

    def results(self, run: Callable[[Sequence[Case]], Iterator[CaseResult]]) -> Generator[CaseResult, None, None]:
        """What comes of the cases that are left, from `run`; each is in cases.jsonl before the next is asked for."""
        left = [case for case in self.suite.cases if case.id not in self.done]
        with (self.out / CASES).open("a", encoding="utf-8") as lines:
            for result in run(left):
                self.done[result.case.id] = result
                lines.write(_line(result))
                lines.flush()
                yield result

    def finish(self) -> Summary:
        """The summary of what is done, which summary.json holds from now on; cases.jsonl is in the suite's order."""
        results = [self.done[case.id] for case in self.suite.cases if case.id in self.done]
        _write_lines(self.out, results)
        summary = summarise(results, self.suite, seed=self.seed)
        _write_json(self.out / SUMMARY, summary.to_dict())
        return summary


def read_results(out: Path) -> list[CaseResult]:
    """The results in a run's folder, each case once. Raises SuiteError where there is none."""
    try:
        # A line may have been cut within a letter; it is left out below.
        lines = (out / CASES).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        reason = f"{CASES} cannot be read: {error.strerror}"
        raise SuiteError(f"{out} holds no run ({reason}); name the folder of one") from error
    found = {}
    for line in lines:
        try:
            result = CaseResult.from_dict(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue  # cut short where the run was killed
        found[result.case.id] = result
    return list(found.values())


def environment() -> dict[str, str]:
    """When and on what a run was made."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "citeback": _version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def check_folder(out: Path) -> None:
    """Raises SuiteError where files of a run's names are there which no run wrote: they may be a suite's own."""
    if not any((out / name).exists() for name in (CONFIG, CASES)):
        return
    if not {"suite", "digest", "citeback"} <= _config_of(out).keys():
        raise SuiteError(f"{out} holds {CONFIG} or {CASES} that no run wrote; name another folder with --out")


def _config_of(out: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((out / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _done_before(out: Path, config: Mapping[str, Any], console: Console) -> list[CaseResult]:
    """What an unfinished run of the same suite and settings has in the folder, but for what failed."""
    if (out / SUMMARY).exists() or not (out / CASES).is_file():
        return []
    before = _config_of(out)
    other = [key for key in _SAME if before.get(key) != config.get(key)]
    found = [result for result in read_results(out) if result.error is None]
    if other and found:
        say = f"{out} holds {len(found)} results of an unfinished run with other {', '.join(other)}: asking anew"
        console.print(say, markup=False, soft_wrap=True)
    return [] if other else found


def _progress(console: Console | None) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    return Progress(*columns, *left, console=console or Console(stderr=True), transient=True)


def _version() -> str:
    try:
        return version("citeback")
    except PackageNotFoundError:
        return "run from source, not installed"


def _line(result: CaseResult) -> str:
    return json.dumps(result.to_dict(), ensure_ascii=False) + "\n"


def _write_lines(out: Path, results: Any) -> None:
    whole = out / f"{CASES}.new"
    whole.write_text("".join(map(_line, results)), encoding="utf-8")
    whole.replace(out / CASES)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
