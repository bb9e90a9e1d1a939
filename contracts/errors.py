"""What this package refuses, as exceptions: a small family whose `code` is stable.

A decision about data is never an exception: `contracts.decisions` answers with values. Exceptions here say
that a person's request to the register cannot be carried out. `str(error)` holds names of agreements and
fields, never a value from a pupil's record (this package never sees one).
"""

from __future__ import annotations


class ContractError(Exception):
    """Base of the family: the school must do something else (sign, approve, end) first."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def sentence(self) -> str:
        """Message and remedy as shown to a person."""
        return f"{self.message} {self.remedy}".strip()


class NotFound(ContractError):
    """No agreement or version of that name is registered: the caller named something that does not exist."""


class TransitionRefused(ContractError):
    """The agreement's state, its findings or the rule of two persons does not allow this step."""


class RegistrationRefused(ContractError):
    """The record may not be registered (product of another recipient, version already there, ...)."""


class AgreementAltered(ContractError):
    """A stored agreement is not what was registered: somebody changed it behind the program's back."""
