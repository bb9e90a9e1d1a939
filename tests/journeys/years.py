"""A school whose year passes: groups move up, group 8 leaves, one stays down, a combination group splits."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.demo.board import MadeUpBoard, made_up_board, sourced_id
from gateway.demo.records import ref


@dataclass
class PassingYear:
    """One primary school of thirty pupils, and what its system says of the coming year."""

    board: MadeUpBoard
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Of now: group -> pupils."""
    stays_down: str = ""
    leavers: list[str] = field(default_factory=list)
    newcomers: list[str] = field(default_factory=list)
    coming: dict[str, tuple[list[str], list[tuple[str, str]]]] = field(default_factory=dict)
    """Of the coming year: group -> (grades, [(pupil, grade)])."""
    old_classes: list[str] = field(default_factory=list)

    def open_coming_year(self) -> None:
        """In June: the coming year stands beside this one."""
        year = self.board.year + 1
        self._put("academicSessions", "year-2", title="Volgend jaar", type="schoolYear", schoolYear=str(year + 1),
                  startDate=f"{year}-08-01", endDate=f"{year + 1}-07-31")  # fmt: skip
        self._put("academicSessions", "term-2", title="Semester", type="term", schoolYear=str(year + 1),
                  startDate=f"{year}-08-01", endDate=f"{year + 1}-07-31",
                  parent=ref("academicSessions", "year-2"))  # fmt: skip
        three, combined = self.groups["Groep 3"], self.groups["Groep 4/5"]
        self.stays_down, self.leavers = three[0], self.groups["Groep 8"]
        school = self.board.schools[0]
        for number in range(4):
            pupil = self.board.add_pupil(given="Nieuw", family=f"Kind{number}", school=school, grade="3")
            self.newcomers.append(pupil)
        fives = [(each, "5") for each in combined[:4]]
        self.coming = {
            "Groep 3": (["3"], [(each, "3") for each in (self.stays_down, *self.newcomers)]),
            "Groep 4/5": (["4", "5"], [*((each, "4") for each in three[1:]), *fives]),
            "Groep 6": (["6"], [(each, "6") for each in combined[4:]]),
        }
        for title, (grades, members) in self.coming.items():
            group = self.add_class(title, grades, "term-2")
            for pupil, _ in members:
                self.board.enrol(pupil, group)

    def begin(self) -> None:
        """In August: the old year goes, with who left."""
        for pupil in self.leavers:
            self.board.remove_pupil(pupil)
        for record in self.board.records("enrollments"):
            if sourced_id(record["class"]) in self.old_classes:
                self.board.remove("enrollments", str(record["sourcedId"]))
        for group in self.old_classes:
            self.board.remove("classes", group)
        for _, members in self.coming.values():
            for pupil, grade in members:
                self.board.change("users", pupil, grades=[grade])

    def add_class(self, title: str, grades: list[str], term: str) -> str:
        identifier = f"class-{title}-{term}".replace(" ", "-").replace("/", "-")
        school = self.board.schools[0]
        self._put("classes", identifier, title=title, classCode=title[6:], classType="homeroom", grades=grades,
                  course=ref("courses", str(self.board.records("courses")[0]["sourcedId"])),
                  school=ref("orgs", school), terms=[ref("academicSessions", term)])  # fmt: skip
        return identifier

    def _put(self, collection: str, identifier: str, **fields: object) -> None:
        record = {"sourcedId": identifier, "status": "active", "dateLastModified": self.board.tick()}
        self.board.put(collection, record | fields)


def passing_year() -> PassingYear:
    """The school of now: groups 3 and 4/5 of eight pupils each, group 8 of fourteen."""
    board = made_up_board(17, schools=1, pupils=31)
    for collection in ("enrollments", "classes", "results", "lineItems"):
        for record in board.records(collection):
            board.remove(collection, str(record["sourcedId"]))
    term = next(
        str(each["sourcedId"]) for each in board.records("academicSessions") if each["type"] == "term"
    )
    pupils = [str(each["sourcedId"]) for each in board.pupils() if each["status"] == "active"][:30]
    year = PassingYear(board)
    plan = (
        ("Groep 3", ["3"], ["3"] * 8),
        ("Groep 4/5", ["4", "5"], ["4"] * 4 + ["5"] * 4),
        ("Groep 8", ["8"], ["8"] * 14),
    )
    for title, grades, of_pupils in plan:
        group = year.add_class(title, grades, term)
        year.old_classes.append(group)
        members, pupils = pupils[: len(of_pupils)], pupils[len(of_pupils) :]
        year.groups[title] = members
        for pupil, grade in zip(members, of_pupils, strict=True):
            board.change("users", pupil, grades=[grade])
            board.enrol(pupil, group)
    return year
