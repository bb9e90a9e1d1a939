"""What pupils and parents say at the desk, for the journeys: consents, withdrawals, objections, as commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.instants import local_day
from gateway.demo.vendors import SimulatedVendor
from tests.journeys.rig import Rig

EVER = "1970-01-01T00:00:00.000Z"
PRODUCT = "onderzoek"


def today() -> date:
    """The school's day."""
    return local_day(datetime.now(UTC))


def years_ago(years: int, *, days: int = 0) -> str:
    """The birth date of somebody who becomes `years` in `days` days; today with 0."""
    day = today() + timedelta(days=days)
    return day.replace(year=day.year - years).isoformat()


@dataclass
class Desk:
    """Somebody at the school who records what was said about one product on the basis of consent."""

    rig: Rig
    product: str = PRODUCT

    def form(self, *more: str, language: str = "nl") -> dict[str, Any]:
        """Print the form; registers its text."""
        number = len(list(self.rig.folder.glob("form-*.html")))
        path = self.rig.folder / f"form-{number}.html"
        return self.rig.command("consent", "form", self.product, "--lang", language, "-o", str(path), *more)

    def arguments(
        self, step: str, pupil: str, by: str, *more: str, method: str = "paper", source: str = "las-1"
    ) -> list[str]:
        """One answer as typed."""
        evidence = ["--evidence", "map 3, blad 7"] if step == "give" else []
        return [
            "consent", step, "--pupil", f"{source}:{pupil}", "--product", self.product, "--said-by", by,
            "--method", method, "--as", "administratie", *evidence, *more,
        ]  # fmt: skip

    def say(
        self, step: str, pupil: str, by: str = "representative-1", *more: str, method: str = "paper"
    ) -> dict[str, Any]:
        """Record an answer that can be recorded."""
        return self.rig.command(*self.arguments(step, pupil, by, *more, method=method))

    def refused(
        self, step: str, pupil: str, by: str = "representative-1", *more: str, method: str = "paper"
    ) -> tuple[int, str]:
        """An answer that may not be recorded: exit status and code."""
        return self.rig.refused(*self.arguments(step, pupil, by, *more, method=method))

    def show(self, pupil: str) -> dict[str, Any]:
        """Everything that was said about a pupil."""
        return self.rig.command(
            "consent", "show", "--pupil", f"las-1:{pupil}", "--as", "privacy officer", "--reason", "zaak 9"
        )

    def states(self, pupil: str) -> set[str]:
        """What it comes to, over all purposes."""
        (say,) = self.show(pupil)["products"]
        return {str(each["state"]) for each in say["standings"].values()}

    def pseudonym(self, pupil: str) -> str:
        """What the vendor calls the pupil."""
        shown = self.rig.command(
            "preview",
            "--product",
            self.product,
            "--pupil",
            f"las-1:{pupil}",
            "--as",
            "ik",
            "--reason",
            "zaak 9",
        )
        (row,) = [each for each in shown["fields"] if each["field"] == "user.sourcedId"]  # type: ignore[attr-defined]
        return str(row["sent"])


def students(vendor: SimulatedVendor) -> set[str]:
    return set(vendor.pull("students").ids())


def tombstones(vendor: SimulatedVendor, collection: str = "users") -> dict[str, dict[str, Any]]:
    """In a delta from the beginning, by id."""
    found = vendor.delta(collection, EVER).records
    return {str(each["sourcedId"]): dict(each) for each in found if each["status"] == "tobedeleted"}
