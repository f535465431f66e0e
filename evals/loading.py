"""The suite of a name or a file: one that comes with Citeback, one of the evaluation data, or a user's own."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from evals.cases import Case, Suite, SuiteError, Task, Text

SUITES = Path(__file__).parent / "suites"
# The folders of documents that come with Citeback, by the suite that asks about them.
BUNDLED_DOCS = {"seeds": Path(__file__).parent.parent / "seeds"}
_KINDS = (".yaml", ".yml", ".jsonl")


class _SuiteFile(BaseModel):
    """A suite in YAML. Paths are seen from the file; `cases` are a .jsonl file's name or the cases themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text | None = None
    docs: Text | None = None
    cases: Text | tuple[Case, ...]
    task: Task = "ask"
    gate: Text | None = None


def load(name: str, *, data: Path | None = None, docs: Path | None = None, anywhere: bool = False) -> Suite:
    """The suite: a file in YAML or of one JSON object a line, or a name.

    `data` is the folder of evaluation data, or of a suite's own documents; `docs` takes the place of the folder the
    suite asks about; `anywhere` they may be in an index already. Raises SuiteError naming file and line.
    """
    from evals import datasets

    file = _file(name, data)
    if file is None:
        if name not in datasets.NAMES:
            known = sorted({path.stem for path in SUITES.iterdir() if path.suffix in _KINDS})
            raise SuiteError(
                f"no suite {name!r}: give the path of a .yaml or .jsonl file, or one of the names {', '.join(known)}; "
                f"with --data also {', '.join(datasets.NAMES)}"
            )
        if data is None:
            raise SuiteError(f"the suite {name} needs its data; name the folder of evaluation data with --data")
        return datasets.load(name, data)
    suite = read_suite(file)
    if suite.task == "judge":
        _check_judged(suite.cases, file)
        return replace(suite, folder=None)
    folder = docs or _beside(data) or suite.folder or BUNDLED_DOCS.get(suite.name)
    if folder is None and anywhere:
        return suite
    if folder is None:
        raise SuiteError(
            f"{file}: which documents does it ask about? Name their folder with --docs, or an index with --index"
        )
    if not folder.exists():
        raise SuiteError(f"{file}: there is no {folder}, whose documents it asks about; correct docs, or use --docs")
    return replace(suite, folder=folder)


def read_suite(file: Path) -> Suite:
    """The suite of a file as it stands there, whether or not its documents are there. Raises SuiteError."""
    return _from_yaml(file) if file.suffix in (".yaml", ".yml") else _from_lines(file)


def read_cases(path: Path) -> list[Case]:
    """The cases of a file of one JSON object a line, in its order. Blank lines are skipped; ids must differ.

    Raises SuiteError naming file and line.
    """
    cases: dict[str, Case] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
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


def _file(name: str, data: Path | None) -> Path | None:
    named = [folder / f"{name}{kind}" for folder in (data, SUITES) if folder for kind in _KINDS]
    candidates = [Path(name), *(named if Path(name).name == name else ())]
    return next((path for path in candidates if path.is_file()), None)


def _beside(data: Path | None) -> Path | None:
    """The documents in a folder of a suite's own data."""
    if data is None:
        return None
    return data / "docs" if (data / "docs").is_dir() else data


def _from_lines(file: Path) -> Suite:
    return Suite(file.stem, read_cases(file), digest=_digest(file))


def _from_yaml(file: Path) -> Suite:
    try:
        content: Any = yaml.safe_load(_text(file))
        read = _SuiteFile.model_validate(content)
    except ValidationError as error:
        raise SuiteError(f"{file}: {_explain(error)}") from error
    # PyYAML raises ValueError for a day that there is not.
    except (yaml.YAMLError, ValueError) as error:
        raise SuiteError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    if isinstance(read.cases, str):
        path = file.parent / read.cases
        cases, files = read_cases(path), [file, path]
    else:
        cases, files = list(read.cases), [file]
        twice = [case_id for case_id, count in Counter(case.id for case in cases).items() if count > 1]
        if not cases or twice:
            fault = f"the id {twice[0]!r} is taken twice; ids must differ" if twice else "holds no case"
            raise SuiteError(f"{file}: {fault}")
    folder = file.parent / read.docs if read.docs else None
    gate = file.parent / read.gate if read.gate else None
    return Suite(read.name or file.stem, cases, read.task, folder, (), gate, _digest(*files))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: cannot be read as UTF-8 text: {error}") from error


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _check_judged(cases: Sequence[Case], file: Path) -> None:
    """Raises SuiteError for a claim without what it is to be checked against."""
    for case in cases:
        if not case.evidence:
            raise SuiteError(f"{file}: the case {case.id!r} is to be judged and has no evidence; add it")


def _explain(error: ValidationError) -> str:
    """A fault in one line: the case and key it is in, what stands there, and which keys there are.

    It is the one furthest in, where something may be of several kinds.
    """
    fault = max(error.errors(include_url=False), key=lambda fault: len(fault["loc"]))
    # What pydantic calls the kinds of a union says nothing to the author of a suite.
    where = ".".join(str(part) for part in fault["loc"] if not re.search(r"[\[(]", str(part)) and part != "str")
    if fault["type"] == "extra_forbidden":
        inside = Case if "cases" in where or error.title == "Case" else _SuiteFile
        return f"{where} is no key; there are {', '.join(inside.model_fields)}"
    if fault["type"] == "model_type":
        kind = "an object in braces" if error.title == "Case" or where else "a file that names docs and cases"
        return f"{where or 'it'} should be {kind}, not {fault['input']!r:.80}"
    if fault["type"] == "missing":
        return f"{where} is missing"
    said = f"{fault['msg']}, not {fault['input']!r:.80}" if where else str(fault["msg"])
    return f"{where}: {said}" if where else said
