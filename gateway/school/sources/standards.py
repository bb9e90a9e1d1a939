"""The standards in which a source can be read; a new one is one folder and one line here."""

from __future__ import annotations

from typing import Final

from gateway.connections.source_settings import SourceSettings
from gateway.egress import Limits
from gateway.errors import SettingsError
from gateway.school.sources.contract import Source
from gateway.school.sources.oneroster_rest.source import open_oneroster_rest

STANDARDS: Final = (
    ("oneroster-1.2", open_oneroster_rest),
    ("oneroster-1.1", open_oneroster_rest),
)


def open_source(
    settings: SourceSettings,
    *,
    client_secret: str,
    allow_plain_http: bool = False,
    limits: Limits | None = None,
) -> Source:
    """Make the source that `settings` describe; nothing is asked of it yet.

    Raises:
        SettingsError: code `standard_unknown`, or an address that is not acceptable (`gateway.egress`).
    """
    for standard, opener in STANDARDS:
        if standard == settings.standard:
            return opener(
                settings, client_secret=client_secret, allow_plain_http=allow_plain_http, limits=limits
            )
    raise SettingsError(
        "The source has a standard that this program does not know.",
        code="standard_unknown",
        remedy=f"Use one of: {', '.join(standard for standard, _ in STANDARDS)}.",
    )
