"""Every data set becomes a suite: here from made-up files in the shape of the real ones, which are not committed."""

import gzip
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from evals import datasets
from evals.cases import Case, Said, SuiteError
from evals.datasets import canard
from evals.metrics import occurrences

MILL = "The mill stood idle. Dr. Ott bought it in 1911 for 40 crowns. It burned twice."
TURNS = [
    (1, "Who may fish here?", "Members may.", "N/A", "ANSWERABLE"),
    (2, "And guests?", "With a member.", "Follow-up", "PARTIAL"),
    (3, "Thanks!", "", "Follow-up", "CONVERSATIONAL"),
    (4, "Whose boat is it?", "I cannot say.", "Clarification", "UNANSWERABLE"),
]


def lines(file: Path, objects: Iterable[Any]) -> None:
    write(file, "".join(f"{json.dumps(each)}\n" for each in objects))


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(text.encode()) if file.suffix == ".gz" else text.encode())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for make in (squad, mtrag, scifact, claims, selqa, hotpotqa, financebench):
        make(tmp_path)
    return tmp_path


def squad(data: Path) -> None:
    def asked(name: str, *answers: str) -> dict[str, Any]:
        found = [{"text": answer, "answer_start": MILL.index(answer)} for answer in answers]
        return {"id": name, "question": f"{name}?", "answers": found, "is_impossible": not answers}

    first = {"context": MILL, "qas": [asked("price", "40 crowns", "40 crowns", "1911"), asked("two", "idle", "twice")]}
    second = {"context": "Nothing is known of the baker.", "qas": [asked("who")]}
    article = {"title": "The_Old_Mill", "paragraphs": [first, second]}
    write(data / "squad2_half/dev-v2.0.json.gz", json.dumps({"version": "v2.0", "data": [article]}))


def mtrag(data: Path) -> None:
    folder = data / "mtrag"
    domains = ("clapnq", "cloud", "fiqa", "govt")
    passages = [{"_id": f"{d}-{n}", "title": "", "text": f"Passage {n}.", "domain": d} for d in domains for n in (1, 2)]
    lines(folder / "pooled_corpus.jsonl.gz", passages)
    # Neither conversations nor turns are in order.
    tasks = [_task(domain, "9", *turn) for domain in domains for turn in reversed(TURNS)]
    lines(folder / "human_tasks.jsonl.gz", [*tasks, _task("govt", "8", *TURNS[0])])
    for domain in domains:
        queries = folder / "retrieval_tasks" / domain
        for form, ask in (("lastturn", "And guests?"), ("rewrite", "May guests fish here?")):
            lines(queries / f"{domain}_{form}.jsonl", [{"_id": f"{domain}-9<::>2", "text": f"|user|: {ask}"}])
        grades = [(2, 1, 1), (2, 2, 0), (1, 2, 1), (4, 1, 1)]
        written = [f"{domain}-9<::>{turn}\t{domain}-{passage}\t{grade}\n" for turn, passage, grade in grades]
        write(queries / "qrels/dev.tsv", "query-id\tcorpus-id\tscore\n" + "".join(written))


def _task(domain: str, talk: str, turn: int, question: str, answer: str, kind: str, state: str) -> dict[str, Any]:
    user = {"text": question, "enrichments": {"Multi-Turn": [kind], "Answerability": [state]}}
    ids = {"task_id": f"{domain}-{talk}<::>{turn}", "conversation_id": talk, "turn_id": turn}
    return {**ids, "domain": domain, "user": user, "agent": {"text": answer}}


def scifact(data: Path) -> None:
    abstract = ["Salt was fed to newts.\n", "They slept. ", "None died."]
    lines(data / "scifact/corpus.jsonl.gz", [{"doc_id": 7, "title": "Salt and newts", "abstract": abstract}])
    sets = [{"sentences": [0, 1], "label": "CONTRADICT"}, {"sentences": [2], "label": "CONTRADICT"}]
    kills = {"id": 3, "claim": "Salt kills newts.", "cited_doc_ids": [7], "evidence": {"7": sets}}
    other = {"id": 4, "claim": "Newts like salt.", "cited_doc_ids": [7], "evidence": {}}
    lines(data / "scifact/claims_train.jsonl", [kills, other])


def claims(data: Path) -> None:
    evidence = [
        {"text": "He rowed to Ash.", "section_header": "Life"},
        {"text": "He stayed.", "section_header": "Life"},
    ]
    shape = {"text": "He rowed.", "category": "Popular Culture", "wikipedia_page": "Rower"}
    fooling = {**shape, "gold_evidence": evidence, "retrieved_evidence": []}
    lines(data / "fm2/dev.jsonl.gz", [{**fooling, "id": x, "label": x} for x in ("SUPPORTS", "REFUTES")])
    cited = {"claim": "Ash is old and dry.", "evidence": ["Menu", " ", "Ash is old."], "supporting_sentences": [[2]]}
    labels = ("supported", "partially_supported", "not_supported")
    lines(
        data / "wice/claim_dev.jsonl",
        [{**cited, "label": label, "meta": {"id": label, "claim_title": "Ash"}} for label in labels],
    )


