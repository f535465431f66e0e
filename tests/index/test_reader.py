"""The reader that comes with Citeback: whole, verified, remembered, and named where it is not."""

import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from index import ModelError, Reader
from index.reader import _REMEMBERED, FACTORS, HEADS, _Loaded

QUESTION = "When was the bridge closed?"
TEXTS = ["The bridge was closed on Monday.", "Ferries run every ten minutes.", "", "?!", "桥 was closed"]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def test_what_answers_and_what_supports_is_told(reader: Reader) -> None:
    answers = reader.answering().scores(QUESTION, TEXTS)
    assert answers[0] > 0.5 > answers[1]
    claims = "The bridge was closed on Monday.", "The bridge was closed on Friday."
    right, wrong = (reader.supporting().scores(claim, TEXTS[:1])[0] for claim in claims)
    assert right > 0.8
    assert wrong < 0.5
    assert all(0 <= score <= 1 for score in answers)


def test_nothing_is_read_of_nothing(reader: Reader) -> None:
    assert reader.read([]).shape == (0, len(HEADS))
    assert reader.answering().scores(QUESTION, []) == []


def test_what_was_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    pairs = [(QUESTION, text) for text in TEXTS]
    first = reader.read([*pairs, *pairs])
    assert np.array_equal(first[: len(pairs)], first[len(pairs) :])

    def never(*_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(_Loaded, "logits", never)
    assert np.array_equal(reader.read(pairs[::-1]), first[: len(pairs)][::-1])


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Loaded, "logits", lambda self, pairs: np.zeros((len(pairs), len(HEADS)), np.float32))
    reader = Reader()
    for start in range(0, 3 * _REMEMBERED, 1_000):
        assert reader.read([(QUESTION, str(n)) for n in range(start, start + 1_000)]).shape == (1_000, 2)
        assert len(reader._remembered) <= _REMEMBERED
    assert len(reader.read([(QUESTION, f"a{n}") for n in range(2 * _REMEMBERED)])) == 2 * _REMEMBERED
    assert len(reader._remembered) <= _REMEMBERED


def test_threads_share_it(reader: Reader) -> None:
    alone = {n: reader.answering().scores(f"Question {n}?", TEXTS) for n in range(6)}
    fresh, found = Reader(), {}

    def ask(n: int) -> None:
        found[n] = fresh.answering().scores(f"Question {n}?", TEXTS)

    threads = [threading.Thread(target=ask, args=(n,)) for n in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.keys() == alone.keys()
    assert all(np.allclose(found[n], alone[n], atol=0.02) for n in alone)


def test_factors_that_are_not_there_or_damaged_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "reader.safetensors"
    tensors, told = load_file(FACTORS), {"scaling": '{"answers": [1, 0], "supports": [1, 0]}'}
    foreign = {**tensors, "encoder.no.such.delta": tensors["heads.bias"].clone()}
    headless = {name: value for name, value in tensors.items() if not name.startswith("heads")}
    for write in (
        lambda: None,
        lambda: file.write_bytes(b""),
        lambda: file.write_bytes(FACTORS.read_bytes()[:-100]),
        lambda: save_file(tensors, file),
        lambda: save_file(tensors, file, {"scaling": "{}"}),
        lambda: save_file(headless, file, told),
        lambda: save_file(foreign, file, told),
    ):
        write()
        with pytest.raises(ModelError, match=r"cannot be used \(.*CITEBACK_VERIFIER to none"):
            Reader(file).answering().scores(QUESTION, TEXTS)
    save_file(tensors, file, told)
    assert len(Reader(file).answering().scores(QUESTION, TEXTS)) == len(TEXTS)
    # Those that come with Citeback are known by their checksum.
    monkeypatch.setattr("index.reader.FACTORS", file)
    with pytest.raises(ModelError, match="SHA-256"):
        Reader(file).answering().scores(QUESTION, TEXTS)
