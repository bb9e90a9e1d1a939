"""Errors, in families by who must act.

Exceptions say "cannot"; "may not" is a value (`contracts.decisions`). Every error has a stable `code`, a sentence
for the one who must act and a `remedy`. `str(error)` never holds a value from a record, a secret, or text that
another system sent: those could name a pupil.
"""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """Base of all families. `exit_status` is what the command line answers with."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, code: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy

    def sentence(self) -> str:
        """Message and remedy as shown to a person."""
        return f"{self} {self.remedy}".strip()


class UsageError(GatewayError):
    """The person at the command line must change the call."""

    exit_status = 2


class CallerError(GatewayError):
    """The vendor's platform must change its request."""

    exit_status = 2

    def __init__(self, message: str, *, code: str, status: int, remedy: str = "") -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.status = status


class DisclosureRefused(GatewayError):
    """The school must act (agreement, approval, consent) before this may happen."""

    exit_status = 3


class SourceError(GatewayError):
    """The school's system did not do what it should; `retry` says whether asking again helps."""

    exit_status = 4

    def __init__(self, message: str, *, code: str, retry: bool, remedy: str = "") -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.retry = retry


class DeliveryError(GatewayError):
    """A result could not be handed over; `permanent` says that trying again does not help."""

    exit_status = 4

    def __init__(self, message: str, *, code: str, permanent: bool, remedy: str = "") -> None:
        super().__init__(message, code=code, remedy=remedy)
        self.permanent = permanent


class GatewayUnready(GatewayError):
    """The operator must do something before the gateway can work (database, key, schema)."""

    exit_status = 5


class LeakSuspected(GatewayError):
    """A release was held back because it seems to hold what this vendor may not have."""

    exit_status = 3


class SettingsError(GatewayError):
    """The gateway does not start with these settings."""

    exit_status = 5
