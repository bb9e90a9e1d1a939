"""The staff pages over real HTTP: a home folder, the application in a thread, and people who sign in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pyotp
import requests
from werkzeug.serving import make_server

from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.school.app import create_school_app
from gateway.school.services import SchoolServices, open_services
from gateway.school.staff import accounts, proofs
from gateway.school.staff.accounts import grants_from
from gateway.school.staff.pages_key import PagesKey
from tests import initialised

PASSWORD = "vier paarden op de dijk"


PASSPHRASE = initialised.PASSPHRASE


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Office:
    """One board with its staff pages served on 127.0.0.1."""

    def __init__(self, folder: Path, *, home: Path | None = None) -> None:
        """`home`: one that a journey made, with the same passphrase."""
        self.home = folder / "home" if home is None else home
        if home is None:
            initialised.new_home(self.home)
        self.services: SchoolServices = open_services(self.home).unlock(PASSPHRASE.strip())
        self.clock = Clock()
        self.serve()

    def serve(self) -> None:
        """Start the pages; their address is `url`."""
        self._server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.app = create_school_app(self.services, pages_url=self.url, now=self.clock)
        self._server.app = self.app
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.services.front.dispose()
        self.services.school.dispose()

    # -- people ---------------------------------------------------------------------------------------------------

    def invite(self, name: str, *roles: str) -> str:
        """Invite somebody by the command's own operation; returns the token."""
        return accounts.invite(
            self.services,
            name=name,
            display_name=name.title(),
            grants=grants_from(roles),
            actor=self.services.operator(),
            now=self.clock(),
        )

    def employ(self, name: str, *roles: str) -> Person:
        """An account with password, second factor and an open session."""
        token, seed = self.invite(name, *roles), proofs.new_totp_seed()
        accounts.accept_invitation(
            self.services,
            PagesKey.open(self.services.settings.pages_key_path),
            token,
            password=PASSWORD,
            totp_seed=seed,
            totp_code=pyotp.TOTP(seed).at(self.clock()),
            now=self.clock(),
        )
        person = Person(self, name, seed)
        person.sign_in()
        return person

    def events(self, event: AuditEvent) -> list[audit.Audited]:
        """What the school's audit log says."""
        return list(
            audit.listed(self.services.school, Log.AUDIT_SCHOOL, board_id=self.services.board_id, event=event)
        )

    def with_settings(self, **changes: object) -> None:
        """Serve again with other settings."""
        self._server.shutdown()
        self._server.server_close()
        settings = replace(self.services.settings, **changes)  # type: ignore[arg-type]
        self.services = replace(self.services, settings=settings)
        self.serve()


class Browser:
    """A browser without script: keeps cookies, follows redirects, fills in forms."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = "en"

    def get(self, path: str, **more: object) -> requests.Response:
        return self._http.get(self.office.url + path, timeout=10, **more)  # type: ignore[arg-type]

    def post(
        self,
        path: str,
        fields: dict[str, object] | Iterable[tuple[str, object]] = (),
        *,
        page: str | None = None,
        files: dict[str, tuple[str, bytes]] | None = None,
        token: str | None = None,
    ) -> requests.Response:
        """Send a form as the page `page` (default: the address itself) gives it."""
        if token is None:
            shown = self.get(path if page is None else page)
            token = csrf_token(shown.text)
        body = [*(fields.items() if isinstance(fields, dict) else fields), ("csrf_token", token)]
        return self._http.post(
            self.office.url + path,
            data=body,
            files=files,
            headers={"Referer": self.office.url + path},
            timeout=10,
        )

    @property
    def cookies(self) -> requests.cookies.RequestsCookieJar:
        return self._http.cookies


class Person(Browser):
    """Somebody with an account."""

    def __init__(self, office: Office, name: str, seed: str) -> None:
        super().__init__(office)
        self.name = name
        self.seed = seed

    def sign_in(self) -> requests.Response:
        """With password and one-time code, as a browser does."""
        # A code is used once: the next half minute has the next one.
        self.office.clock.ahead += timedelta(seconds=31)
        first = self.post("/sign-in", {"name": self.name, "password": PASSWORD, "next": "/"})
        assert first.status_code == 200, first.text
        assert "/sign-in/code" in first.url
        done = self.post("/sign-in/code", {"code": self.code(), "next": "/"})
        assert done.status_code == 200, done.text
        return done

    def code(self) -> str:
        """What the authenticator shows now."""
        return pyotp.TOTP(self.seed).at(self.office.clock())


def csrf_token(page: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page[:500]
    return found[1]


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def visible(page: str) -> str:
    """What one reads on a page, in one line."""
    parser = _Text()
    parser.feed(page)
    return " ".join(" ".join(parser.parts).split())


def seed_on(page: str) -> str:
    """The authenticator's key on the page of an invitation."""
    found = re.search(r"<code>((?:[A-Z2-7]{4} )+[A-Z2-7]{1,4})</code>", page)
    assert found is not None
    return found[1].replace(" ", "")