def selqa(data: Path) -> None:
    section = {
        "article": "Rye",
        "section": "Use",
        "candidates": ["", "Rye is milled. ", "It feeds goats."],
        "topic": "FOOD",
    }
    asked = [
        {**section, "question": "What is milled?", "answers": [1], "is_paraphrase": False},
        {**section, "question": "What do goats eat?", "answers": [2], "is_paraphrase": True},
        {**section, "question": "What do cows eat?", "answers": [], "is_paraphrase": True},
    ]
    write(data / "selqa/selqa-ass-test.json.gz", json.dumps(asked))


def hotpotqa(data: Path) -> None:
    context = {
        "title": ["Ash", "Elm", "Oak"],
        "sentences": [["Ash is in Kent.", " It is wet."], ["Elm is by Ash."], ["No."]],
    }
    facts = {"title": ["Elm", "Ash", "Ash"], "sent_id": [0, 0, 1]}
    shape = {"type": "bridge", "level": "hard", "context": context, "supporting_facts": facts}
    asked = [{**shape, "question": q, "answer": a} for q, a in (("Where is Elm?", "Kent"), ("Is Elm in Kent?", "yes"))]
    write(data / "hotpotqa/dev_distractor_100.json.gz", json.dumps(asked))


def financebench(data: Path) -> None:
    write(data / "financebench/pdfs/ACORN_2023_10K.pdf", "%PDF")
    evidence = [{"evidence_text": "…", "doc_name": "ACORN_2023_10K", "evidence_page_num": page} for page in (59, 7, 59)]
    shape = {"question": "Did sales grow?", "answer": "By 4 %.", "question_type": "domain-relevant"}
    lines(data / "financebench/questions.jsonl", [{**shape, "financebench_id": "f1", "evidence": evidence}])


def cases_of(name: str, data: Path) -> dict[str, Case]:
    return {case.id: case for case in datasets.load(name, data).cases}


@pytest.mark.parametrize("name", datasets.NAMES)
def test_every_suite_is_whole(name: str, data: Path) -> None:
    suite = datasets.load(name, data)
    texts = {document.source: document.text for document in suite.documents}
    assert (suite.name, bool(suite.cases), bool(suite.digest)) == (name, True, True)
    assert len({case.id for case in suite.cases}) == len(suite.cases)
    assert len({document.id for document in suite.documents}) == len(suite.documents) == len(texts)
    assert bool(suite.documents or suite.folder) == (suite.task != "judge")
    for case in suite.cases:
        if suite.folder:
            assert all((suite.folder / source).is_file() for source in case.relevant)
        else:
            assert set(case.relevant) <= texts.keys()
            assert all(any(occurrences(quote, texts[source]) for source in case.relevant) for quote in case.quotes)
        assert bool(case.evidence) == (case.verdict is not None) == (suite.task == "judge")


@pytest.mark.parametrize("name", datasets.NAMES)
def test_missing_data_are_named_with_the_fix(name: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=rf"{re.escape(str(tmp_path))}/\w+.* holds no \w.*--data"):
        datasets.load(name, tmp_path)


def test_a_name_there_is_not_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no data set 'tea'; choose among squad, mtrag-clapnq-lastturn"):
        datasets.load("tea", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", r"claims_train\.jsonl cannot be read"),
        (b"\xff", r"claims_train\.jsonl cannot be read"),
        (b'{"id": 1}', r"of another shape \(KeyError: 'cited_doc_ids'\)"),
        (b'{"id": 1, "claim": "", "cited_doc_ids": []}', "of another shape .ValidationError"),
        (b'["id"]', "of another shape .TypeError"),
    ],
)
def test_data_that_are_not_as_they_should_be_are_named(content: bytes, message: str, data: Path) -> None:
    (data / "scifact/claims_train.jsonl").write_bytes(content)
    with pytest.raises(SuiteError, match=message) as told:
        datasets.load("scifact", data)
    assert "\n" not in str(told.value)


def test_a_file_cut_short_is_named(data: Path) -> None:
    file = data / "fm2/dev.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-12])
    with pytest.raises(SuiteError, match=r"dev\.jsonl\.gz cannot be read.*get it anew"):
        datasets.load("fm2", data)


def test_the_digest_tells_one_content_from_another(data: Path) -> None:
    before = datasets.load("wice", data).digest
    assert datasets.load("wice", data).digest == before
    with (data / "wice/claim_dev.jsonl").open("a") as stream:
        stream.write("\n")
    assert datasets.load("wice", data).digest != before


def test_a_squad_question_is_quoted_by_the_sentences_that_answer(data: Path) -> None:
    suite = datasets.load("squad", data)
    price, two, who = suite.cases
    assert price.answers == ("40 crowns", "1911")
    assert price.quotes == ("Dr. Ott bought it in 1911 for 40 crowns.",)
    assert two.quotes == ("The mill stood idle.", "It burned twice.")
    assert (price.relevant, price.tags) == (("the-old-mill-1",), ("the-old-mill", "answerable"))
    assert (who.answerable, who.relevant, who.quotes, who.tags) == (False, (), (), ("the-old-mill", "impossible"))
    assert [document.title for document in suite.documents] == ["The Old Mill"] * 2


