"""Consents whose last day has passed: vendors are not served those persons from then on, refresh or no refresh."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from contracts.consents import ConsentStep
from contracts.instants import local_day, to_ms
from gateway.database import reading, writing
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.consents.people import subjects_of
from gateway.school.consents.rows import ABOUT_CONSENTS, ConsentRows, RecordedStatement, Whom
from gateway.school.consents.taking_away import EXPIRED, Taken, TakingAway, register_drafts
from gateway.school.services import SchoolServices


def end_consents(services: SchoolServices, *, since: date, now: datetime) -> int:
    """Let the consents act whose last day lies between `since` and yesterday; returns how many persons left a product.

    Who gave again is left to the next refresh, which knows the birth date. Doing it twice changes nothing.
    """
    yesterday = local_day(now) - timedelta(days=1)
    with reading(services.school) as connection:
        if not ConsentRows(connection, services.ring, board_id=services.board_id).ended_between(
            since, yesterday
        ):
            return 0
    with writing(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        rows.lock()
        rows.require_whole()
        taking = TakingAway(services, now=now)
        taken: list[Taken] = []
        for whom, product in _ended(rows, since, yesterday):
            subjects = subjects_of(services, whom)
            if not _given_again(rows.statements_of(subjects), product, after=yesterday):
                taken.append(taking.take(rows, whom, product, cause=EXPIRED, subjects=subjects))
        left = sum(each.records > 0 for each in taken)
        if left:
            audit.record(
                connection,
                AuditEvent.CONSENT_EXPIRED,
                board_id=services.board_id,
                actor=services.gateway(),
                now_ms=to_ms(now),
                object_id=ABOUT_CONSENTS,
                details={"count": left},
            )
        register_drafts(services, connection, taken, now=now)
    return left


def _ended(rows: ConsentRows, since: date, yesterday: date) -> list[tuple[Whom, str]]:
    ended = rows.ended_between(since, yesterday)
    return list(dict.fromkeys((each.whom, each.statement.product) for each in ended))


def _given_again(said: Sequence[RecordedStatement], product: str, *, after: date) -> bool:
    """Whether for each purpose that was ever given some consent goes on after that day."""
    given = [
        each.statement
        for each in said
        if each.statement.product == product and each.statement.step is ConsentStep.GIVEN
    ]
    going_on = {
        statement.purpose
        for statement in given
        if statement.expires_on is None or statement.expires_on > after
    }
    return {statement.purpose for statement in given} <= going_on
