"""Sets two runs of one suite side by side, case by case."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from evals import metrics
from evals.cases import SuiteError
from evals.metrics import Difference
from evals.run import COMPARISON, read_results


def compare(out: Path, other: Path, *, seed: int = 0) -> dict[str, Difference]:
    """What the run in `out` has over the one in `other`, by metric; compare.json in `out` gets it, too.

    Only cases that both have count. Raises SuiteError where they have none in common.
    """
    ours = {result.case.id: result for result in read_results(out)}
    theirs = {result.case.id: result for result in read_results(other)}
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
    seconds = metrics.paired([ours[key].seconds for key in common], [theirs[key].seconds for key in common], seed=seed)
    if seconds is not None:
        found["seconds"] = seconds
    _write(out, other, len(common), found)
    return found


def _write(out: Path, other: Path, cases: int, found: Mapping[str, Difference]) -> None:
    record = {"against": str(other), "cases": cases, "metrics": {name: asdict(each) for name, each in found.items()}}
    (out / COMPARISON).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
