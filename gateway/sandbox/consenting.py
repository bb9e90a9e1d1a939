"""Consents at the made-up board, for a product that rests on consent: everybody gives it, one pupil takes it back.

By the operations of a school: the text is registered, each consent refers to it and is recorded with its evidence, and
a withdrawal takes the pupil's records from the door in the same step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from contracts.consents import ConsentGiver, ConsentMethod, ConsentStep, Speaker, consent_giver
from contracts.instants import local_day
from gateway.database import reading
from gateway.demo.board import MadeUpBoard, role_of
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.roster.model import ProductId
from gateway.school.consents import recording
from gateway.school.consents.checking import Said
from gateway.school.consents.people import space_of, subjects_of
from gateway.school.consents.rows import ConsentRows, Whom
from gateway.school.consents.texts import register_text
from gateway.school.services import SchoolServices

SOURCE: Final = "las"
_EVIDENCE: Final = "zandbak"


def everybody(board: MadeUpBoard) -> list[str]:
    """Who can be asked: pupils and staff that did not leave, by their id in the made-up system.

    Not staff who are guardians as well: the school records no consent of guardians.
    """
    return [
        str(user["sourcedId"])
        for user in board.records("users")
        if user["status"] == "active" and "guardian" not in _roles(user)
    ]


def _roles(user: Mapping[str, object]) -> set[str]:
    roles = user["roles"]
    return {str(each["role"]) for each in roles} if isinstance(roles, list) else set()


def give(
    services: SchoolServices,
    actor: Actor,
    board: MadeUpBoard,
    product: ProductId,
    people: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Record that these people, or their representatives, gave consent today."""
    register_text(services, actor, product, language="nl", now=now)
    for identifier in people:
        said = _said(board, identifier, product, ConsentStep.GIVEN, local_day(now))
        recording.record(services, actor, said, now=now)


def withdraw_one(
    services: SchoolServices, actor: Actor, board: MadeUpBoard, product: ProductId, *, now: datetime
) -> None:
    """Record that the next pupil took it back. Raises `UsageError`, `nobody_left`."""
    space = space_of(services, SOURCE).number
    for pupil in board.pupils():
        identifier = str(pupil["sourcedId"])
        with reading(services.school) as connection:
            rows = ConsentRows(connection, services.ring, board_id=services.board_id)
            known = rows.statements_of(subjects_of(services, Whom(space, identifier)))
        steps = {each.statement.step for each in known if each.statement.product == product}
        if steps == {ConsentStep.GIVEN}:
            said = _said(board, identifier, product, ConsentStep.WITHDRAWN, local_day(now))
            recording.record(services, actor, said, now=now)
            return
    raise UsageError("Nobody is left.", code="nobody_left")


def _said(board: MadeUpBoard, identifier: str, product: ProductId, step: ConsentStep, today: date) -> Said:
    return Said(
        source=SOURCE,
        identifier=identifier,
        product=product,
        step=step,
        speaker=_speaker(board, identifier, today),
        method=ConsentMethod.PAPER,
        said_on=today,
        evidence=_EVIDENCE,
    )


def _speaker(board: MadeUpBoard, identifier: str, today: date) -> Speaker:
    if role_of(board.get("users", identifier)) != "student":
        return Speaker.SELF
    born_on = date.fromisoformat(str(board.get("demographics", identifier)["birthDate"]))
    own = consent_giver(born_on, today) is ConsentGiver.SELF
    return Speaker.SELF if own else Speaker.REPRESENTATIVE_1
