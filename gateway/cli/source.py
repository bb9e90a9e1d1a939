"""`schuilnaam source`: which school systems are read, whether they can be, and which of their schools are whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, read_secret, standard_options
from gateway.connections import source_settings
from gateway.connections.source_settings import ResultsMode, SourceSettings
from gateway.database import writing
from gateway.egress import Limits
from gateway.errors import SettingsError, SourceError, UsageError
from gateway.inbox import claiming, owed
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind
from gateway.school import source_secrets
from gateway.school.refreshing import open_one
from gateway.school.services import SchoolServices, clock
from gateway.school.sources.contract import SourceSchool
from keys.identifiers import longest_identifier_bytes

CHECKED_KINDS = (Kind.ORG, Kind.ACADEMIC_SESSION, Kind.COURSE, Kind.CLASS, Kind.USER, Kind.ENROLLMENT)
_ASKED_NOW: Final = Limits(attempts=2)
"""Somebody is waiting at the keyboard: a system that is down is told soon."""


@click.group()
def source() -> None:
    """School systems that are read."""


@source.command("add")
@click.argument("slug")
@click.option("--standard", required=True, help="oneroster-1.2 or oneroster-1.1.")
@click.option("--url", required=True, help="What stands before /ims/oneroster/...")
@click.option("--token-url", required=True, help="Where the source gives access tokens.")
@click.option("--client-id", required=True, help="Ours at the source.")
@click.option(
    "--client-secret-file",
    required=True,
    type=click.Path(path_type=Path),
    help="File with the secret; it is copied.",
)
@click.option("--space", help="Identifier space; default: the name of the source.")
@click.option(
    "--results",
    type=click.Choice(["source", "keep"]),
    default="source",
    show_default=True,
    help="Write results into the source, or keep them with us.",
)
@click.option(
    "--data-version", type=click.Choice(["1.1", "1.2"]), help="How records look; default: as the standard."
)
@click.option(
    "--path-version", type=click.Choice(["v1p1", "v1p2"]), help="Path of the service; default: likewise."
)
@click.option(
    "--page-size",
    type=click.IntRange(1, 10_000),
    default=1_000,
    show_default=True,
    help="Records per request.",
)
@standard_options
def add(
    console: Console,
    slug: str,
    standard: str,
    url: str,
    token_url: str,
    client_id: str,
    client_secret_file: Path,
    space: str | None,
    results: str,
    data_version: str | None,
    path_version: str | None,
    page_size: int,
) -> None:
    """Add a school system; nothing is read from it yet."""
    services = console.services()
    secret = read_secret(client_secret_file, "Client secret")
    if standard not in ("oneroster-1.2", "oneroster-1.1"):
        raise UsageError(
            "This standard is not known.",
            code="standard_unknown",
            remedy="Use oneroster-1.2 or oneroster-1.1.",
        )
    version = standard.removeprefix("oneroster-")
    settings = SourceSettings(
        slug=slug,
        standard=standard,
        base_url=url.rstrip("/"),
        token_url=token_url,
        client_id=client_id,
        secret_file=f"source-{slug}",
        space=space or slug,
        results=ResultsMode(results),
        data_version=data_version or version,
        path_version=path_version or ("v1p1" if version == "1.1" else "v1p2"),
        page_size=page_size,
    )
    for known in source_settings.listed(services.school, board_id=services.board_id):
        if known.slug == slug:
            # Its secret may have been renewed since, into another file.
            settings = replace(settings, secret_file=known.secret_file)
    # The addresses are checked before anything is kept.
    from_secret = _keep_secret(services, settings, secret)
    try:
        _require_acceptable(services, settings)
        added = source_settings.add(
            services.school, settings, board_id=services.board_id, now_ms=to_ms(clock())
        )
    except BaseException:
        if from_secret is not None:
            from_secret.unlink(missing_ok=True)
        raise
    if added:
        audit.record(
            services.school,
            AuditEvent.SOURCE_ADDED,
            board_id=services.board_id,
            actor=services.operator(),
            now_ms=to_ms(clock()),
            object_id=slug,
            details={"standard": standard, "space": settings.space},
        )
    console.answer(
        {"source": slug, "space": settings.space, "results": settings.results.value, "added": added},
        f"{'Added' if added else 'Already there'}: {slug}. Next: schuilnaam source check {slug}",
    )


def _require_acceptable(services: SchoolServices, settings: SourceSettings) -> None:
    """Raises `UsageError` for addresses that no source could have; nothing is asked of them."""
    try:
        open_one(services, settings).close()
    except SettingsError as error:
        raise UsageError(str(error), code=error.code, remedy=error.remedy) from None


def _keep_secret(services: SchoolServices, settings: SourceSettings, secret: bytes) -> Path | None:
    """Copy the secret into the home folder; None when the same one is there already."""
    path = services.settings.secrets_folder / settings.secret_file
    if path.exists():
        if path.read_bytes() == secret:
            return None
        known = {each.slug for each in source_settings.listed(services.school, board_id=services.board_id)}
        if settings.slug in known:
            raise UsageError(
                "There is a source of this name with another secret.",
                code="source_exists",
                remedy="Choose another name; a renewed secret of the same system: `schuilnaam source secret`.",
            )
        path.unlink()
    return source_secrets.keep(path.parent, path.name, secret)


@source.command("secret")
@click.argument("slug")
@click.option(
    "--client-secret-file",
    required=True,
    type=click.Path(path_type=Path),
    help="File with the new secret; it is copied.",
)
@standard_options
def secret(console: Console, slug: str, client_secret_file: Path) -> None:
    """Renew the client secret of a source, when its system takes it; in use at once, without a restart."""
    services = console.services()
    settings = source_settings.get(services.school, slug, board_id=services.board_id)
    given = read_secret(client_secret_file, "Client secret")
    if _in_use(services, settings) == given.strip():
        console.answer({"source": slug, "renewed": False}, f"{slug} uses this secret already.")
        return
    # Another file than the one in use: a program at work notices, and a crash in between leaves the old one.
    renewed = replace(settings, secret_file=source_secrets.new_name(slug))
    path = source_secrets.keep(services.settings.secrets_folder, renewed.secret_file, given)
    try:
        _require_taken(services, renewed)
        now_ms = to_ms(clock())
        with writing(services.school) as connection:
            source_settings.change(connection, renewed, board_id=services.board_id, now_ms=now_ms)
            audit.record(
                connection,
                AuditEvent.SOURCE_CHANGED,
                board_id=services.board_id,
                actor=services.operator(),
                now_ms=now_ms,
                object_id=slug,
                details={
                    "standard": settings.standard,
                    "space": settings.space,
                    "fields": ("client_secret",),
                },
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    (services.settings.secrets_folder / settings.secret_file).unlink(missing_ok=True)
    with writing(services.front) as connection:
        waiting = claiming.due_now(connection, board_id=services.board_id, source=slug)
        waiting += owed.due_now(connection, board_id=services.board_id, source=slug)
    console.answer(
        {"source": slug, "renewed": True, "waiting": waiting},
        f"Renewed: {slug}. {waiting} returned records that waited for it are tried again.",
    )


def _in_use(services: SchoolServices, settings: SourceSettings) -> bytes | None:
    try:
        return source_secrets.read(services.settings.secrets_folder, settings.secret_file).encode()
    except SettingsError:
        # Not there, or open to others: all the more reason to renew it.
        return None


def _require_taken(services: SchoolServices, settings: SourceSettings) -> None:
    """Raises `SourceError` unless the system gives a token for the new secret; nothing else is asked of it."""
    opened = open_one(services, settings, limits=_ASKED_NOW)
    try:
        found = opened.check(())
    finally:
        opened.close()
    if not found.token:
        code = found.code or "source_unusable"
        raise SourceError(
            f"The school's system does not take the new secret, so the old one stays. {found.sentence}".strip(),
            code=code,
            retry=True,
        )


@source.command("check")
@click.argument("slug")
@standard_options
def check(console: Console, slug: str) -> None:
    """Read everything once and keep nothing: reachable, access, counts, and whether identifiers fit."""
    services = console.services()
    settings = source_settings.get(services.school, slug, board_id=services.board_id)
    opened = open_one(services, settings, limits=_ASKED_NOW)
    try:
        found = opened.check(CHECKED_KINDS)
    finally:
        opened.close()
    limit = longest_identifier_bytes()
    too_long = [each.kind.value for each in found.kinds if each.longest_identifier > limit]
    failed = next((each for each in found.kinds if each.code is not None), None)
    counts = {each.kind.value: each.records for each in found.kinds}
    audit.record(
        services.school,
        AuditEvent.SOURCE_CHECKED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(clock()),
        object_id=slug,
        details={"counts": counts},
    )
    if not found.usable or failed is not None:
        code = found.code or (failed.code if failed else None) or "source_unusable"
        text = found.sentence or (failed.sentence if failed else "")
        raise SourceError(text or "The source cannot be used as it is set up.", code=code, retry=True)
    if too_long:
        raise SourceError(
            f"Identifiers of {', '.join(too_long)} are longer than a pseudonym can carry ({limit} bytes).",
            code="identifier_too_long",
            retry=False,
            remedy="Let the school's system deliver shorter ones.",
        )
    console.answer(
        {
            "source": slug,
            "reachable": found.reachable,
            "token": found.token,
            "counts": counts,
            "longest_identifier": {each.kind.value: each.longest_identifier for each in found.kinds},
        },
        "\n".join(f"{name:>18}: {count}" for name, count in counts.items()) + "\nThe source can be used.",
    )


@source.command("schools")
@click.argument("slug")
@click.option(
    "--map", "maps", multiple=True, metavar="SOURCE_ORG=BRIN", help="Say which BRIN an organisation is."
)
@standard_options
def schools(console: Console, slug: str, maps: tuple[str, ...]) -> None:
    """List the schools that a source delivers and tie them to BRIN; an unmapped one is in nobody's scope."""
    services = console.services()
    settings = source_settings.get(services.school, slug, board_id=services.board_id)
    given = dict(_pair(text) for text in maps)
    outside = sorted({brin for brin in given.values() if brin[:4] not in services.settings.brins})
    if outside:
        raise UsageError(
            "A BRIN that is given is not one of the board's.",
            code="brin_not_of_board",
            remedy="Add it to `brins` in settings.toml, or mend the --map.",
        )
    opened = open_one(services, settings, limits=_ASKED_NOW)
    try:
        delivered = opened.schools()
    finally:
        opened.close()
    if unknown := set(given) - {school.identifier for school in delivered}:
        raise UsageError(
            f"{len(unknown)} of the organisations that are given are not delivered by this source.",
            code="organisation_unknown",
            remedy="See `schuilnaam source schools` for what it delivers.",
        )
    known = source_settings.schools(services.school, slug, board_id=services.board_id)
    themselves = source_settings.self_mapping(
        {school.identifier: school.number for school in delivered if school.identifier not in known},
        brins=frozenset(services.settings.brins),
    )
    now_ms = to_ms(clock())
    changed = source_settings.map_schools(
        services.school, slug, {**themselves, **given}, board_id=services.board_id, now_ms=now_ms
    )
    if changed:
        audit.record(
            services.school,
            AuditEvent.SOURCE_SCHOOLS_MAPPED,
            board_id=services.board_id,
            actor=services.operator(),
            now_ms=now_ms,
            object_id=slug,
            details={"count": changed, "brins": tuple(sorted({*themselves.values(), *given.values()}))},
        )
    mapped = source_settings.schools(services.school, slug, board_id=services.board_id)
    _show(console, delivered, mapped)


def _pair(text: str) -> tuple[str, str]:
    org, equals, brin = text.rpartition("=")
    if not equals or not org or not brin:
        raise UsageError("--map is SOURCE_ORG=BRIN.", code="map_invalid")
    return org, brin.upper()


def _show(console: Console, delivered: Sequence[SourceSchool], mapped: dict[str, str]) -> None:
    rows = [
        {
            "org": school.identifier,
            "name": school.name,
            "number": school.number,
            "brin": mapped.get(school.identifier),
        }
        for school in delivered
    ]
    lines = [f"{row['brin'] or '(unmapped)':<10} {row['org']}  {row['name']}" for row in rows]
    if any(row["brin"] is None for row in rows):
        lines.append("An unmapped school is in nobody's scope: tie it with --map SOURCE_ORG=BRIN.")
    console.answer({"schools": rows}, "\n".join(lines) or "The source delivers no schools.")
