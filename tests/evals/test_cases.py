"""Suites are outside data: every fault names its file and line."""

from pathlib import Path

import pytest

from evals.cases import Case, SuiteError
from evals.loading import load, read_cases, read_suite

GOOD = '{"id": "a", "question": "Who?", "answerable": true, "quotes": ["by her"], "tags": ["fact"]}'


def write(folder: Path, *lines: str) -> Path:
    path = folder / "suite.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_reads_cases_in_order_and_skips_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "", GOOD.replace('"a"', '"b"'), "")
    first, second = read_cases(path)
    assert (first.id, second.id) == ("a", "b")
    assert first == Case(id="a", question="Who?", answerable=True, quotes=("by her",), tags=("fact",))


def test_a_byte_order_mark_and_line_separators_inside_strings_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "suite.jsonl"
    path.write_text("\ufeff" + GOOD.replace("Who?", "Who\u2028 did?"), encoding="utf-8")
    assert read_cases(path)[0].question == "Who\u2028 did?"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": "b"', "JSON"),
        ('{"id": "b", "question": "Who?"}', "answerable"),
        ('{"id": "b", "question": " ", "answerable": true}', "question"),
        ('{"id": "b", "question": "Who?", "answerable": "yes"}', "answerable"),
        ('{"id": "b", "question": "Who?", "answerable": true, "quote": ["x"]}', "quote"),
        ('{"id": "b", "question": "Who?", "answerable": true, "quotes": [""]}', "quotes.0"),
        ('{"id": "b", "question": "Who?", "answerable": false, "must_contain": ["x"]}', "remove them"),
        ('["b"]', "object"),
        (GOOD, "'a' is taken"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    path = write(tmp_path, GOOD, line)
    with pytest.raises(SuiteError) as caught:
        read_cases(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_or_unreadable_suite_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no case"):
        read_cases(write(tmp_path, "", " "))
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SuiteError, match=r"latin\.jsonl: cannot be read"):
        read_cases(tmp_path / "latin.jsonl")
    with pytest.raises(SuiteError, match=r"gone\.jsonl: cannot be read"):
        read_cases(tmp_path / "gone.jsonl")


def test_finds_a_path_then_the_data_folder_then_the_bundled(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert load(str(path), docs=tmp_path).folder == tmp_path
    assert load("suite", data=tmp_path).cases == load(str(path), docs=tmp_path).cases
    assert load("seeds").name == "seeds"
    with pytest.raises(SuiteError, match=r"no suite 'sedes': .*seeds"):
        load("sedes")
    with pytest.raises(SuiteError, match=r"needs its data; .* --data"):
        load("squad")


def test_documents_are_named_or_found_beside_the_suite(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert load(str(path), data=tmp_path).folder == tmp_path
    (tmp_path / "docs").mkdir()
    assert load(str(path), data=tmp_path).folder == tmp_path / "docs"
    (tmp_path / "other").mkdir()
    assert load(str(path), data=tmp_path, docs=tmp_path / "other").folder == tmp_path / "other"
    with pytest.raises(SuiteError, match=r"suite\.jsonl: which documents .* --docs"):
        load(str(path))


def test_a_suite_in_yaml_names_its_folder_cases_and_gate(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "docs").mkdir()
    suite = tmp_path / "mine.yaml"
    suite.write_text("docs: docs\ncases: suite.jsonl\ngate: gate.toml\n", encoding="utf-8")
    loaded = load(str(suite))
    assert (loaded.name, loaded.task, loaded.folder) == ("mine", "ask", tmp_path / "docs")
    assert loaded.gate == tmp_path / "gate.toml"
    assert [case.id for case in loaded.cases] == ["a"]
    suite.write_text("docs: docs\ncases:\n  - {id: a, question: 'Who?', answerable: true}\n", encoding="utf-8")
    inline = load(str(suite))
    assert [case.question for case in inline.cases] == ["Who?"]
    assert inline.digest != loaded.digest


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("cases: [", "is not YAML"),
        ("docs: docs\n", "cases"),
        ("cases: []\n", "holds no case"),
        ("cases: suite.jsonl\nfolder: docs\n", "folder"),
        ("cases:\n  - {id: a, question: 'Who?'}\n", "answerable"),
        ("cases: gone.jsonl\n", "cannot be read"),
    ],
)
def test_a_faulty_suite_in_yaml_is_named(tmp_path: Path, content: str, fault: str) -> None:
    (tmp_path / "mine.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        load(str(tmp_path / "mine.yaml"), docs=tmp_path)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cases: [{id: a, question: Why, answerable: true, must_contain: [2025-02-30]}]", "is not YAML"),
        ("cases: [{id: a, question: Why, answerable: true, quote: [x]}]", "quote is no key; there are id, question"),
        ("cases: [{id: a, question: Why, answerable: true, must_contain: [' | ']}]", "empty wording"),
        ("- id: a", "a file that names docs and cases"),
        ("name: x", "cases is missing"),
        (
            "cases: [{id: a, question: Why, answerable: true}, {id: a, question: Why, answerable: true}]",
            "'a' is taken twice",
        ),
    ],
)
def test_a_faulty_yaml_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        read_suite(file)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
