"""Sets two runs of one suite side by side, case by case."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from evals import metrics
from evals.cases import SuiteError
from evals.metrics import Difference
from evals.results import CaseResult
from evals.run import COMPARISON, read_results


def compare(out: Path, other: Path, *, seed: int = 0) -> dict[str, Difference]:
    """What the run in `out` has over the one in `other`, by metric; compare.json in `out` gets it, too.

    Only cases that both have count. Raises SuiteError where they have none in common.
    """
    ours, theirs = ({_key(result): result for result in read_results(run)} for run in (out, other))
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        raise SuiteError(f"{out} and {other} have no case in common; compare two runs of the same suite")
    names = dict.fromkeys(name for key in common for name in (*ours[key].metrics, *theirs[key].metrics))
    found: dict[str, Difference] = {}
    for name in names:
        pairs = [(ours[key].metrics.get(name), theirs[key].metrics.get(name)) for key in common]
        difference = metrics.paired([a for a, _ in pairs], [b for _, b in pairs], seed=seed)
        if difference is not None:
            found[name] = difference
    times = [[_seconds(run[key]) for key in common] for run in (ours, theirs)]
    seconds = metrics.paired(*times, seed=seed)
    if seconds is not None:
        found["seconds"] = seconds
    _write(out, other, len(common), found)
    return found


def check_other(out: Path, other: Path) -> None:
    """Raises SuiteError where `other` holds no run, or is where this one is going to be written."""
    if out.resolve() == other.resolve():
        raise SuiteError(f"{other} would be written over before it is compared with; name another folder with --out")
    if not read_results(other):
        raise SuiteError(f"{other} holds no result; name the folder of a run that was made")


def _key(result: CaseResult) -> str:
    """The same for the same question after the same turns: suites that were drafted use the same ids."""
    case = result.case
    before = [turn if isinstance(turn, str) else turn.question for turn in case.history]
    return json.dumps([case.id, case.question, before])


def _seconds(result: CaseResult) -> float | None:
    return None if result.error else result.seconds


def _write(out: Path, other: Path, cases: int, found: Mapping[str, Difference]) -> None:
    record = {"against": str(other), "cases": cases, "metrics": {name: asdict(each) for name, each in found.items()}}
    (out / COMPARISON).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
