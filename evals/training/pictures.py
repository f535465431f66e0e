"""The pictures of the reader's card: how training went, and how far its probabilities hold."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from evals.training.train import SAVED_EVERY

mpl.use("agg")

CURVE, RELIABILITY = "reader-training.png", "reader-reliability.png"
_INK, _COLOURS = "#1d2226", ("#0c5f6c", "#b3541e", "#5d646b", "#7a4fa3", "#2f7d32", "#a02f27")
# Of what is judged on the way, what is drawn.
_DRAWN = ("squad first", "squad area", "selqa first", "fm2 area", "squad-statements area")


def draw_curve(log: Path, out: Path) -> None:
    """The loss by step, and what the reader was judged by on the way."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    # The last line may tell of fewer steps.
    whole = [line for line in lines if line["step"] % SAVED_EVERY == 0] or lines
    left.plot([line["step"] for line in whole], [line["loss"] for line in whole], color=_COLOURS[0])
    left.set(title="loss, mean of the last hundred steps", xlabel="step", ylim=(0, None))
    for colour, name in zip(_COLOURS, _DRAWN, strict=False):
        points = [(line["step"], line[name]) for line in lines if name in line]
        right.plot(*zip(*points, strict=True), marker="o", markersize=3, color=colour, label=name)
    right.set(title="on what it was not trained on", xlabel="step")
    figure.legend(loc="outside lower right", ncols=len(_DRAWN), frameon=False, fontsize=8)
    _save(figure, out)


def draw_reliability(reliability: Mapping[str, Any], out: Path) -> None:
    """For each head the share that is right against the probability that was given."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (head, told) in zip(figure.subplots(1, len(reliability)), reliability.items(), strict=True):
        axes.plot((0, 1), (0, 1), color="#ded9ce", zorder=0)
        means, shares, counts = zip(*told["bins"], strict=True)
        axes.plot(means, shares, marker="o", color=_COLOURS[0])
        for x, y, n in zip(means, shares, counts, strict=True):
            axes.annotate(f"{n:,}", (x, y), textcoords="offset points", xytext=(6, -10), fontsize=7, color="#5d646b")
        axes.set(title=f"{head}: error {told['error']:.3f}", xlabel="probability given", ylabel="share that is right")
    _save(figure, out)


def _save(figure: Figure, out: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=_INK)
    figure.savefig(out, dpi=130, facecolor="white")
