"""How long one waits for an answer on the command line, from nothing."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from evals.bench.lines import Line, Plan, Row
from evals.loading import BUNDLED_DOCS

_RUNS = 5
_ASK = "from app import main; main()"
_IMPORT = "import sentence_transformers"
_TARGET = 1.3


def measure(plan: Plan) -> Line:
    """A cold `citeback ask` on an existing index, as a multiple of importing sentence-transformers."""
    asks, imports = cold_ask(plan.work / "seeds")
    ask, imported = median(asks), median(imports)
    ratio = ask / imported
    rows = (
        Row("cold `citeback ask` on an existing index", f"{ask:.2f} s"),
        Row("cold `import sentence_transformers`", f"{imported:.2f} s"),
        Row("ratio", f"{ratio:.2f}", f"{_TARGET:g}", ratio <= _TARGET),
    )
    return Line(rows, {"ask_s": asks, "import_s": imports, "ratio": ratio})


def cold_ask(home: Path, *, runs: int = _RUNS) -> tuple[list[float], list[float]]:
    """Seconds of asking and of importing. The two alternate, so that a busy moment hits both.

    Raises CalledProcessError if either fails.
    """
    question = ["ask", "Who would keep the peace?", "--docs", str(BUNDLED_DOCS["seeds"]), "--index", str(home)]
    _seconds([_ASK, *question])
    asks, imports = [], []
    for _ in range(runs):
        asks.append(_seconds([_ASK, *question]))
        imports.append(_seconds([_IMPORT]))
    return asks, imports


def _seconds(code_and_arguments: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", *code_and_arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
