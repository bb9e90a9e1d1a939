"""What happens at a press, by the same operations that a school's staff, vendors and timers use.

Nothing here decides what a vendor gets: an agreement is registered, approved by somebody else and activated, a vendor
is stopped, a pupil is left out, and the refresh and the door do with that what they do for a real board.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol

from contracts import documents
from contracts.errors import ContractError
from contracts.instants import local_day, to_ms
from contracts.legal_bases import needs_consent
from contracts.transitions import RUNNING, Version
from contracts.vocabulary import AgreementState, LegalBasis
from gateway.connections import sandbox_presses
from gateway.connections.sandbox_presses import Happening, Press, PressState
from gateway.database import reading, writing
from gateway.demo import papers
from gateway.demo.board import MadeUpBoard
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.roster.model import ProductId
from gateway.sandbox import consenting
from gateway.sandbox.board import BOARD, BRINS
from gateway.school import refreshing
from gateway.school.agreeing import steps
from gateway.school.agreements import active_agreements, reading_agreements
from gateway.school.consents import objecting
from gateway.school.services import SchoolServices
from gateway.school.vendors import switch
from keys.errors import KeysError

SOURCE: Final = consenting.SOURCE
_REASON: Final = "gevraagd in de zandbak"


class NewSchoolYear(Protocol):
    """Lets a school year pass over the made-up board, also for the next start of the sandbox."""

    def __call__(self) -> None:
        """Once."""


class Happenings:
    """Carries out presses, one after the other.

    Args:
        new_version: gives a product a new key version; a ceremony, so the command line hands it in.
    """

    def __init__(
        self,
        services: SchoolServices,
        board: MadeUpBoard,
        *,
        new_version: Callable[[SchoolServices, ProductId], None],
        new_school_year: NewSchoolYear,
    ) -> None:
        self._services = services
        self._board = board
        self._new_version = new_version
        self._new_school_year = new_school_year
        self._clerk = services.person("zandbak: applicatiebeheerder")
        self._director = services.person("zandbak: bestuurder")
        self._steps: Mapping[Happening, Callable[[ProductId, datetime], None]] = {
            Happening.AGREEMENT_BEGINS: self._agreement_begins,
            Happening.AGREEMENT_ON_CONSENT_BEGINS: self._agreement_on_consent_begins,
            Happening.AGREEMENT_ENDS: self._agreement_ends,
            Happening.FIELD_LOST: self._field_lost,
            Happening.PSEUDONYMS_CHANGE: self._pseudonyms_change,
            Happening.PUPIL_LEAVES_OUT: self._pupil_leaves_out,
            Happening.NEW_SCHOOL_YEAR: self._school_year_passes,
            Happening.VENDOR_STOPPED: self._vendor_stopped,
            Happening.VENDOR_RESUMED: self._vendor_resumed,
        }

    def carry_out_waiting(self, now: Callable[[], datetime]) -> int:
        """Carry out every press that waits; returns how many. What cannot happen now is settled with its code."""
        services = self._services
        with reading(services.front) as connection:
            found = sandbox_presses.waiting(connection, board_id=services.board_id)
        for press in found:
            state, code = self._carry_out(press, now())
            with writing(services.front) as connection:
                sandbox_presses.settle(
                    connection,
                    press.number,
                    state,
                    board_id=services.board_id,
                    now_ms=to_ms(now()),
                    code=code,
                )
        return len(found)

    def _carry_out(self, press: Press, now: datetime) -> tuple[PressState, str | None]:
        try:
            self._steps[press.happening](press.product, now)
        except (GatewayError, ContractError, KeysError) as error:
            return PressState.REFUSED, str(getattr(error, "code", "error"))
        return PressState.DONE, None

    # -- agreements

    def _agreement_begins(
        self, product: ProductId, now: datetime, *, first: LegalBasis = LegalBasis.PUBLIC_TASK
    ) -> None:
        versions = self._versions(product)
        if any(version.state in RUNNING for version in versions):
            raise DisclosureRefused("An agreement is running.", code="agreement_running")
        kvk = versions[0].agreement.processor.kvk if versions else f"9{secrets.randbelow(10**7):07d}"
        reference = f"ZB-{product}-{len(versions) + 1}"
        basis = versions[0].compiled(product).legal_basis if versions else first
        self._agree(product, reference, kvk, papers.full_terms(), basis, now)

    def _agreement_on_consent_begins(self, product: ProductId, now: datetime) -> None:
        self._agreement_begins(product, now, first=LegalBasis.CONSENT)
        people = consenting.everybody(self._board)
        consenting.give(self._services, self._clerk, self._board, product, people, now=now)
        self._refresh(product, now)

    def _field_lost(self, product: ProductId, now: datetime) -> None:
        version = self._running(product)
        narrower = [entry for entry in papers.full_terms() if entry["fields"] != ["demographics.birthDate"]]
        if not any(field == "demographics.birthDate" for field in _fields_of(version)):
            raise DisclosureRefused("The field is lost already.", code="field_lost_already")
        kvk = version.agreement.processor.kvk
        basis = version.compiled(product).legal_basis
        self._agree(product, version.agreement_id, kvk, narrower, basis, now)

    def _agree(
        self,
        product: ProductId,
        agreement_id: str,
        kvk: str,
        data: list[papers.Record],
        basis: LegalBasis,
        now: datetime,
    ) -> None:
        services = self._services
        paper = papers.agreement(
            agreement_id,
            vendor=f"Zandbakleverancier {product[-4:]}",
            kvk=kvk,
            product=product,
            board=BOARD,
            brins=list(BRINS),
            data=data,
            services=["roster", "results"],
            today=local_day(now),
        )
        products = paper["products"]
        assert isinstance(products, list)
        products[0]["legal_basis"] = basis.value
        record = documents.load(json.dumps(paper).encode(), name="zandbak.json", paper=None)
        registered = steps.register(services, record, actor=self._clerk, now=now, paper_given=False)
        reference = registered.version.reference
        # A version that only narrows acts by itself: nobody has to approve that less goes.
        if registered.version.state is AgreementState.REGISTERED:
            steps.approve(services, reference, actor=self._director, now=now)
            for finding in registered.findings:
                code = finding.code.value
                steps.accept_finding(services, reference, code, reason=_REASON, actor=self._director, now=now)
            steps.activate(services, reference, actor=self._director, now=now)
        self._refresh(product, now)

    def _agreement_ends(self, product: ProductId, now: datetime) -> None:
        version = self._running(product)
        steps.end(self._services, version.reference, actor=self._director, now=now, reason=_REASON)

    def _versions(self, product: ProductId) -> list[Version]:
        with reading_agreements(self._services) as book:
            return [version for version in book.listing() if product in version.products]

    def _running(self, product: ProductId) -> Version:
        for version in self._versions(product):
            if version.state in RUNNING:
                return version
        raise DisclosureRefused("No agreement is running.", code="agreement_not_running")

    # -- the other things that happen

    def _pseudonyms_change(self, product: ProductId, now: datetime) -> None:
        self._running(product)
        self._new_version(self._services, product)
        self._refresh(product, now)

    def _pupil_leaves_out(self, product: ProductId, now: datetime) -> None:
        version = self._running(product)
        if needs_consent(version.compiled(product).legal_basis):
            consenting.withdraw_one(self._services, self._clerk, self._board, product, now=now)
            return
        for pupil in self._board.pupils():
            try:
                objecting.add(
                    self._services,
                    self._clerk,
                    source=SOURCE,
                    identifier=str(pupil["sourcedId"]),
                    product=product,
                    reason=_REASON,
                    until_on=None,
                    now=now,
                )
            except DisclosureRefused as error:
                if error.code != "objection_known":
                    raise
            else:
                return
        raise UsageError("Nobody is left.", code="nobody_left")

    def _school_year_passes(self, product: ProductId, now: datetime) -> None:
        before = set(consenting.everybody(self._board))
        self._new_school_year()
        newcomers = [each for each in consenting.everybody(self._board) if each not in before]
        for agreement in active_agreements(self._services, now=now):
            if needs_consent(agreement.legal_basis):
                asked = ProductId(agreement.product)
                consenting.give(self._services, self._clerk, self._board, asked, newcomers, now=now)
        self._refresh(None, now)

    def _vendor_stopped(self, product: ProductId, now: datetime) -> None:
        switch.stop(self._services, self._director, product, reason=_REASON, now=now)

    def _vendor_resumed(self, product: ProductId, now: datetime) -> None:
        switch.resume(self._services, self._director, product, reason=_REASON, now=now)

    def _refresh(self, product: ProductId | None, now: datetime) -> None:
        wanted = None if product is None else [product]
        # Removals are what was asked for; there is nobody here whom the threshold would protect.
        refreshing.refresh(self._services, now=now, products=wanted, accept=True)


def _fields_of(version: Version) -> list[str]:
    return [
        field for product in version.agreement.products for entry in product.data for field in entry.fields
    ]
