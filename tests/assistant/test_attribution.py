"""How a source is named before its words."""

from dataclasses import replace

import pytest

from assistant.attribution import attribution
from tests.assistant.scripted import BRIDGE


@pytest.mark.parametrize(
    ("author", "publisher", "name"),
    [
        ("A. Stone", "The Gazette", "A. Stone, The Gazette"),
        ("A. Stone", None, "A. Stone"),
        (None, "The Gazette", "The Gazette"),
        (None, None, "“Bridge closed”"),
        ("", "", "“Bridge closed”"),
    ],
)
def test_a_source_is_named_by_what_is_known_of_it(author: str | None, publisher: str | None, name: str) -> None:
    assert attribution(replace(BRIDGE, author=author, publisher=publisher)) == name


def test_the_second_of_two_named_alike_gets_its_title() -> None:
    passage = replace(BRIDGE, author="A. Stone")
    taken = attribution(passage)
    assert attribution(replace(passage, title="Ferries"), [taken]) == f"{taken}, “Ferries”"
    assert attribution(passage, ["Someone else"]) == taken
    untitled = replace(BRIDGE, author=None, publisher=None)
    assert attribution(untitled, ["“Bridge closed”"]) == "“Bridge closed”"
