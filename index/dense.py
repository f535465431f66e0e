"""Nearest passages by meaning: FAISS indexes of unit vectors, compared by inner product (so scores are cosines).

dense.base.faiss    most of the vectors; never altered, shared by the generations that follow
dense.fresh.faiss   those added since the base was made
dense.dead.npy      ids of the base that are gone

Vectors are kept in half precision, as in the catalog, so a score is what the catalog's vectors give. Up to a size every
vector is compared; beyond it those in the cells nearest to the query are (an inverted file: Sivic and Zisserman, 2003).
"""

import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.disk import share
from index.embedding import Vectors

Ids = NDArray[np.int64]

BASE, FRESH, DEAD = "dense.base.faiss", "dense.fresh.faiss", "dense.dead.npy"
# FAISS reads lengths from the file before it allocates; no honest index of ours is larger.
_MOST_BYTES = 1 << 36
# Every vector is compared up to this many: 100,000 of 384 numbers take 11 ms.
_FLAT_MOST = 100_000
# Cells of an inverted file times the root of its size, how many are searched, and how the cells are found: vectors a
# cell and rounds of k-means. With a million vectors, passages of mtRAG and noisy copies (cosine 0.8 to 0.95), on one
# thread: recall@10 of 0.971 against comparing everything, 4.4 ms at the median and 5.5 ms at the 95th percentile (0.980
# in another making of the same index). 96 cells take 3.0 and 3.7 ms for 0.967, 192 take 5.4 and 6.8 for 0.977. Half as
# many cells need twice the time for the same; 20 vectors a cell lose 0.009; 8 bits a number are no faster for half the
# size, lose 0.02, and scores are off by 0.002.
_CELLS = 4
_PROBES = 160
_TRAINED_ON = 40
_ROUNDS = 8
# A base is made anew when more than this share of it has been added or is gone, but not for so few.
_SHARE = 1 / 8
_FEW = 4_096
# Ids below this are selected by a bit for each: FAISS makes a set of 300,000 in 200 ms, bits in 3.
_BITS_MOST = 1 << 26


class DenseIndex:
    """Vectors by passage id. Opened with `load` from a folder made by `build` or `extend`."""

    def __init__(self, base: Any, fresh: Any, dead: Ids) -> None:
        self._base, self._fresh, self._dead = base, fresh, dead
        self._alive = faiss.IDSelectorNot(_among(dead)) if len(dead) else None

    @classmethod
    def build(cls, folder: Path, batches: Iterable[tuple[Ids, Vectors]], count: int) -> None:
        """Write a new index of about `count` vectors into `folder`, from batches of ids and unit vectors."""
        base = _flat(batches) if count <= _FLAT_MOST else _inverted(batches, count, spool=folder)
        _write(folder, base=base, fresh=_empty_like(base), dead=np.zeros(0, np.int64))

    @classmethod
    def extend(cls, folder: Path, older: Path, added: Iterable[tuple[Ids, Vectors]], dead: Sequence[int] | Ids) -> bool:
        """Write the index in `older`, less the ids `dead`, with what was added, into `folder`. The base is shared.

        False, and nothing is written, where so much has changed that the base should be made anew.
        """
        base = _read(older / BASE)
        fresh = _read(older / FRESH, mapped=False)
        gone = np.load(older / DEAD, allow_pickle=False)
        if len(dead):
            dead = np.asarray(dead, np.int64)
            gone = np.union1d(gone, dead[np.isin(dead, _ids(base))])
            fresh.remove_ids(_among(dead))
        most = min(max(_FEW, int(base.ntotal * _SHARE)), math.inf if _is_inverted(base) else _FLAT_MOST - base.ntotal)
        for ids, vectors in added:
            if not base.ntotal or fresh.ntotal + len(ids) + len(gone) > most:
                return False
            fresh.add_with_ids(vectors, ids)
        if len(gone) + fresh.ntotal > most:
            return False
        _write(folder, base=older / BASE, fresh=fresh, dead=gone)
        return True

    @classmethod
    def load(cls, folder: Path) -> "DenseIndex":
        """The index in `folder`. The caller has checked its checksums: FAISS loads damaged files silently.

        The files are mapped into memory: opening them is quick, and they may be deleted while it is in use.
        """
        return cls(_read(folder / BASE), _read(folder / FRESH), np.load(folder / DEAD, allow_pickle=False))

    def __len__(self) -> int:
        """How many vectors can be found."""
        return int(self._base.ntotal) - len(self._dead) + int(self._fresh.ntotal)

    @property
    def dimension(self) -> int:
        """How long a vector is."""
        return int(self._base.d)

    def search(self, vector: Vectors, k: int, *, allowed: Sequence[int] | Ids | None = None) -> list[tuple[int, float]]:
        """Up to `k` (passage id, cosine), best first; only ids in `allowed` where given."""
        if k < 1 or not len(self) or (allowed is not None and not len(allowed)):
            return []
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        wanted = None if allowed is None else _among(np.asarray(allowed, np.int64))
        both = faiss.IDSelectorAnd(wanted, self._alive) if wanted and self._alive else wanted or self._alive
        share = 1.0 if allowed is None else min(1.0, len(allowed) / len(self))
        with _one_thread():
            found = [*_nearest(self._base, query, k, both, share), *_nearest(self._fresh, query, k, wanted, share)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]


