"""A case is one question with what is known of its right answer; a suite is a file of them, one JSON object a line."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints, ValidationError, model_validator

from index.errors import CitebackError

SUITES = Path(__file__).parent / "suites"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class SuiteError(CitebackError):
    """A suite is missing or one of its lines is not a case."""


class Case(BaseModel):
    """One question and what a right answer holds.

    `history` are the questions asked before it in the same conversation. `quotes` are fragments of the documents: a
    citation is right if it shares a character with one. Every string of `must_contain` has to occur in the answer.
    A case that is not `answerable` should be refused, so it has neither.

    >>> Case(id="call", question="How long?", answerable=True, must_contain=["90 minutes"]).must_contain
    ('90 minutes',)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    question: Text
    answerable: StrictBool
    history: tuple[Text, ...] = ()
    quotes: tuple[Text, ...] = ()
    must_contain: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _gold_only_where_there_is_an_answer(self) -> "Case":
        if not self.answerable and (self.quotes or self.must_contain):
            raise ValueError("a case that is not answerable can have neither quotes nor must_contain; remove them")
        return self


def find_suite(suite: str, *, data: Path | None = None) -> Path:
    """The file of a suite: a path, or the name of one in `data` or, failing that, of one that comes with Citeback.

    >>> find_suite("seeds").name
    'seeds.jsonl'
    """
    named = [folder / f"{suite}.jsonl" for folder in (data, SUITES) if folder and Path(suite).name == suite]
    found = next((path for path in (Path(suite), *named) if path.is_file()), None)
    if found is None:
        names = ", ".join(sorted(file.stem for file in SUITES.glob("*.jsonl")))
        raise SuiteError(f"no suite {suite!r}: give the path of a .jsonl file or one of the names {names}")
    return found


def load_suite(path: Path) -> list[Case]:
    """The cases of a file, in its order. Blank lines are skipped; ids must differ.

    Raises `SuiteError` naming file and line.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    cases: dict[str, Case] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate_json(line)
        except ValidationError as error:
            raise SuiteError(f"{path}:{number}: {_explain(error)}") from error
        if case.id in cases:
            raise SuiteError(f"{path}:{number}: the id {case.id!r} is taken by an earlier line; ids must differ")
        cases[case.id] = case
    if not cases:
        raise SuiteError(f"{path}: holds no case; write one JSON object a line")
    return list(cases.values())


def _explain(error: ValidationError) -> str:
    """The first fault in one line, with the key it is in."""
    fault = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where}: {fault['msg']}" if where else str(fault["msg"])
