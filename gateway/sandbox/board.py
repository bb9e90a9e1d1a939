"""The made-up board of a sandbox and the school years that pass over it; the same for the same seed and years."""

from __future__ import annotations

from typing import Final

from gateway.demo.board import MadeUpBoard, made_up_board, sourced_id

SEED: Final = 4039
PUPILS: Final = 40
BRINS: Final = ("99ZZ", "98YY")
BOARD: Final = "Zandbak (verzonnen bestuur)"
_LEAVERS: Final = 2
"""Of each school, at each new school year."""
_NEWCOMERS: Final = (("Jildou", "Zandstra"), ("Ömer", "Zandberg"))
"""Of each school; their numbers tell one year's from the next."""


def sandbox_board(years: int) -> MadeUpBoard:
    """The board after so many new school years."""
    board = made_up_board(SEED, schools=len(BRINS), pupils=PUPILS)
    for year in range(years):
        new_school_year(board, year)
    return board


def new_school_year(board: MadeUpBoard, years: int) -> None:
    """Leavers go, the others move to another home group of their school, newcomers come, the year is another.

    Args:
        years: how many passed before.
    """
    with board.lock:
        homes = _home_groups(board)
        seats = [each for each in board.records("enrollments") if each["role"] == "student"]
        for school, groups in sorted(homes.items()):
            mine = sorted({sourced_id(each["user"]) for each in seats if sourced_id(each["class"]) in groups})
            leavers = mine[years % 3 :: max(1, len(mine) // _LEAVERS)][:_LEAVERS]
            for pupil in leavers:
                board.remove_pupil(pupil)
            for seat in seats:
                pupil, group = sourced_id(seat["user"]), sourced_id(seat["class"])
                if group in groups and pupil not in leavers:
                    board.remove("enrollments", str(seat["sourcedId"]))
                    board.enrol(pupil, groups[(groups.index(group) + 1) % len(groups)])
            for number, (given, family) in enumerate(_NEWCOMERS):
                board.add_pupil(
                    given=given,
                    family=family,
                    school=school,
                    group=groups[number % len(groups)],
                    identifier=f"zandbak-{years}-{school[:8]}-{number}",
                    grade="po-3",
                )
        for session in board.records("academicSessions"):
            _one_year_later(board, session)


def _home_groups(board: MadeUpBoard) -> dict[str, list[str]]:
    """School -> its home groups, in order."""
    found: dict[str, list[str]] = {}
    for group in board.records("classes"):
        if group["classType"] == "homeroom":
            found.setdefault(sourced_id(group["school"]), []).append(str(group["sourcedId"]))
    return {school: sorted(groups) for school, groups in found.items()}


def _one_year_later(board: MadeUpBoard, session: dict[str, object]) -> None:
    later = {name: _later_day(str(session[name])) for name in ("startDate", "endDate")}
    year = int(str(session["schoolYear"]))
    title = str(session["title"]).replace(f"{year - 1}-{year}", f"{year}-{year + 1}")
    board.change(
        "academicSessions", str(session["sourcedId"]), title=title, schoolYear=str(year + 1), **later
    )


def _later_day(day: str) -> str:
    year, _, rest = day.partition("-")
    # A school year neither begins nor ends on 29 February.
    return f"{int(year) + 1}-{rest}"
