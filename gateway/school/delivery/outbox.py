"""Hand one joined record to the school's system, and say in our own words what came of it.

Delivery is a PUT on an id that is computed, or a DELETE: repeated after a crash it gives the same state. The text
that the school's system answers with is never kept: it could name a pupil.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.errors import DeliveryError
from gateway.inbox.tables import Operation
from gateway.roster.model import Kind
from gateway.school.relink.accept import SchoolResult

_CODE: Final = re.compile(r"[a-z0-9_]{1,64}\Z")

Address = Callable[[Kind, str], str]
"""Where a record of a source stands, for the `href` of a reference to it."""


class ResultSource(Protocol):
    """What is needed of a source (`gateway.school.sources.contract.Source`) to hand results to it."""

    @property
    def slug(self) -> str:
        """Name of the source."""

    @property
    def takes_results(self) -> bool:
        """`results: source`; False is `keep`."""

    def write(self, kind: Kind, identifier: str, fields: Mapping[str, object]) -> None:
        """Create or replace one record; raises `DeliveryError`."""

    def delete(self, kind: Kind, identifier: str) -> None:
        """Remove one record; no error when it is not there. Raises `DeliveryError`."""


@dataclass(frozen=True, slots=True)
class UnusableSource:
    """A source that cannot be opened as it is set up: what is meant for it waits, and nothing else does."""

    slug: str
    takes_results: bool
    code: str
    """Of the error with which it was refused."""

    def write(self, kind: Kind, identifier: str, fields: Mapping[str, object]) -> None:
        """Raises `DeliveryError`: somebody must mend the settings first."""
        raise self._refusal()

    def delete(self, kind: Kind, identifier: str) -> None:
        """Raises `DeliveryError`, as `write`."""
        raise self._refusal()

    def _refusal(self) -> DeliveryError:
        return DeliveryError("The source cannot be used as it is set up.", code=self.code, permanent=False)


@dataclass(frozen=True, slots=True)
class Taker:
    """A source, and where its records stand."""

    source: ResultSource
    address: Address


class Ending(StrEnum):
    """What came of one try."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Tried:
    """One try at one source."""

    ending: Ending
    code: str = ""
    """Why, in our own words; empty where delivered."""


def hand_over(taker: Taker, record: SchoolResult) -> Tried:
    """Write or delete `record`. Never raises `DeliveryError`."""
    try:
        if record.operation is Operation.DELETE:
            taker.source.delete(record.kind, record.identifier)
        else:
            taker.source.write(record.kind, record.identifier, _with_references(record, taker.address))
    except DeliveryError as error:
        code = error.code if _CODE.match(error.code) else "delivery_refused"
        return Tried(Ending.REFUSED if error.permanent else Ending.LATER, code)
    return Tried(Ending.DELIVERED)


def _with_references(record: SchoolResult, address: Address) -> dict[str, object]:
    # Built anew from identifiers: what the vendor wrote as `href` or `type` never comes this far.
    references = {
        name: {"href": address(kind, identifier), "sourcedId": identifier, "type": kind.value}
        for name, (kind, identifier) in record.references.items()
    }
    return {**record.fields, **references}
