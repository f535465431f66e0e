"""Who calls, and what they may do."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Scope = Literal["read", "ask", "write", "admin"]
Role = Literal["reader", "editor", "owner"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who is known, by session or by key.

    `user` is the user's id, None where there are no accounts: then whoever reaches the server owns it. `scopes` are
    what the session or key is good for. Who has a key is no person: `signed_in` is whoever has a session.
    """

    user: str | None
    name: str
    scopes: frozenset[Scope]
    signed_in: bool = False

    def may(self, scope: Scope) -> bool:
        """Whether the session or key is good for this."""
        return scope in self.scopes

    @property
    def needs_met(self) -> frozenset[str]:
        """What of the needs of rules the caller meets."""
        return self.scopes | {"open", "user"} | ({"session"} if self.signed_in else frozenset())


# Whoever reaches a server on loopback that has no accounts.
OWNER: Final = Caller(None, "owner", frozenset(SCOPES), signed_in=True)
