"""Who did it, as the registers write it down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Stored; values never change."""

    PERSON = "person"
    """Somebody at the school."""
    VENDOR = "vendor"
    """A vendor's platform, known by its client."""
    GATEWAY = "gateway"
    """The gateway by itself: a timer, a worker."""


MAX_CLAIM: int = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it.

    A name given on a command line is a claim: nothing proves it. So it is stored as `claim`, beside the
    account of the operating system under which the program ran.
    """

    kind: ActorKind
    claim: str | None = None
    os_account: str | None = None
    client_id: str | None = None

    def __post_init__(self) -> None:
        if (self.kind is ActorKind.PERSON) != (self.claim is not None):
            raise ValueError("a person, and only a person, claims a name")
        if self.claim is not None and not (0 < len(self.claim.strip()) <= len(self.claim) <= MAX_CLAIM):
            raise ValueError("a claimed name has 1 to 200 characters")

    @classmethod
    def person(cls, claim: str, *, os_account: str | None) -> Actor:
        """Somebody who says to be `claim`."""
        return cls(ActorKind.PERSON, claim=claim, os_account=os_account)

    @classmethod
    def vendor(cls, client_id: str | None) -> Actor:
        """A vendor's platform; `client_id` is None when it did not prove which."""
        return cls(ActorKind.VENDOR, client_id=client_id)

    @classmethod
    def gateway(cls, *, os_account: str | None = None) -> Actor:
        """No person asked for it."""
        return cls(ActorKind.GATEWAY, os_account=os_account)

    def entry(self) -> dict[str, object]:
        """As the entries hold it: absent members left out."""
        members = {"kind": self.kind.value, "claim": self.claim, "os_account": self.os_account}
        members["client_id"] = self.client_id
        return {name: value for name, value in members.items() if value is not None}
