"""A person who is absent from a source once stays; the second refresh decides."""

from __future__ import annotations

from pathlib import Path

from gateway.database import open_engine, school_metadata, writing
from gateway.roster.model import ProductId, Pseudonym
from gateway.school.disclosure.absences import agreed

BOARD, PRODUCT = "b", ProductId("rekenwijs")


def test_absence_counts_when_the_next_refresh_agrees_and_is_forgotten_after_a_presence(
    tmp_path: Path,
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/school.sqlite")
    school_metadata.create_all(engine)
    one, other = Pseudonym("p" + "a" * 61), Pseudonym("p" + "b" * 61)

    def refresh(*absent: Pseudonym) -> frozenset[Pseudonym]:
        with writing(engine) as connection:
            return agreed(connection, board_id=BOARD, product=PRODUCT, absent=absent, now_ms=1)

    assert refresh(one, other) == frozenset()
    assert refresh(one) == {one}
    assert refresh(other) == frozenset()
    assert refresh(one, other) == {other}
    engine.dispose()
