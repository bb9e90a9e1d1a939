"""Somebody at a browser: signs in, follows links, and every page that is seen is checked for accessibility."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gateway.demo.stage import free_port
from tests.journeys.rig import Rig

PASSWORD = "vier paarden op de dijk"


@contextmanager
def served(rig: Rig) -> Iterator[str]:
    """`schuilnaam serve --pages`, as somebody starts it; the address of the pages."""
    place = f"127.0.0.1:{free_port()}"
    serving = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", "serve", "--bind", rig.url.removeprefix("http://"),
         "--pages", place, "--workers", "1", "--home", str(rig.home), "--json",
         "--passphrase-file", str(rig.passphrase_file)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert serving.stdout is not None
    try:
        yield json.loads(serving.stdout.readline())["pages"]
    finally:
        serving.terminate()
        serving.communicate(timeout=60)
    assert serving.returncode == 0


class Person:
    """One person in a browser of their own."""

    def __init__(self, chromium: Browser, url: str, *, language: str = "en", width: int = 1280) -> None:
        self.url = url
        self._context = chromium.new_context(locale=language, viewport={"width": width, "height": 900})
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.looks = True
        """Off while a page is passed that another walk looks at."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self._seed = ""
        self._name = ""

    def _hear(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind == "error" or "Content Security Policy" in text:
            self.complaints.append(text)

    def close(self) -> None:
        self._context.close()

    # -- going ----------------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Go to a page, and look whether anybody can use it."""
        self.page.goto(self.url + path)
        self.look(path)

    def press(self, name: str, *, within: str = "main") -> None:
        """Press a button and wait for the page that comes."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=name, exact=True).click()
        self.look(urlsplit(self.page.url).path)

    def press_refused(self, name: str) -> None:
        """Press a button and be told why not: the page that comes says so, and is as good as any."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=name, exact=True).click()
        # The browser complains of the status itself.
        self.complaints = [
            each for each in self.complaints if "the server responded with a status of 4" not in each
        ]
        self.look(urlsplit(self.page.url).path + " refused")

    def look(self, what: str) -> None:
        """Axe finds nothing, the page is not wider than the window, and the browser has nothing to complain of."""
        if not self.looks:
            return
        found = Axe().run(self.page)
        said = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found.response["violations"]]
        assert said == [], (what, said)
        overflow = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, (what, overflow)
        assert self.complaints == [], what
        folder = os.environ.get("SCHUILNAAM_SCREENSHOTS")
        if folder:
            name = what.strip("/").replace("/", "-").partition("?")[0][:40] or "start"
            size = self.page.viewport_size or {"width": 0}
            place = Path(folder) / f"{len(list(Path(folder).iterdir())):03d}-{size['width']}-{name}.png"
            self.page.screenshot(path=place, full_page=True)

    def carry(self, cookies: Iterable[tuple[str, str]]) -> None:
        """Go on with the session of somebody who signed in without this browser."""
        self._context.add_cookies(
            [{"name": name, "value": value, "url": self.url} for name, value in cookies]
        )

    # -- signing in -----------------------------------------------------------------------------------------------

    def accept_invitation(self, link: str, name: str) -> None:
        """Choose a password and an authenticator."""
        self.open(urlsplit(link).path)
        self._name = name
        self._seed = self.page.locator("figcaption code").inner_text().replace(" ", "")
        self.page.fill("#password", PASSWORD)
        self.page.fill("#again", PASSWORD)
        # Of the half minute before: signing in needs a code that was not used yet.
        self.page.fill("#code", pyotp.TOTP(self._seed).at(datetime.now() - timedelta(seconds=30)))
        with self.page.expect_navigation():
            self.page.locator("main form button").click()
        self.look("recovery codes")

    def sign_in(self) -> None:
        """With password and one-time code."""
        self.open("/sign-in")
        self.page.fill("#name", self._name)
        self.page.fill("#password", PASSWORD)
        with self.page.expect_navigation():
            self.page.locator("main form button").click()
        self.look("code")
        self.page.fill("#code", pyotp.TOTP(self._seed).now())
        with self.page.expect_navigation():
            self.page.locator("main form button").click()
        self.look("start")
