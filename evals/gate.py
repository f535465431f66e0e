"""A gate is a TOML file of bounds a run has to keep: metrics under [minimum], counts under [maximum]."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.metrics import Score
from index.errors import CitebackError


class GateError(CitebackError):
    """The gate cannot be read or names a metric there is not."""


class Gate(BaseModel):
    """Bounds by metric name, both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minimum: dict[str, float] = Field(default_factory=dict)
    maximum: dict[str, float] = Field(default_factory=dict)


def load_gate(path: Path) -> Gate:
    """The gate in a file. Raises `GateError` naming the file, also for one without a bound: it would pass anything."""
    try:
        gate = Gate.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except OSError as error:
        raise GateError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GateError(f"{path}: is not TOML: {error}") from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise GateError(f"{path}: {where}: {fault['msg']}; allowed are [minimum] and [maximum] with numbers") from error
    if not gate.minimum and not gate.maximum:
        raise GateError(f"{path}: sets no bound; add one under [minimum] or [maximum]")
    return gate


def check_names(gate: Gate, known: Iterable[str]) -> None:
    """Raises `GateError` if the gate names a metric that is not known."""
    names = list(known)
    unknown = sorted({*gate.minimum, *gate.maximum} - set(names))
    if unknown:
        raise GateError(f"the gate names {', '.join(unknown)}; known metrics are {', '.join(names)}")


def failures(gate: Gate, scores: Mapping[str, Score]) -> list[str]:
    """One line for each bound that is not kept, in the gate's order; empty if all are. An undefined metric fails.

    Raises `GateError` for a metric there is not.

    >>> failures(Gate(minimum={"fact_recall": 0.9}), {"fact_recall": Score(0.85, 0.8, 0.9, 40, 0)})
    ['fact_recall is 0.85, the gate wants at least 0.9']
    """
    check_names(gate, scores)
    failed = [
        f"{name} is {_shown(scores[name].value)}, the gate wants at least {_shown(bound)}"
        for name, bound in gate.minimum.items()
        if not _at_least(scores[name].value, bound)
    ]
    failed += [
        f"{name} is {_shown(scores[name].value)}, the gate wants at most {_shown(bound)}"
        for name, bound in gate.maximum.items()
        if not _at_most(scores[name].value, bound)
    ]
    return failed


def _at_least(value: float | None, bound: float) -> bool:
    return value is not None and value >= bound


def _at_most(value: float | None, bound: float) -> bool:
    return value is not None and value <= bound


def _shown(value: float | None) -> str:
    """Enough digits that a value just below its bound does not look equal to it."""
    return "undefined" if value is None else f"{value:.6g}"
