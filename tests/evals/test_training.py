"""What the reader is trained with: edits, statements, batches, and a training that goes on where it ended."""

import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from evals.training import edits, pictures
from evals.training import train as module
from evals.training.factors import factors_of, save_factors
from evals.training.finish import FACTORS, finish
from evals.training.groups import Group, held_out
from evals.training.network import Network, Pairs
from evals.training.schedule import batches, rate
from evals.training.statements import statement
from evals.training.train import LOG, STATE, WEIGHTS, loss_of, train
from index import Reader, bundled_model
from index.reader import HEADS

WALL = "In 1989, the Berlin Wall did not stand any more (it fell in November), while 3 million people watched."
NAMES = ("Hadrian Wall", "Paris")


@pytest.mark.parametrize("edit", [*edits.BREAKING, *edits.PRESERVING, edits.attributed])
@given(text=st.text(max_size=200), seed=st.integers(0, 9))
def test_an_edit_changes_a_text_or_says_that_it_cannot(edit: edits.Edit, text: str, seed: int) -> None:
    found = edit(text, random.Random(seed), NAMES)
    assert found is None or isinstance(found, str)


def test_each_edit_does_what_it_is_called() -> None:
    chance = random.Random(1)
    assert edits.another_name("The Berlin Wall fell.", chance, NAMES) == "The Hadrian Wall fell."
    assert edits.turned("It did not fall.", chance) == "It did fall."
    assert edits.turned("It did fall.", chance) == "It did not fall."
    assert edits.opposite("More came before noon.", random.Random(0)) == "More came after noon."
    assert edits.without_aside("It fell (in November) fast.", chance) == "It fell fast."
    assert edits.without_tail("It fell at night, while millions of people watched.", chance) == "It fell at night."
    assert edits.reordered("In 1989, the wall fell to the ground.", chance) == "The wall fell to the ground in 1989."
    assert edits.written_otherwise("It won’t fall.", chance) == "It will not fall."
    assert "Lee" in (edits.attributed("The wall fell.", chance, ["Lee"]) or "")
    (year,) = {edits.another_figure("It fell in 1989.", random.Random(2))}
    assert year is not None
    assert year != "It fell in 1989."
    assert year.startswith("It fell in ")


def test_what_cannot_be_edited_is_none() -> None:
    assert edits.edited("Hello", edits.BREAKING, random.Random(0)) is None


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("Which country rationed gasoline?", "Sweden", "Sweden rationed gasoline."),
        ("Who was born in 1867?", "Marie Curie", "Marie Curie was born in 1867."),
        ("When did the Spanish and Portuguese colonies gain independence?", "1820", None),
        ("Where did American troops remain?", "in the kingdom", None),
    ],
)
def test_statements(question: str, answer: str, said: str | None) -> None:
    found = statement(question, answer)
    assert found is None or answer.lower() in found.lower()
    assert said is None or found == said


@given(question=st.text(max_size=120), answer=st.text(max_size=40))
def test_any_question_is_a_statement_or_none(question: str, answer: str) -> None:
    assert isinstance(statement(question, answer), str | None)


@given(
    sizes=st.lists(st.tuples(st.integers(1, 200), st.integers(1, 14)), max_size=60),
    seed=st.integers(0, 5),
    tokens=st.integers(1, 4_000),
)
def test_every_group_is_in_one_batch_that_fits(sizes: Sequence[tuple[int, int]], seed: int, tokens: int) -> None:
    lengths, pairs = [a for a, _ in sizes], [b for _, b in sizes]
    found = batches(lengths, pairs, seed=seed, tokens=tokens)
    assert sorted(number for batch in found for number in batch) == list(range(len(sizes)))
    for batch in found:
        padded = max(lengths[n] for n in batch) * sum(pairs[n] for n in batch)
        assert padded <= tokens or len(batch) == 1


