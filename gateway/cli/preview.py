"""`schuilnaam preview`: what a vendor gets of one person, real (registered first) or made up."""

from __future__ import annotations

from collections.abc import Iterator

import click

from gateway.cli.console import Console, standard_options
from gateway.cli.relink import check_reason
from gateway.cli.subjects import parse_pupil
from gateway.school.previewing import asking, making_up
from gateway.school.previewing.made_up_school import MadeUpPerson
from gateway.school.previewing.shown import GroupPreview, PersonPreview, as_told
from gateway.school.services import clock


@click.command()
@click.option("--product", required=True, help="Whose view of the person.")
@click.option("--pupil", required=True, metavar="SOURCE:ID", help="Source, and id in it.")
@click.option("--as", "person", required=True, help="Who you are: a claim, stored beside the system account.")
@click.option("--reason", required=True, help="Why; a case number is better than a name.")
@standard_options
def preview(console: Console, product: str, pupil: str, person: str, reason: str) -> None:
    """Real, sent and why, per field and group of one person, through the release of a refresh."""
    check_reason(reason, person)
    slug, identifier = parse_pupil(pupil)
    services = console.services(unlocked=True)
    found = asking.preview(
        services,
        product=product,
        source=slug,
        identifier=identifier,
        actor=services.person(person),
        reason=reason,
        now=clock(),
    )
    console.answer(as_told(found), "\n".join(_lines(found)))


@click.command("preview-made-up")
@click.option("--product", required=True, help="Whose view of the person.")
@click.option("--brin", required=True, help="A school of the board.")
@click.option(
    "--role", type=click.Choice(making_up.ROLES), default="student", show_default=True, help="As what."
)
@click.option("--grade", default="6", show_default=True, help="Year group.")
@click.option("--group", default="Groep 6", show_default=True, help="Title of the class.")
@click.option("--age", type=int, default=10, show_default=True, help="In whole years.")
@click.option("--without-consent", is_flag=True, help="Nothing was consented to.")
@click.option("--objects", is_flag=True, help="An objection is recorded.")
@click.option(
    "--agreement", "reference", help="A version that waits, such as VO-1/2: as if it were in force."
)
@standard_options
def preview_made_up(
    console: Console,
    product: str,
    brin: str,
    role: str,
    grade: str,
    group: str,
    age: int,
    without_consent: bool,
    objects: bool,
    reference: str | None,
) -> None:
    """As preview, of somebody who does not exist: nobody is looked at, and nothing is registered."""
    found = making_up.preview_made_up(
        console.services(),
        product=product,
        person=MadeUpPerson(
            role=role,
            brin=brin,
            grade=grade,
            group=group,
            age=age,
            consents=not without_consent,
            objects=objects,
        ),
        now=clock(),
        reference=reference,
    )
    console.answer(as_told(found), "\n".join(_lines(found)))


def _lines(found: PersonPreview) -> Iterator[str]:
    verdict = (
        "leaves" if found.released else f"does not leave: {found.reason}. {found.message} {found.remedy}"
    )
    yield f"This person {verdict}"
    if found.as_if:
        yield f"As if {found.agreement} were in force. It is not: nothing leaves under it."
    elif found.held is None:
        yield f"Agreement {found.agreement}. Somebody made up: codes and aliases are drawn for this answer only."
    else:
        yield f"Agreement {found.agreement}. The vendor holds the person now: {'yes' if found.held else 'no'}"
    if found.suspected:
        yield f"A refresh would be held back: a name may stand in {', '.join(found.suspected)}."
    yield ""
    for each in found.fields:
        sent = "-" if each.sent is None else str(each.sent)
        why = each.form if each.reason is None else f"{each.form} ({each.reason})"
        yield f"{each.field:<32} {each.real!s:<36.36} -> {sent:<64.64} {why}"
    if found.groups:
        yield ""
        yield "Groups:"
    for group in found.groups:
        yield _group(group, found.small_below)


def _group(group: GroupPreview, small_below: int) -> str:
    real = "-" if group.real is None else str(group.real.get("title") or group.real.get("class"))
    if group.sent_class is None:
        return f"  {real:<40.40} -> does not leave ({group.reason})"
    title = group.sent_class.get("title", "(made by the next refresh)")
    size = "" if group.size is None else f", {group.size} pupils"
    small = f" (fewer than {small_below}: easily recognised)" if group.small else ""
    role = "" if group.sent is None else group.sent.get("role", "")
    return f"  {real:<40.40} -> {title!s:<40.40} {role}{size}{small}"
