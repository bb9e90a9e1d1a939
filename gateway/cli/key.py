"""`schuilnaam key`: ceremonies of the key ring, each on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from contracts.instants import to_ms
from gateway.cli.console import (
    Console,
    read_secret,
    require_writable_place,
    standard_options,
    write_new_text,
)
from gateway.database import reading
from gateway.errors import DisclosureRefused, GatewayUnready, UsageError
from gateway.inbox import letters
from gateway.inbox.tables import OPEN, State
from gateway.registers import audit
from gateway.registers.audit import DetailValue
from gateway.registers.audit_events import AuditEvent
from gateway.school.refreshing import key_of_product
from gateway.school.services import SchoolServices, clock
from gateway.school.terms import shredding
from gateway.settings import SETTINGS_FILE, FrontSettings, load_front_settings, load_settings
from keys import ceremony, ringfile
from keys.custody import open_ring, read_public


@click.group()
def key() -> None:
    """The key ring: who has it, and the passphrase or the sheet, can find the pupil behind a pseudonym."""


def _register(
    services: SchoolServices,
    event: AuditEvent,
    *,
    object_id: str | None = None,
    details: Mapping[str, DetailValue] | None = None,
) -> None:
    audit.record(
        services.school,
        event,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(clock()),
        product=object_id,
        object_id=object_id,
        details=details,
    )


@key.command("show")
@standard_options
def show(console: Console) -> None:
    """Check value, and with the passphrase also products and versions; no key is ever shown."""
    settings = load_settings(console.home)
    summary = read_public(settings.ring_path)
    answer: dict[str, object] = {
        "board": summary.board_name,
        "check_value": summary.check_value,
        "sheet_confirmed": summary.sheet_confirmed,
        "checkpoint_public_key": summary.checkpoint_public_key.hex(),
    }
    lines = [
        f"Board:       {summary.board_name}",
        f"Check value: {summary.check_value}",
        f"Sheet:       {'confirmed' if summary.sheet_confirmed else 'NOT confirmed: schuilnaam key sheet'}",
        f"Checkpoints: {summary.checkpoint_public_key.hex()}",
    ]
    if console.has_passphrase_file:
        ring = open_ring(settings.ring_path, console.passphrase())
        products = {
            each.slug: [version.state.value for version in ring.versions(each.slug)]
            for each in ring.products()
        }
        answer["products"] = products
        answer["spaces"] = [each.name for each in ring.spaces()]
        lines += [f"Product:     {slug}: {', '.join(states)}" for slug, states in products.items()]
        lines += [f"Space:       {each.name}" for each in ring.spaces()]
    console.answer(answer, "\n".join(lines))


@key.command("passphrase")
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), help="Default: a prompt.")
@standard_options
def passphrase(console: Console, new_passphrase_file: Path | None) -> None:
    """Change the passphrase. Older copies of the ring file still open with the older one."""
    services = console.services()
    old = console.passphrase()
    new = read_secret(new_passphrase_file, "New passphrase")
    ceremony.change_passphrase(services.settings.ring_path, old, new)
    check_value = read_public(services.settings.ring_path).check_value
    _register(services, AuditEvent.RING_PASSPHRASE_CHANGED, details={"check_value": check_value})
    console.answer({"check_value": check_value, "changed": True}, "The passphrase is changed.")


@key.command("add-version")
@click.argument("product")
@standard_options
def add_version(console: Console, product: str) -> None:
    """A new key for a product: the next refresh gives new pseudonyms; old ones are relinked until retired."""
    services = console.services(unlocked=True)
    slug = key_of_product(services).get(product, product)
    summary = ceremony.add_version(services.settings.ring_path, services.ring, slug)
    number = len(services.ring.versions(slug))
    _register(services, AuditEvent.KEY_VERSION_ADDED, object_id=product, details={"version": number})
    console.answer(
        {"product": product, "versions": number, "state": summary.state.value},
        f"{product} has {number} versions; the next refresh gives new pseudonyms.",
    )


@key.command("retire")
@click.argument("product", required=False)
@standard_options
def retire(console: Console, product: str | None) -> None:
    """Retire every version but the newest, of PRODUCT or else of all: results under older ones join nobody."""
    services = console.services(unlocked=True)
    path, ring = services.settings.ring_path, services.ring
    if product is not None:
        wanted = {product: key_of_product(services).get(product, product)}
    else:
        wanted = {each.slug: each.slug for each in ring.products()}
    retired: dict[str, int] = {}
    for name, slug in wanted.items():
        retired[name] = ceremony.retire_version(path, ring, slug)
        if retired[name]:
            _register(
                services, AuditEvent.KEY_VERSION_RETIRED, object_id=name, details={"version": retired[name]}
            )
    total = sum(retired.values())
    answer = {"product": product, "retired": total, "products": retired}
    lines = [f"{count} versions of {name} are retired." for name, count in retired.items() if count]
    console.answer(answer, "\n".join(lines) or "There is no older version to retire.")


@key.command("sheet")
@click.option("--confirm", metavar="CHECK_VALUE", help="Typed back from the printed sheet: then it is done.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the sheet to a new file, mode 0600."
)
@standard_options
def sheet(console: Console, confirm: str | None, output: Path | None) -> None:
    """Print the recovery sheet, or confirm that it was printed."""
    services = console.services()
    path = services.settings.ring_path
    if confirm is not None:
        unlocked = console.services(unlocked=True)
        ceremony.confirm_sheet(path, unlocked.ring, confirm)
        check_value = unlocked.ring.check_value
        _register(services, AuditEvent.RING_SHEET_CONFIRMED, details={"check_value": check_value})
        console.answer({"check_value": check_value, "sheet_confirmed": True}, "The sheet is confirmed.")
        return
    if output is not None:
        require_writable_place(output)
    text = ceremony.recovery_sheet(path, console.passphrase())
    check_value = read_public(path).check_value
    _register(services, AuditEvent.RING_SHEET_PRINTED, details={"check_value": check_value})
    if output is not None:
        write_new_text(output, text)
        console.answer(
            {"check_value": check_value, "file": str(output)}, f"Written: {output}. Print and remove it."
        )
        return
    console.answer({"check_value": check_value, "sheet": text}, text)


def _require_copy_of_home(front_settings: FrontSettings, copy: Path) -> None:
    """Raise `GatewayUnready` for a copy of another board's ring, before anything is put in its place."""
    found = ringfile.parse(ringfile.read_file(copy, check_modes=False)).summary
    if found.intake_public_key.hex() != front_settings.intake_public_key:
        raise GatewayUnready(
            f"The key ring {found.check_value} is not the one of this home folder.",
            code="ring_foreign",
            remedy="Give a copy of the right ring; compare the check value on the sheet.",
        )


