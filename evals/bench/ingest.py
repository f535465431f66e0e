"""How fast documents are taken in with the real model, and how well they are found, against LlamaIndex."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import mean
from typing import Any

from evals.bench.data import Collection, scifact
from evals.bench.lines import BenchError, Line, Plan, Row
from evals.bench.machine import fresh, has_bf16, memory_mb
from evals.bench.made import corpus
from evals.metrics import ndcg_at
from index import Document, Index, TransformerEmbedder
from index.catalog import Catalog

_PEER = "llamaindex"
_MADE = 100
# Passages searched for, of which the first ten documents count.
_DEPTH = 100
# As a multiple of the peer, on processors with bf16 and others.
_TARGET_BF16, _TARGET = 3.0, 1.5
_LOSS = 0.005


def measure(plan: Plan) -> Line:
    """Ingest of SciFact, or of made-up text: ours, the peer's, and ours once more, each in a process of its own.

    Two runs of ours around the peer's tell whether the machine was busier in one half. Loading the model is left out on
    both sides; the peer's, which is not reported, is taken to be its time for a single document.
    """
    collection = scifact(plan.data) if plan.data else made_up(plan.documents or _MADE)
    if plan.documents:
        collection = collection.cut(plan.documents)
    folder = plan.work / "collection"
    collection.write(folder)
    ours = [fresh(ingest, folder, plan.work / "ingest-0")]
    peer: dict[str, Any] = {}
    if plan.peers:
        peer = _peer(plan.peers, folder, plan.work)
        ours.append(fresh(ingest, folder, plan.work / "ingest-1"))
    quality = fresh(found_well, folder, plan.work / "ingest-0") if plan.data else {}
    return _line(collection, ours, peer, quality)


def made_up(documents: int) -> Collection:
    """Made-up documents; the first sentence of every tenth is a query for it."""
    made = list(corpus(documents, sentences=12))
    asked = [(each.id, each.text.partition(".")[0]) for each in made[::10]]
    triples = [(each.id, each.title, each.text) for each in made]
    return Collection(triples, asked, {query: {query: 1} for query, _ in asked})


def ingest(folder: Path, home: Path) -> dict[str, float]:
    """Seconds of loading the model and of `Index.add` for the collection in `folder`, and how many passages it made."""
    triples = Collection.read(folder).documents
    documents = [Document(i, text, title, i) for i, title, text in triples]
    began = time.perf_counter()
    embedder = TransformerEmbedder()
    embedder.encode(["warm"])
    load = time.perf_counter() - began
    with Index.open(home, embedder=embedder) as index:
        began, used = time.perf_counter(), time.process_time()
        index.add(documents)
        seconds, cpu = time.perf_counter() - began, time.process_time() - used
        return {"seconds": seconds, "cpu_s": cpu, "load_s": load, "passages": index.counts()[1], **memory_mb()}


def found_well(folder: Path, home: Path) -> dict[str, float]:
    """Mean nDCG@10 of the collection's queries: of our search, and of its search by meaning alone."""
    collection = Collection.read(folder)
    scores: dict[str, list[float]] = {"hybrid": [], "dense": []}
    with Index.open(home) as index, closing(Catalog(home / "catalog.sqlite")) as catalog:
        for query, text in collection.queries:
            relevant = set(collection.judged[query])
            hits = index.search(text, k=_DEPTH)
            scores["hybrid"].append(_ndcg10(relevant, [hit.chunk.document_id for hit in hits]))
            nearest = index.derived().dense.search(index.embedder.encode([text])[0], _DEPTH)
            chunks = catalog.chunks([i for i, _ in nearest])
            scores["dense"].append(_ndcg10(relevant, [chunks[i].document_id for i, _ in nearest]))
    return {name: mean(values) for name, values in scores.items()}


def _ndcg10(relevant: set[str], ranked: Sequence[str]) -> float:
    value = ndcg_at(10, relevant, ranked)
    assert value is not None, "a query of a collection has something relevant"
    return value


def _peer(script: Path, folder: Path, work: Path) -> dict[str, Any]:
    """What the script of peers reports, with its "cpu_s" for indexing alone and the seconds one document takes it.

    The second run has the same queries, so the difference between the two is what the other documents cost.
    """
    whole = Collection.read(folder)
    Collection(whole.documents[:1], whole.queries, whole.judged).write(work / "one")
    all_documents, one = _run(script, folder), _run(script, work / "one")
    return {**all_documents, "load_s": one["build_s"], "cpu_s": all_documents["cpu_s"] - one["cpu_s"]}


def _run(script: Path, folder: Path) -> dict[str, Any]:
    """What the script reports and the seconds of CPU it used. Raises BenchError where it fails."""
    command = [sys.executable, str(script), _PEER, str(folder)]
    before = os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BenchError(f"{script} failed on {_PEER} ({reason}); install what it imports, or leave --peers out")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    reported: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**reported, "cpu_s": cpu}


def _line(
    collection: Collection, ours: Sequence[Mapping[str, float]], peer: Mapping[str, Any], quality: Mapping[str, float]
) -> Line:
    documents, passages = len(collection.documents), int(ours[0]["passages"])
    seconds = mean(run["seconds"] for run in ours)
    measured = f"{documents / seconds:.1f} documents/s, {passages / seconds:.0f} passages/s"
    rows = [Row(f"ingest of {documents:,} documents, {passages:,} passages", measured)]
    left_out = [] if quality else ["nDCG@10: give evaluation data with --data"]
    figures = {"documents": documents, "passages": passages, "ours": list(ours), "peer": peer, "ndcg10": quality}
    if peer:
        theirs = peer["build_s"] - peer["load_s"]
        ratio, loaded = theirs / seconds, peer["build_s"] / mean(run["seconds"] + run["load_s"] for run in ours)
        rows.append(Row(f"the same by {_PEER}", f"{documents / theirs:.1f} documents/s"))
        target = _TARGET_BF16 if has_bf16() else _TARGET
        rows.append(Row("ratio of the times, loading left out", f"{ratio:.2f}", f"{target:g}", ratio >= target))
        # On a busy machine seconds of CPU tell more than seconds.
        cpu = peer["cpu_s"] / mean(run["cpu_s"] for run in ours)
        rows.append(Row("  with loading / of the CPU time, loading left out", f"{loaded:.2f} / {cpu:.2f}"))
        figures |= {"ratio": ratio, "ratio_loading": loaded, "ratio_cpu": cpu}
    else:
        left_out.append(f"ingest against {_PEER}: give the script of peers with --peers")
    if quality:
        rows.append(_quality(quality, peer.get("ndcg10")))
    return Line(tuple(rows), figures, tuple(left_out))


def _quality(quality: Mapping[str, float], peer: float | None) -> Row:
    what, ours = "nDCG@10 by meaning alone / hybrid", f"{quality['dense']:.4f} / {quality['hybrid']:.4f}"
    if peer is None:
        return Row(what, ours)
    least = peer - _LOSS
    return Row(f"{what}; {_PEER}: {peer:.4f}", ours, f"{least:.4f} by meaning", quality["dense"] >= least)
