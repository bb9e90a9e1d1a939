"""A refresh as commands, timers and first pulls ask for it: opens sources, runs it, registers how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from contracts.agreements import CompiledAgreement
from contracts.instants import to_ms
from gateway.connections import source_settings
from gateway.connections.source_settings import SourceSettings
from gateway.database import reading
from gateway.egress import Limits
from gateway.errors import GatewayError, GatewayUnready
from gateway.holdings.requests import finish_refresh_request
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind, ProductId, Pseudonym
from gateway.school import source_secrets
from gateway.school.agreements import active_agreements, active_digest, reading_agreements
from gateway.school.consents.facts import read_facts
from gateway.school.disclosure import coarse
from gateway.school.disclosure.absentees import Identified, RecoverIdentifiers
from gateway.school.disclosure.gradebook import MadeByVendors
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.refresh import (
    DisclosureEngines,
    OpenedSource,
    ProductOutcome,
    Refresh,
    RefreshOptions,
)
from gateway.school.relink import minted
from gateway.school.relink.recovering import Recoverer
from gateway.school.school_year.expecting import note_gone, still_expected
from gateway.school.services import SchoolServices, clock
from gateway.school.sources.contract import Source
from gateway.school.sources.standards import open_source
from keys.errors import KeysError, ProductRefused
from keys.scope import IdentifierSpace


def key_of_product(services: SchoolServices) -> dict[str, str]:
    """Which product's keys a product uses: its own, or those of the one that it continues."""
    with reading_agreements(services) as register:
        continued = {owner.product: owner.continues for owner in register.products()}
    found: dict[str, str] = {}
    for product in continued:
        key, seen = product, {product}
        while (earlier := continued.get(key)) is not None and earlier not in seen:
            seen.add(earlier)
            key = earlier
        found[product] = key
    return found


def open_one(services: SchoolServices, settings: SourceSettings, *, limits: Limits | None = None) -> Source:
    """Make one source; nothing is asked of it yet.

    Raises:
        SettingsError: its secret cannot be used (`source_secrets.read`), or its address is not acceptable.
    """
    return open_source(
        settings,
        client_secret=source_secrets.read(services.settings.secrets_folder, settings.secret_file),
        allow_plain_http=services.settings.allow_plain_http_sources,
        limits=limits,
    )


@contextmanager
def opened_sources(services: SchoolServices, *, space: str | None = None) -> Iterator[list[OpenedSource]]:
    """Every source of the board, or of one identifier space, with its mapped schools; closed afterwards."""
    opened: list[tuple[Source, OpenedSource]] = []
    try:
        for settings in source_settings.listed(services.school, board_id=services.board_id):
            if space is not None and settings.space != space:
                continue
            source = open_one(services, settings)
            mapping = source_settings.schools(services.school, settings.slug, board_id=services.board_id)
            opened.append((source, OpenedSource(source, services.space(settings.space), mapping)))
        yield [each for _, each in opened]
    finally:
        for source, _ in opened:
            source.close()


def identifier_of(services: SchoolServices, agreements: Sequence[CompiledAgreement]) -> Identifier:
    """What makes pseudonyms for these products; a product gets its random key at its first use."""
    keys = key_of_product(services)
    for agreement in agreements:
        services.product_key(keys[agreement.product], recipient_kvk=agreement.recipient_kvk)
    return Identifier(services.ring, key_of_product=keys)


def _with_keys(
    services: SchoolServices, agreements: Sequence[CompiledAgreement]
) -> tuple[list[CompiledAgreement], list[ProductOutcome]]:
    """The agreements whose product can be given pseudonyms; of the others, why not: they hold back nobody else."""
    usable: list[CompiledAgreement] = []
    refused: list[ProductOutcome] = []
    for agreement in agreements:
        try:
            identifier_of(services, [agreement])
        except ProductRefused:
            # Its keys were destroyed, or its slug belongs to another recipient. It keeps what it holds until its
            # agreement is ended.
            refused.append(ProductOutcome(ProductId(agreement.product), "held_back", "no_key_for_product"))
        else:
            usable.append(agreement)
    return usable, refused


def recoverer_of(services: SchoolServices) -> Recoverer:
    """What finds the identifier behind a pseudonym, for products that use their own or another's keys."""
    return Recoverer(services.ring, key_of_product=key_of_product(services))


def _recover(services: SchoolServices) -> RecoverIdentifiers:
    recoverer = recoverer_of(services)

    def recover(product: ProductId, held: Sequence[Pseudonym]) -> list[Identified | None]:
        outcomes = recoverer.behind_held(product, Kind.USER, held)
        return [None if each is None else (each.space, each.identifier) for each in outcomes]

    return recover


def _made_by_vendors(services: SchoolServices) -> MadeByVendors:
    def made(kind: Kind, identifiers: Sequence[str]) -> frozenset[str]:
        with reading(services.school) as connection:
            return minted.made_by_vendors(
                connection, board_id=services.board_id, kind=kind, school_ids=identifiers
            )

    return made


