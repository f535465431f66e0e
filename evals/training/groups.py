"""What the reader learns from: a question or claim with texts that answer or support it, or do not."""

import hashlib
from dataclasses import dataclass

from index.reader import Head

# Of everything that can be told apart by its article, page or conversation, this share is never trained on.
_HELD_OUT = 0.25


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that are read together, so that a right one can be told from the wrong ones beside it.

    `pairs` are (question, sentence) or (claim, passage); `labels` are 1.0 for what answers or supports, else 0.0.
    `held_out` groups are only judged.
    """

    head: Head
    source: str
    pairs: tuple[tuple[str, str], ...]
    labels: tuple[float, ...]
    held_out: bool = False


def held_out(key: str, *, share: float = _HELD_OUT) -> bool:
    """Whether what goes by this key is kept out of training: always the same for the same key.

    >>> held_out("Oslo"), held_out("Oslo", share=1.0)
    (False, True)
    """
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return number / 2**64 < share
