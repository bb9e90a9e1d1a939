"""What must hold before a step of the register; pure, each raises the refusal of one rule."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import inf

from contracts.agreements import CompiledAgreement
from contracts.errors import RegistrationRefused, TransitionRefused
from contracts.instants import in_utc, starts_at
from contracts.transitions import PENDING, RUNNING, Actor, Version, names_somebody
from contracts.vendors import ProductOwner
from contracts.vocabulary import AgreementState as State
from contracts.vocabulary import IdentifierScope


def actor_of(by: str | None, os_account: str) -> Actor:
    """Who acts: the claimed name, or the account alone where no name was asked for."""
    name = os_account if by is None else " ".join(by.split())
    if by is not None and not names_somebody(name):
        raise TransitionRefused("person_missing", "A name is needed of who does this.", "Give --by.")
    return Actor(name, os_account)


def require_relation(
    unknown: list[str], known: list[ProductOwner], *, new: bool, continues: str | None
) -> None:
    """What the board must say, and may not say, about products that were not there before."""
    if new and continues is not None:
        raise RegistrationRefused(
            "product_relation", "A product is new or continues one, not both.", "Choose."
        )
    if (new or continues is not None) and not unknown:
        raise RegistrationRefused(
            "product_known",
            "All products of this record are known already.",
            "Leave --new and --continues out.",
        )
    if continues is not None and (len(unknown) != 1 or continues not in {owner.product for owner in known}):
        raise RegistrationRefused(
            "product_unknown",
            "Only one new product can continue one, and only one of the same recipient.",
            "Name a product of this recipient, or register the products apart.",
        )
    if unknown and known and not new and continues is None:
        raise RegistrationRefused(
            "product_relation",
            f"The recipient has products already; {unknown[0]} is not one of them.",
            "Say --new for new pseudonyms, or --continues SLUG to keep those of a product.",
        )


def require_started(version: Version, now: datetime) -> None:
    """A version that starts later may not take a running one's place now: nothing would be in force."""
    if starts_at(version.agreement.term.in_force_from) > in_utc(now):
        raise TransitionRefused(
            "agreement_not_started",
            f"Agreement {version.reference} starts later, and would take the running version's place now.",
            "Activate it on its first day.",
        )


def require_deliverable(version: Version) -> None:
    """What was agreed must be what happens.

    Attack by accident: a vendor that was promised the chain identifier (ECK iD) gets pseudonyms, gives every pupil
    a new licence, and nobody at the school knows why.
    """
    for terms in version.agreement.products:
        if terms.identifier.scope is IdentifierScope.ECKID and terms.services:
            raise TransitionRefused(
                "eckid_not_available",
                f"{terms.product_id} is to get the chain identifier (ECK iD), and this gateway cannot give it yet.",
                "Agree with the vendor on its own pseudonyms and register a version with identifier.scope: "
                "relationship, or wait for a version of the gateway that gives the ECK iD.",
            )


def require_earlier(version: Version, on: date) -> None:
    """An end only ever comes nearer: a longer term is widening."""
    last = version.compiled(version.products[0]).last_day
    if on < version.agreement.term.in_force_from - timedelta(days=1):
        raise TransitionRefused("end_before_start", "The last day is before the first.", "Give another day.")
    if last is not None and on > last:
        raise TransitionRefused(
            "end_later",
            f"Agreement {version.reference} ends on {last.isoformat()} already.",
            "A longer term is a new version that needs approval.",
        )


def in_days_of(terms: CompiledAgreement, now: datetime) -> bool:
    """Whether an instant lies in the days of an agreement."""
    return terms.outbound_from <= now and (terms.outbound_until is None or now < terms.outbound_until)


def ends_before(one: CompiledAgreement, other: CompiledAgreement) -> bool:
    """Whether one agreement has surely ended when the other starts."""
    return one.outbound_until is not None and one.outbound_until <= other.outbound_from


def precedence(terms: CompiledAgreement, now: datetime) -> tuple[int, float]:
    """Which version answers for a product, least first; among equals the one that ends last."""
    until = terms.outbound_until
    return _rank(terms, now), -inf if until is None else -until.timestamp()


def _rank(terms: CompiledAgreement, now: datetime) -> int:
    # In force, suspended, results still due, waiting, past.
    if terms.state in RUNNING and in_days_of(terms, now):
        return 0 if terms.state is State.ACTIVE else 1
    ended = terms.state is State.ENDED or (terms.state in RUNNING and terms.outbound_from <= now)
    if ended and terms.inbound_until is not None and now < terms.inbound_until:
        return 2
    if terms.state in RUNNING and now < terms.outbound_from:
        return 3
    if terms.state in PENDING:
        return 4
    return 5
