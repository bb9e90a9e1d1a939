"""The delivery worker as commands and the school side run it: opens the sources, and keeps in step with agreements."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.decisions import Permitted, decide_field
from contracts.instants import from_ms, to_ms
from contracts.receiving import received_under
from contracts.vocabulary import Direction, Service, SubjectCategory
from gateway.connections import source_settings
from gateway.egress import Limits
from gateway.errors import SettingsError
from gateway.inbox.tables import State
from gateway.roster.model import Kind, ProductId
from gateway.school import agreements, refreshing
from gateway.school.delivery.attempts import SourcePauses
from gateway.school.delivery.joining import School, Terms
from gateway.school.delivery.outbox import ResultSource, Taker, UnusableSource
from gateway.school.delivery.worker import Worker
from gateway.school.disclosure.field_table import FIELDS
from gateway.school.services import SchoolServices, os_account
from gateway.school.sources.contract import Source
from gateway.school.sources.oneroster_rest.wire import NAMES, path_prefix
from keys import custody

LIMITS: Final = Limits(connect_seconds=5, read_seconds=20, total_seconds=20, attempts=1)
"""One try within its lease; the queue does the repeating."""

OPEN_AGAIN_SECONDS: Final = 15.0


class DeliveryRun:
    """Opens what a worker needs once, and again when sources were added."""

    def __init__(self, services: SchoolServices, *, now: Callable[[], datetime]) -> None:
        self._services = services
        self._now = now
        self._sources: list[Source] = []
        self._settings: tuple[source_settings.SourceSettings, ...] = ()
        self._products: frozenset[str] = frozenset()
        self._worker: Worker | None = None
        self._pauses = SourcePauses()
        self._ring_seen: tuple[int, int] | None = None
        self._open_again_at = math.inf
        """Where a source could not be opened: when it is tried once more."""

    def once(self, stop: Event | None = None) -> int:
        """Deliver all that is due; how many records moved."""
        return sum(self.tally(stop).values())

    def tally(self, stop: Event | None = None) -> dict[State, int]:
        """Deliver all that is due, or until `stop` is set; how many records went to which state.

        Raises:
            KeysError: the ring is not the one that was unlocked any more, or not there; nothing is joined.
        """
        return self._current_worker().once(stop)

    def close(self) -> None:
        """Give back the connections to the sources."""
        for source in self._sources:
            source.close()
        self._sources = []

    def _see_ring_of_today(self) -> None:
        # Another program adds products, retires versions and destroys keys. With the ring of this morning a new
        # product's results would be joined to nobody, and a retired version's to somebody.
        path = self._services.settings.ring_path
        try:
            stat = path.stat()
            found = stat.st_ino, stat.st_mtime_ns
        except OSError:
            found = None
        if found is None or found != self._ring_seen:
            custody.reload(path, self._services.ring)
            self._ring_seen = found

    def _current_worker(self) -> Worker:
        self._see_ring_of_today()
        services = self._services
        settings = source_settings.listed(services.school, board_id=services.board_id)
        products = frozenset(refreshing.key_of_product(services))
        mended = time.monotonic() >= self._open_again_at
        if self._worker is None or settings != self._settings or products != self._products or mended:
            self.close()
            self._open_again_at = math.inf
            if settings != self._settings or mended:
                # Somebody mended something: whatever did not answer before is asked at once.
                self._pauses = SourcePauses()
            self._settings, self._products = settings, products
            self._worker = Worker(
                services.front,
                services.school,
                self._school(settings),
                clock=lambda: to_ms(self._now()),
                pauses=self._pauses,
            )
        return self._worker

    def _school(self, settings: tuple[source_settings.SourceSettings, ...]) -> School:
        services = self._services
        takers: dict[str, Taker] = {}
        source_of_space: dict[str, str] = {}
        for each in settings:
            source = self._opened(each)
            takers[each.slug] = Taker(source, _address(each))
            # Two standards onto one system share a space; results go to the first that takes them.
            known = source_of_space.get(each.space)
            if known is None or (source.takes_results and not takers[known].source.takes_results):
                source_of_space[each.space] = each.slug
        return School(
            board_id=services.board_id,
            recoverer=refreshing.recoverer_of(services),
            takers=takers,
            source_of_space=source_of_space,
            stands_in={each.slug: source_of_space[each.space] for each in settings},
            terms=self._terms,
            os_account=os_account(),
        )

    def _opened(self, settings: source_settings.SourceSettings) -> ResultSource:
        try:
            source = refreshing.open_one(self._services, settings, limits=LIMITS)
        except SettingsError as error:
            # A secret that others can read, or none: that is between the school and this one system.
            self._open_again_at = time.monotonic() + OPEN_AGAIN_SECONDS
            takes_results = settings.results is source_settings.ResultsMode.SOURCE
            return UnusableSource(settings.slug, takes_results, error.code)
        self._sources.append(source)
        return source

    def _terms(self, product: ProductId) -> Terms | None:
        served = agreements.served(self._services, product, now=self._now())
        if served is None:
            # Attack: terms that were changed behind the program's back let more of a result come back than was agreed.
            return None
        known: dict[tuple[Kind, int], frozenset[str] | None] = {}

        def terms(kind: Kind, received_at_ms: int) -> frozenset[str] | None:
            key = kind, received_at_ms
            if key not in known:
                then = received_under(served, product, from_ms(received_at_ms))
                known[key] = None if then is None else _fields_back(then, kind)
            return known[key]

        return terms


def _fields_back(agreement: CompiledAgreement, kind: Kind) -> frozenset[str]:
    subject = SubjectCategory.PUPIL if kind is Kind.RESULT else None
    return frozenset(
        f"{kind.value}.{name}"
        for name in FIELDS[kind]
        if isinstance(
            decide_field(
                agreement,
                f"{kind.value}.{name}",
                subject,
                service=Service.RESULTS,
                direction=Direction.BACK,
                now=agreement.outbound_from,
            ),
            Permitted,
        )
    )


def _address(settings: source_settings.SourceSettings) -> Callable[[Kind, str], str]:
    gradebook_kinds = (Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT)

    def address(kind: Kind, identifier: str) -> str:
        prefix = path_prefix(settings.path_version, gradebook=kind in gradebook_kinds)
        return f"{settings.base_url}{prefix}/{NAMES[kind].collection}/{identifier}"

    return address
