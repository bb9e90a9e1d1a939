"""`schuilnaam source`: which school systems are read, whether they can be, and which of their schools are whose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from gateway.cli.console import Console, read_secret, standard_options
from gateway.errors import UsageError
from gateway.school import source_setup
from gateway.school.services import clock
from gateway.school.source_setup import SchoolOfSource


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
    settings = source_setup.settings_of(
        slug=slug,
        standard=standard,
        url=url,
        token_url=token_url,
        client_id=client_id,
        space=space,
        results=results,
        data_version=data_version,
        path_version=path_version,
        page_size=page_size,
    )
    added = source_setup.add(services, settings, secret, actor=services.operator(), now=clock())
    console.answer(
        {"source": slug, "space": settings.space, "results": settings.results.value, "added": added},
        f"{'Added' if added else 'Already there'}: {slug}. Next: schuilnaam source check {slug}",
    )


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
    given = read_secret(client_secret_file, "Client secret")
    done = source_setup.renew_secret(services, slug, given, actor=services.operator(), now=clock())
    if not done.renewed:
        console.answer({"source": slug, "renewed": False}, f"{slug} uses this secret already.")
        return
    console.answer(
        {"source": slug, "renewed": True, "waiting": done.waiting},
        f"Renewed: {slug}. {done.waiting} returned records that waited for it are tried again.",
    )


@source.command("check")
@click.argument("slug")
@standard_options
def check(console: Console, slug: str) -> None:
    """Read everything once and keep nothing: reachable, access, counts, and whether identifiers fit."""
    services = console.services()
    found = source_setup.check(services, slug, actor=services.operator(), now=clock())
    console.answer(
        {
            "source": slug,
            "reachable": found.reachable,
            "token": found.token,
            "counts": found.counts,
            "longest_identifier": found.longest_identifier,
        },
        "\n".join(f"{name:>18}: {count}" for name, count in found.counts.items())
        + "\nThe source can be used.",
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
    given = dict(_pair(text) for text in maps)
    _show(console, source_setup.schools(services, slug, given, actor=services.operator(), now=clock()))


def _pair(text: str) -> tuple[str, str]:
    org, equals, brin = text.rpartition("=")
    if not equals or not org or not brin:
        raise UsageError("--map is SOURCE_ORG=BRIN.", code="map_invalid")
    return org, brin.upper()


def _show(console: Console, delivered: Sequence[SchoolOfSource]) -> None:
    rows = [
        {"org": school.identifier, "name": school.name, "number": school.number, "brin": school.brin}
        for school in delivered
    ]
    lines = [f"{row['brin'] or '(unmapped)':<10} {row['org']}  {row['name']}" for row in rows]
    if any(row["brin"] is None for row in rows):
        lines.append("An unmapped school is in nobody's scope: tie it with --map SOURCE_ORG=BRIN.")
    console.answer({"schools": rows}, "\n".join(lines) or "The source delivers no schools.")
