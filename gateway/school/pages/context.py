"""What every page works with, kept by the application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from flask import current_app

from gateway.school.doctor.background import Examiner
from gateway.school.services import SchoolServices
from gateway.school.staff.oidc import IdentityProvider
from gateway.school.staff.pages_key import PagesKey
from gateway.school.staff.sessions import SessionLimits

_NAME: Final = "schuilnaam"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesContext:
    """Services, clock and address of the staff pages."""

    services: SchoolServices
    key: PagesKey
    pages_url: str
    """Without a trailing slash; from the settings, never from a request."""
    now: Callable[[], datetime]
    limits: SessionLimits
    examiner: Examiner
    identity_provider: IdentityProvider | None = None
    """None: staff sign in with accounts of the gateway alone."""

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.pages_url.startswith("https://")


def keep(extensions: dict[str, object], pages: PagesContext) -> None:
    """Give the context to an application."""
    extensions[_NAME] = pages


def context() -> PagesContext:
    """The context of the application that answers now."""
    return cast(PagesContext, current_app.extensions[_NAME])
