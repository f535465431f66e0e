"""What a reader says of an answer becomes a case that fails until it is mended."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import Answer, AnswerSentence, Citation, Conversation, Judgement, Refusal
from evals.asking import ask
from evals.cases import SuiteError
from evals.gate import failures, load_gate
from evals.keeping import case_of, keep
from evals.loading import load, read_suite
from evals.summary import scores
from tests.evals.test_run import ScriptedAssistant

WALL = "The wall fell in 1989."


def answered(question: str = "When did it fall?", said: str = WALL) -> Answer:
    cited = Citation(1, "d", "The Wall", None, None, None, "wall.md", None, 0, len(said), said)
    sentence = AnswerSentence(said, 0, len(said), (1,), "supported", 0.9)
    return Answer(question, question, f"{said} [1]", "extractive", (sentence,), (cited,))


def refused(question: str = "Who built it?") -> Answer:
    return Answer(question, question, "Nobody says.", "extractive", refusal=Refusal("not_supported", "Nobody says."))


def conversation(*answers: Answer) -> Conversation:
    whole = Conversation()
    for answer in answers:
        whole = whole.plus(answer)
    return whole


def test_what_was_right_has_to_be_quoted_again() -> None:
    case = case_of(conversation(answered()).turns, "right")
    assert (case.answerable, case.quotes, case.must_not_contain) == (True, (WALL,), ())


def test_what_was_wrong_must_not_be_said_again() -> None:
    case = case_of(conversation(answered()).turns, "wrong")
    assert (case.answerable, case.quotes, case.must_not_contain) == (True, (), (WALL,))


@pytest.mark.parametrize(("judgement", "answerable"), [("right", False), ("wrong", True)])
def test_a_refusal_is_kept_as_one_or_as_a_mistake(judgement: Judgement, answerable: bool) -> None:
    case = case_of(conversation(answered(), refused()).turns, judgement)
    assert case.answerable is answerable
    assert case.history == ("When did it fall?",)


def test_a_turn_judged_again_is_replaced_and_the_suite_can_be_run(tmp_path: Path) -> None:
    talk, suite = conversation(answered(), refused()), tmp_path / "new" / "kept.yaml"
    keep(talk, 0, "wrong", suite, docs=tmp_path)
    keep(talk, 1, "right", suite, docs=tmp_path)
    keep(talk, 0, "not_said", suite, docs=tmp_path)
    loaded = load(str(suite))
    assert loaded.folder == tmp_path
    assert [case.answerable for case in loaded.cases] == [False, False]
    assert loaded.cases[0].must_not_contain == (WALL,)


def test_what_the_owner_edited_is_not_written_over(tmp_path: Path) -> None:
    suite = tmp_path / "kept.yaml"
    keep(conversation(answered()), 0, "wrong", suite, docs=tmp_path)
    cases = suite.with_suffix(".jsonl")
    edited = cases.read_text("utf-8").replace('"answerable"', '"must_contain": ["1989"], "answerable"')
    cases.write_text(edited, "utf-8")
    with pytest.raises(SuiteError, match="edited"):
        keep(conversation(answered()), 0, "right", suite, docs=tmp_path)
    assert cases.read_text("utf-8") == edited
    cases.write_text("", "utf-8")
    keep(conversation(answered()), 0, "right", suite, docs=tmp_path)
    assert len(load(str(suite)).cases) == 1


def test_why_it_was_judged_so_is_kept_and_can_be_said_afterwards(tmp_path: Path) -> None:
    suite = tmp_path / "kept.yaml"
    keep(conversation(answered()), 0, "wrong", suite, docs=tmp_path)
    keep(conversation(answered()), 0, "wrong", suite, docs=tmp_path, note="It was the other wall.")
    keep(conversation(answered()), 0, "right", suite, docs=tmp_path)
    keep(conversation(answered()), 0, "wrong", suite, docs=tmp_path, note="It was the other wall.")
    assert [case.note for case in load(str(suite)).cases] == ["It was the other wall."]


def test_an_answer_that_is_another_now_can_be_judged_again(tmp_path: Path) -> None:
    suite = tmp_path / "kept.yaml"
    keep(conversation(answered()), 0, "wrong", suite, docs=tmp_path)
    case = keep(conversation(answered(said="It never fell.")), 0, "wrong", suite, docs=tmp_path)
    assert load(str(suite)).cases == [case]


def test_a_suite_that_takes_its_cases_from_elsewhere_is_told(tmp_path: Path) -> None:
    suite = tmp_path / "kept.yaml"
    suite.write_text("cases: [{id: a, question: Why, answerable: true}]", "utf-8")
    with pytest.raises(SuiteError, match="write in it"):
        keep(conversation(answered()), 0, "right", suite)


def test_nothing_is_lost_where_many_keep_at_once(tmp_path: Path) -> None:
    suite = tmp_path / "kept.yaml"

    def keep_some(who: int) -> None:
        for number in range(10):
            keep(conversation(answered(f"Question {who} {number}?")), 0, "right", suite)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep_some, range(4)))
    assert len(read_suite(suite).cases) == 40


def test_the_gate_of_a_kept_suite_fails_until_it_is_mended(tmp_path: Path) -> None:
    suite = tmp_path / "kept.yaml"
    case = keep(conversation(answered()), 0, "wrong", suite, docs=tmp_path)
    gate = load_gate(suite.with_suffix(".gate.toml"))
    again = [ask(case, ScriptedAssistant({case.question: answered()}))]
    assert failures(gate, scores(again, "ask")) == ["mistakes is 1, the gate wants at most 0"]
    assert not again[0].right
    mended = [ask(case, ScriptedAssistant({case.question: answered(said="It fell long ago.")}))]
    assert failures(gate, scores(mended, "ask")) == []


def test_the_same_wrong_answer_is_measured_as_one() -> None:
    case = case_of(conversation(answered()).turns, "wrong")
    assert ask(case, ScriptedAssistant({case.question: answered()})).metrics["mistakes_avoided"] == 0.0
    other = answered(said="It fell thirty years ago.")
    assert ask(case, ScriptedAssistant({case.question: other})).metrics["mistakes_avoided"] == 1.0


@given(
    st.text(min_size=1).filter(str.strip),
    st.text(min_size=1).filter(str.strip),
    st.sampled_from(["right", "wrong", "not_said"]),
)
def test_any_turn_can_be_kept_and_read_again(
    tmp_path_factory: pytest.TempPathFactory, question: str, said: str, judgement: Judgement
) -> None:
    suite = tmp_path_factory.mktemp("kept") / "kept.yaml"
    case = keep(conversation(answered(question, said)), 0, judgement, suite)
    assert list(load(str(suite), docs=suite.parent).cases) == [case]
