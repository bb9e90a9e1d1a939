"""What people said, as a refresh and a preview ask it: read behind the lock, looked up per person without a query.

Guarantees: what is being recorded while this is called is in the answer. Who records takes the lock, takes the person
out of what vendors are served, and commits; who reads waits for the lock. So a refresh that reads its facts after
`Publication.begin` either sees a withdrawal here, or is told of it by the holdings (docs/decisions/0027).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from contracts.agreements import Agreement, CompiledAgreement
from contracts.consent_texts import covers, told_by
from contracts.consents import Objection, Statement
from contracts.decisions import PersonFacts
from contracts.instants import ends_at, from_ms
from contracts.legal_bases import needs_consent
from gateway.database import reading, writing
from gateway.school.agreements import reading_agreements
from gateway.school.consents.rows import (
    ConsentRows,
    RecordedObjection,
    RecordedStatement,
    RegisteredText,
)
from gateway.school.disclosure.structure import FactsOf
from gateway.school.services import SchoolServices
from keys.scope import IdentifierSpace

_EVER: Final = from_ms(0)


@dataclass(slots=True)
class _Said:
    """All of one person."""

    statements: list[Statement] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)


def read_facts(
    services: SchoolServices, agreements: Sequence[CompiledAgreement], spaces: Sequence[IdentifierSpace]
) -> FactsOf:
    """Everything that was said and that decides under these agreements.

    Consents are read for products on the basis of consent alone; objections for all.

    Args:
        spaces: the identifier space of each source, by the number under which persons are asked for.

    Raises:
        ConsentsDamaged: nobody may be released by what is left.
    """
    asking = [agreement for agreement in agreements if needs_consent(agreement.legal_basis)]
    with writing(services.school) as connection:
        # Only waited for: who begins to record after this finds the publication that was begun before it.
        ConsentRows(connection, services.ring, board_id=services.board_id).lock()
    with reading(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        objections = rows.objections()
        statements = rows.spoken() if asking else []
        known = [text for agreement in asking for text in rows.texts(agreement.product)]
    texts = _in_force(services, asking, known)
    products = {agreement.product for agreement in asking}
    said: dict[tuple[int, str], _Said] = {}
    for whom, statement in statements:
        if statement.product in products:
            said.setdefault((whom.space, whom.identifier), _Said()).statements.append(statement)
    for recorded, objection in as_objections(objections):
        key = (recorded.whom.space, recorded.whom.identifier)
        said.setdefault(key, _Said()).objections.append(objection)
    numbers = [space.number for space in spaces]
    nothing = PersonFacts(texts=texts)

    def facts_of(source: int, identifier: str, born_on: date | None) -> PersonFacts:
        found = said.get((numbers[source], identifier))
        if found is None:
            return nothing if born_on is None else PersonFacts(born_on=born_on, texts=texts)
        return PersonFacts(tuple(found.statements), tuple(found.objections), born_on, texts)

    return facts_of


def _in_force(
    services: SchoolServices, asking: Iterable[CompiledAgreement], known: Sequence[RegisteredText]
) -> frozenset[str]:
    found: set[str] = set()
    with reading_agreements(services) as register:
        for agreement in asking:
            record = register.show(agreement.reference).agreement
            found |= texts_in_force(record, agreement.product, known)
    return frozenset(found)


def texts_in_force(record: Agreement, product: str, known: Iterable[RegisteredText]) -> frozenset[str]:
    """SHA-256 of the texts that tell all that a record gives to a product."""
    today = told_by(record, product)
    return frozenset(text.sha256 for text in known if text.product == product and covers(text.told, today))


def as_objections(
    recorded: Sequence[RecordedObjection],
) -> list[tuple[RecordedObjection, Objection]]:
    """Objections with the moment at which each is, or will be, lifted; the rows that lift are not among them.

    What was recorded counts from ever: a refresh that began a moment before it has an earlier `now`.
    """
    lifted: dict[int, int] = {}
    for each in recorded:
        if each.lifts is not None:
            lifted.setdefault(each.lifts, each.recorded_at_ms)
    found: list[tuple[RecordedObjection, Objection]] = []
    for each in recorded:
        if each.lifts is not None:
            continue
        ends = [] if each.until_on is None else [ends_at(each.until_on)]
        if each.number in lifted:
            ends.append(from_ms(lifted[each.number]))
        found.append((each, Objection(_EVER, each.product, min(ends, default=None))))
    return found


def statements_of(recorded: Iterable[RecordedStatement], *, product: str, purpose: str) -> list[Statement]:
    """What was said about one purpose of one product, in the order in which it was recorded."""
    return [
        each.statement
        for each in recorded
        if (each.statement.product, each.statement.purpose) == (product, purpose)
    ]
