"""Previewing a real person: registered first, then asked of the school's systems, then through the real release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.instants import to_ms
from contracts.refusals import refuse
from contracts.vocabulary import Groups, RefusalReason, Service, SubjectCategory
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Collection, Generation, Selection
from gateway.registers import accesses
from gateway.registers.accesses import AccessEntry, Operation
from gateway.registers.actors import Actor
from gateway.roster.model import Kind, ProductId, SourceRecord
from gateway.school import refreshing
from gateway.school.agreements import active_agreements
from gateway.school.consents.facts import read_facts
from gateway.school.disclosure import coarse
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.people import reference_ids, role_rows, subjects_of_roles
from gateway.school.disclosure.plan import ReleasePlan, compile_plan
from gateway.school.disclosure.refresh import AskableSource, OpenedSource
from gateway.school.disclosure.releasing import allocating, demographic_fields
from gateway.school.disclosure.shared_spaces import brin_of_org, combined
from gateway.school.previewing import presenting
from gateway.school.previewing.narrowing import OnePersonSource, WholeSource
from gateway.school.previewing.rehearsing import Rehearsal, Surroundings, rehearse
from gateway.school.previewing.shown import PersonPreview
from gateway.school.services import SchoolServices
from gateway.school.vendors.switch import require_not_stopped
from keys.errors import IdentifierRefused
from keys.scope import IdentifierSpace

MAX_IDENTIFIER: Final = 400
"""Characters; longer ids no pseudonym can carry."""


def in_force(
    services: SchoolServices, product: str, *, now: datetime
) -> tuple[CompiledAgreement, list[CompiledAgreement]]:
    """The agreement in force for a product, and those of all products.

    Raises:
        DisclosureRefused: `vendor_stopped`, `agreement_missing`: nothing would leave.
    """
    require_not_stopped(services, product)
    agreements = active_agreements(services, now=now)
    agreement = next((each for each in agreements if each.product == product), None)
    if agreement is None:
        raise DisclosureRefused(
            "There is no agreement in force for this product: nothing would leave.",
            code="agreement_missing",
            remedy="See `schuilnaam agreement list`.",
        )
    return agreement, agreements


def preview(
    services: SchoolServices,
    *,
    product: str,
    source: str,
    identifier: str,
    actor: Actor,
    reason: str,
    now: datetime,
) -> PersonPreview:
    """What a refresh of this moment would publish about one person; published nowhere.

    The access is committed before anything about the person is asked of a source, or shown.

    Args:
        source: slug of one source of the person's; all that share its identifier space are asked.
        reason: why somebody looks, 1 to 500 characters.

    Raises:
        UsageError: `reason_missing`, `pupil_invalid`, `source_unknown`, `pupil_unknown`.
        DisclosureRefused: `vendor_stopped`, `agreement_missing`.
        SourceError: a school's system does not answer.
    """
    if not reason.strip() or len(reason) > accesses.MAX_REASON:
        raise UsageError("A reason says why, in at most 500 characters.", code="reason_missing")
    if not identifier or len(identifier) > MAX_IDENTIFIER:
        raise UsageError("A person is asked for by the id in the school's system.", code="pupil_invalid")
    agreement, agreements = in_force(services, product, now=now)
    plan = compile_plan(agreement, now=now)
    space = refreshing.space_of(services, source)
    names = refreshing.identifier_of(services, [agreement])
    accesses.record(
        services.school,
        AccessEntry(
            board_id=services.board_id,
            actor=actor,
            operation=Operation.PREVIEW,
            reason=reason,
            product=product,
            subjects=[_register_subject(services, space, identifier)],
        ),
        now_ms=to_ms(now),
    )
    if Kind.USER not in plan.kinds:
        # Nothing about persons goes under this agreement, so nothing about one is read.
        return nothing_of_persons(plan)
    plans = [compile_plan(each, now=now) for each in agreements]
    with refreshing.opened_sources(services, space=space.name) as sources:
        around = Surroundings(
            spaces=[each.space for each in sources],
            brin_of_org=brin_of_org(sources),
            facts_of=read_facts(services, [agreement], [each.space for each in sources]),
            identifier=names,
            allocate=allocating(
                services.school,
                board_id=services.board_id,
                domain=services.settings.alias_email_domain,
                now=now,
            ),
            coarse_space=lambda: services.space(coarse.SPACE),
            # Of all products, as a refresh reads them: it decides who has a record of demographics at all.
            demographic_fields=demographic_fields(plans),
            words_that_are_no_names=services.settings.words_that_are_no_names,
            now=now,
        )
        narrowed, whole = narrowed_to(sources, plan, identifier)
        found = rehearse(plan, narrowed, identifier, around)
    if found is None:
        raise _unknown()
    return _shown(services, plan, found, whole=whole, now=now)


def _register_subject(services: SchoolServices, space: IdentifierSpace, identifier: str) -> str:
    try:
        return Identifier(services.ring).register_subject(space, identifier)
    except IdentifierRefused as refused:
        # Nobody who can be registered: no source is asked.
        raise UsageError(str(refused), code="pupil_invalid") from None


def _unknown() -> UsageError:
    return UsageError("The school's system has nobody of this id.", code="pupil_unknown")


def narrowed_to(
    sources: Sequence[OpenedSource], plan: ReleasePlan, identifier: str
) -> tuple[list[AskableSource], bool]:
    """What a release needs to read for one person, and whether that is everything.

    Args:
        sources: all of one identifier space.

    Raises:
        UsageError: `pupil_unknown`.
    """
    people = _people(sources, plan, identifier)
    whole = _needs_everybody(plan, people, identifier)
    classes: set[str] = set()
    read: list[AskableSource] = [
        WholeSource(each.source, known) if whole else OnePersonSource(each.source, known, classes)
        for each, known in zip(sources, people, strict=True)
    ]
    return read, whole


def _people(
    sources: Sequence[OpenedSource], plan: ReleasePlan, identifier: str
) -> list[dict[str, SourceRecord | None]]:
    """Of each source the person and, where guardians may go, those whom the record names; raises `UsageError`."""
    people = [{identifier: each.source.one(Kind.USER, identifier)} for each in sources]
    delivered = [record for known in people for record in known.values() if record and record.active]
    if not delivered:
        raise _unknown()
    if plan.gives_guardians:
        for agent in reference_ids(combined(delivered).fields.get("agents")):
            for each, known in zip(sources, people, strict=True):
                known[agent] = each.source.one(Kind.USER, agent)
    return people


def _needs_everybody(
    plan: ReleasePlan, people: list[dict[str, SourceRecord | None]], identifier: str
) -> bool:
    """A teacher joins those made-up classes in which there is a pupil: which, only a whole reading tells."""
    if plan.agreement.groups is not Groups.COARSE:
        return False
    records = [record for known in people if (record := known.get(identifier)) is not None and record.active]
    roles = role_rows(combined(records).fields, lambda org: 0)
    return SubjectCategory.STAFF in subjects_of_roles(roles)


def nothing_of_persons(plan: ReleasePlan) -> PersonPreview:
    """Under this agreement nothing about persons goes, so nothing about one is read."""
    refused = refuse(RefusalReason.SERVICE_NOT_IN_AGREEMENT, plan.agreement, Service.ROSTER.value)
    return PersonPreview(
        product=plan.product,
        agreement=plan.agreement.reference,
        released=False,
        reason=refused.reason.value,
        message=refused.message,
        remedy=refused.remedy,
        subjects=(),
        fields=(),
        groups=(),
    )


def _shown(
    services: SchoolServices, plan: ReleasePlan, found: Rehearsal, *, whole: bool, now: datetime
) -> PersonPreview:
    held = HeldNow(services, plan.product, now=now)
    small_below = services.settings.small_group_below
    return present(
        plan,
        found,
        held.of_class,
        whole=whole,
        small_below=small_below,
        held=held.person(found.release.pseudonyms_of(Kind.USER, 0, [found.person.record.identifier])[0]),
    )


def present(
    plan: ReleasePlan,
    found: Rehearsal,
    of_class: presenting.HeldClass,
    *,
    whole: bool,
    small_below: int,
    held: bool | None,
) -> PersonPreview:
    """Put together what is shown of a rehearsed release."""
    reason = presenting.reason_of(found)
    message = remedy = None
    if found.refused is not None:
        message, remedy = found.refused.message, found.refused.remedy
    elif reason is not None:
        message = "This person has no role at a school of the agreement that it lists."
        remedy = (
            "See which organisation the school's system names with the role, and `schuilnaam source schools`."
        )
    return PersonPreview(
        product=plan.product,
        agreement=plan.agreement.reference,
        released=reason is None,
        reason=reason,
        message=message,
        remedy=remedy,
        subjects=tuple(sorted(each.value for each in found.person.subjects)),
        fields=presenting.fields_of(plan, found),
        groups=presenting.groups_of(plan, found, of_class, whole=whole, small_below=small_below),
        suspected=tuple(presenting.suspected(found)),
        held=held,
        small_below=small_below,
    )


class HeldNow:
    """What a product is served now, asked record by record."""

    def __init__(self, services: SchoolServices, product: ProductId, *, now: datetime) -> None:
        self._product = product
        self._holdings = Holdings(
            services.front,
            services.storage_key,
            board_id=services.board_id,
            max_age_ms=services.settings.max_age_days * 86_400_000,
        )
        self._generation = self._current(now)

    def _current(self, now: datetime) -> Generation | None:
        try:
            return self._holdings.current(self._product, now_ms=to_ms(now))
        except GatewayError:
            # Too old, or stopped: then nothing is served.
            return None

    def person(self, pseudonym: str) -> bool:
        """Whether the product is served this person."""
        if self._generation is None:
            return False
        found = self._holdings.one(self._product, self._generation, Collection(Kind.USER, id=pseudonym))
        return found is not None and found.active

    def of_class(self, pseudonym: str) -> tuple[Mapping[str, object] | None, int | None]:
        """The body of a class, and how many pupils the product is served in it."""
        if self._generation is None:
            return None, None
        found = self._holdings.one(self._product, self._generation, Collection(Kind.CLASS, id=pseudonym))
        if found is None:
            return None, None
        members = Collection(Kind.ENROLLMENT, in_class=pseudonym, roles=("student",))
        page = self._holdings.page(
            self._product, self._generation, Selection(members, limit=1), positions=False
        )
        return found.body, page.total
