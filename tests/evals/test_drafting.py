"""A drafted suite is about the documents, and runs as it is."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from evals.cases import SuiteError
from evals.cli import evaluate
from evals.drafting import draft, write_draft
from evals.loading import load
from evals.metrics import occurrences
from index import Index
from tests.fakes import HashEmbedder, document

BRIDGE = (
    "The harbour bridge in Osterby was closed on 3 May after an inspection found rust. "
    "It will open again. Mayor Lee promised the ferries of Osterby 40 more crossings every day of the week."
)
ISLAND = "The island of Hvalsund has no doctor since Anna Berg left the practice for a hospital on the mainland."


@pytest.fixture
def index(tmp_path: Path) -> Index:
    opened = Index.open(tmp_path / "home", embedder=HashEmbedder())
    opened.add(
        [document("bridge", BRIDGE, title="Bridge", author="Pat Ray"), document("island", ISLAND, title="Island")]
    )
    return opened


def test_every_case_quotes_its_document_and_asks_of_it(index: Index) -> None:
    with index:
        cases = draft(index, 5)
        texts = {info.source: index.document(info.id).text for info in index.documents()}
    answerable = [case for case in cases if case.answerable]
    assert {case.relevant for case in answerable} == {("bridge.txt",), ("island.txt",)}
    for case in answerable:
        [source], [quote] = case.relevant, case.quotes
        assert occurrences(quote, texts[source])
        assert all(fact in quote for fact in case.must_contain)
        assert case.question.startswith(("What does Pat Ray say about ", "What does “Island” say about "))
    # A pronoun's sentence cannot be understood alone.
    assert "It will open again." not in str(cases)
    assert [case.question for case in cases if not case.answerable] != []
    assert draft_ids(cases) == sorted(set(draft_ids(cases)), key=draft_ids(cases).index)


def draft_ids(cases: object) -> list[str]:
    return [case.id for case in cases]  # type: ignore[attr-defined]


def test_a_draft_is_a_suite_and_is_never_written_over(index: Index, tmp_path: Path) -> None:
    with index:
        cases = draft(index, 4)
    file = tmp_path / "mine.yaml"
    write_draft(cases, file, tmp_path)
    loaded = load(str(file))
    assert (list(loaded.cases), loaded.folder) == (cases, tmp_path)
    with pytest.raises(SuiteError, match="is there already"):
        write_draft(cases, file, tmp_path)
    with pytest.raises(SuiteError, match="no sentence to ask about"):
        write_draft([], tmp_path / "empty.yaml", tmp_path)


def test_the_command_says_what_it_wants() -> None:
    app = typer.Typer()
    app.command()(evaluate)
    for arguments in (["new"], ["seeds", "tests"]):
        result = CliRunner().invoke(app, arguments)
        assert (result.exit_code, "citeback eval new FOLDER" in result.output) == (2, True)
