"""The machine, and processes of their own to measure in."""

import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def machine() -> str:
    """The processor, how much memory there is, and the versions that matter."""
    cpuinfo = Path("/proc/cpuinfo")
    facts = _facts(cpuinfo) if cpuinfo.exists() else {}
    name = facts.get("model name") or platform.processor() or platform.machine()
    bf16 = "with bf16" if has_bf16() else "without bf16"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0.0
    return f"{name}, {os.cpu_count()} cores, {bf16}, {memory:.0f} GB; Python {platform.python_version()}"


def has_bf16() -> bool:
    """Whether the processor multiplies matrices in bf16 (AMX), as far as /proc tells."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "amx_bf16" in _facts(cpuinfo).get("flags", "")


def busy() -> float | None:
    """How many processes wanted to run, on average over the last minute; None where that cannot be told."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def pace() -> float:
    """Seconds of five million steps of a Python loop: what tells a machine in a hurry from the same one at rest."""
    began = time.perf_counter()
    for _ in range(5_000_000):
        pass
    return time.perf_counter() - began


def memory_mb() -> dict[str, int]:
    """Megabytes this process holds now ("resident", of which "own" are not pages of files) and held at most ("peak").

    Empty where there is no /proc.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    facts = _facts(status)
    fields = {"resident": "VmRSS", "own": "RssAnon", "peak": "VmHWM"}
    return {name: int(facts[field].split()[0]) // 1024 for name, field in fields.items()}


def fresh(function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs) -> _T:
    """What the function returns when it is called in a process that has done nothing else."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **named).result()


def _facts(file: Path) -> dict[str, str]:
    """The lines "key: value" of a file; the last of a key counts."""
    lines = file.read_text().splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
