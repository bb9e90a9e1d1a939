"""`schuilnaam key recover`, `shares` and `confirm-share`: how the ring comes back when the passphrase is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from gateway.cli.console import (
    Console,
    read_secret,
    require_writable_place,
    standard_options,
    write_new_text,
)
from gateway.cli.key import register_ceremony
from gateway.errors import GatewayUnready
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school.services import SchoolServices
from gateway.settings import SETTINGS_FILE, FrontSettings, load_front_settings, load_settings
from keys import ceremony, ringfile
from keys.errors import SheetRefused
from keys.shares import NEEDED, OFFICERS, OfficersShare, printable, read

_SET: Final = "set-"
_SHARE: Final = "share-"


@click.command("recover")
@click.option("--sheet-file", type=click.Path(path_type=Path), help="The sheet, typed or scanned.")
@click.option(
    "--share",
    "share_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An officer's share, typed or scanned; twice, in place of the sheet.",
)
@click.option(
    "--copy", "copy_path", required=True, type=click.Path(path_type=Path), help="Newest copy of the ring."
)
@click.option(
    "--new-passphrase-file", type=click.Path(path_type=Path), help="Default: --passphrase-file or prompt."
)
@standard_options
def recover(
    console: Console,
    sheet_file: Path | None,
    share_files: tuple[Path, ...],
    copy_path: Path,
    new_passphrase_file: Path | None,
) -> None:
    """Restore the ring from the recovery sheet or two shares, and a copy of the file; never overwrites one."""
    if (sheet_file is None) == (not share_files):
        raise click.UsageError("Give --sheet-file once, or --share twice.")
    home = console.home
    initialised = (home / SETTINGS_FILE).exists()
    typed = [
        read_secret(path, "Recovery text").decode("utf-8", "replace")
        for path in ([sheet_file] if sheet_file is not None else share_files)
    ]
    new = (
        console.passphrase()
        if new_passphrase_file is None
        else read_secret(new_passphrase_file, "New passphrase")
    )
    if initialised:
        load_settings(home)
        _require_copy_of_home(load_front_settings(home), copy_path)
    place = home / "keys" / "ring"
    if sheet_file is not None:
        ring = ceremony.recover_ring(typed[0], copy_path, place, new)
    else:
        ring = ceremony.recover_from_shares(typed, copy_path, place, new)
    # On an empty home the databases come after it (`restore`), which registers the ring.
    if initialised:
        register_ceremony(
            console.services(), AuditEvent.RING_RECOVERED, details={"check_value": ring.check_value}
        )
    console.answer(
        {"check_value": ring.check_value, "recovered": True}, f"Recovered; check value {ring.check_value}."
    )


def _require_copy_of_home(front_settings: FrontSettings, copy: Path) -> None:
    """Raise `GatewayUnready` for a copy of another board's ring, before anything is put in its place."""
    found = ringfile.parse(ringfile.read_file(copy, check_modes=False)).summary
    if found.intake_public_key.hex() != front_settings.intake_public_key:
        raise GatewayUnready(
            f"The key ring {found.check_value} is not the one of this home folder.",
            code="ring_foreign",
            remedy="Give a copy of the right ring; compare the check value on the sheet.",
        )


@click.command("shares")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A new folder, mode 0700, for three texts.",
)
@standard_options
def shares(console: Console, output: Path) -> None:
    """Split the recovery key into three officers' shares, any two of which restore the ring: print, then remove."""
    services = console.services()
    require_writable_place(output)
    summary, made = ceremony.split_recovery_key(services.settings.ring_path, console.passphrase())
    output.mkdir(mode=0o700)
    register_ceremony(
        services,
        AuditEvent.RING_SHARES_PRINTED,
        details={"check_value": summary.check_value, "count": OFFICERS, "codes": (_set_of(made[0]),)},
    )
    files = []
    for share in made:
        path = output / f"share-{share.number}.txt"
        write_new_text(path, printable(share, board_name=summary.board_name, check_value=summary.check_value))
        files.append(str(path))
    console.answer(
        {"check_value": summary.check_value, "set": made[0].splitting, "files": files, "needed": NEEDED},
        "\n".join(files)
        + f"\nPrint each for one officer and remove the folder {output}. Then each officer, from paper:\n"
        "schuilnaam key confirm-share --share FILE",
    )


@click.command("confirm-share")
@click.option(
    "--share",
    "share_file",
    required=True,
    type=click.Path(path_type=Path),
    help="The share, typed over from paper.",
)
@standard_options
def confirm_share(console: Console, share_file: Path) -> None:
    """Record that an officer can read their share; when all three can, the ring counts as recoverable."""
    typed = read(read_secret(share_file, "Share").decode("utf-8", "replace"))
    services = console.services(unlocked=True)
    check_value = services.ring.check_value
    if _printed_last(services, check_value) != _set_of(typed):
        raise SheetRefused(
            "This share is not of the set that was printed last for this key ring.",
            remedy="Destroy it, and print and hand out a new set with `schuilnaam key shares`.",
        )
    confirmed = _confirmed(services, _set_of(typed)) | {typed.number}
    if len(confirmed) == OFFICERS:
        ceremony.confirm_shares(services.settings.ring_path, services.ring)
    register_ceremony(
        services,
        AuditEvent.RING_SHARE_CONFIRMED,
        details={
            "check_value": check_value,
            "count": len(confirmed),
            "codes": (_set_of(typed), f"{_SHARE}{typed.number}"),
        },
    )
    left = sorted(set(range(1, OFFICERS + 1)) - confirmed)
    console.answer(
        {"share": typed.number, "confirmed": sorted(confirmed), "complete": not left},
        f"Share {typed.number} is readable. "
        + (f"Still to confirm: {', '.join(map(str, left))}." if left else "All three are confirmed."),
    )


def _set_of(share: OfficersShare) -> str:
    return f"{_SET}{share.splitting}"


def _printed_last(services: SchoolServices, check_value: str) -> str | None:
    entries = list(
        audit.listed(
            services.school,
            Log.AUDIT_SCHOOL,
            board_id=services.board_id,
            event=AuditEvent.RING_SHARES_PRINTED,
        )
    )
    # A set from before a re-keying opens nothing any more.
    if not entries or entries[-1].details.get("check_value") != check_value:
        return None
    codes = entries[-1].details.get("codes")
    return str(codes[0]) if isinstance(codes, list | tuple) and codes else None


def _confirmed(services: SchoolServices, which: str) -> set[int]:
    found: set[int] = set()
    for entry in audit.listed(
        services.school, Log.AUDIT_SCHOOL, board_id=services.board_id, event=AuditEvent.RING_SHARE_CONFIRMED
    ):
        codes = entry.details.get("codes")
        if isinstance(codes, list | tuple) and which in codes:
            found |= {int(str(code).removeprefix(_SHARE)) for code in codes if str(code).startswith(_SHARE)}
    return found