def test_the_rate_rises_and_falls() -> None:
    rates = [rate(step, 100) for step in range(101)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[0] == 0.0
    assert rates[-1] == pytest.approx(0.0, abs=1e-6)


def test_what_is_held_out_is_always_the_same_share() -> None:
    out = [held_out(f"article {n}", share=0.25) for n in range(2_000)]
    assert 0.2 < sum(out) / len(out) < 0.3
    assert out == [held_out(f"article {n}", share=0.25) for n in range(2_000)]


def test_the_loss_by_hand() -> None:
    group = Group("answers", "x", (("q", "a"), ("q", "b")), (1.0, 0.0))
    logits = torch.zeros(2, len(HEADS))
    each, which = torch.log(torch.tensor(2.0)), torch.log(torch.tensor(2.0))
    assert loss_of(logits, [group]).item() == pytest.approx((each + 0.5 * which).item())
    nothing = Group("supports", "x", (("q", "a"),), (0.0,))
    assert loss_of(torch.zeros(1, len(HEADS)), [nothing]).item() == pytest.approx(each.item())


def few(held: bool = False) -> list[Group]:
    return [
        Group("answers", "x", ((f"Who is {n}?", f"{n} is me."), (f"Who is {n}?", "It rains.")), (1.0, 0.0), held)
        for n in range(40)
    ] + [Group("supports", "y", ((f"{n} is me.", f"I am {n}."),), (float(n % 2),), held) for n in range(10)]


def _ended_after(steps: int, step: Callable[..., float]) -> Callable[..., float]:
    left = iter(range(steps))

    def until_then(*arguments: Any) -> float:
        if next(left, None) is None:
            raise RuntimeError("ended")
        return step(*arguments)

    return until_then


@pytest.mark.slow
def test_a_training_that_was_ended_goes_on_to_the_same_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [*few(), *few(held=True)]
    monkeypatch.setattr(module, "SAVED_EVERY", 1)
    monkeypatch.setattr(module, "batches", partial(batches, tokens=400))
    train(groups, tmp_path / "whole", rounds=2, seed=1)
    monkeypatch.setattr(module, "_step", _ended_after(3, module._step))
    with pytest.raises(RuntimeError, match="ended"):
        train(groups, tmp_path / "parts", rounds=2, seed=1)
    monkeypatch.undo()
    monkeypatch.setattr(module, "SAVED_EVERY", 1)
    monkeypatch.setattr(module, "batches", partial(batches, tokens=400))
    train(groups, tmp_path / "parts", rounds=2, seed=1)
    whole, parts = (load_file(tmp_path / name / WEIGHTS) for name in ("whole", "parts"))
    assert all(torch.allclose(whole[name], parts[name], atol=1e-3) for name in whole)
    lines = [json.loads(line) for line in (tmp_path / "parts" / LOG).read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    assert "x first" in lines[-1]
    assert (tmp_path / "parts" / STATE).is_file()


def test_factors_of_full_rank_are_the_trained_network(tmp_path: Path) -> None:
    network = Network(bundled_model())
    base = {name: value.detach().clone() for name, value in network.body.named_parameters()}
    name = "encoder.layer.0.attention.self.query.weight"
    torch.manual_seed(0)
    change = torch.randn(384, 3) @ torch.randn(3, 384) * 0.01
    trained = {**base, name: base[name] + change}
    found = factors_of(base, trained, rank=3)
    assert set(found) == {f"{name}.up", f"{name}.down"}
    path = tmp_path / "factors.safetensors"
    heads = network.heads.weight, network.heads.bias
    save_factors(found, heads, path, scaling={"answers": (1.0, 0.0), "supports": (1.0, 0.0)})
    network.body.load_state_dict(trained)
    pair = ("Who?", "The mayor closed the bridge.")
    with torch.inference_mode():
        expected = network(Pairs([Group("answers", "x", (pair,), (1.0,))]).batch([0]))[0, 0].item()
    (logit,) = Reader(path).logits("answers", pair[0], [pair[1]])
    assert logit == pytest.approx(expected, abs=0.05)


def test_what_is_shipped_is_scaled_and_judged_on_what_was_held_out(tmp_path: Path) -> None:
    results = finish(Network(bundled_model()), few(held=True), tmp_path)
    assert set(results["sources"]) == {"x", "y"}
    assert results["sources"]["x"]["groups"] == 20
    (score,) = Reader(tmp_path / FACTORS).answering().scores("Who is 1?", ["1 is me."])
    assert 0 <= score <= 1
    pictures.draw_reliability(results["reliability"], tmp_path / pictures.RELIABILITY)
    assert (tmp_path / pictures.RELIABILITY).stat().st_size > 1_000
