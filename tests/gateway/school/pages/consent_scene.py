"""A board with a product on consent and one on another ground, its pages, its school system, and the vendors' door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gateway.database import reading
from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.registers import accesses
from gateway.registers.accesses import Accessed
from gateway.school.consents.rows import ConsentRows, RecordedStatement
from tests.gateway.school.pages.office import Office, Person
from tests.journeys.door import Clock, opened
from tests.journeys.rig import Rig
from tests.journeys.saying import PRODUCT, Desk, today, years_ago

LESSONS = "rekenwijs"
PAGE = f"/consents/products/{PRODUCT}"


@dataclass
class Scene:
    """Made once; every test takes pupils of its own."""

    office: Office
    rig: Rig
    school: SimulatedSchool
    board: MadeUpBoard
    research: SimulatedVendor
    lessons: SimulatedVendor
    desk: Desk
    officer: Person
    """Privacy officer, reads English."""
    left: list[str]
    """Pupils below 16 that no test took yet."""

    def pupil(self) -> str:
        """One that nobody said anything about."""
        return self.left.pop()

    def named(self) -> str:
        """One of 11 whose two names are no words of any page."""
        return self.board.add_pupil(
            given="Fatoumata", family="Voorbeeldsma", school=self.board.schools[0], born=years_ago(11)
        )

    def name_of(self, pupil: str) -> str:
        """As the school's system has it."""
        user = self.board.get("users", pupil)
        return f"{user['givenName']} {user['familyName']}"

    def employ(self, name: str, *roles: str) -> Person:
        """Somebody signed in; the clock goes back, for what is recorded must not lie ahead of the refresh."""
        person = self.office.employ(name, *roles)
        self.office.clock.ahead = timedelta()
        return person

    def whom(self, pupil: str, **more: str) -> dict[str, object]:
        """The fields that say whom a form is about."""
        return {"source": "las-1", "identifier": pupil, "reason": "zaak 9", **more}

    def answer(self, pupil: str, answer: str, **more: str) -> dict[str, object]:
        """A form of the pupil's page, filled in."""
        said = {"answer": answer, "said_by": "representative-1", "method": "paper", "on": today().isoformat()}
        evidence = {"evidence": "map 3, blad 7"} if answer == "given" else {}
        return self.whom(pupil, **{**said, **evidence, **more})

    def statements(self) -> list[RecordedStatement]:
        """Everything that was recorded."""
        services = self.office.services
        with reading(services.school) as connection:
            return ConsentRows(connection, services.ring, board_id=services.board_id).statements()

    def accesses(self) -> list[Accessed]:
        """Who looked."""
        services = self.office.services
        return list(accesses.listed(services.school, board_id=services.board_id))


@contextmanager
def staged(folder: Path) -> Iterator[Scene]:
    """Build it, and take it down."""
    board = made_up_board(11, schools=2, pupils=30, guardians=False)
    with SimulatedSchool(board) as school:
        rig = Rig(folder, [school])
        office = None
        try:
            rig.agree(PRODUCT, legal_basis="6-1-a")
            rig.agree(LESSONS)
            research, lessons = rig.vendor(PRODUCT), rig.vendor(LESSONS)
            rig.refresh()
            desk = Desk(rig)
            desk.form()
            office = Office(folder, home=rig.home)
            pupils = [
                str(user["sourcedId"])
                for user in board.pupils()
                if user["status"] == "active"
                and str(board.get("demographics", str(user["sourcedId"]))["birthDate"]) > years_ago(15)
            ]
            officer = office.employ("functionaris", "privacy_officer")
            office.clock.ahead = timedelta()
            with opened(rig, Clock()):
                yield Scene(office, rig, school, board, research, lessons, desk, officer, pupils)
        finally:
            if office is not None:
                office.close()
            rig.stop()
