"""What errors of language models tell: what to do, and nothing of the key."""

import base64
from urllib.parse import quote

import pytest

from assistant.errors import scrubbed

KEY = "a8F3kQ9z+Wm/2Lp7Pq55"
RAW = KEY.encode()


@pytest.mark.parametrize(
    "told",
    [
        KEY,
        quote(KEY, safe=""),
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        RAW.hex(),
        RAW.hex().upper(),
        KEY[::-1],
        f"{KEY[:8]}...{KEY[-4:]}",
        KEY[:4],
        KEY[3:],
    ],
)
def test_nothing_of_a_key_is_repeated(told: str) -> None:
    assert scrubbed(f"the key {told} is wrong", [KEY]).replace("…", "").replace(".", "").split() == [
        "the",
        "key",
        "is",
        "wrong",
    ]


def test_what_is_no_key_stays() -> None:
    assert scrubbed("the model llama3 is not there", [KEY]) == "the model llama3 is not there"
