"""A rig whose door has a sandbox beside the real board: both over real HTTP, the sandbox's school side in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import orjson
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.cli.sandbox import add_version, make_sandbox
from gateway.demo.vendors import Exchange, SimulatedVendor
from gateway.front.app import create_front_app
from gateway.front.counting import SharedCounts
from gateway.front.main import services_of
from gateway.front.sandbox.mount import SandboxDoor
from gateway.front.services import FrontServices
from gateway.sandbox.running import Ceremonies, SandboxRun
from tests.journeys.rig import Rig

CEREMONIES = Ceremonies(make=make_sandbox, new_version=add_version)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: object) -> None:
        return


def switch_on(home: Path) -> None:
    """Homes of tests have no sandbox, so that none starts beside a gateway that is served for long."""
    settings = home / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("sandbox = false", "sandbox = true"))


@contextmanager
def door_with_sandbox(rig: Rig) -> Iterator[SandboxDoor]:
    """The door as a worker process of it is put together, in this process."""
    switch_on(rig.home)
    services, counts = services_of(rig.home, public_url=rig.url), SharedCounts()

    def of_sandbox(folder: Path) -> FrontServices:
        opened = services_of(folder, public_url=f"{rig.url}/sandbox", counts=counts)
        return replace(opened, trusted_proxies=("127.0.0.1",))

    door = SandboxDoor(create_front_app(services).wsgi_app, rig.home, of_sandbox, counts=counts)
    address = urlsplit(rig.url)
    server = make_server(
        str(address.hostname), int(address.port or 0), door, threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        services.engine.dispose()
        door.close()


@contextmanager
def sandbox_at_work(home: Path) -> Iterator[SandboxRun]:
    """The school side of the sandbox, until the block ends."""
    run, ready = SandboxRun(home, CEREMONIES), threading.Event()
    thread = threading.Thread(target=partial(run.run, at_work=ready.set))
    thread.start()
    try:
        assert ready.wait(30), "the sandbox did not start"
        yield run
    finally:
        run.end()
        thread.join()


class Builder:
    """A vendor's developer with nothing but the address of a gateway."""

    def __init__(self, url: str, *, address: str = "192.0.2.1") -> None:
        self.sandbox = f"{url}/sandbox"
        self._from = {"X-Forwarded-For": address}
        self._http = SimulatedVendor(self.sandbox, f"{self.sandbox}/oauth2/token", "", "")
        self.said: dict[str, str] = {}
        self.vendor = self._http

    def start(self, basis: str = "task") -> Exchange:
        """Take a place; `vendor` is its plain OneRoster client from now on."""
        headers, body = {**self._from, **FORM}, urlencode({"basis": basis}).encode()
        answer = self._http.send(
            "POST", f"{self.sandbox}/start", headers=headers, body=body, with_token=False
        )
        if answer.status == 201:
            self.said = {key: str(value) for key, value in answer.document().items()}
            self.vendor = SimulatedVendor(
                self.said["base_url"],
                self.said["token_url"],
                self.said["client_id"],
                self.said["client_secret"],
            )
        return answer

    def press(self, happening: str = "", **form: str) -> Exchange:
        """Press a button, from a script."""
        fields = {"client_id": self.said["client_id"], "client_secret": self.said["client_secret"]}
        body = urlencode({**fields, "happening": happening, **form}).encode()
        headers = {**self._from, **FORM}
        url = f"{self.sandbox}/press"
        return self._http.send("POST", url, headers=headers, body=body, with_token=False)

    def happens(self, happening: str) -> None:
        """Press a button, and wait until it is done."""
        answer = self.press(happening)
        assert answer.status == 200, answer.body
        self.until(lambda told: told["happened"][0]["state"] != "waiting", first=answer)  # type: ignore[index]
        (newest, *_) = self.told()["happened"]  # type: ignore[misc]
        assert (newest["happening"], newest["state"]) == (happening, "done"), newest

    def told(self) -> dict[str, object]:
        """What the sandbox tells about this place."""
        return dict(self.press().document())

    def until(
        self, found: Callable[[dict[str, object]], object], *, first: Exchange | None = None
    ) -> dict[str, object]:
        """Look again until something is told."""
        deadline = time.monotonic() + 30
        told = self.told() if first is None else dict(orjson.loads(first.body))
        while not found(told):
            assert time.monotonic() < deadline, told
            with suppress(OSError):
                told = self.told()
            time.sleep(0.1)
        return told

    def received_bytes(self) -> bytes:
        """Every byte that the sandbox sent to this builder."""
        return self._http.received_bytes() + self.vendor.received_bytes()

    def close(self) -> None:
        self._http.close()
        self.vendor.close()
