"""The network that is trained: the bundled transformer with two heads on its first token."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from evals.training.groups import Group
from index import bundled_model
from index.reader import HEADS, MOST_TOKENS, Tokens, padded

# Shapes are rounded up to these, so that there are few of them.
_ROWS, _WIDTH = 8, 32


class Network(torch.nn.Module):  # type: ignore[misc]
    """Pairs of texts to logits, one a head. Word and position vectors, half of the weights, stay as they are."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        # Dropout would take a quarter of the time; with two rounds and frozen words there is little to overfit.
        without = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        self.body = BertModel.from_pretrained(
            # Flash attention goes backwards at half the speed of plain matrices.
            weights,
            add_pooling_layer=False,
            local_files_only=True,
            attn_implementation="eager",
            **without,
        )
        self.heads = torch.nn.Linear(self.body.config.hidden_size, len(HEADS))
        torch.nn.init.normal_(self.heads.weight, std=0.02)
        torch.nn.init.zeros_(self.heads.bias)
        self.body.embeddings.requires_grad_(False)

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Logits, shape (pairs, heads)."""
        found: torch.Tensor = self.heads(self.body(**batch).last_hidden_state[:, 0])
        return found


class Pairs:
    """Groups as token ids, made once."""

    def __init__(self, groups: Sequence[Group]) -> None:
        tokenizer = Tokenizer.from_file(str(bundled_model() / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MOST_TOKENS, strategy="longest_first")
        self.groups = groups
        self._rows: list[list[Tokens]] = [
            [
                (np.array(each.ids, dtype=np.int32), np.array(each.type_ids, dtype=np.int8))
                for each in tokenizer.encode_batch_fast(list(group.pairs))
            ]
            for group in groups
        ]

    def length(self, number: int) -> int:
        """The tokens of a group's longest pair."""
        return max(len(ids) for ids, _ in self._rows[number])

    def batch(self, numbers: Sequence[int]) -> dict[str, torch.Tensor]:
        """The pairs of these groups, one after the other, and copies of the first to a multiple of eight, padded.

        Every new shape costs the time and the memory of setting up its matrix products.
        """
        rows = [row for number in numbers for row in self._rows[number]]
        return padded([*rows, *rows[:1] * (-len(rows) % _ROWS)], width=_WIDTH)
