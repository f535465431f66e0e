"""How often somebody may ask."""

from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_LOGINS: Final = RateLimitItemPerMinute(10)


class Rates:
    """Counts in moving windows of a minute. `per_minute` requests a caller; 0 counts none."""

    def __init__(self, per_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._calls = RateLimitItemPerMinute(per_minute) if per_minute else None

    def call(self, caller: str) -> bool:
        """Whether one more request of this caller is within the limit; counts it where it is."""
        return self._calls is None or self._limiter.hit(self._calls, "call", caller)

    def login(self, whose: str) -> bool:
        """Whether one more try to sign in is within ten a minute."""
        return self._limiter.hit(_LOGINS, "login", whose)
