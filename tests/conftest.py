"""What holds for every test: a busy machine is no failure."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("citeback", deadline=None)
settings.load_profile("citeback")


@pytest.fixture(autouse=True)
def _own_loops(request: pytest.FixtureRequest) -> Iterator[None]:
    """Lets tests run event loops of their own: while a browser is open, its own goes on in the thread of the tests."""
    if request.node.get_closest_marker("browser"):
        yield
        return
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)
