"""A whole gateway for a test: home folder, simulated school systems, agreements, and a served front over real HTTP."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.demo import papers
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import Stage, write_private
from gateway.demo.vendors import SimulatedVendor
from gateway.school.services import SchoolServices, open_services
from tests import initialised

PASSPHRASE = initialised.PASSPHRASE


class Rig:
    """One board under test.

    Example:
        rig = Rig(tmp_path, [school]); rig.agree("rekenwijs"); rig.refresh(); rig.serve()
        vendor = rig.vendor("rekenwijs"); vendor.pull("users")
    """

    def __init__(
        self, folder: Path, schools: Sequence[SimulatedSchool], *, database: str | None = None
    ) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.schools = schools
        self.passphrase_file = folder / "passphrase"
        self._stage = Stage(self._with_passphrase, self.home)
        self._stage.passphrase_file = self.passphrase_file
        self._vendors: list[SimulatedVendor] = []
        self._services: SchoolServices | None = None
        write_private(self.passphrase_file, PASSPHRASE)
        self._stage.choose_address()
        self.url = self._stage.url
        database = database or os.environ.get("SCHUILNAAM_TEST_JOURNEYS_ON")
        if database is None:
            initialised.new_home(self.home, public_url=self.url)
        else:
            brins = [word for brin in initialised.BRINS for word in ("--brin", brin)]
            where = ["--public-url", self.url, "--database", database]
            self.command("init", "--no-sandbox", "--board", initialised.BOARD, *brins, *where)
        for number, school in enumerate(schools, 1):
            self.add_source(f"las-{number}", school)

    def _with_passphrase(self, arguments: Sequence[str]) -> tuple[int, str]:
        return initialised.quiet([*arguments, "--passphrase-file", str(self.passphrase_file)])

    # -- set-up -----------------------------------------------------------------------------------------------

    def command(self, *arguments: str) -> dict[str, object]:
        """A command that must succeed; its JSON answer."""
        status, output = self._with_passphrase([*arguments, "--home", str(self.home), "--json"])
        assert status == 0, (arguments[:2], status, output)
        answer = json.loads(output)
        assert isinstance(answer, dict)
        return answer

    def refused(self, *arguments: str) -> tuple[int, str]:
        """A command that must fail: exit status and stable code."""
        status, output = self._with_passphrase([*arguments, "--home", str(self.home), "--json"])
        assert status != 0, arguments[:2]
        return status, str(json.loads(output)["error"]["code"])

    def add_source(self, slug: str, school: SimulatedSchool, *more: str) -> None:
        """Add a school system and let its schools map themselves."""
        secret = self.folder / f"secret-{slug}"
        write_private(secret, school.client_secret.encode())
        self.command(
            "source", "add", slug, "--standard", "oneroster-1.2", "--url", school.base_url,
            "--token-url", school.token_url, "--client-id", school.client_id,
            "--client-secret-file", str(secret), *more,
        )  # fmt: skip
        self.command("source", "schools", slug)

    def record(self, product: str, **changes: object) -> dict[str, object]:
        """An agreement record for a product; `data`, `services`, `brins`, `kvk`, `agreement_id`, `term` change it."""
        today = changes.pop("today", datetime.now(UTC).date())
        assert isinstance(today, date)
        kvk = str(changes.pop("kvk", 10_000_000 + sum(map(ord, product)) * 7_919 % 89_999_999))
        record = papers.agreement(
            str(changes.pop("agreement_id", f"VO-{product}")),
            vendor=f"{product.title()} B.V.",
            kvk=kvk,
            product=product,
            board="Stichting Toets",
            brins=changes.pop("brins", ["99ZZ", "98YY"]),  # type: ignore[arg-type]
            data=changes.pop("data", papers.full_terms()),  # type: ignore[arg-type]
            services=changes.pop("services", ["roster", "results"]),  # type: ignore[arg-type]
            today=today,
        )
        if "term" in changes:
            term = changes.pop("term")
            assert isinstance(term, dict)
            record["term"] = {**record["term"], **term}  # type: ignore[dict-item]
        products = record["products"]
        assert isinstance(products, list)
        products[0].update(changes)
        return record

    def register(self, product: str, **changes: object) -> str:
        """Register and approve; returns the agreement's id."""
        record = self.record(product, **changes)
        path = self.folder / f"{record['agreement_id']}.json"
        path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        registered = self.command("agreement", "register", str(path), "--by", "applicatiebeheerder")
        if registered["state"] == "registered":
            self.command("agreement", "approve", str(registered["id"]), "--by", "bestuurder")
            for finding in registered["findings"]:  # type: ignore[attr-defined]
                self.command(
                    "agreement", "accept-finding", str(registered["id"]), finding["code"],
                    "--reason", "in een toets", "--by", "bestuurder",
                )  # fmt: skip
        return str(registered["id"])

    def agree(self, product: str, **changes: object) -> str:
        """Register, approve and activate; returns the agreement's id."""
        reference = self.register(product, **changes)
        if self.command("agreement", "show", reference)["state"] == "approved":
            self.command("agreement", "activate", reference)
        return reference

    def refresh(self, *more: str) -> dict[str, object]:
        """Refresh all products; the command's answer."""
        return self.command("refresh", *more)

    # -- running ----------------------------------------------------------------------------------------------

    def serve(self, *, workers: int = 1) -> None:
        """Start `schuilnaam serve` and wait until it answers."""
        self._stage.start(workers=workers)

    def serve_front(self) -> None:
        """Start the vendors' door alone: what vendors return stays in the inbox."""
        self._stage.start(only="--front")

    def stop(self) -> None:
        """Stop the gateway and close what the test opened."""
        self._stage.stop()
        for vendor in self._vendors:
            vendor.close()
        if self._services is not None:
            self._services.front.dispose()
            self._services.school.dispose()

    def move_to(self, home: Path) -> None:
        """Go on with another home folder, such as a restored one; the gateway must be stopped."""
        if self._services is not None:
            self._services.front.dispose()
            self._services.school.dispose()
            self._services = None
        self.home = self._stage.home = home

    def forget_process(self) -> None:
        """Of a gateway that was killed: wait until it is gone."""
        self._stage.stop()

    def wait_until_ended(self, *, seconds: float = 30) -> None:
        """Until `serve` ends by itself."""
        deadline = time.monotonic() + seconds
        while Path(f"/proc/{self.process_id}/exe").exists():
            assert time.monotonic() < deadline, "the gateway did not end"
            time.sleep(0.05)
        self.forget_process()

    @property
    def process_id(self) -> int:
        """Of the `serve` command."""
        return self._stage.process_id

    def vendor(self, product: str) -> SimulatedVendor:
        """A platform with fresh credentials for a product."""
        issued = self.command("client", "issue", product)
        client_id, client_secret = str(issued["client_id"]), str(issued["client_secret"])
        vendor = SimulatedVendor(self.url, f"{self.url}/oauth2/token", client_id, client_secret, name=product)
        self._vendors.append(vendor)
        return vendor

    def services(self) -> SchoolServices:
        """The school side, for looking at what was registered."""
        if self._services is None:
            self._services = open_services(self.home)
        return self._services

    def audited(self, log: str = "school") -> list[dict[str, object]]:
        """Entries of an audit log, in order: `school` or `front`."""
        from gateway.registers import audit
        from gateway.registers.tables import Log

        services = self.services()
        engine = services.school if log == "school" else services.front
        which = Log.AUDIT_SCHOOL if log == "school" else Log.AUDIT
        return [
            {
                "event": each.event,
                "object": each.object_id,
                "product": each.product,
                "details": dict(each.details),
            }
            for each in audit.listed(engine, which, board_id=services.board_id)
        ]

    def disclosures(self) -> list[dict[str, object]]:
        """Everything in the register of disclosures."""
        found = self.command("register", "disclosures")["disclosures"]
        assert isinstance(found, list)
        return found
