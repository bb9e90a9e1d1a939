"""`schuilnaam school-year`: what the change of school years does to every vendor, and the removals that it brings."""

from __future__ import annotations

from datetime import date

import click

from gateway.cli.console import Console, standard_options
from gateway.cli.papers import parse_day
from gateway.school.school_year import planning
from gateway.school.school_year.coming import ClassCount, SchoolCounts
from gateway.school.school_year.planning import Plan, Rehearsal
from gateway.school.services import clock


@click.group("school-year")
def school_year() -> None:
    """The change of school years."""


@school_year.command("plan")
@standard_options
def plan(console: Console) -> None:
    """Old and new year side by side, and per vendor what will change; changes nothing."""
    services = console.services(unlocked=True)
    rehearsal = planning.rehearse(services, now=clock())
    standing = planning.standing(services)
    answer = {**described(rehearsal), "plan": None if standing is None else described_plan(standing)}
    console.answer(answer, lambda: _text(rehearsal, standing))


@school_year.command("expect")
@click.option("--from", "first", required=True, metavar="DATE", help="First day of the change.")
@click.option("--until", "last", required=True, metavar="DATE", help="Last day of it; at most 92 days later.")
@standard_options
def expect(console: Console, first: str, last: str) -> None:
    """Rehearse, and let as many leave in these days without stopping a refresh."""
    first_on, last_on = parse_day(first, "--from"), parse_day(last, "--until")
    services = console.services(unlocked=True)
    made, rehearsal = planning.expect(
        services,
        first_on=first_on,
        last_on=last_on,
        actor=services.operator(),
        now=clock(),
    )
    console.answer({**described(rehearsal), "plan": described_plan(made)}, lambda: _text(rehearsal, made))


@school_year.command("drop")
@standard_options
def drop(console: Console) -> None:
    """Take the plan back: the removal threshold counts everybody again."""
    services = console.services()
    dropped = planning.drop(services, actor=services.operator(), now=clock())
    console.answer({"plan": None, "dropped": dropped.number}, f"Plan {dropped.number} no longer counts.")


def described(rehearsal: Rehearsal) -> dict[str, object]:
    """A rehearsal in an answer."""
    return {
        "years": {
            slug: {"title": year.title, "from": _day(year.starts_on), "until": _day(year.ends_on)}
            for slug, year in rehearsal.years.items()
        },
        "schools": {brin: _school(counts) for brin, counts in sorted(rehearsal.schools.items())},
        "products": [
            {
                "product": outcome.product,
                "status": outcome.status,
                "reason": outcome.reason,
                "persons": _persons(outcome.counts),
                "counts": outcome.counts,
                "leaving": sum(outcome.leaving.values()),
            }
            for outcome in rehearsal.products
        ],
    }


def described_plan(plan: Plan) -> dict[str, object]:
    """A plan in an answer."""
    return {
        "number": plan.number,
        "from": _day(plan.first_on),
        "until": _day(plan.last_on),
        "leaving": dict(plan.leaving),
        "gone": dict(plan.gone),
    }


def _persons(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    of_users = counts.get("user", {})
    return {
        "staying": of_users.get("changed", 0) + of_users.get("unchanged", 0),
        "leaving": of_users.get("gone", 0),
        "new": of_users.get("added", 0),
    }


def _school(counts: SchoolCounts) -> dict[str, object]:
    return {
        "old": [_class(each) for each in counts.old],
        "new": [_class(each) for each in counts.new],
        "staying": counts.staying,
        "leaving": counts.leaving,
        "joining": counts.joining,
        "moved": counts.moved,
        "same_grade": counts.same_grade,
        "combination_groups": {"old": _combined(counts.old), "new": _combined(counts.new)},
    }


def _class(each: ClassCount) -> dict[str, object]:
    return {"title": each.title, "grades": list(each.grades), "pupils": each.pupils}


def _combined(classes: list[ClassCount]) -> int:
    return sum(len(each.grades) > 1 for each in classes)


def _day(day: date) -> str:
    return day.isoformat()


def _text(rehearsal: Rehearsal, plan: Plan | None) -> str:
    lines = [
        f"{slug}: {year.title} ({year.starts_on} to {year.ends_on})" for slug, year in rehearsal.years.items()
    ]
    for brin, counts in sorted(rehearsal.schools.items()):
        lines += ["", f"{brin}  {'now':<38} coming year"]
        for number in range(max(len(counts.old), len(counts.new))):
            old, new = _line(counts.old, number), _line(counts.new, number)
            lines.append(f"      {old:<38} {new}".rstrip())
        lines.append(
            f"      {counts.staying} stay ({counts.moved} in another group, {counts.same_grade} in the same grade), "
            f"{counts.leaving} leave, "
            f"{counts.joining} are new; combination groups {_combined(counts.old)} -> {_combined(counts.new)}"
        )
    lines += ["", "What each product would see:"]
    for outcome in rehearsal.products:
        persons, classes = _persons(outcome.counts), outcome.counts.get("class", {})
        lines.append(
            f"  {outcome.product}: persons {persons['staying']} stay, {persons['leaving']} leave, "
            f"{persons['new']} new; "
            f"classes {classes.get('gone', 0)} end, {classes.get('added', 0)} begin"
            + (f" ({outcome.reason})" if outcome.reason else "")
        )
    if plan is not None:
        lines += ["", f"Planned from {plan.first_on} to {plan.last_on} (plan {plan.number}):"]
        lines += [
            f"  {product}: {count} expected to leave, {plan.gone.get(product, 0)} gone so far"
            for product, count in plan.leaving.items()
        ]
    return "\n".join(lines)


def _line(classes: list[ClassCount], number: int) -> str:
    if number >= len(classes):
        return ""
    each = classes[number]
    return f"{each.title[:26]} [{'/'.join(each.grades)}] {each.pupils}"
