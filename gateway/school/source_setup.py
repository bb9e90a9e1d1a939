"""Setting up a school system: add it, try it, and say which of its schools is which BRIN.

The command line and the pages both come here. Nothing that a source delivers is kept; only how many records there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from contracts.instants import to_ms
from gateway.connections import source_settings
from gateway.connections.source_settings import ResultsMode, SourceSettings
from gateway.database import writing
from gateway.egress import Limits
from gateway.errors import SettingsError, SourceError, UsageError
from gateway.inbox import claiming, owed
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind
from gateway.school import source_secrets
from gateway.school.refreshing import open_one
from gateway.school.services import SchoolServices
from keys.identifiers import longest_identifier_bytes

STANDARDS: Final = ("oneroster-1.2", "oneroster-1.1")
CHECKED_KINDS: Final = (
    Kind.ORG,
    Kind.ACADEMIC_SESSION,
    Kind.COURSE,
    Kind.CLASS,
    Kind.USER,
    Kind.ENROLLMENT,
)
ASKED_NOW: Final = Limits(attempts=2)
"""Somebody is waiting: a system that is down is told soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSource:
    """What a source delivers; counts only."""

    reachable: bool
    token: bool
    counts: dict[str, int]
    longest_identifier: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolOfSource:
    """One organisation that a source delivers."""

    identifier: str
    name: str | None
    number: str | None
    brin: str | None
    """None: nobody said which school it is, so it is in nobody's scope."""


def settings_of(
    *,
    slug: str,
    standard: str,
    url: str,
    token_url: str,
    client_id: str,
    space: str | None = None,
    results: str = "source",
    data_version: str | None = None,
    path_version: str | None = None,
    page_size: int = 1_000,
) -> SourceSettings:
    """Settings of a new source, checked; raises `UsageError`."""
    if standard not in STANDARDS:
        raise UsageError(
            "This standard is not known.", code="standard_unknown", remedy=f"Use {' or '.join(STANDARDS)}."
        )
    version = standard.removeprefix("oneroster-")
    return SourceSettings(
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


def add(
    services: SchoolServices, settings: SourceSettings, secret: bytes, *, actor: Actor, now: datetime
) -> bool:
    """Add a source with its client secret; False when the very same one is there. Nothing is read from it.

    Raises:
        UsageError: an address that no source could have, or another source of this name.
    """
    for known in source_settings.listed(services.school, board_id=services.board_id):
        if known.slug == settings.slug:
            # Its secret may have been renewed since, into another file.
            settings = replace(settings, secret_file=known.secret_file)
    # The addresses are checked before anything is kept.
    kept = _keep_secret(services, settings, secret)
    try:
        _require_acceptable(services, settings)
        added = source_settings.add(services.school, settings, board_id=services.board_id, now_ms=to_ms(now))
    except BaseException:
        if kept is not None:
            kept.unlink(missing_ok=True)
        raise
    if added:
        audit.record(
            services.school,
            AuditEvent.SOURCE_ADDED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            object_id=settings.slug,
            details={"standard": settings.standard, "space": settings.space},
        )
    return added


@dataclass(frozen=True, slots=True)
class Renewed:
    """What renewing a secret did."""

    renewed: bool
    """False: this secret is in use already."""
    waiting: int
    """Returned records that waited for it and are tried again now."""


def renew_secret(
    services: SchoolServices, slug: str, secret: bytes, *, actor: Actor, now: datetime
) -> Renewed:
    """Renew the client secret of a source, when its system takes it; in use at once, without a restart.

    Raises:
        SourceError: the system gives no token for it, so the old one stays.
    """
    settings = source_settings.get(services.school, slug, board_id=services.board_id)
    if _in_use(services, settings) == secret.strip():
        return Renewed(False, 0)
    # Another file than the one in use: a program at work notices, and a crash in between leaves the old one.
    renewed = replace(settings, secret_file=source_secrets.new_name(slug))
    path = source_secrets.keep(services.settings.secrets_folder, renewed.secret_file, secret)
    try:
        _require_taken(services, renewed)
        now_ms = to_ms(now)
        with writing(services.school) as connection:
            source_settings.change(connection, renewed, board_id=services.board_id, now_ms=now_ms)
            audit.record(
                connection,
                AuditEvent.SOURCE_CHANGED,
                board_id=services.board_id,
                actor=actor,
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
    return Renewed(True, waiting)


def _in_use(services: SchoolServices, settings: SourceSettings) -> bytes | None:
    try:
        return source_secrets.read(services.settings.secrets_folder, settings.secret_file).encode()
    except SettingsError:
        # Not there, or open to others: all the more reason to renew it.
        return None


def _require_taken(services: SchoolServices, settings: SourceSettings) -> None:
    """Raises `SourceError` unless the system gives a token for the new secret; nothing else is asked of it."""
    opened = open_one(services, settings, limits=ASKED_NOW)
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


def check(services: SchoolServices, slug: str, *, actor: Actor, now: datetime) -> CheckedSource:
    """Read everything once and keep nothing.

    Raises:
        SourceError: it cannot be used as it is set up; the sentence says what to do.
    """
    settings = source_settings.get(services.school, slug, board_id=services.board_id)
    opened = open_one(services, settings, limits=ASKED_NOW)
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
        actor=actor,
        now_ms=to_ms(now),
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
    return CheckedSource(
        reachable=found.reachable,
        token=found.token,
        counts=counts,
        longest_identifier={each.kind.value: each.longest_identifier for each in found.kinds},
    )


def schools(
    services: SchoolServices, slug: str, given: Mapping[str, str], *, actor: Actor, now: datetime
) -> list[SchoolOfSource]:
    """List the schools that a source delivers, and tie those in `given` (organisation to BRIN).

    Those whose number is a BRIN of the board tie themselves.

    Raises:
        UsageError: a BRIN of another board, or an organisation that the source does not deliver.
    """
    settings = source_settings.get(services.school, slug, board_id=services.board_id)
    outside = sorted({brin for brin in given.values() if brin[:4] not in services.settings.brins})
    if outside:
        raise UsageError(
            "A BRIN that is given is not one of the board's.",
            code="brin_not_of_board",
            remedy="Add it to `brins` in settings.toml, or mend what was given.",
        )
    opened = open_one(services, settings, limits=ASKED_NOW)
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
    now_ms = to_ms(now)
    changed = source_settings.map_schools(
        services.school, slug, {**themselves, **given}, board_id=services.board_id, now_ms=now_ms
    )
    if changed:
        audit.record(
            services.school,
            AuditEvent.SOURCE_SCHOOLS_MAPPED,
            board_id=services.board_id,
            actor=actor,
            now_ms=now_ms,
            object_id=slug,
            details={"count": changed, "brins": tuple(sorted({*themselves.values(), *given.values()}))},
        )
    mapped = source_settings.schools(services.school, slug, board_id=services.board_id)
    return [
        SchoolOfSource(
            identifier=school.identifier,
            name=school.name,
            number=school.number,
            brin=mapped.get(school.identifier),
        )
        for school in delivered
    ]


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
