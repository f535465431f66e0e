"""Whatever the model, the vectors are those sentence-transformers gives; threads do not wait for each other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import ModelError, Span, TransformerEmbedder, transformer
from index.transformer import LoadedModel, batches_by_length, multiplies_bf16

WORDS = "who would keep the peace once a ceasefire holds said minister european troops soup is hot".split()
TEXTS = [" ".join(WORDS[n % 7 : n % 7 + 1 + n % 9] * (1 + n % 5)) for n in range(40)] + ["", "soup " * 200]


def folder_of_model(home: Path, *, kind: str = "bert", pooling: str = "mean", side: str = "right") -> Path:
    """A folder that holds a tiny untrained model of a known architecture, reading 62 tokens at most."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

    vocabulary = {word: i for i, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", padding_side=side, model_max_length=62
    )
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = (BertConfig if kind == "bert" else RobertaConfig)(
        vocab_size=len(vocabulary), max_position_embeddings=64, pad_token_id=1, **sizes
    )
    torch.manual_seed(0)
    (BertModel if kind == "bert" else RobertaModel)(config).save_pretrained(home / "parts")
    fast.save_pretrained(home / "parts")
    modules = [Transformer(str(home / "parts"), max_seq_length=62), Pooling(32, pooling_mode=pooling)]
    SentenceTransformer(modules=modules, device="cpu").save(str(home / "model"))
    return home / "model"


@given(lengths=st.lists(st.integers(0, 50)), budget=st.integers(1, 200))
def test_batches_hold_every_position_once_and_keep_to_the_budget(lengths: list[int], budget: int) -> None:
    batches = list(batches_by_length(lengths, budget=budget))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget for batch in batches)
    flat = [lengths[i] for batch in batches for i in batch]
    assert flat == sorted(flat, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "pooling", "side"),
    [
        ("bert", "mean", "right"),
        ("bert", "cls", "right"),
        # Positions of a RoBERTa model start behind its padding's: 62 tokens are all it takes.
        ("roberta", "mean", "right"),
        ("roberta", "max", "left"),
    ],
)
def test_vectors_are_those_of_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, pooling: str, side: str
) -> None:
    from sentence_transformers import SentenceTransformer

    monkeypatch.setattr(transformer, "multiplies_bf16", lambda: False)
    folder = folder_of_model(tmp_path, kind=kind, pooling=pooling, side=side)
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    embedder = TransformerEmbedder(str(folder))
    assert (embedder.dimension, embedder.limit) == (32, 62)
    assert np.abs(embedder.encode(TEXTS) - expected).max() < 1e-5
    assert embedder.encode_spans("soup is hot", [Span(0, 4)]).shape == (1, 32)


@pytest.mark.slow
def test_a_model_without_a_tokenizer_file_counts_tokens_all_the_same(tmp_path: Path) -> None:
    folder = folder_of_model(tmp_path)
    text = "soup  is hot " * 30
    with_file = TransformerEmbedder(str(folder)).token_spans(text)
    embedder = TransformerEmbedder(str(folder))
    embedder.encode(["a model that was found by its name has its files elsewhere"])
    (folder / "tokenizer.json").unlink()
    assert embedder.token_spans(text) == with_file
    assert [span.of(text) for span in with_file[:4]] == ["soup", "is", "hot", "soup"]
    # Neither tokenizer has spoiled the other.
    assert len(with_file) == 90
    assert np.abs(embedder.encode([text]) - embedder.encode([text + text])).max() < 1e-5


@pytest.mark.slow
def test_a_model_without_a_fast_tokenizer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of_model(tmp_path)
    embedder = TransformerEmbedder(str(folder))
    embedder.encode(["soup"])
    (folder / "tokenizer.json").unlink()

    def none(model: LoadedModel) -> None:
        raise ValueError("has no fast tokenizer")

    monkeypatch.setattr(LoadedModel, "tokenizer", none)
    with pytest.raises(ModelError, match=r"\(has no fast tokenizer\); give a folder"):
        embedder.token_spans("soup")


@pytest.mark.slow
def test_a_query_does_not_wait_for_a_long_run(transformer: TransformerEmbedder) -> None:
    started, go_on = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        started.set()
        assert go_on.wait(60)

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(transformer.encode, TEXTS * 20, on_batch=wait)
        assert started.wait(60)
        query = transformer.encode(["Who would keep the peace?"])
        assert not run.done()
        go_on.set()
        assert run.result().shape == (len(TEXTS) * 20, 384)
    assert np.linalg.norm(query) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_threads_get_what_they_would_get_alone(transformer: TransformerEmbedder) -> None:
    text = "Ann met Bob. She gave him soup."
    work: list[Callable[[], NDArray[Any]]] = [
        lambda: transformer.encode(TEXTS[:5]),
        lambda: transformer.encode_spans(text, [Span(0, 12), Span(13, 31)]),
        lambda: np.array(transformer.count_tokens(TEXTS)),
    ]
    alone = [each() for each in work]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda n: work[n % 3](), range(60)))
    assert all(np.allclose(found, expected, atol=1e-3) for found, expected in zip(together, alone * 20, strict=True))


@pytest.mark.slow
def test_half_the_bits_keep_the_direction(transformer: TransformerEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    if not multiplies_bf16():
        pytest.skip("the processor does not multiply in bf16")
    monkeypatch.setattr("index.transformer.multiplies_bf16", lambda: False)
    full = TransformerEmbedder().encode(TEXTS)
    cosines = (transformer.encode(TEXTS) * full).sum(axis=1)
    # Of 1,298 passages of SciFact the least was 0.9999.
    assert cosines.min() > 0.9997
