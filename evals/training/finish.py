"""Makes of a trained network what a reader is loaded from: factors with scaled outputs, and what they are worth."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from evals.scaling import calibration_error, platt, reliability
from evals.training.factors import RANK, factors_of, save_factors
from evals.training.groups import Group
from evals.training.judging import worth
from evals.training.network import Network
from index import Reader, bundled_model
from index.reader import HEADS, Head

FACTORS, RESULTS = "reader.safetensors", "results.json"
_UNSCALED: dict[Head, tuple[float, float]] = {"answers": (1.0, 0.0), "supports": (1.0, 0.0)}


def finish(network: Network, groups: Sequence[Group], out: Path, *, rank: int = RANK) -> dict[str, Any]:
    """What the reader is worth on what it was not trained on; `out` gets its factors and results.json.

    The outputs are scaled on every second held-out group and judged on the others.
    """
    base = {name: value.detach() for name, value in Network(bundled_model()).body.named_parameters()}
    trained = {name: value.detach() for name, value in network.body.named_parameters()}
    factors, heads = factors_of(base, trained, rank=rank), (network.heads.weight, network.heads.bias)
    save_factors(factors, heads, out / FACTORS, scaling=_UNSCALED)
    reader = Reader(out / FACTORS)
    kept_out = [group for group in groups if group.held_out]
    read = iter(reader.read([pair for group in kept_out for pair in group.pairs]))
    logits = [[float(next(read)[HEADS.index(group.head)]) for _ in group.pairs] for group in kept_out]
    scaling = {head: platt(*_flat(kept_out[::2], logits[::2], head)) for head in HEADS}
    save_factors(factors, heads, out / FACTORS, scaling=scaling)
    results: dict[str, Any] = {
        "rank": rank,
        "scaling": scaling,
        "sources": {source: asdict(each) for source, each in worth(kept_out[1::2], logits[1::2]).items()},
        "reliability": {
            head: _reliability(*_flat(kept_out[1::2], logits[1::2], head), scaling[head]) for head in HEADS
        },
    }
    (out / RESULTS).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return results


def _flat(groups: Sequence[Group], logits: Sequence[Sequence[float]], head: Head) -> tuple[list[float], list[float]]:
    """All pairs of a head: logits and labels."""
    mine = [(group, each) for group, each in zip(groups, logits, strict=True) if group.head == head]
    return [x for _, each in mine for x in each], [label for group, _ in mine for label in group.labels]


def _reliability(logits: Sequence[float], labels: Sequence[float], scaling: tuple[float, float]) -> dict[str, Any]:
    scaled = torch.sigmoid(scaling[0] * torch.tensor(logits) + scaling[1]).tolist()
    right = [label > 0.5 for label in labels]
    return {"error": calibration_error(scaled, right), "bins": reliability(scaled, right), "pairs": len(scaled)}
