"""Trains the reader, from where an interrupted training ended."""

import copy
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from safetensors.torch import load_file, save_file

from evals.training.groups import Group
from evals.training.judging import judged
from evals.training.network import Network, Pairs
from evals.training.schedule import batches, rate
from index import bundled_model
from index.reader import HEADS
from index.transformer import multiplies_bf16

LOG, STATE, WEIGHTS = "log.jsonl", "state.safetensors", "weights.safetensors"
_RATE, _RATE_OF_HEADS, _DECAY = 1e-4, 1e-3, 0.01
# Of the loss, beside each pair by itself: which of a group is the right one.
_LISTWISE = 0.5
SAVED_EVERY = 100
_JUDGED_EVERY = 400


def train(groups: Sequence[Group], out: Path, *, rounds: int, seed: int, console: Console | None = None) -> Network:
    """The trained network; `out` gets its weights, and log.jsonl with the loss and what it is judged by on the way.

    The state is kept every hundred steps; a training of the same groups, rounds and seed goes on from it.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = Network(bundled_model())
    learnt = Pairs([group for group in groups if not group.held_out])
    kept_out = Pairs([group for group in groups if group.held_out])
    plan = _plan(learnt, rounds, seed)
    optimizer = _optimizer(network)
    working = _working(network)
    first = _resumed(out / STATE, network, optimizer)
    with _progress(console) as progress, (out / LOG).open("a", encoding="utf-8") as log:
        task = progress.add_task("training", total=len(plan), completed=first, loss="")
        _follow(working, network)
        began, losses = time.monotonic(), []
        for step in range(first, len(plan)):
            losses.append(_step(network, working, optimizer, learnt, plan[step], rate(step + 1, len(plan))))
            progress.update(task, advance=1, loss=f"loss {losses[-1]:.3f}")
            done = step + 1
            if done % SAVED_EVERY == 0 or done == len(plan):
                _save(out / STATE, network, optimizer, done)
                seconds = round(time.monotonic() - began)
                told: dict[str, Any] = {"step": done, "loss": sum(losses) / len(losses), "seconds": seconds}
                if done % _JUDGED_EVERY == 0 or done == len(plan):
                    told |= judged(working, kept_out)
                log.write(json.dumps(told) + "\n")
                log.flush()
                losses = []
    save_file(network.state_dict(), out / WEIGHTS)
    return network


def loss_of(logits: torch.Tensor, groups: Sequence[Group]) -> torch.Tensor:
    """The mean over the groups of how far each pair is from its label, and how far a right one from the first.

    `logits` are those of the groups' pairs, one after the other, shape (pairs, heads).
    """
    total, start = logits.new_zeros(()), 0
    for group in groups:
        mine = logits[start : start + len(group.pairs), HEADS.index(group.head)]
        start += len(group.pairs)
        labels = torch.tensor(group.labels)
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(mine, labels)
        if labels.sum() > 0 and len(group.pairs) > 1:
            total = total - _LISTWISE * (labels / labels.sum() * torch.log_softmax(mine, 0)).sum()
    return total / len(groups)


def _plan(pairs: Pairs, rounds: int, seed: int) -> list[list[int]]:
    lengths = [pairs.length(number) for number in range(len(pairs.groups))]
    sizes = [len(group.pairs) for group in pairs.groups]
    return [batch for round_ in range(rounds) for batch in batches(lengths, sizes, seed=seed + round_)]


def _working(network: Network) -> Network:
    """A copy that computes: in bf16 where that is faster, for which the network itself keeps the exact weights."""
    copied = copy.deepcopy(network)
    return copied.to(torch.bfloat16) if multiplies_bf16() else copied


def _follow(working: Network, network: Network) -> None:
    with torch.no_grad():
        for copied, exact in zip(working.parameters(), network.parameters(), strict=True):
            if exact.requires_grad:
                copied.copy_(exact)


def _step(
    network: Network,
    working: Network,
    optimizer: torch.optim.Optimizer,
    pairs: Pairs,
    numbers: Sequence[int],
    share: float,
) -> float:
    for settings in optimizer.param_groups:
        settings["lr"] = settings["highest"] * share
    logits = working(pairs.batch(numbers)).float()
    loss = loss_of(logits, [pairs.groups[number] for number in numbers])
    loss.backward()
    for copied, exact in zip(working.parameters(), network.parameters(), strict=True):
        if copied.grad is not None:
            exact.grad, copied.grad = copied.grad.float(), None
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    _follow(working, network)
    return float(loss.detach())


def _optimizer(network: Network) -> torch.optim.Optimizer:
    body = [each for each in network.body.parameters() if each.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": body, "lr": _RATE, "highest": _RATE},
            {"params": list(network.heads.parameters()), "lr": _RATE_OF_HEADS, "highest": _RATE_OF_HEADS},
        ],
        weight_decay=_DECAY,
        fused=True,
    )


def _save(path: Path, network: Network, optimizer: torch.optim.Optimizer, step: int) -> None:
    """Weights and the optimizer's memory, whole or not at all; no pickle."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for number, parameter in enumerate(_parameters(optimizer)):
        for name, value in optimizer.state[parameter].items():
            tensors[f"optimizer.{number}.{name}"] = value
    whole = path.with_suffix(".new")
    save_file({name: value.contiguous().clone() for name, value in tensors.items()}, whole, {"step": str(step)})
    whole.replace(path)


def _resumed(path: Path, network: Network, optimizer: torch.optim.Optimizer) -> int:
    """The steps done so far, whose weights and memory are put in place; 0 without any."""
    if not path.is_file():
        return 0
    from safetensors import safe_open

    with safe_open(path, "pt") as opened:
        step = int(opened.metadata()["step"])
    tensors = load_file(path)
    network.load_state_dict({n.removeprefix("network."): v for n, v in tensors.items() if n.startswith("network.")})
    for number, parameter in enumerate(_parameters(optimizer)):
        mine = f"optimizer.{number}."
        optimizer.state[parameter] = {n.removeprefix(mine): v for n, v in tensors.items() if n.startswith(mine)}
    return step


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [parameter for settings in optimizer.param_groups for parameter in settings["params"]]


def _progress(console: Console | None) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[loss]}"))
    left = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    return Progress(*columns, *left, console=console or Console(stderr=True), transient=True)
