"""Telling the officers something: a row in the caller's transaction, so that it is told when that is committed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from contracts.calendar import Occasion
from contracts.instants import local_day, to_ms
from gateway.school.mail import stored
from gateway.school.mail.roles import ROLES_OF
from gateway.school.mail.stored import NewMail
from gateway.school.mail.wording import Facts, worded
from gateway.settings import Settings


class Outbox:
    """The outbox within one transaction of the school database."""

    def __init__(self, connection: Connection, settings: Settings, *, now: datetime) -> None:
        self._connection = connection
        self._settings = settings
        self._now = now

    def tell(
        self,
        occasion: Occasion,
        key: str,
        facts: Facts,
        *,
        agreement: str | None = None,
        product: str | None = None,
        receipt: int | None = None,
    ) -> bool:
        """Tell it to the roles of the occasion, once; False when it was told before.

        Args:
            key: what is told, for ever; at most 255 characters.
            facts: see `wording.worded`.
        """
        subject, body = worded(
            occasion,
            facts,
            language=self._settings.language,
            board=self._settings.board_name,
            today=local_day(self._now),
        )
        mail = NewMail(
            key=key,
            occasion=occasion,
            roles=ROLES_OF[occasion],
            subject=subject,
            body=body,
            agreement=agreement,
            product=product,
            receipt=receipt,
        )
        return stored.add(self._connection, mail, board_id=self._settings.board_id, now_ms=to_ms(self._now))