@key.command("recover")
@click.option(
    "--sheet-file", required=True, type=click.Path(path_type=Path), help="The sheet, typed or scanned."
)
@click.option(
    "--copy", "copy_path", required=True, type=click.Path(path_type=Path), help="Newest copy of the ring."
)
@click.option(
    "--new-passphrase-file", type=click.Path(path_type=Path), help="Default: --passphrase-file or prompt."
)
@standard_options
def recover(console: Console, sheet_file: Path, copy_path: Path, new_passphrase_file: Path | None) -> None:
    """Restore the ring from the recovery sheet and a copy of the file; never overwrites one."""
    home = console.home
    initialised = (home / SETTINGS_FILE).exists()
    text = read_secret(sheet_file, "Recovery sheet").decode("utf-8", "replace")
    new = (
        console.passphrase()
        if new_passphrase_file is None
        else read_secret(new_passphrase_file, "New passphrase")
    )
    if initialised:
        load_settings(home)
        _require_copy_of_home(load_front_settings(home), copy_path)
    ring = ceremony.recover_ring(text, copy_path, home / "keys" / "ring", new)
    # On an empty home the databases come after it (`restore`), which registers the ring.
    if initialised:
        _register(console.services(), AuditEvent.RING_RECOVERED, details={"check_value": ring.check_value})
    console.answer(
        {"check_value": ring.check_value, "recovered": True}, f"Recovered; check value {ring.check_value}."
    )


@key.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@standard_options
def backup(console: Console, target: Path) -> None:
    """Copy the sealed ring to a new file. Keep it apart from the recovery sheet."""
    services = console.services()
    summary = ceremony.backup_ring(services.settings.ring_path, target)
    _register(services, AuditEvent.RING_BACKED_UP, details={"check_value": summary.check_value})
    console.answer({"check_value": summary.check_value, "file": str(target)}, f"Copied: {target}")


@key.command("destroy")
@click.argument("product")
@click.option(
    "--new-passphrase-file", type=click.Path(path_type=Path), help="A new passphrase makes it final sooner."
)
@click.option(
    "--lose-results", is_flag=True, help="Also what was returned and has not reached the school's system."
)
@standard_options
def destroy(console: Console, product: str, new_passphrase_file: Path | None, lose_results: bool) -> None:
    """Destroy a product's key: its pseudonyms are joined to nobody, for ever."""
    services = console.services()
    old = console.passphrase()
    open_ring(services.settings.ring_path, old)
    shared = [each for each, slug in key_of_product(services).items() if slug == product and each != product]
    if shared:
        raise UsageError(
            f"Other products use the same key: {', '.join(shared)}.",
            code="key_in_use",
            remedy="End those first, or destroy the key with them knowingly.",
        )
    _require_delivered(services, product, lose_results=lose_results)
    new = None if new_passphrase_file is None else read_secret(new_passphrase_file, "New passphrase")
    done = ceremony.destroy_product(
        services.settings.ring_path, old, product, new_passphrase=new, now=clock()
    )
    _register(
        services,
        AuditEvent.KEY_DESTROYED,
        object_id=product,
        details={"explanation": done.statement[:1_000], "check_value": done.check_value},
    )
    shredding.destroyed(services, product, now=clock())
    console.answer(
        {"product": product, "check_value": done.check_value, "statement": done.statement}, done.statement
    )


_UNDELIVERED = (*OPEN, State.PARKED, State.DEAD)


def _require_delivered(services: SchoolServices, product: str, *, lose_results: bool) -> None:
    """Nothing acknowledged is ever lost: without the key, what is still on its way would be joined to nobody."""
    with reading(services.front) as connection:
        found = letters.counts(connection, board_id=services.board_id, product=product)
    waiting = sum(found.get(state, 0) for state in _UNDELIVERED)
    if waiting and not lose_results:
        raise DisclosureRefused(
            f"{waiting} results of {product} have not reached the school's system; without the key they never can.",
            code="results_undelivered",
            remedy="See `schuilnaam dead-letters list`, deliver them, or say --lose-results.",
        )
