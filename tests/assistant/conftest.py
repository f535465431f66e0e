"""The real language model, started once for all tests that ask it."""

import os
from collections.abc import Iterator

import pytest

from tests.llm_server import ServerMissing, running


@pytest.fixture(scope="session")
def llm_url() -> Iterator[str]:
    """The base URL of a running model server. Where it cannot run the test is skipped; on CI it fails."""
    try:
        with running() as url:
            yield url
    except ServerMissing as missing:
        if os.environ.get("CITEBACK_TESTS_MUST_RUN"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