def refresh(
    services: SchoolServices,
    *,
    now: datetime,
    products: Sequence[ProductId] | None = None,
    dry_run: bool = False,
    accept: bool = False,
    progress: Callable[[Kind, int], None] = lambda kind, count: None,
    seen_as: Callable[[Sequence[OpenedSource]], list[OpenedSource]] = list,
) -> list[ProductOutcome]:
    """Refresh all products, or some, whose agreement is in force; how it ended is in the audit log.

    Args:
        seen_as: the sources as something else shows them; for rehearsals, which publish nothing.

    Raises:
        GatewayError: nothing was changed; the same is in the audit log.
    """
    agreements = [
        agreement
        for agreement in active_agreements(services, now=now)
        if products is None or agreement.product in products
    ]
    settings = services.settings
    if seen_as is not list and not dry_run:
        raise ValueError("what is no source is never published")
    planned, expected = still_expected(services, now=now)
    try:
        agreements, outcomes = _with_keys(services, agreements)
        identifier = identifier_of(services, agreements)
        if agreements:
            with opened_sources(services) as opened:
                sources = seen_as(opened)
                outcomes += Refresh(
                    DisclosureEngines(
                        services.front, services.school, services.storage_key, services.board_id
                    ),
                    agreements=agreements,
                    sources=sources,
                    identifier=identifier,
                    recover=_recover(services),
                    made_by_vendors=_made_by_vendors(services),
                    options=RefreshOptions(
                        removal_threshold_percent=settings.removal_threshold_percent,
                        words_that_are_no_names=settings.words_that_are_no_names,
                        alias_email_domain=settings.alias_email_domain,
                        dry_run=dry_run,
                        accept=accept,
                        expected=expected,
                    ),
                    read_facts=lambda: read_facts(services, agreements, [each.space for each in sources]),
                    coarse_space=lambda: services.space(coarse.SPACE),
                    digest_now=lambda product: active_digest(services, product),
                    now=now,
                    progress=progress,
                ).run()
    except KeysError as error:
        # One identifier that no pseudonym can carry, or a ring that was renewed meanwhile: said and registered.
        refused = GatewayUnready(str(error), code=error.code, remedy=error.remedy)
        _register_failure(services, refused, [agreement.product for agreement in agreements], now=now)
        raise refused from None
    except GatewayError as error:
        _register_failure(services, error, [agreement.product for agreement in agreements], now=now)
        raise
    for outcome in outcomes:
        _register_outcome(services, outcome, now=now)
        if planned is not None and outcome.status == "published" and outcome.leaving:
            note_gone(services, planned, outcome.product, outcome.leaving)
    return outcomes


def _register_failure(
    services: SchoolServices, error: GatewayError, products: Sequence[str], *, now: datetime
) -> None:
    audit.record(
        services.school,
        AuditEvent.REFRESH_FAILED,
        board_id=services.board_id,
        actor=services.gateway(),
        now_ms=to_ms(now),
        details={"reason": error.code},
    )
    for product in products:
        finish_refresh_request(
            services.front,
            board_id=services.board_id,
            product=ProductId(product),
            # When it is over: whoever asks again without a pause waits from now on.
            now_ms=to_ms(clock()),
            failure=error.code,
        )


def _register_outcome(services: SchoolServices, outcome: ProductOutcome, *, now: datetime) -> None:
    totals: Counter[str] = Counter()
    for counts in outcome.counts.values():
        totals.update(counts)
    if outcome.status == "published" and outcome.generation is not None:
        event = AuditEvent.REFRESH_FINISHED
        details: dict[str, audit.DetailValue] = {
            "generation": outcome.generation,
            "counts": dict(totals),
            "withheld": outcome.withheld,
        }
    elif outcome.status == "dry_run":
        return
    else:
        event = AuditEvent.REFRESH_HELD_BACK
        details = {"reason": outcome.reason or "unknown", "counts": dict(totals)}
    audit.record(
        services.school,
        event,
        board_id=services.board_id,
        actor=services.gateway(),
        now_ms=to_ms(now),
        product=outcome.product,
        object_id=outcome.product,
        details=details,
    )
    if outcome.leaks:
        audit.record(
            services.school,
            AuditEvent.LEAK_WITHHELD if outcome.status == "published" else AuditEvent.LEAK_HELD_BACK,
            board_id=services.board_id,
            actor=services.gateway(),
            now_ms=to_ms(now),
            product=outcome.product,
            object_id=outcome.product,
            details={"counts": outcome.leaks},
        )
    finish_refresh_request(
        services.front,
        board_id=services.board_id,
        product=outcome.product,
        now_ms=to_ms(clock()),
        failure=outcome.reason,
    )


def space_of(services: SchoolServices, slug: str) -> IdentifierSpace:
    """The identifier space of one source; raises `UsageError` when there is no such source."""
    return services.space(source_settings.get(services.school, slug, board_id=services.board_id).space)
