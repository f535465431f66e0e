"""A reranker puts what was found into its order, whatever model it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import ByPassage, BySentence, CrossEncoderReranker, Index, ModelError, Reader, ReaderHead, bundled_model
from tests.fakes import HashEmbedder, document

ANIMALS = [document(f"a{n}", f"The fox number {n} ran home.", title=f"Fox {n}") for n in range(40)]


class Backwards:
    """Likes best what has the highest number; `heard` is what it was given."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Sequence[str]]] = []

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        self.heard.append((question, texts))
        return [int("".join(filter(str.isdigit, text.partition("\n")[0]))) / 100 for text in texts]


def test_what_was_found_is_put_into_the_rerankers_order(tmp_path: Path) -> None:
    reranker = Backwards()
    with Index.open(tmp_path, embedder=HashEmbedder(), reranker=ByPassage(reranker)) as index:
        index.add(ANIMALS)
        hits = index.search({"fox": 1.0, "ran home": 1.0}, k=5)
        [(question, texts)] = reranker.heard
        assert index.search("fox", where={"author": "Nobody"}) == []
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(hits) == 5
    # It read more than was asked for, each passage below its title.
    assert (question, len(texts)) == ("fox", 30)
    assert all(text.startswith("Fox ") and "\nThe fox" in text for text in texts)


def made(folder: Path, **options: Any) -> str:
    """A CrossEncoder with random weights."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(str(bundled_model()))
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), **sizes, **options)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return made(tmp_path_factory.mktemp("cross-encoder"), num_labels=1)


@pytest.mark.slow
def test_a_model_for_inference_tells_how_likely_a_text_entails_a_claim(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    folder = made(tmp_path, id2label={0: "contradiction", 1: "ENTAILMENT", 2: "neutral"})
    texts = ["The fox sleeps.", "The owl hunts at night."]
    logits = CrossEncoder(folder, device="cpu").predict([(text, "The fox hunts.") for text in texts])
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = CrossEncoderReranker(folder, "CITEBACK_VERIFIER").scores("The fox hunts.", texts)
    assert scores == pytest.approx(chances[:, 1].tolist(), abs=1e-5)
    assert CrossEncoderReranker(folder).scores("The fox hunts.", []) == []


@pytest.mark.slow
def test_a_model_of_other_classes_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, id2label={0: "good", 1: "bad"})
    with pytest.raises(ModelError, match="its 2 classes are good, bad; entailment is wanted"):
        CrossEncoderReranker(folder).scores("The fox hunts.", ["The fox sleeps."])


@pytest.mark.slow
def test_a_cross_encoder_is_taken_from_a_folder(tmp_path: Path, cross_encoder: str) -> None:
    with Index.open(tmp_path, embedder=HashEmbedder(), reranker=cross_encoder) as index:
        index.add(ANIMALS)
        hits = index.search("fox number 7", k=5)
        again = index.search("fox number 7", k=5)
    assert hits == again
    assert all(0 < hit.score < 1 for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.slow
def test_a_reranker_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match=r"'/no/such/folder' cannot be loaded .*CITEBACK_RERANKER"):
        CrossEncoderReranker("/no/such/folder").scores("Who?", ["She."])


def test_the_bundled_reader_moves_passages_by_their_best_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Sequence[str]] = []

    def scores(self: ReaderHead, question: str, texts: Sequence[str]) -> list[float]:
        heard.append(texts)
        return [0.999 if "number 7 " in text else 0.5 for text in texts]

    monkeypatch.setattr(ReaderHead, "scores", scores)
    with Index.open(tmp_path, embedder=HashEmbedder(), reranker=BySentence(Reader().answering())) as index:
        index.add(
            [
                document(f"a{n}", f"It is night. The fox number {n} ran home. It slept.", title=f"Fox {n}")
                for n in range(9)
            ]
        )
        hits = index.search("the fox that ran home", k=3)
        assert index.search("fox", where={"author": "Nobody"}) == []
    assert hits[0].chunk.document_id == "a7"
    assert [0 <= hit.score <= 1 for hit in hits] == [True] * 3
    [texts] = heard
    assert len(texts) == 9
    # The sentence that holds most of the question, below its title.
    assert sorted(texts)[0] == "Fox 0: The fox number 0 ran home."
