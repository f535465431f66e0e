"""The benchmarks' own parts, and each benchmark on something small enough for a test."""

import gzip
import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from evals.bench import cli, filings, finding, first_answer, ingest, lines, machine, made, resync, search, searching
from evals.bench.data import Collection, mtrag_passages, mtrag_questions, scifact
from evals.bench.pdf import text_pdf
from evals.bench.pool import Pool, PoolEmbedder, cut, swapped
from evals.cases import SuiteError
from index import Index
from index.sandbox import Sandbox
from tests.evals import test_datasets
from tests.evals.test_run import Model
from tests.fakes import HashEmbedder

PASSAGES = [("Trams", "The tram crosses the old bridge twice a day."), ("Tolls", "The toll was raised in the spring.")]
QUESTIONS = ["How often does the tram cross?", "When was the toll raised?"]


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return Pool.make(tmp_path / "cache", PASSAGES, QUESTIONS, HashEmbedder(), most=10)


def test_the_corpus_repeats_with_its_seed() -> None:
    first, again, other = (list(made.corpus(3, sentences=4, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert [document.id for document in first] == ["made-0", "made-1", "made-2"]
    assert first[0].text != other[0].text
    assert all(8 <= len(sentence.split()) <= 24 for sentence in first[0].text.rstrip(".").split(". "))


def test_the_vocabulary_has_no_word_twice() -> None:
    assert len(set(made.words(4000))) == 4000


def test_the_pdf_holds_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(text_pdf([f"One page (of two). {'More words. ' * 20}", "The other \\ page."]))
    with Sandbox() as sandbox:
        reading = sandbox.read(file, source=file.name).reading
    assert reading is not None
    (document,) = reading.documents
    assert document.text.startswith("One page (of two). More words.")
    assert document.page_at(document.text.index("The other \\ page.")) == 2


def test_the_fact_stands_on_one_page_only() -> None:
    content = first_answer.report_pdf(9).decode("latin-1")
    assert content.count("Skarholm") == 1
    assert content.count("/Type /Page ") == 9


def test_a_collection_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = Collection([("a", "Soup", "Boil it."), ("b", "", "Eat it.")], [("q", "How?")], {"q": {"a": 2}})
    written.write(tmp_path / "soup")
    assert Collection.read(tmp_path / "soup") == written


def test_data_are_found_compressed_or_not(tmp_path: Path) -> None:
    (tmp_path / "scifact").mkdir()
    (tmp_path / "mtrag/tasks/govt").mkdir(parents=True)
    abstract = {"doc_id": 7, "title": "Salt", "abstract": ["It dissolves.", "It tastes."]}
    with gzip.open(tmp_path / "scifact/corpus.jsonl.gz", "wt") as stream:
        stream.write(json.dumps(abstract))
    claim = {"id": 1, "claim": "Salt tastes.", "cited_doc_ids": [7]}
    (tmp_path / "scifact/claims_train.jsonl").write_text(json.dumps(claim))
    (tmp_path / "mtrag/pooled_corpus.jsonl").write_text(json.dumps({"_id": "1", "text": "Salt."}))
    (tmp_path / "mtrag/tasks/govt/govt_lastturn.jsonl").write_text(json.dumps({"_id": "1", "text": "|user|: Why?"}))
    assert scifact(tmp_path) == Collection(
        [("7", "Salt", "It dissolves. It tastes.")], [("1", "Salt tastes.")], {"1": {"7": 1}}
    )
    assert (mtrag_passages(tmp_path), mtrag_questions(tmp_path)) == ([("", "Salt.")], ["Why?"])


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"scifact holds no corpus\.jsonl"):
        scifact(tmp_path)


def test_copies_are_near_what_they_are_copies_of(pool: Path) -> None:
    vectors = Pool.load(pool).vectors_of([*range(2), *range(2, 400)])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(400), abs=1e-5)
    cosines = (vectors.reshape(200, 2, -1) * vectors[:2]).sum(axis=2)
    assert cosines[0] == pytest.approx([1, 1], abs=1e-5)
    assert cosines[1:].mean() == pytest.approx(0.9, abs=0.01)


def test_every_document_of_a_pool_is_one_passage(pool: Path, tmp_path: Path) -> None:
    loaded = Pool.load(pool)
    with Index.open(tmp_path / "index", embedder=PoolEmbedder(loaded)) as index:
        index.add(loaded.documents(0, 9))
        assert index.counts() == (9, 9)
        (found,) = index.search(QUESTIONS[0], k=1)
        assert found.chunk.text == dict(PASSAGES)["Trams"]


def test_texts_are_cut_and_swapped_by_words() -> None:
    assert len(cut("word " * 300)) <= 700
    assert cut("word " * 300).endswith("word")
    text = "a b c d e f g h i j k l m n o p q r s t"
    other = swapped(text, "X Y", random.Random(0)).split()
    assert sum(mine != theirs for mine, theirs in zip(text.split(), other, strict=True)) == 2


def test_nearest_is_exact_over_batches() -> None:
    random_ = np.random.default_rng(0)
    vectors = random_.standard_normal((100, 8), dtype=np.float32)
    queries = random_.standard_normal((5, 8), dtype=np.float32)
    batches = ((np.arange(i, i + 7), vectors[i : i + 7]) for i in range(0, 98, 7))
    found = searching.nearest(queries, batches, k=10)
    expected = np.argsort(-(queries @ vectors[:98].T), axis=1)[:, :10]
    assert np.sort(found, axis=1).tolist() == np.sort(expected, axis=1).tolist()


def test_search_is_measured_at_each_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Here, not in a fresh process each: starting one takes longer than all of this.
    monkeypatch.setattr(search, "fresh", lambda function, *arguments: function(*arguments))
    plan = lines.Plan(tmp_path / "work", tmp_path, sizes=(20, 40))
    line = search.measure(plan, embedder=HashEmbedder(), seconds=0.1)
    first, second = line.figures["sizes"]
    assert [run["build"]["passages"] for run in (first, second)] == [20, 40]
    assert first["recall10"] == second["recall10"] == 1
    assert first["while_adding"]["searches"] > 0
    assert {*first["disk_mb"]} == {"catalog", "dense", "lexical"}
    assert line.left_out


def test_a_second_sync_finds_nothing_new(tmp_path: Path) -> None:
    resync.write_files(tmp_path / "files", 3)
    assert resync.first_sync(tmp_path / "files", tmp_path / "index") > 0
    assert machine.fresh(resync.second_sync, tmp_path / "files", tmp_path / "index") > 0
    resync.write_files(tmp_path / "files", 4)
    with pytest.raises(lines.BenchError, match="1 of 4 files"):
        resync.first_sync(tmp_path / "files", tmp_path / "index")


def test_the_peer_is_run_in_a_process_of_its_own(tmp_path: Path) -> None:
    script = tmp_path / "peers.py"
    script.write_text("import json, sys\nprint('loading')\nprint(json.dumps({'system': sys.argv[1], 'build_s': 2.0}))")
    ingest.made_up(20).write(tmp_path / "collection")
    peer = ingest._peer(script, tmp_path / "collection", tmp_path)
    assert (peer["system"], peer["build_s"], peer["load_s"]) == ("llamaindex", 2.0, 2.0)
    assert len(Collection.read(tmp_path / "one").documents) == 1
    script.write_text("raise SystemExit('no such package')")
    with pytest.raises(lines.BenchError, match="no such package"):
        ingest._run(script, tmp_path / "collection")


@pytest.mark.slow
def test_filings_are_read_boxed_and_pictured(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "financebench" / "pdfs"
    folder.mkdir(parents=True)
    pages = [" ".join(islice(made.prose(10**9, seed=seed), 20)) for seed in range(3)]
    (folder / "report.pdf").write_bytes(text_pdf(pages))
    line = filings.measure(lines.Plan(tmp_path / "work", tmp_path / "out", tmp_path / "data"))
    assert (line.figures["files"], line.figures["pages"]) == (1, 3)
    assert line.figures["held"] == line.figures["alone"] == line.figures["sentences"] > 20
    assert (tmp_path / "out" / "filings.png").read_bytes().startswith(b"\x89PNG")


PEERS_SCRIPT = """
def _search(corpus):
    return lambda question, k: list(corpus)[:k]
sys_llamaindex_fusion = sys_haystack_hybrid = sys_txtai_hybrid = _search
"""


def test_peers_find_in_the_same_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.store.TransformerEmbedder", Model)
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setattr(finding, "fresh", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(finding, "_encode_once", lambda: None)
    test_datasets.mtrag(tmp_path)
    test_datasets.scifact(tmp_path)
    script = tmp_path / "peers.py"
    script.write_text(PEERS_SCRIPT, encoding="utf-8")
    line = finding.measure(lines.Plan(tmp_path, tmp_path, tmp_path, script))
    assert {system for figures in line.figures.values() for system in figures} == {
        *finding.PEERS,
        "Citeback",
        "Citeback, its follow-ups",
    }
    assert line.figures["mtRAG, last turn"]["Citeback"]["n"] == len(finding.DOMAINS)
    assert line.rows[-1].what.startswith("its follow-ups against the best peer")


def test_finding_without_peers_says_what_it_needs(tmp_path: Path) -> None:
    line = finding.measure(lines.Plan(tmp_path, tmp_path))
    assert line.rows == ()
    assert "--peers" in line.left_out[0]


def test_texts_are_encoded_once_for_all_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Encoder:
        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            made.extend(texts)
            return np.asarray([[float(len(text)), 1.0] for text in texts], dtype=np.float32)

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", Encoder)
    finding._encode_once()
    encoder: Any = Encoder()
    assert encoder.encode("abc").tolist() == [3.0, 1.0]
    assert encoder.encode(["abc", "d"], normalize_embeddings=True).shape == (2, 2)
    assert encoder.encode(inputs=["d"], convert_to_tensor=True).tolist() == [[1.0, 1.0]]
    assert made == ["abc", "d"]


def test_the_machine_is_described() -> None:
    assert "cores" in machine.machine()


@pytest.mark.parametrize("written", ["", "10,", "ten", "0", "-5"])
def test_wrong_sizes_are_told(written: str) -> None:
    with pytest.raises(lines.BenchError, match="no sizes"):
        cli.numbers(written)


def test_the_table_has_every_row_and_what_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (lines.Row("soup", "2 s", "1 s", False), lines.Row("salad", "3 s"))
    line = lines.Line(rows, {"seconds": 2}, ("dessert: bring some",))
    monkeypatch.setattr(cli, "BENCHMARKS", {"food": lambda plan: line})
    table, record = cli.run(["food"], lines.Plan(tmp_path, tmp_path), Console(stderr=True))
    assert table.row_count == 2
    assert "dessert" in str(table.caption)
    assert record["lines"]["food"]["seconds"] == 2
    with pytest.raises(lines.BenchError, match="no benchmark 'tea'"):
        cli.chosen(["tea"])
