"""Versions of the privacy regulation: recorded once, and believed only as they were recorded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts import canonical
from contracts.instants import to_ms
from contracts.regulation import CouncilConsent, CouncilPart, Regulation
from contracts.vocabulary import DataCategory
from gateway.database import open_engine, reading, school_metadata, writing
from gateway.errors import GatewayUnready
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import audit_school
from gateway.school.regulations import rows
from gateway.school.regulations.tables import privacy_regulations
from tests.contracts.records import IN_TERM

BOARD = "board-1"
REGULATION = Regulation(
    "2026",
    date(2026, 8, 1),
    (DataCategory.CONTACT,),
    ("leveren_gebruik",),
    (CouncilConsent(CouncilPart.PARENTS, date(2026, 6, 1), "notulen 14"),),
)


def test_a_category_that_was_added_behind_the_councils_back_is_believed_by_nobody(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'school.sqlite'}")
    school_metadata.create_all(engine, tables=[privacy_regulations, audit_school])
    with writing(engine) as connection:
        number = rows.add(connection, REGULATION, board_id=BOARD, now_ms=to_ms(IN_TERM))
        audit.record(
            connection,
            AuditEvent.REGULATION_RECORDED,
            board_id=BOARD,
            actor=Actor.person("bestuurder", os_account="test"),
            now_ms=to_ms(IN_TERM),
            object_id=rows.regulation_object(number),
            details={"number": number, "digest": canonical.digest(REGULATION.to_bytes())},
        )
    with reading(engine) as connection:
        assert rows.all_of(connection, board_id=BOARD) == [REGULATION]
        assert rows.all_of(connection, board_id="board-2") == []
    with pytest.raises(DBAPIError), writing(engine) as connection:
        connection.execute(text("DELETE FROM privacy_regulations"))
    wider = REGULATION.to_bytes().replace(b'["contactgegevens"]', b'["contactgegevens","medisch"]')
    assert wider != REGULATION.to_bytes()
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER privacy_regulations_no_update"))
        connection.execute(privacy_regulations.update().values(content=wider))
    with reading(engine) as connection, pytest.raises(GatewayUnready) as refused:
        rows.all_of(connection, board_id=BOARD)
    assert refused.value.code == "regulation_damaged"
    engine.dispose()
