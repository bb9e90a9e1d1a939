"""What a source is: a school's system that is read, and into which results are written.

A standard is a folder beside this file that has a class with these methods; `standards.py` lists them. A
source reads and writes identified records, so nothing outside the school's side imports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.roster.model import Kind, SourceRecord


@dataclass(frozen=True, slots=True)
class SourceSchool:
    """A school as the source delivers it. Not about a person."""

    identifier: str
    """`sourcedId` in the source."""
    name: str
    number: str
    """What the source calls `identifier`: often the BRIN."""
    active: bool


@dataclass(frozen=True, slots=True)
class KindCheck:
    """What was found of one kind."""

    kind: Kind
    records: int
    longest_identifier: int
    """In bytes of UTF-8; a vendor's standard must be able to carry its pseudonym."""
    code: str | None = None
    """Stable code of the error that ended the reading; None when all was read."""
    sentence: str = ""
    """What to do about it; holds no value of a record."""


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """Whether a source can be used as it is set up."""

    reachable: bool
    token: bool
    """The source gave us access."""
    kinds: tuple[KindCheck, ...] = field(default=())
    code: str | None = None
    """Why it could not be reached or gave no access."""
    sentence: str = ""

    @property
    def usable(self) -> bool:
        """Everything that was asked for could be read."""
        return self.reachable and self.token and all(kind.code is None for kind in self.kinds)


class Source(Protocol):
    """One school's system."""

    @property
    def slug(self) -> str:
        """The name under which the board knows it."""

    @property
    def takes_results(self) -> bool:
        """Whether results can be written into it."""

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        """Every record of a kind, each identifier once, in no order that means anything.

        Guarantees: when it ends without an error, the last pass over the source was undisturbed, and every
        record of it was given. A record that vanished during an earlier pass may be among them.

        Raises:
            SourceError: `source_moving` after several disturbed passes; `source_malformed`; or as
            `gateway.egress`.
        """

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        """One record as it is now; None when the source says that it does not exist."""

    def enrolments_of(self, person: str) -> Sequence[SourceRecord] | None:
        """The enrolments of one user as they are now; None when the source cannot be asked so.

        None may also be no answer that can be relied on: whoever needs it reads all enrolments then.
        """

    def schools(self) -> Sequence[SourceSchool]:
        """The schools that the source delivers."""

    def check(self, kinds: Sequence[Kind]) -> SourceCheck:
        """Read everything of these kinds and keep nothing: counts and the longest identifiers."""

    def write(self, kind: Kind, identifier: str, fields: Mapping[str, object]) -> None:
        """Put a category, line item or result under this identifier; the same again does no harm.

        Raises:
            DeliveryError: not written; `permanent` when writing it again does not help.
        """

    def delete(self, kind: Kind, identifier: str) -> None:
        """Remove it; no error when it is not there.

        Raises:
            DeliveryError: not removed.
        """

    def close(self) -> None:
        """Give back what is held open."""
