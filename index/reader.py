"""A model that reads two texts together: how likely a sentence answers a question, or a passage supports a claim.

It is the bundled embedding model, changed by factors: `W + up @ down` for every matrix of its layers (as in Hu et al.,
LoRA, ICLR 2022), `b + delta` for every vector, with two outputs on its first token. `evals.training` makes the factors;
docs/READER.md says from what, and what the reader is worth.
"""

import hashlib
import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from index.embedding import bundled_model
from index.errors import ModelError
from index.precedence import SHARED
from index.transformer import batches_by_length, multiplies_bf16, pack
from index.workers import Workers

Head = Literal["answers", "supports"]
HEADS: tuple[Head, ...] = ("answers", "supports")
FACTORS = Path(__file__).with_name("reader.safetensors")
_SHA256 = "2e2cea3009b0f1c2f4c7e1eb0b1ab3e82ce1fcd560dfd5da9cffe5407e545f51"
# Tokens of a pair; the longer text is cut.
MOST_TOKENS = 192
# Texts are padded to a multiple of this, and so many padded tokens go through at once.
_WIDTH, _TOKENS_A_BATCH = 16, 1_536
# Pairs whose log odds are remembered.
_REMEMBERED = 4_096
# Opens a sentence that is understood only after the one before it.
_POINTS_BACK = re.compile(
    r"\A(?:He|She|They|It|This|That|These|Those|Such|His|Her|Their|Its|Instead|Both|Neither|That’s|Theirs|"
    r"(?:One|Some|Many|Most|All|None|Each) of (?:them|these|those))\b"
)

# The ids of a pair's tokens, and which of the two texts each is of.
Tokens = tuple[NDArray[Any], NDArray[Any]]


def points_back(sentence: str) -> bool:
    """Whether the sentence opens with a word that stands for something in the one before it."""
    return bool(_POINTS_BACK.match(sentence))


def reading(title: str, before: str, sentence: str) -> str:
    """A sentence as it is read: below its title, and after the sentence before it where it points back at that.

    >>> reading("Warsaw", "The city grew.", "It has two airports.")
    'Warsaw: The city grew. It has two airports.'
    >>> reading("Warsaw", "The city grew.", "Two rivers meet there.")
    'Warsaw: Two rivers meet there.'
    """
    words = " ".join((f"{before} {sentence}" if before and points_back(sentence) else sentence).split())
    return f"{title[:120]}: {words}" if title else words


