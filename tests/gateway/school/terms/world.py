"""The school side without ring and sources: agreements, what follows from them, and a clock that the test sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from contracts import documents
from contracts.agreements import Agreement
from contracts.instants import to_ms
from contracts.transitions import Version
from gateway.database import open_engine, reading
from gateway.holdings.storage_key import StorageKey
from gateway.migrations.running import upgrade
from gateway.registers import audit
from gateway.registers.tables import Log
from gateway.school import agreements
from gateway.school.agreeing import steps
from gateway.school.mail import sending
from gateway.school.mail.stored import StoredMail
from gateway.school.services import SchoolServices
from gateway.school.terms import deletions, running
from gateway.school.terms.running import Ran
from gateway.settings import FrontSettings, SchoolSettings, Settings, store_settings
from tests.contracts.records import local, plain

BOARD = "board"
NUMBER = "VO-2026-031"


def without_fsync(connection: Any, _: object) -> None:
    """What survives a power cut is tested elsewhere."""
    connection.execute("PRAGMA synchronous = OFF")


class TermsWorld:
    """One board. `now` is a local instant; every act happens then."""

    def __init__(self, folder: Path, *, school: str | None = None) -> None:
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        settings = Settings(
            home=self.home,
            board_id=BOARD,
            board_name="Stichting Onderwijs Waterland-Zuid",
            brins=("31PQ", "32RS"),
            public_url="https://schuilnaam.example",
        )
        store_settings(settings)
        front, own = f"sqlite:///{self.home}/front.sqlite", f"sqlite:///{self.home}/school.sqlite"
        own = school or own
        engines = []
        for address, side in ((front, "front"), (own, "school")):
            engine = open_engine(address)
            if address.startswith("sqlite"):
                event.listen(engine, "connect", without_fsync)
            upgrade(engine, side)  # type: ignore[arg-type]
            engines.append(engine)
        settings.storage_key_path.parent.mkdir(mode=0o700)
        StorageKey.create(settings.storage_key_path)
        self.services = SchoolServices(
            settings=settings,
            front_settings=FrontSettings(database=front, intake_public_key="00"),
            school_settings=SchoolSettings(database=own, front_database=front),
            front=engines[0],
            school=engines[1],
            storage_key=StorageKey.load(settings.storage_key_path),
        )
        self.now: datetime = local(2026, 11, 24, 10)

    def close(self) -> None:
        self.services.front.dispose()
        self.services.school.dispose()

    def with_settings(self, **changes: Any) -> None:
        self.services = replace(self.services, settings=replace(self.services.settings, **changes))

    # -- acts ---------------------------------------------------------------------------------------------------------

    def record(self, **bent: Any) -> Agreement:
        """The made-up record of the tests; `products__0__groups="none"` bends a place."""
        return documents.load(json.dumps(plain(**bent)), name="record.json")

    def register(self, record: Agreement | None = None, **more: Any) -> Version:
        found = self.record() if record is None else record
        outcome = agreements.change(
            self.services,
            lambda book: book.register(
                found, by="Anna de Wit", os_account="anna", now=self.now, paper_given=True, **more
            ),
            now=self.now,
        )
        return outcome.version

    def approve(self, reference: str) -> None:
        self._step("approve", reference, by="Bert Smit")

    def activate(self, reference: str) -> Version:
        return agreements.change(
            self.services,
            lambda book: book.activate(reference, os_account="bert", by="Bert Smit", now=self.now),
            now=self.now,
            gives=True,
        )

    def agree(self, record: Agreement | None = None, **more: Any) -> Version:
        """Register, approve by another, activate."""
        version = self.register(record, **more)
        if version.state.value == "registered":
            self.approve(version.reference)
            return self.activate(version.reference)
        return version

    def suspend(self, reference: str = NUMBER) -> Version:
        return self._step("suspend", reference, by="Bert Smit")

    def end(self, reference: str = NUMBER, **more: Any) -> Version:
        return steps.end(self.services, reference, actor=self.person(), now=self.now, **more)

    def run(self, *at: int) -> Ran:
        """The calendar, at a local moment if one is given."""
        if at:
            self.now = local(*at)
        return running.run(self.services, now=self.now)

    def _step(self, name: str, reference: str, **more: Any) -> Version:
        return agreements.change(
            self.services,
            lambda book: getattr(book, name)(reference, os_account="bert", now=self.now, **more),
            now=self.now,
        )

    def person(self, name: str = "Bert Smit") -> Any:
        return self.services.person(name)

    # -- what came of it ----------------------------------------------------------------------------------------------

    def mails(self, occasion: str | None = None) -> list[StoredMail]:
        """The outbox in order; receipts left out unless asked for."""
        found = reversed(sending.outbox(self.services))
        if occasion is None:
            return [mail for mail in found if mail.occasion != "receipt"]
        return [mail for mail in found if mail.occasion == occasion]

    def mail_keys(self) -> list[str]:
        return [mail.key for mail in self.mails()]

    def events(self, part: str) -> list[tuple[str, str | None]]:
        """Audit events of the school with a part in their name, and what they are about."""
        return [
            (entry.event, entry.object_id)
            for entry in audit.listed(self.services.school, Log.AUDIT_SCHOOL, board_id=BOARD)
            if part in entry.event
        ]

    def deletion_states(self) -> dict[str, str]:
        today = self.now.date()
        return {
            f"{each.clock.agreement} {each.clock.product}": each.clock.state(today).value
            for each in deletions.deletions(self.services)
        }

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        with reading(self.services.school) as connection:
            yield connection

    @property
    def now_ms(self) -> int:
        return to_ms(self.now)
