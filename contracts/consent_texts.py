"""What a text that asks for consent tells, and whether it tells all that a product gets today.

A consent is informed (GDPR art. 4(11), 13): it covers what was told and nothing more. So a text keeps the terms that
it was made from, and a consent to it counts as long as the agreement gives no more than those: a field, a form, a
sub-processor, a country or a day of keeping more, and consent is asked again. An agreement that gives less than was
told is covered.

Source: GDPR art. 7(1), 13; `docs/decisions/0027-consent-and-objection.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from contracts import canonical
from contracts.agreements import Agreement, ProductTerms
from contracts.comparison import exceeds
from contracts.vocabulary import DataCategory, RecipientRole, SubjectCategory


@dataclass(frozen=True, slots=True)
class Told:
    """The terms that a text was made from. Stored; fields are only ever added, with a default."""

    board: str
    contact: str
    """Whom a parent or pupil writes to."""
    recipient: str
    recipient_kvk: str
    recipient_country: str
    role: RecipientRole
    terms: ProductTerms
    delete_within_days: int
    """After a request."""
    pupils_of_16: bool = True
    """Whether the text speaks to pupils who decide themselves; a board of primary schools has none."""
    used_for: str | None = None
    """What a recipient that is no processor may use the data for; None for a processor."""

    def to_bytes(self) -> bytes:
        return canonical.to_bytes(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> Told:
        """Read what `to_bytes` wrote. Raises `canonical.NotCanonical`."""
        return canonical.from_bytes(cls, content)

    @property
    def categories(self) -> tuple[DataCategory, ...]:
        """Categories of data about pupils, in the order of the agreement."""
        about_pupils = (
            entry.category
            for entry in self.terms.data
            if entry.subjects is None or SubjectCategory.PUPIL in entry.subjects
        )
        return tuple(dict.fromkeys(about_pupils))


def told_by(agreement: Agreement, product: str, *, pupils_of_16: bool = True) -> Told:
    """What a text about one product of an agreement has to tell. Raises KeyError where it does not name it."""
    terms = agreement.product(product)
    if terms is None:
        raise KeyError(product)
    return Told(
        board=agreement.controller.name,
        contact=agreement.controller.fg_contact,
        recipient=agreement.processor.name,
        recipient_kvk=agreement.processor.kvk,
        recipient_country=agreement.processor.country,
        role=agreement.role,
        terms=terms,
        delete_within_days=deletion_days(agreement, terms),
        pupils_of_16=pupils_of_16,
        used_for=None if agreement.sharing is None else agreement.sharing.purpose,
    )


def covers(told: Told, today: Told) -> bool:
    """Whether who was told `told` was told all of `today`: the same recipient in the same role, and no term more."""
    return (
        (told.terms.product_id, told.recipient_kvk, told.role, told.used_for)
        == (today.terms.product_id, today.recipient_kvk, today.role, today.used_for)
        and told.delete_within_days >= today.delete_within_days
        and not exceeds(told.terms, today.terms)
    )


def deletion_days(agreement: Agreement, terms: ProductTerms) -> int:
    """Days within which the recipient deletes what it is asked to: the shorter of the agreement's terms.

    A recipient that is no processor has the term of its product alone.
    """
    if agreement.art28 is None:
        return terms.retention.max_days_after_end
    return min(agreement.art28.g_end.delete_within_days, terms.retention.max_days_after_end)


def deletion_due(agreement: Agreement, product: str, *, asked_on: date) -> date:
    """The day by which data about one person has to be gone. Raises KeyError where it does not name the product."""
    terms = agreement.product(product)
    if terms is None:
        raise KeyError(product)
    return asked_on + timedelta(days=deletion_days(agreement, terms))