def test_a_last_turn_follows_what_was_said_in_order(data: Path) -> None:
    (asked,) = datasets.load("mtrag-govt-lastturn", data).cases
    assert asked.question == "And guests?"
    assert asked.history == (Said(question="Who may fish here?", answer="Members may."),)
    assert (asked.relevant, asked.tags) == (("govt-1",), ("govt", "later", "follow-up"))


def test_a_rewrite_stands_alone(data: Path) -> None:
    (asked,) = datasets.load("mtrag-govt-rewrite", data).cases
    assert (asked.question, asked.history, asked.relevant) == ("May guests fish here?", (), ("govt-1",))


def test_every_turn_that_asks_is_to_be_answered_or_refused(data: Path) -> None:
    cases = cases_of("mtrag-govt-answers", data)
    assert list(cases) == ["govt-8<::>1", "govt-9<::>1", "govt-9<::>2", "govt-9<::>4"]
    assert [case.answerable for case in cases.values()] == [True, True, True, False]
    assert cases["govt-9<::>1"].tags == ("govt", "first", "answerable")
    assert cases["govt-9<::>2"].tags == ("govt", "later", "follow-up", "partial")
    last = cases["govt-9<::>4"]
    # What was said without an answer is a question alone. What was judged to help does not answer.
    assert [turn if isinstance(turn, str) else turn.answer for turn in last.history] == [
        *("Members may.", "With a member.", "Thanks!")
    ]
    assert last.relevant == ()


def test_a_domain_has_its_own_passages_only(data: Path) -> None:
    assert [document.id for document in datasets.load("mtrag-fiqa-rewrite", data).documents] == ["fiqa-1", "fiqa-2"]


def test_a_claim_cites_abstracts_and_is_judged_by_their_sentences(data: Path) -> None:
    assert [case.relevant for case in datasets.load("scifact", data).cases] == [("7",), ("7",)]
    (judged,) = datasets.load("scifact-verdicts", data).cases
    assert (judged.id, judged.verdict) == ("3-7", "unsupported")
    assert judged.evidence == ("Salt was fed to newts. They slept.", "None died.")


def test_labels_become_verdicts(data: Path) -> None:
    assert {name: case.verdict for name, case in cases_of("fm2", data).items()} == {
        "SUPPORTS": "supported",
        "REFUTES": "unsupported",
    }
    assert {name: case.verdict for name, case in cases_of("wice", data).items()} == {
        "supported": "supported",
        "partially_supported": "partly",
        "not_supported": "unsupported",
    }
    assert cases_of("wice", data)["supported"].evidence == ("Menu", "Ash is old.")


def test_a_section_is_one_document_for_all_its_questions(data: Path) -> None:
    suite = datasets.load("selqa", data)
    (section,) = suite.documents
    assert (section.title, section.text) == ("Rye › Use", "Rye is milled. It feeds goats.")
    assert [case.quotes for case in suite.cases] == [("Rye is milled.",), ("It feeds goats.",), ()]
    assert [case.tags[1] for case in suite.cases] == ["original", "paraphrase", "paraphrase"]
    assert [case.answerable for case in suite.cases] == [True, True, False]


def test_two_paragraphs_support_an_answer(data: Path) -> None:
    suite = datasets.load("hotpotqa", data)
    where, whether = suite.cases
    assert [document.text for document in suite.documents] == ["Ash is in Kent. It is wet.", "Elm is by Ash.", "No."]
    assert (where.relevant, where.answers) == (("elm-1", "ash-1"), ("Kent",))
    assert where.quotes == ("Elm is by Ash.", "Ash is in Kent.", "It is wet.")
    assert (whether.answers, whether.tags) == ((), ("bridge", "hard"))


def test_filings_are_named_as_on_disk_and_pages_as_a_viewer_counts(data: Path) -> None:
    (asked,) = datasets.load("financebench", data).cases
    assert (asked.relevant, asked.quotes, asked.answers) == (("ACORN_2023_10K.pdf",), (), ("By 4 %.",))
    assert asked.tags == ("domain-relevant", "page-8", "page-60")


def test_a_filing_that_is_missing_is_named(data: Path) -> None:
    (data / "financebench/pdfs/ACORN_2023_10K.pdf").unlink()
    with pytest.raises(SuiteError, match=r"pdfs holds no ACORN_2023_10K\.pdf"):
        datasets.load("financebench", data)


def test_rewrites_come_with_what_was_said(tmp_path: Path) -> None:
    said = {"History": ["Ash", "Trade", "What was sold?", "Wool."], "Question": "To whom?", "Question_no": 2}
    write(tmp_path / "canard/dev.json.gz", json.dumps([{**said, "Rewrite": "To whom was wool sold in Ash?"}]))
    assert canard.rewrites(tmp_path) == [
        canard.Rewritten(("Ash", "Trade"), ("What was sold?", "Wool."), "To whom?", "To whom was wool sold in Ash?")
    ]
