"""`schuilnaam backup` and `restore`: both databases and the settings in one file, and back (docs/decisions/0030)."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from gateway.cli.console import Console, require_writable_place, standard_options
from gateway.cli.places import SIDES, Places, make_places, store_addresses, upgrade_both
from gateway.cli.postgres import postgres_address, require_no_tables
from gateway.database import open_engine
from gateway.errors import UsageError
from gateway.holdings.storage_key import StorageKey
from gateway.school.backup.mending import Mended, mend, register_restore
from gateway.school.backup.putting_back import (
    Contents,
    load_rows,
    open_sealed_files,
    read_backup,
    require_ring_of_backup,
)
from gateway.school.backup.taking import take_backup
from gateway.school.services import SchoolServices, clock
from gateway.settings import (
    Settings,
    load_front_settings,
    load_school_settings,
    parse_settings,
    store_settings,
)
from keys.ceremony import backup_ring
from keys.ringfile import RingSummary


@click.command()
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A new file, mode 0600; keep it elsewhere.",
)
@standard_options
def backup(console: Console, output: Path) -> None:
    """Copy both databases and the settings at one instant, while everything runs; never the key ring."""
    require_writable_place(output)
    taken = take_backup(console.services_of_any_schema(), output, now=clock())
    console.answer(
        {
            "file": str(output),
            "made_at": taken.manifest.made_at,
            "digest": taken.digest,
            "rows": taken.rows,
            "check_value": taken.manifest.check_value,
        },
        f"{output}: {taken.rows} rows, digest {taken.digest}.\nTo restore it one needs the key ring "
        f"{taken.manifest.check_value} (schuilnaam key backup) and its passphrase, sheet or shares. Keep them apart.",
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--ring",
    "ring_copy",
    type=click.Path(path_type=Path),
    help="A copy of the ring; default: HOME/keys/ring.",
)
@click.option("--database", help="PostgreSQL address of the owner; default: embedded databases.")
@click.option(
    "--moved",
    is_flag=True,
    help="The gateway was stopped before the backup and has not run since: stop nothing.",
)
@click.option("--dry-run", is_flag=True, help="Check file, ring, schema and clock; make nothing.")
@standard_options
def restore(
    console: Console, file: Path, ring_copy: Path | None, database: str | None, moved: bool, dry_run: bool
) -> None:
    """Put a backup back into an empty home folder. Unless moved, all agreements are suspended, all clients revoked."""
    home, now = console.home.absolute(), clock()
    owner = None if database is None else postgres_address(database)
    contents = read_backup(file, now=now)
    ring_path = home / "keys" / "ring" if ring_copy is None else ring_copy
    _require_place(home, ring_copy)
    with _private_copy(ring_path, ring_copy) as readable:
        ring = require_ring_of_backup(contents.manifest, readable)
        files = open_sealed_files(contents, readable, console.passphrase())
    settings = parse_settings(contents.settings_text, home)
    mended = Mended((), {}, 0)
    if not dry_run:
        mended = _put_back(
            contents, settings, files, ring=ring, ring_copy=ring_copy, owner=owner, moved=moved, now=now
        )
    _answer(console, contents, ring, mended, moved=moved, dry_run=dry_run)


def _require_place(home: Path, ring_copy: Path | None) -> None:
    """An empty folder, or one in which only the ring was put back."""
    inside = {path.name for path in home.iterdir()} if home.is_dir() else set()
    if inside - {"keys"} or (ring_copy is not None and inside):
        raise UsageError(
            "The home folder is not empty.",
            code="home_not_empty",
            remedy="Give a new --home; nothing is ever overwritten.",
        )


@contextlib.contextmanager
def _private_copy(ring_path: Path, ring_copy: Path | None) -> Iterator[Path]:
    """The ring in a private folder: a copy on a stick may have any mode."""
    if ring_copy is None:
        yield ring_path
        return

    with tempfile.TemporaryDirectory(prefix="schuilnaam-") as folder:
        place = Path(folder) / "ring"
        try:
            content = ring_copy.read_bytes()
        except OSError:
            raise UsageError(
                "The copy of the ring cannot be read.", code="ring_copy_unreadable", remedy="Check its path."
            ) from None
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as copy:
            copy.write(content)
        yield place


def _put_back(
    contents: Contents,
    settings: Settings,
    files: dict[str, bytes],
    *,
    ring: RingSummary,
    ring_copy: Path | None,
    owner: str | None,
    moved: bool,
    now: datetime,
) -> Mended:
    home = settings.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    try:
        if ring_copy is not None:
            (home / "keys").mkdir(mode=0o700)
            with _private_copy(ring_copy, ring_copy) as readable:
                backup_ring(readable, home / "keys" / "ring")
        for name, content in files.items():
            _write_private(home / name, content)
        if owner is not None:
            # Before anything of the server is touched: making the roles anew would lock out a gateway that runs there.
            require_no_tables(owner, suffix=settings.board_id[:12])
        places = make_places(settings, owner)
        _load(contents, places)
        store_addresses(settings, places, intake_public_key=ring.intake_public_key)
        services = _services(settings)
        try:
            mended = mend(services, moved=moved, now=now)
            register_restore(
                services,
                digest=contents.digest,
                made_at=contents.manifest.made_at,
                check_value=ring.check_value,
                moved=moved,
                mended=mended,
                now=now,
            )
        finally:
            services.front.dispose()
            services.school.dispose()
        # Last: the file that says that the home is complete.
        store_settings(settings)
    except BaseException:
        _take_away(home, ring_too=ring_copy is not None)
        raise
    return mended


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def _load(contents: Contents, places: Places) -> None:
    """Rows go into the schema that they came from, which is then upgraded as any database would be."""
    upgrade_both(places, front=contents.manifest.front_revision, school=contents.manifest.school_revision)
    front, school = (places.owner_engine(side) for side in SIDES)
    try:
        load_rows(contents, front, school)
    finally:
        front.dispose()
        school.dispose()
    upgrade_both(places)


def _services(settings: Settings) -> SchoolServices:
    front_settings, school_settings = load_front_settings(settings.home), load_school_settings(settings.home)
    return SchoolServices(
        settings=settings,
        front_settings=front_settings,
        school_settings=school_settings,
        front=open_engine(school_settings.front_database),
        school=open_engine(school_settings.database),
        storage_key=StorageKey.load(settings.storage_key_path),
    )


def _take_away(home: Path, *, ring_too: bool) -> None:
    """What a restore that failed had made: the folder is as it was. Schemas on a server are left for a person."""
    for name in ("data", "secrets", "storage", *(("keys",) if ring_too else ())):
        shutil.rmtree(home / name, ignore_errors=True)
    for name in ("front.toml", "school.toml"):
        (home / name).unlink(missing_ok=True)


def _answer(
    console: Console, contents: Contents, ring: RingSummary, mended: Mended, *, moved: bool, dry_run: bool
) -> None:
    manifest = contents.manifest
    warnings = [
        f"The registers end at {manifest.made_at}: what happened since is not in them.",
    ]
    if ring.check_value != manifest.check_value:
        warnings.append(
            f"The ring {ring.check_value} was re-keyed after this backup ({manifest.check_value}): "
            "a product whose key was destroyed since is refused."
        )
    if not moved:
        warnings += [
            f"What vendors returned after {manifest.made_at} is not here: ask them to send it again.",
            "Ask every vendor for a full pull, and make sure that the old gateway does not run any more.",
            "Consents and objections that came in since must be entered again before an agreement is resumed.",
        ]
    rows = sum(contents.counts.values())
    done = "Can be restored" if dry_run else "Restored"
    lines = [
        f"{done}: {rows} rows of {manifest.board_name}, made at {manifest.made_at}, ring {ring.check_value}."
    ]
    lines += [
        f"Suspended, look at it, then: schuilnaam agreement activate {each}" for each in mended.agreements
    ]
    lines += [
        f"Revoked {client_id}; then: schuilnaam client issue {product}"
        for client_id, product in mended.clients.items()
    ]
    if mended.letters:
        lines.append(f"{mended.letters} results wait for a person: schuilnaam dead-letters list")
    lines += [f"Mind: {each}" for each in warnings]
    console.answer(
        {
            "restored": not dry_run,
            "made_at": manifest.made_at,
            "rows": rows,
            "digest": contents.digest,
            "check_value": ring.check_value,
            "suspended": list(mended.agreements),
            "revoked": dict(mended.clients),
            "held_letters": mended.letters,
            "warnings": warnings,
        },
        "\n".join(lines),
    )
