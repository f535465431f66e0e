"""A sentence-transformers model in memory: texts in, vectors out, as fast as the processor allows."""

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.precedence import SHARED
from index.workers import Workers

# Padded tokens that go through the model at once, on one core: fewer leave it waiting, more are no faster.
_TOKENS_A_BATCH = 1_536
# Texts are padded to a multiple of this: bf16 attention over 191 tokens takes twice as long as over 192.
_WIDTH = 16
# The same for models that sentence-transformers has to run itself, whose tokens are not known beforehand.
_TEXTS_A_BATCH = 16
# Encodings are large: this many are held at a time.
_TEXTS_A_TOKENIZING = 256


class LoadedModel:
    """A model, loaded from a path or from a name that is at hand. Threads may share it.

    Where the processor multiplies in bf16, so does the transformer; pooling and what follows stay in float32. Raises
    what sentence-transformers raises where there is no such model: OSError, ValueError or RuntimeError.
    """

    def __init__(self, path: str) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        self._model: Any = SentenceTransformer(path, device="cpu", local_files_only=True).eval()
        self._cutting: Any = None
        self._plain = _takes_tokens(self._model)
        if self._plain and multiplies_bf16():
            pack(self._model[0].to(torch.bfloat16))
        # Tokenizers fail ("Already borrowed") when sentence-transformers uses one in two threads.
        self._library = threading.Lock()
        # Whoever waits has threads of their own: those at work behind stand still while they give way.
        self._workers, self._first = Workers(), Workers()
        self._precedence = SHARED

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return int(self._model.get_embedding_dimension())

    @property
    def limit(self) -> int:
        """The most tokens it reads, special ones included."""
        limit = int(self._model.max_seq_length or 0)
        # A model that names no limit has a huge one.
        return limit if 0 < limit < 1 << 20 else 512

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Batch by batch, positions in `texts` and their vectors, shape (n, dimension), not of length one."""
        return self._by_tokens(texts) if self._plain else self._by_library(texts)

    def tokens(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """For each token of `text`, up to the limit, where it is and what it means here: shapes (n, 2), (n, width)."""
        encoding = self._cutting_tokenizer().encode(text)
        ids = np.array(encoding.ids, dtype=np.int64)
        with self._precedence.first():
            [found] = self._first.map(lambda each: self._transform([each])["token_embeddings"][0].numpy(), [ids])
        return np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2), found[: len(encoding.ids)]

    def tokenizer(self) -> Any:
        """A copy of its tokenizer. Raises ValueError where that is not a fast one."""
        from tokenizers import Tokenizer

        if not self._model.tokenizer.is_fast:
            raise ValueError("has no fast tokenizer")
        return Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())

    def _by_tokens(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        import torch

        tokenizer = self._cutting_tokenizer()

        def tokenized(start: int) -> list[NDArray[np.int64]]:
            encodings = tokenizer.encode_batch_fast(list(texts[start : start + _TEXTS_A_TOKENIZING]))
            return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]

        def behind(positions: list[int]) -> tuple[list[int], NDArray[np.float32]]:
            self._precedence.give_way()
            return encoded(positions)

        def encoded(positions: list[int]) -> tuple[list[int], NDArray[np.float32]]:
            features = self._transform([ids[i] for i in positions])
            with torch.inference_mode():
                for module in islice(self._model, 1, None):
                    features = module(features)
            return positions, features["sentence_embedding"].numpy()

        starts = range(0, len(texts), _TEXTS_A_TOKENIZING)
        ids = [each for part in self._workers.map(tokenized, starts) for each in part]
        batches = list(batches_by_length([len(each) for each in ids]))
        if len(batches) == 1:
            # A question; a run of passages is done behind, and has more.
            with self._precedence.first():
                [found] = self._first.map(encoded, batches)
            yield found
        else:
            yield from self._workers.map(behind, batches)

    def _by_library(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """For models that want prompts, templates or padding in front."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        for start in range(0, len(order), _TEXTS_A_BATCH):
            positions = order[start : start + _TEXTS_A_BATCH]
            with self._library:
                found = self._model.encode([texts[i] for i in positions], show_progress_bar=False)
            yield positions, found

    def _transform(self, ids: Sequence[NDArray[np.int64]]) -> dict[str, Any]:
        """What the transformer makes of texts given as token ids: float32, shape (texts, padded tokens, width)."""
        import torch

        longest = max(len(each) for each in ids)
        # Models are not asked about positions beyond their limit, not even to ignore them.
        padded = max(longest, min(-(-longest // _WIDTH) * _WIDTH, self.limit))
        rows = np.full((len(ids), padded), self._model.tokenizer.pad_token_id or 0, dtype=np.int64)
        mask = np.zeros_like(rows)
        for row, each in enumerate(ids):
            rows[row, : len(each)] = each
            mask[row, : len(each)] = 1
        with torch.inference_mode():
            features = self._model[0]({"input_ids": torch.from_numpy(rows), "attention_mask": torch.from_numpy(mask)})
            return {**features, "token_embeddings": features["token_embeddings"].float()}

    def _cutting_tokenizer(self) -> Any:
        """A tokenizer that cuts at the limit; set up once, since threads share it."""
        with self._library:
            if self._cutting is None:
                # A copy takes time to make, and only sentence-transformers alters its own.
                tokenizer = self._model.tokenizer.backend_tokenizer if self._plain else self.tokenizer()
                tokenizer.enable_truncation(self.limit)
                tokenizer.no_padding()
                self._cutting = tokenizer
            return self._cutting


def batches_by_length(lengths: Sequence[int], *, budget: int = _TOKENS_A_BATCH) -> Iterator[list[int]]:
    """Positions in batches of like length, longest first, none above `budget` once padded (but for one text alone).

    >>> list(batches_by_length([10, 400, 90, 410], budget=1000))
    [[3, 1], [2, 0]]
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i], reverse=True)
    while order:
        count = max(1, budget // max(1, lengths[order[0]]))
        yield order[:count]
        order = order[count:]


def multiplies_bf16() -> bool:
    """Whether bf16 pays on this processor: it does where AMX multiplies it."""
    import torch

    return bool(torch.cpu.get_capabilities().get("amx_bf16"))


def pack(module: Any) -> None:
    """Lay out the weights of its linear layers as oneDNN multiplies them, or it does so again for every batch.

    The operations are those torch.compile packs weights with; compiling itself would take longer than it saves. A fifth
    more tokens go through.
    """
    import torch

    operations = torch.ops.mkldnn
    if not (hasattr(operations, "_reorder_linear_weight") and hasattr(operations, "_linear_pointwise")):
        return

    def forward(weight: Any, bias: Any, features: Any) -> Any:
        return operations._linear_pointwise(features, weight, bias, "none", [], "")

    for layer in module.modules():
        if type(layer) is torch.nn.Linear:
            packed = operations._reorder_linear_weight(layer.weight.detach(), _TOKENS_A_BATCH)
            layer.forward = partial(forward, packed, layer.bias)


def _takes_tokens(model: Any) -> bool:
    """Whether a model may be given tokens: it is a transformer and what follows, without prompts or templates."""
    first, tokenizer = model[0], getattr(model, "tokenizer", None)
    return (
        type(first).__name__ == "Transformer"
        and list(first.modality_config) == ["text"]
        and first.modality_config["text"]["method"] == "forward"
        and first.module_output_name == "token_embeddings"
        and not (first.query_expansion or first.processing_kwargs or model.default_prompt_name)
        and tokenizer is not None
        and tokenizer.is_fast
        and (tokenizer.padding_side, tokenizer.truncation_side) == ("right", "right")
    )
