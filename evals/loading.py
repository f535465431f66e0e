"""The suite of a name or a file: one that comes with Citeback, one of the evaluation data, or a user's own."""

import hashlib
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


def load(name: str, *, data: Path | None = None, docs: Path | None = None) -> Suite:
    """The suite: a file in YAML or of one JSON object a line, or a name.

    `data` is the folder of evaluation data, or of a suite's own documents; `docs` takes the place of the folder the
    suite asks about. Raises SuiteError naming file and line.
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
    suite = _from_yaml(file) if file.suffix in (".yaml", ".yml") else _from_lines(file)
    folder = docs or _beside(data) or suite.folder or BUNDLED_DOCS.get(suite.name)
    if suite.task != "judge" and (folder is None or not folder.is_dir()):
        raise SuiteError(f"{file}: which documents does it ask about? Name their folder with --docs")
    return replace(suite, folder=folder)


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
    except yaml.YAMLError as error:
        raise SuiteError(f"{file}: is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise SuiteError(f"{file}: {_explain(error)}") from error
    if isinstance(read.cases, str):
        path = file.parent / read.cases
        cases, files = read_cases(path), [file, path]
    else:
        cases, files = list(read.cases), [file]
        if not cases or len({case.id for case in cases}) < len(cases):
            raise SuiteError(f"{file}: holds no case, or two with one id; ids must differ")
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


def _explain(error: ValidationError) -> str:
    """A fault in one line, with the key it is in: the one furthest in, where something may be of several kinds."""
    fault = max(error.errors(include_url=False), key=lambda fault: len(fault["loc"]))
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where}: {fault['msg']}" if where else str(fault["msg"])
