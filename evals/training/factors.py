"""What training changed, as factors of low rank: small enough to come with Citeback."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from index.reader import Head

# Kept of each matrix's change.
RANK = 32


def factors_of(
    base: Mapping[str, torch.Tensor], trained: Mapping[str, torch.Tensor], *, rank: int = RANK
) -> dict[str, torch.Tensor]:
    """For each matrix that changed the nearest change of this rank (Eckart and Young, 1936), as `up` and `down`.

    Vectors' changes are kept whole, as `delta`. Names are those of `base`; both hold the body's parameters.
    """
    found = {}
    for name, before in base.items():
        change = trained[name].float() - before.float()
        if not change.abs().max():
            continue
        if change.dim() < 2:
            found[f"{name}.delta"] = change.half()
            continue
        u, s, v = torch.linalg.svd(change, full_matrices=False)
        root = s[:rank].sqrt()
        found[f"{name}.up"] = (u[:, :rank] * root).half().contiguous()
        found[f"{name}.down"] = (root[:, None] * v[:rank]).half().contiguous()
    return found


def save_factors(
    factors: Mapping[str, torch.Tensor],
    heads: tuple[torch.Tensor, torch.Tensor],
    path: Path,
    *,
    scaling: Mapping[Head, tuple[float, float]],
) -> None:
    """Write what the reader loads. `scaling` makes each head's log odds a probability: (scale, bias)."""
    weight, bias = heads
    tensors = {**factors, "heads.weight": weight.detach().clone(), "heads.bias": bias.detach().clone()}
    save_file(tensors, path, {"scaling": json.dumps({head: list(pair) for head, pair in scaling.items()})})