class Reader:
    """The reader that comes with Citeback. Loads on first use, offline; threads may share it."""

    def __init__(self, factors: Path = FACTORS) -> None:
        self._factors = factors
        self._model: _Loaded | None = None
        self._loading = threading.Lock()
        self._remembered: dict[tuple[str, str], NDArray[np.float32]] = {}

    def logits(self, head: Head, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """For each text how well it answers the question, or supports the claim: log odds, shape (len(texts),)."""
        return self.read([(question, text) for text in texts])[:, HEADS.index(head)]

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """The log odds of both outputs for each pair of question (or claim) and text, shape (len(pairs), 2).

        Pairs that were read lately are not read again: passages are moved and sentences ranked by the same ones.
        """
        known = {pair: row for pair in pairs if (row := self._remembered.get(pair)) is not None}
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        if new:
            with SHARED.first():
                known.update(zip(new, self._loaded().logits(new), strict=True))
            if len(self._remembered) + len(new) > _REMEMBERED:
                self._remembered = {}
            self._remembered.update((pair, known[pair]) for pair in new[:_REMEMBERED])
        return np.asarray([known[pair] for pair in pairs], dtype=np.float32).reshape(-1, len(HEADS))

    def scores(self, head: Head, question: str, texts: Sequence[str]) -> list[float]:
        """The same as probabilities, scaled on data that it was not trained on (Platt, 1999)."""
        scale, bias = self._loaded().scaling[head]
        return [float(value) for value in 1 / (1 + np.exp(-(scale * self.logits(head, question, texts) + bias)))]

    def answering(self) -> "ReaderHead":
        """What says how likely texts answer a question."""
        return ReaderHead(self, "answers")

    def supporting(self) -> "ReaderHead":
        """What says how likely texts support a claim."""
        return ReaderHead(self, "supports")

    def _loaded(self) -> "_Loaded":
        with self._loading:
            if self._model is None:
                self._model = _Loaded(self._factors)
            return self._model


@dataclass(frozen=True, slots=True)
class ReaderHead:
    """One of the reader's outputs, with the interface of any other model that reads two texts together."""

    reader: Reader
    head: Head

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score from 0 to 1 for each text, in order."""
        return self.reader.scores(self.head, question, texts) if texts else []


class _Loaded:
    """The merged model in memory."""

    def __init__(self, factors: Path) -> None:
        import torch
        from tokenizers import Tokenizer
        from transformers import BertModel
        from transformers.utils import logging as transformers_logging

        self.scaling, heads, changes = _opened(factors)
        base = bundled_model()
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        self._tokenizer: Any = Tokenizer.from_file(str(base / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_TOKENS, strategy="longest_first")
        body: Any = BertModel.from_pretrained(base, add_pooling_layer=False, local_files_only=True).eval()
        try:
            with torch.no_grad():
                merge(dict(body.named_parameters()), changes)
        except (KeyError, RuntimeError) as error:
            raise _unusable(factors, f"they do not fit: {error}") from error
        self._heads = heads
        if multiplies_bf16():
            pack(body.to(torch.bfloat16))
        self._body = body
        self._workers = Workers()

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Shape (pairs, heads)."""
        encoded = self._tokenizer.encode_batch_fast(list(pairs))
        rows = [(np.array(each.ids, dtype=np.int64), np.array(each.type_ids, dtype=np.int64)) for each in encoded]
        found = np.zeros((len(pairs), len(HEADS)), dtype=np.float32)
        batches = list(batches_by_length([len(ids) for ids, _ in rows], budget=_TOKENS_A_BATCH))
        made = self._workers.map(lambda places: self._read([rows[place] for place in places]), batches)
        for places, logits in zip(batches, made, strict=True):
            found[places] = logits
        return found

    def _read(self, rows: Sequence[Tokens]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            first = self._body(**padded(rows)).last_hidden_state[:, 0].float()
            found: NDArray[np.float32] = torch.nn.functional.linear(first, *self._heads).numpy()
            return found


def verified(factors: Path = FACTORS) -> Path:
    """The file of factors, once its bytes are known to be those that come with Citeback. Raises ModelError."""
    try:
        with factors.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unusable(factors, str(error.strerror)) from error
    if factors == FACTORS and found != _SHA256:
        raise _unusable(factors, f"their SHA-256 is {found[:12]}…, not {_SHA256[:12]}…")
    return factors


def _opened(factors: Path) -> tuple[dict[Head, list[float]], list[Any], dict[str, Any]]:
    """What a file of factors holds: the scaling of each head, the heads' weight and bias, and the changes."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(verified(factors), "pt") as opened:
            told = json.loads((opened.metadata() or {})["scaling"])
            scaling = {head: [float(told[head][0]), float(told[head][1])] for head in HEADS}
            tensors = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
        return scaling, [tensors.pop("heads.weight"), tensors.pop("heads.bias")], tensors
    except (OSError, SafetensorError, LookupError, ValueError, TypeError) as error:
        raise _unusable(factors, f"{type(error).__name__}: {error}") from error


def _unusable(factors: Path, reason: str) -> ModelError:
    fix = "install Citeback again, or set CITEBACK_RERANKER, CITEBACK_RANKER and CITEBACK_VERIFIER to none"
    return ModelError(f"the reader's factors {factors} cannot be used ({' '.join(reason.split())}); {fix}")


def padded(rows: Sequence[Tokens], *, width: int = _WIDTH) -> dict[str, Any]:
    """Pairs of texts as the transformer takes them, each shape (pairs, some times `width`)."""
    import torch

    width *= -(-max(len(ids) for ids, _ in rows) // width)
    names = ("input_ids", "token_type_ids", "attention_mask")
    batch = {name: torch.zeros((len(rows), width), dtype=torch.long) for name in names}
    for place, (ids, types) in enumerate(rows):
        for name, values in zip(names, (ids, types, np.ones_like(ids)), strict=True):
            batch[name][place, : len(ids)] = torch.from_numpy(values)
    return batch


def merge(parameters: dict[str, Any], factors: dict[str, Any]) -> None:
    """Add to the parameters what the factors hold for them: "NAME.up" times "NAME.down", or "NAME.delta"."""
    for name, value in factors.items():
        parameter, _, part = name.rpartition(".")
        if part == "up":
            parameters[parameter] += value @ factors[f"{parameter}.down"]
        elif part == "delta":
            parameters[parameter] += value
