"""Nearest passages by meaning: a FAISS index of unit vectors, compared by inner product (so scores are cosines)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.embedding import Vectors

FILE = "dense.faiss"
# FAISS reads lengths from the file before it allocates; no honest index of ours is larger.
_MOST_BYTES = 1 << 36


class DenseIndex:
    """Vectors by passage id."""

    def __init__(self, ids: Sequence[int], vectors: Vectors) -> None:
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1] or 1))
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors), np.asarray(ids, dtype=np.int64))

    @classmethod
    def load(cls, folder: Path) -> "DenseIndex":
        """The index saved in `folder`. The caller has checked its checksum: FAISS loads damaged files silently."""
        loaded = cls.__new__(cls)
        faiss.set_deserialization_vector_byte_limit(_MOST_BYTES)
        loaded._index = faiss.read_index(str(folder / FILE))
        return loaded

    def save(self, folder: Path) -> None:
        """Write the index into `folder`."""
        faiss.write_index(self._index, str(folder / FILE))

    def search(self, vector: Vectors, k: int, *, allowed: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Up to `k` (passage id, cosine), best first; only ids in `allowed` where given."""
        if not self._index.ntotal:
            return []
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(np.asarray(allowed, dtype=np.int64))
            # The stubs do not know its arguments.
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, ids = self._index.search(vector.reshape(1, -1), k, params=parameters)
        # FAISS fills up with id -1 where fewer than k are allowed.
        return [(int(i), float(score)) for i, score in zip(ids[0], scores[0], strict=True) if i >= 0]
