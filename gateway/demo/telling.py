"""What the demo says, in words for somebody who sees it for the first time. Everybody in it is made up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.demo.board import MadeUpBoard, role_of, sourced_id
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.shelf import Record
from gateway.demo.stage import Part
from gateway.demo.vendors import Exchange

SHOWN: Final = 3
_ID_SHOWN: Final = 16


def short(pseudonym: object) -> str:
    """Enough of a pseudonym to recognise it by."""
    return f"{str(pseudonym)[:_ID_SHOWN]}..."


def _table(rows: Iterable[Sequence[object]], *, indent: int = 4) -> str:
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return "\n".join(
        " " * indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    )


def _heading(number: int, text: str) -> str:
    return f"\n{number}. {text}\n"


def school(board_name: str, boards: Sequence[MadeUpBoard]) -> str:
    """What the school has."""
    lines = [_heading(1, f"WHAT THE SCHOOL HAS: {board_name}, two schools, each with its own school system")]
    for board in boards:
        name = next(str(org["name"]) for org in board.records("orgs") if org["type"] == "school")
        pupils = board.pupils()
        lines.append(f"  {name}: {len(pupils)} pupils, such as")
        lines.append(
            _table(
                [each["sourcedId"], f"{each['givenName']} {each['familyName']}", each.get("email", "")]
                for each in pupils[9 : 9 + SHOWN]
            )
        )
    lines.append("  The two systems use the same pupil numbers, for different pupils.")
    return "\n".join(lines)


def vendors(
    parts: Sequence[Part],
    pulls: Mapping[str, Mapping[str, list[Record]]],
    refusals: Mapping[str, Exchange],
    *,
    asked: int,
) -> str:
    """What each vendor got, or why it was refused."""
    lines = [_heading(2, "WHAT FOUR VENDORS GET when they ask for the roster")]
    for part in parts:
        lines.append(f"  {part.letter}. {part.vendor}, {_standing(part)}")
        if part.letter in pulls:
            lines.append(_got(pulls[part.letter]))
        elif part.letter in refusals:
            lines.append(f"    Refused: {_why(refusals[part.letter])}")
    lines.append(f"  For the two who were refused, the school's systems received {asked} requests.")
    return "\n".join(lines)


def _standing(part: Part) -> str:
    return {
        "A": "agreement in force: aliases for pupils, names of teachers, groups, year of birth, results back",
        "B": "agreement ended",
        "C": "no agreement",
        "D": "agreement in force without any name: numbers and groups only",
    }[part.letter]


def _why(answer: Exchange) -> str:
    document = answer.document()
    return str(document.get("error_description") or document.get("imsx_description") or answer.status)


def _got(pulled: Mapping[str, list[Record]]) -> str:
    pupils = [user for user in pulled["users"] if role_of(user) == "student"]
    titles = ", ".join(sorted(str(group["title"]) for group in pulled["classes"]))
    rows = [
        [short(each["sourcedId"]), f"{each['givenName']} {each['familyName']}", each.get("username", "-")]
        for each in pupils[:SHOWN]
    ]
    return "\n".join(
        [
            f"    {len(pupils)} pupils and {len(pulled['classes'])} groups, in the gateway's own order:",
            _table(rows, indent=6),
            f"    groups: {titles}",
        ]
    )


def preview(found: Mapping[str, object]) -> str:
    """One pupil, real and sent."""
    fields = found["fields"]
    assert isinstance(fields, list)
    rows = [("field", "in the school", "at vendor A", "why")]
    for each in fields:
        sent = "-" if each["sent"] is None else _cut(each["sent"], 26)
        why = str(each["form"]) + (f" ({each['reason']})" if each["reason"] else "")
        rows.append((str(each["field"]), _cut(each["real"], 28), sent, why))
    return (
        _heading(3, "WHAT THE SCHOOL SEES: one pupil, real and sent, field by field (`schuilnaam preview`)")
        + "\n"
        + _table(rows)
    )


def _cut(value: object, length: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "-" if value is None else text
    return text if len(text) <= length else f"{text[: length - 3]}..."


def relinked(rows: Sequence[Mapping[str, str]], pupil: Record) -> str:
    """A vendor's download with names in front."""
    if not rows:
        return ""
    name = str(pupil["familyName"])
    shown = [row for row in rows if name in " ".join(row.values())][:1] + list(rows[:SHOWN])
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in shown)]
    return (
        "\n  Vendor A's own download, after `schuilnaam relink` put the names in front. Only the school can do this,\n"
        "  and who did it is in the register of accesses first:\n" + _table(cells)
    )


def _cell(value: str) -> str:
    return short(value) if len(value) > 40 else value


def results(
    boards: Sequence[MadeUpBoard], schools: Sequence[SimulatedSchool], returned: Sequence[tuple[str, str]]
) -> str:
    """Results on their way home."""
    lines = [_heading(4, "RESULTS COME HOME: vendor A returns one for a pupil in each school")]
    lines.append(
        _table(
            [f"vendor A sends {7.5 + number}", f"for {short(pseudonym)}", f"at {name}"]
            for number, (name, pseudonym) in enumerate(returned)
        )
        if returned
        else "    nothing"
    )
    for board, system in zip(boards, schools, strict=True):
        name = next(str(org["name"]) for org in board.records("orgs") if org["type"] == "school")
        for write in system.writes:
            if write.collection == "results":
                lines.append(f"    the system of {name} receives: {_pupil_of(board, write.document)}")
    lines.append("  Both pupils have the same number, and even the same name; the key knows in which school.")
    lines.append(
        "  A result is written after the test that it belongs to, once, whatever goes wrong on the way."
    )
    return "\n".join(lines)


def _pupil_of(board: MadeUpBoard, record: Mapping[str, object]) -> str:
    pupil = board.get("users", sourced_id(record["student"]))
    return f"{pupil['givenName']} {pupil['familyName']} ({pupil['sourcedId']}) has {record.get('score')}"


def register(
    unregistered: Exchange | None,
    disclosures: Sequence[Mapping[str, object]],
    of_one_pupil: Sequence[Mapping[str, object]],
    pupil: Record,
) -> str:
    """Who got what."""
    lines = [_heading(5, "THE REGISTER: who got what, written before the first byte leaves")]
    if unregistered is not None:
        lines.append(f"  While the register cannot be written, vendor A gets nothing: {_said(unregistered)}")
    lines.append(
        f"  {len(disclosures)} answers were registered. About {pupil['givenName']} {pupil['familyName']}:"
    )
    told = sorted(map(_told, of_one_pupil))
    lines.append(_table(told) if told else "    nothing")
    return "\n".join(lines)


def _said(answer: Exchange) -> str:
    try:
        return f"{answer.status}, {_why(answer)}"
    except (TypeError, ValueError):
        return str(answer.status)


def _told(row: Mapping[str, object]) -> list[str]:
    fields = row["fields"]
    assert isinstance(fields, dict)
    shown = ", ".join(f"{name.partition('.')[2]} ({form})" for name, form in fields.items())
    return [
        str(row["at"])[11:19],
        str(row["product"]),
        f"agreement {row['agreement']}",
        str(row["kind"]),
        shown or "structure only",
    ]
