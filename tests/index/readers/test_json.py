"""JSON: values exactly as written, rows and lines that can be quoted, texts as documents of their own."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyFile, ReadError
from index.readers import read_bytes
from index.schema import Document
from tests.index.readers.reading import assert_read_or_refused, check, kinds, labels

PROSE = "The toll is nine crowns. It is paid at the gate."


def read(text: str, source: str = "toll.json") -> tuple[Document, ...]:
    documents = read_bytes(text.encode(), source=source).documents
    check(documents)
    return documents


def only(text: str, source: str = "toll.json") -> Document:
    (document,) = read(text, source)
    return document


def test_numbers_and_keys_are_as_they_are_written() -> None:
    big = "123456789012345678901234567890"
    text = only(
        f'{{"a": 1.10, "b": {big}, "c": 1E400, "d": -0, "a": true, "e": null, "f": "", "g": [], "h": {{}}}}'
    ).text
    assert text == f'a: 1.10\nb: {big}\nc: 1E400\nd: -0\na: true\ne: null\nf: ""\ng: []\nh: {{}}'


def test_objects_are_lines_with_their_paths() -> None:
    document = only('{"name": "Toll", "gate": {"axle": {"front": 11}, "open": true}, "tags": ["river", "bridge"]}')
    assert kinds(document) == [
        ("row", "name: Toll\ntags: river, bridge"),
        ("row", "gate.axle.front: 11\ngate.open: true"),
    ]


def test_lists_of_objects_are_rows() -> None:
    document = only(
        '{"tolls": [{"axle": "front", "at": {"gate": 2}}, {"axle": "rear", "sum": 4.50}], "grid": [[1, 2], [3]]}'
    )
    assert kinds(document) == [
        ("heading", "tolls"),
        ("row", "axle: front | at.gate: 2"),
        ("row", "axle: rear | sum: 4.50"),
        ("heading", "grid"),
        ("row", "1, 2"),
        ("row", "3"),
    ]
    assert labels(document)[1:3] == ["tolls, item 1", "tolls, item 2"]
    assert labels(only('[{"a": 1}, {"a": 2}]')) == ["item 1", "item 2"]


def test_prose_is_paragraphs_below_its_key() -> None:
    document = only(
        f'{{"notes": "{PROSE}\\n\\nBoats are free.", "id": 7, "more": [{{"name": "Gate", "about": "{PROSE}"}}]}}'
    )
    assert kinds(document) == [
        ("row", "id: 7"),
        ("heading", "notes"),
        ("paragraph", PROSE),
        ("paragraph", "Boats are free."),
        ("heading", "more"),
        ("heading", "Gate"),
        ("row", "name: Gate"),
        ("heading", "about"),
        ("paragraph", PROSE),
    ]
    assert labels(document)[-1] == "more, item 1"


def test_texts_with_facts_are_documents() -> None:
    one = (
        f'{{"headline": "Toll", "authors": [{{"name": "Ann Lee"}}, "Bo Roe"], "published_at": "2024-05-01T10:00:00Z", \
"body": "{PROSE}", "site": "Gazette", "url": "toll.example/1", "views": 12}}'
    )
    two = '{"headline": "Empty", "body": ""}'
    for text, place in (
        (f"[{one}, {two}]", "item"),
        (f"{one}\n\n{two}\n", "line"),
        (f'{{"a": [{one}, {two}]}}', "a, item"),
    ):
        article, rest = read(text, "news")
        assert article.source == f"news/{place} 1"
        assert (article.title, article.author, article.date) == ("Toll", "Ann Lee, Bo Roe", "2024-05-01")
        assert (article.publisher, article.metadata) == ("Gazette", {"url": "toll.example/1"})
        assert kinds(article) == [("heading", "Toll"), ("paragraph", PROSE), ("row", "views: 12")]
        assert rest.source == "news"
        assert kinds(rest) == [("row", 'headline: Empty | body: ""')]
        assert labels(rest) == [f"{place} {3 if place == 'line' else 2}"]
    alone = only(one)
    assert (alone.source, alone.title) == ("toll.json", "Toll")


def test_markup_in_a_text_is_drawn() -> None:
    document = only(
        '{"title": "Toll", "content": "<p>Nine <b>crowns</b>.</p><ul><li>boats</li></ul><p>It is late.</p>"}'
    )
    assert kinds(document)[1:] == [("paragraph", "Nine crowns."), ("item", "boats"), ("paragraph", "It is late.")]


def test_lines_of_json_are_rows() -> None:
    document = only(f'{{"a": 1, "b": "c d"}}\n\n{{"a": 2}}\n{{"a": 3, broken\n{{"a": "{PROSE}"}}\n', "log.jsonl")
    assert kinds(document)[:3] == [("row", "a: 1 | b: c d"), ("row", "a: 2"), ("row", '{"a": 3, broken')]
    assert labels(document)[:4] == ["line 1", "line 3", "line 4", "line 5"]
    assert kinds(document)[-1] == ("paragraph", PROSE)
    assert labels(only('{"a": 1}', "log.jsonl")) == ["line 1"]


def test_notebooks_are_cells() -> None:
    words = {"cell_type": "markdown", "source": ["# Toll\n", "It is *nine*."]}
    outputs = [{"text": ["9\n"]}, {"data": {"text/plain": "9"}}, {"data": {"image/png": "x"}}]
    code = {"cell_type": "code", "source": "x = 9\nprint(x)", "outputs": outputs}
    document = only(json.dumps({"nbformat": 4, "cells": [words, code]}), "toll.ipynb")
    assert document.title == "Toll"
    assert kinds(document) == [
        ("heading", "Toll"),
        ("paragraph", "It is nine."),
        ("row", "x = 9\nprint(x)"),
        ("row", "9"),
        ("row", "9"),
    ]
    assert labels(document) == ["cell 1", "cell 1", "cell 2", "cell 2, output", "cell 2, output"]


def test_what_is_no_json_is_text() -> None:
    for text in ("[1] Lee, A. On tolls.\n[2] Roe, B.", "[[toll]] is a link.", "{ braces } are shown", "[" * 200_000):
        document = only(text, "notes.txt")
        assert (document.text, document.metadata) == (text, {})
    settings_ = only('{"a": 1, // why\n "b": 2,}', "settings.json")
    assert kinds(settings_) == [("row", '{"a": 1, // why\n "b": 2,}')]
    assert "line 1" in settings_.metadata["no_json"]
    assert only('// why\n{"a": 1}', "settings.json").blocks[0].label == "lines 1-2"


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, "[" * 900 + "1" + "]" * 900], ids=["list", "object", "closed"]
)
def test_values_nested_too_deeply_are_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ReadError, match=r"toll\.json (?:nests values|is nested) too deeply"):
        read(text)
    assert time.perf_counter() - start < 5


def test_files_without_values_are_empty() -> None:
    for text in ("[]", "{}", "[]\n\n"):
        with pytest.raises(EmptyFile, match="holds no values"):
            read(text)


def test_files_cut_short_are_text() -> None:
    whole = f'[{{"a": 1, "b": "{PROSE}"}}, {{"c": [1, 2]}}]'
    for tenths in (1, 5, 9):
        assert_read_or_refused(whole[: len(whole) * tenths // 10].encode(), "toll.json")


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=150)
@given(value=VALUES, text=st.text(max_size=10), name=st.sampled_from(["a.json", "a.jsonl", "a.txt", "a.ipynb"]))
def test_any_json_is_read_or_refused(value: object, text: str, name: str) -> None:
    assert_read_or_refused(json.dumps(value, ensure_ascii=False).encode("utf-8", "ignore"), name)
    assert_read_or_refused(f"{json.dumps(value)}{text}\n{json.dumps(value)}".encode("utf-8", "ignore"), name)
