"""Suites are outside data: every fault names its file and line."""

from pathlib import Path

import pytest

from evals.cases import Case, SuiteError, find_suite, load_suite

GOOD = '{"id": "a", "question": "Who?", "answerable": true, "quotes": ["by her"], "tags": ["fact"]}'


def write(folder: Path, *lines: str) -> Path:
    path = folder / "suite.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_reads_cases_in_order_and_skips_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "", GOOD.replace('"a"', '"b"'), "")
    first, second = load_suite(path)
    assert (first.id, second.id) == ("a", "b")
    assert first == Case(id="a", question="Who?", answerable=True, quotes=("by her",), tags=("fact",))


def test_a_byte_order_mark_and_line_separators_inside_strings_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "suite.jsonl"
    path.write_text("\ufeff" + GOOD.replace("Who?", "Who\u2028 did?"), encoding="utf-8")
    assert load_suite(path)[0].question == "Who\u2028 did?"


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
        load_suite(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_or_unreadable_suite_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no case"):
        load_suite(write(tmp_path, "", " "))
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(SuiteError, match=r"latin\.jsonl: cannot be read"):
        load_suite(tmp_path / "latin.jsonl")
    with pytest.raises(SuiteError, match=r"gone\.jsonl: cannot be read"):
        load_suite(tmp_path / "gone.jsonl")


def test_finds_a_path_then_the_data_folder_then_the_bundled(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert find_suite(str(path)) == path
    assert find_suite("suite", data=tmp_path) == path
    assert find_suite("seeds").name == "seeds.jsonl"
    with pytest.raises(SuiteError, match=r"no suite 'sedes': .*seeds"):
        find_suite("sedes")
