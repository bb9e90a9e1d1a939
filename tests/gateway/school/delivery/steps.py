"""What vendors do in the tests of delivery, in one line each."""

from __future__ import annotations

from gateway.inbox.accepting import Accepted
from gateway.roster.model import Kind, ProductId
from tests.gateway.school.delivery.rig import REKENEN, World, ref


def enrolments(world: World, source: str = "las1") -> list[tuple[str, str]]:
    """(pupil, class) of the school's system."""
    return [
        (str(record["user"]["sourcedId"]), str(record["class"]["sourcedId"]))  # type: ignore[index]
        for record in world.systems[source].board.records("enrollments")
        if record["role"] == "student"
    ]


def category(world: World, identifier: str = "cat-1", *, product: ProductId = REKENEN) -> Accepted:
    return world.vendor_puts(product, Kind.CATEGORY, identifier, {"title": "Toetsen"})


def line_item(
    world: World, identifier: str = "li-1", *, product: ProductId = REKENEN, group: str | None = None
) -> Accepted:
    body = {
        "title": "Blok 3",
        "class": ref(world.pseudonym(product, Kind.CLASS, group or enrolments(world)[0][1])),
        "category": ref("cat-1"),
    }
    return world.vendor_puts(product, Kind.LINE_ITEM, identifier, body)


def result(
    world: World,
    identifier: str,
    *,
    number: int = 0,
    score: int = 7,
    line: str = "li-1",
    product: ProductId = REKENEN,
    changed_at_ms: int | None = None,
    **fields: object,
) -> Accepted:
    body = {
        "lineItem": ref(line),
        "student": ref(pupil(world, number, product=product)),
        "score": score,
        **fields,
    }
    more = {} if changed_at_ms is None else {"changed_at_ms": changed_at_ms}
    return world.vendor_puts(product, Kind.RESULT, identifier, body, **more)


def pupil(world: World, number: int = 0, *, product: ProductId = REKENEN) -> str:
    pupils = enrolments(world)
    return world.pseudonym(product, Kind.USER, pupils[number % len(pupils)][0])


def lesson(world: World, results: int, *, product: ProductId = REKENEN) -> None:
    """A category, a line item and results for one pupil after another."""
    category(world, product=product)
    line_item(world, product=product)
    for number in range(results):
        result(world, f"r-{number}", number=number, score=number, product=product)


def scores(world: World, source: str = "las1") -> dict[str, list[object]]:
    """Pupil of the school's system -> scores, in order."""
    found: dict[str, list[object]] = {}
    for record in world.at_school(source, "results").values():
        found.setdefault(str(record["student"]["sourcedId"]), []).append(record["score"])  # type: ignore[index]
    return {who: sorted(values) for who, values in found.items()}  # type: ignore[type-var]


def wanted_scores(world: World, results: int) -> dict[str, list[object]]:
    """What `lesson` should leave behind."""
    pupils = enrolments(world)
    wanted: dict[str, list[object]] = {}
    for number in range(results):
        wanted.setdefault(pupils[number % len(pupils)][0], []).append(number)
    return wanted
