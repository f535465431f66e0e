"""Source code: the text as it stands, in runs of lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.formats import is_code_name, sniff
from index.readers.plain.code import read_code
from index.schema import Document
from tests.index.readers.reading import check, labels


def read(text: str) -> Document:
    (document,) = read_code(text.encode(), source="src/toll_gate.py")
    check([document])
    return document


def test_code_stands_as_it_is() -> None:
    text = "import os\r\n\r\n\r\nclass Toll:\n\tdef pay(self):\n\t\treturn 9  # crowns. All of them.\n"
    document = read(text)
    assert document.text == text.replace("\r\n", "\n").rstrip()
    assert document.title == "toll_gate.py"
    assert [(block.kind, block.label) for block in document.blocks] == [("row", "line 1"), ("row", "lines 4-6")]


def test_long_runs_are_cut() -> None:
    document = read("\n" + "toll = 9\n" * 45)
    assert labels(document) == ["lines 2-21", "lines 22-41", "lines 42-46"]


@settings(max_examples=100)
@given(st.text(alphabet="ab \t\n", max_size=200).filter(str.strip))
def test_every_character_is_in_a_block_and_every_label_is_right(text: str) -> None:
    document = read(text)
    assert "".join(document.text.split()) == "".join(
        "".join(document.text[block.start : block.end].split()) for block in document.blocks
    )
    for block in document.blocks:
        first = document.text.count("\n", 0, block.start) + 1
        assert block.label.split()[1].partition("-")[0] == str(first)


@pytest.mark.parametrize("name", ["a.py", "b/C.TS", "Makefile", "x.Dockerfile", ".gitignore", "app.log", "a.yaml"])
def test_code_is_told_by_its_name(name: str) -> None:
    assert is_code_name(name)
    assert sniff(b"<template>\n</template>", source=name) == "code"


def test_scripts_are_told_by_their_first_line() -> None:
    assert sniff(b"#!/bin/sh\nexit 9\n", source="toll") == "code"
    assert not is_code_name("notes.txt")
    assert sniff(b"%PDF-1.7 x", source="a.py") == "PDF"
