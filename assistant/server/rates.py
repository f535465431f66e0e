"""How often somebody may ask."""

from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

_LOGINS: Final = RateLimitItemPerMinute(10)


class Rates:
    """Counts by the minute. `per_minute` requests a caller; 0 counts none. What is over is forgotten."""

    def __init__(self, per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._calls = RateLimitItemPerMinute(per_minute) if per_minute else None

    def call(self, caller: str) -> bool:
        """Whether one more request of this caller is within the limit; counts it where it is."""
        return self._calls is None or self._limiter.hit(self._calls, "call", caller)

    def may_try(self, *whose: str) -> bool:
        """Whether one more try to sign in is within ten that failed in this minute, by all that it is counted by."""
        return all(self._limiter.test(_LOGINS, "login", each) for each in whose)

    def failed(self, *whose: str) -> None:
        """Count a try that failed."""
        for each in whose:
            self._limiter.hit(_LOGINS, "login", each)