def _nearest(index: Any, query: Vectors, k: int, selector: Any, share: float) -> Iterator[tuple[int, float]]:
    """Ids and cosines among those the selector takes, which are about this share of all."""
    if not index.ntotal:
        return
    parameters: Any = faiss.SearchParameters()
    if _is_inverted(index):
        # Where few are wanted, they lie in more cells than the nearest few.
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = min(index.nlist, math.ceil(_PROBES / math.sqrt(share)))
    parameters.sel = selector
    scores, ids = index.search(query, min(k, index.ntotal), params=parameters)
    # FAISS fills up with id -1 where fewer than k are found.
    yield from ((int(i), float(score)) for i, score in zip(ids[0], scores[0], strict=True) if i >= 0)


def _flat(batches: Iterable[tuple[Ids, Vectors]]) -> Any:
    index: Any = None
    for ids, vectors in batches:
        if index is None:
            index = _new_flat(vectors.shape[1])
        index.add_with_ids(vectors, ids)
    return _new_flat(1) if index is None else index


def _inverted(batches: Iterable[tuple[Ids, Vectors]], count: int, *, spool: Path) -> Any:
    """An inverted file, trained on vectors from all over: they are kept on disk until that is done."""
    cells = max(1, int(_CELLS * math.sqrt(count)))
    step = max(1, count // (cells * _TRAINED_ON))
    all_ids: list[Ids] = []
    sample: list[Vectors] = []
    seen, dimension = 0, 1
    with tempfile.TemporaryFile(dir=spool) as kept:
        for ids, vectors in batches:
            kept.write(vectors.astype(np.float16).tobytes())
            sample.append(vectors[-seen % step :: step].copy())
            all_ids.append(ids)
            seen, dimension = seen + len(ids), vectors.shape[1]
        if not seen:
            return _new_flat(1)
        points = np.concatenate(sample)
        index = _new_inverted(faiss.IndexFlatIP(dimension), min(cells, len(points)))
        # A base of few is made in tests only; FAISS would warn on the terminal.
        index.cp.min_points_per_centroid = 1
        index.cp.niter = _ROUNDS
        index.train(points)
        del points, sample
        kept.seek(0)
        for ids in all_ids:
            raw = kept.read(len(ids) * dimension * 2)
            index.add_with_ids(np.frombuffer(raw, np.float16).reshape(len(ids), dimension).astype(np.float32), ids)
    return index


def _new_flat(dimension: int) -> Any:
    half = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap(half)


def _new_inverted(quantizer: Any, cells: int) -> Any:
    """Not by residuals: what is stored is the vector itself, so scores do not depend on the cells."""
    return faiss.IndexIVFScalarQuantizer(
        quantizer, quantizer.d, cells, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )


def _empty_like(index: Any) -> Any:
    """An index of the same kind without vectors; of an inverted file, one with the same cells."""
    if not _is_inverted(index):
        return _new_flat(index.d)
    empty = _new_inverted(faiss.clone_index(index.quantizer), index.nlist)
    empty.is_trained = True
    return empty


def _among(ids: Ids) -> Any:
    """What selects these ids, of which there are some, none below zero."""
    highest = int(ids.max())
    if highest >= _BITS_MOST:
        return faiss.IDSelectorBatch(ids)
    mask = np.zeros(highest + 1, np.bool_)
    mask[ids] = True
    bits: Any = np.packbits(mask, bitorder="little")
    # The stubs do not know that it takes an array.
    return faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg]


def _is_inverted(index: Any) -> bool:
    return isinstance(index, faiss.IndexIVF)


def _ids(index: Any) -> Ids:
    """The ids of all vectors."""
    if not _is_inverted(index):
        return np.asarray(faiss.vector_to_array(index.id_map))
    lists = index.invlists
    sizes = [(cell, lists.list_size(cell)) for cell in range(index.nlist)]
    found = [faiss.rev_swig_ptr(lists.get_ids(cell), size).copy() for cell, size in sizes if size]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _read(file: Path, *, mapped: bool = True) -> Any:
    faiss.set_deserialization_vector_byte_limit(_MOST_BYTES)
    return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC if mapped else 0)


def _write(folder: Path, *, base: Any, fresh: Any, dead: Ids) -> None:
    """Write the three files. A base given as a file is linked, or copied where links cannot be."""
    # What is there may be linked from another folder: it is taken away, never written over.
    for name in (BASE, FRESH, DEAD):
        (folder / name).unlink(missing_ok=True)
    if isinstance(base, Path):
        share(base, folder / BASE)
    else:
        faiss.write_index(base, str(folder / BASE))
    faiss.write_index(fresh, str(folder / FRESH))
    np.save(folder / DEAD, dead, allow_pickle=False)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One query is no work for several threads, but they would wait for it, spinning."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
