"""How well questions are found against peers that have the same weights, on the same work in one run."""

import hashlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from assistant.settings import load_settings
from evals import datasets, followups, running
from evals.bench.lines import BenchError, Line, Plan, Row
from evals.bench.machine import fresh
from evals.metrics import mean, ndcg_at, paired
from index import Index

PEERS = ("llamaindex-fusion", "haystack-hybrid", "txtai-hybrid")
DOMAINS = tuple(name.removesuffix("-lastturn") for name in datasets.NAMES if name.endswith("-lastturn"))
_LAST, _REWRITTEN = "mtRAG, last turn", "mtRAG, rewritten by people"
_BETTER = 0.05

# nDCG@10 of each question, in the order of the cases, by what was asked and who searched.
Found = dict[str, dict[str, list[float]]]


def measure(plan: Plan) -> Line:
    """nDCG@10 of Citeback and of each peer on SciFact's claims and on both forms of mtRAG's last turns.

    Peers search with the question alone. Citeback does, too, and on the last turns also as it searches in a
    conversation, which has to do at least as well as the best peer with the rewrites of people.
    """
    if not plan.data or not plan.peers:
        return Line((), {}, ("finding against peers: give evaluation data with --data, their script with --peers",))
    every: Found = {}
    for name in ("scifact", *DOMAINS):
        for found in (fresh(ours, name, plan.data), fresh(theirs, plan.peers, name, plan.data)):
            for asked, scores in found.items():
                for system, values in scores.items():
                    every.setdefault(asked, {}).setdefault(system, []).extend(values)
    return Line(tuple(_rows(every)), {asked: _means(scores) for asked, scores in every.items()})


def ours(name: str, data: Path) -> Found:
    """What Citeback finds in a collection."""
    if name != "scifact":
        scores = followups.found(name, data)
        by_wording = {wording: [ndcg for ndcg, _ in pairs] for wording, pairs in scores.items()}
        last = {"Citeback": by_wording["as asked"], "Citeback, its follow-ups": by_wording["as Citeback searches"]}
        return {_LAST: last, _REWRITTEN: {"Citeback": by_wording["the rewrite of a person"]}}
    suite, settings = datasets.load(name, data), load_settings()
    home = running.home_of(suite, settings, None)
    running.fill(suite, home, settings)
    with Index.open(home, model=settings.model) as index:
        values = [
            _ndcg(case.relevant, [hit.chunk.document_id for hit in index.search(case.question, k=followups.PASSAGES)])
            for case in suite.cases
        ]
    return {"SciFact": {"Citeback": values}}


def theirs(script: Path, name: str, data: Path) -> Found:
    """What the peers find in a collection. Raises BenchError where one cannot be run."""
    module = _module(script)
    _encode_once()
    names = {"SciFact": name} if name == "scifact" else {_LAST: f"{name}-lastturn", _REWRITTEN: f"{name}-rewrite"}
    suites = {asked: datasets.load(suite, data) for asked, suite in names.items()}
    documents = next(iter(suites.values())).documents
    corpus = {document.id: f"{document.title}\n{document.text}".strip() for document in documents}
    found: Found = {asked: {} for asked in suites}
    for system in PEERS:
        try:
            search = getattr(module, f"sys_{system.replace('-', '_')}")(corpus)
        except ImportError as error:
            raise BenchError(f"{system} cannot be run: {error}; make bench PEERS=… installs what peers need") from error
        for asked, suite in suites.items():
            found[asked][system] = [_ndcg(case.relevant, search(case.question, 10)) for case in suite.cases]
    return found


def _rows(every: Found) -> list[Row]:
    rows = []
    for asked, scores in every.items():
        rows += [Row(f"{asked} (n {len(scores[peer])}): {peer}", f"{np.mean(scores[peer]):.3f}") for peer in PEERS]
        own = [system for system in scores if system not in PEERS]
        rows += [_compared(f"{asked}: {system}", scores[system], _best(scores), least=_BETTER) for system in own]
    if _LAST in every:
        own_followups, humans = every[_LAST]["Citeback, its follow-ups"], _best(every[_REWRITTEN])
        rows.append(_compared("its follow-ups against the best peer with people's", own_followups, humans, least=0.0))
    return rows


def _best(scores: Mapping[str, Sequence[float]]) -> Sequence[float]:
    return max((scores[system] for system in PEERS), key=lambda values: float(np.mean(values)))


def _compared(what: str, own: Sequence[float], best: Sequence[float], *, least: float) -> Row:
    each = paired(own, best)
    assert each is not None
    measured = f"{each.ours:.3f}, {each.difference:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
    return Row(what, measured, f"{least:+.2f}", each.difference >= least)


def _means(scores: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    found = {system: mean(values) for system, values in scores.items()}
    return {
        system: {"ndcg10": each.value, "interval": [each.low, each.high], "n": each.n} for system, each in found.items()
    }


def _ndcg(relevant: Sequence[str], ranked: Sequence[str]) -> float:
    return ndcg_at(10, set(relevant), ranked) or 0.0


def _module(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("peers", script)
    if spec is None or spec.loader is None:
        raise BenchError(f"{script} is no Python script; give the one that runs peers")
    module = importlib.util.module_from_spec(spec)
    sys.modules["peers"] = module
    spec.loader.exec_module(module)
    return module


def _encode_once() -> None:
    """Make sentence-transformers keep what it encodes: peers with the same weights then have the same vectors.

    Each would make them anew, which takes an hour more and tells nothing of how they search.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    encode, kept = SentenceTransformer.encode, dict[bytes, Any]()

    def encoded(self: Any, inputs: Any = None, *_: Any, **wanted: Any) -> Any:
        inputs = wanted.get("sentences", inputs)
        texts = [inputs] if isinstance(inputs, str) else list(inputs)
        keys = [hashlib.blake2b(text.encode(), digest_size=12).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
        if new:
            made = encode(self, list(new.values()), batch_size=32, show_progress_bar=False, convert_to_numpy=True)
            kept.update(zip(new, made, strict=True))
        found = np.stack([kept[key] for key in keys])
        if wanted.get("normalize_embeddings"):
            found = found / np.linalg.norm(found, axis=1, keepdims=True)
        given = torch.from_numpy(found) if wanted.get("convert_to_tensor") else found
        return given[0] if isinstance(inputs, str) else given

    SentenceTransformer.encode = encoded
