"""What the panel can run: the suites that fit the documents at hand, and the folders of their runs."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evals.cases import Suite, SuiteError
from evals.keeping import kept_suite
from evals.loading import BUNDLED_DOCS, SUITES, read_suite
from evals.run import CASES, CONFIG, SUMMARY

if TYPE_CHECKING:
    from assistant import Assistant

NONE_KEPT: Final = (
    "You have kept no questions yet. To keep one, ask it and say below the answer, after “Is this right?”, whether it "
    "is. Each one kept is a test that can be run here."
)
BUILT_IN: Final = "seeds"


@dataclass(frozen=True, slots=True)
class Offer:
    """A suite to choose from. Its runs are folders in `below`; `gate` is the file of its bounds."""

    key: str
    title: str
    suite: Suite
    below: Path
    gate: Path | None


@dataclass(frozen=True, slots=True)
class Offers:
    """The suites that can be run, and a sentence for each that cannot."""

    suites: tuple[Offer, ...]
    reasons: tuple[str, ...]

    def of(self, key: object) -> Offer | None:
        """The suite of this key; the first one where there is none such, None where there is no suite at all."""
        return next((offer for offer in self.suites if offer.key == key), next(iter(self.suites), None))


def offered(assistant: "Assistant") -> Offers:
    """What can be run over the assistant's documents: first the questions that were kept, then what is built in."""
    home = assistant.home
    named = {name for info in assistant.index.documents() for name in (info.source, info.id)}
    kept = kept_suite(home)
    found = (
        _offer("kept", "The questions you kept", kept, home) if kept.is_file() else NONE_KEPT,
        built_in(named, home, SUITES / f"{BUILT_IN}.jsonl", BUNDLED_DOCS[BUILT_IN]),
    )
    return Offers(
        tuple(each for each in found if isinstance(each, Offer)), tuple(each for each in found if isinstance(each, str))
    )


def built_in(named: Collection[str], home: Path, file: Path, docs: Path) -> Offer | str:
    """The suite in `file`, where all the documents it asks about are among those `named`; else why it is not offered.

    They are those its cases call relevant, and the files in `docs`.
    """
    offer = _offer(BUILT_IN, "The questions that come with Citeback", file, home)
    if isinstance(offer, str):
        return offer
    asked = {source for case in offer.suite.cases for source in case.relevant}
    asked |= {path.relative_to(docs).as_posix() for path in docs.rglob("*") if path.is_file()}
    missing = asked.difference(named)
    if asked and not missing:
        return offer
    which = f"{len(missing):,} of those {len(asked):,} are not here" if asked else "those are not here"
    return f"{offer.title} are about its example documents; {which}, so they are not on offer."


def _offer(key: str, title: str, file: Path, home: Path) -> Offer | str:
    """The suite of a file, or why it cannot be run here."""
    try:
        suite = read_suite(file)
    except SuiteError as error:
        return f"{title} cannot be read: {error}"
    if suite.task != "ask":
        return f"{title} are not asked here: their task is {suite.task!r}; “citeback eval {file}” runs them."
    beside = file.with_suffix(".gate.toml")
    return Offer(key, title, suite, home / "runs" / key, suite.gate or (beside if beside.is_file() else None))


def runs(below: Path) -> list[Path]:
    """The folders of a suite's runs, oldest first: they are named by when they began."""
    return sorted(path.parent for path in below.glob(f"*/{CONFIG}"))


def finished(below: Path) -> list[Path]:
    """The folders of the runs that came to an end, stopped or not, oldest first."""
    return [out for out in runs(below) if (out / SUMMARY).is_file()]


def unfinished(below: Path) -> Path | None:
    """The folder of a suite's last run if that was cut off, as by closing the page; the next one goes on there."""
    last = next(reversed(runs(below)), None)
    return last if last and (last / CASES).is_file() and not (last / SUMMARY).is_file() else None


def whole(out: Path) -> bool:
    """Whether a run was neither cut off nor stopped."""
    try:
        asked, wanted = (json.loads((out / name).read_text("utf-8"))["cases"] for name in (SUMMARY, CONFIG))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return bool(asked == wanted)
