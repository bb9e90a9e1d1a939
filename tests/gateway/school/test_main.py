"""What the school side's program does when something happens that nobody foresaw."""

from __future__ import annotations

import errno
import threading
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.errors import GatewayUnready
from gateway.school import main
from gateway.school.services import SchoolServices


class _Fails:
    """A delivery run that fails in a way that is no error of ours, then stops the side."""

    tries = 0

    def __init__(self, side: main.SchoolSide) -> None:
        self._side = side

    def once(self, stop: threading.Event) -> int:
        self.tries += 1
        if self.tries > 1:
            self._side.stop.set()
            return 0
        raise KeyError("Roos Vermeulen")

    def close(self) -> None:
        return


@pytest.fixture
def side() -> main.SchoolSide:
    services = SimpleNamespace(
        front=None, storage_key=None, board_id="b", settings=SimpleNamespace(max_age_days=14)
    )
    return main.SchoolSide(cast(SchoolServices, services))


def test_a_delivery_that_fails_in_an_unforeseen_way_is_tried_again_and_tells_no_value(
    side: main.SchoolSide, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "AFTER_UNEXPECTED_SECONDS", 0.01)
    fails = _Fails(side)
    monkeypatch.setattr(main, "DeliveryRun", lambda services, now: fails)
    side._deliver()
    assert fails.tries == 2
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "Vermeulen" not in told


def test_a_step_that_fails_in_an_unforeseen_way_stops_nothing_and_tells_no_value(
    side: main.SchoolSide, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "AFTER_UNEXPECTED_SECONDS", 0.01)

    def step() -> None:
        raise ValueError("Roos Vermeulen")

    side._guarded(step)
    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "Vermeulen" not in told


@pytest.mark.parametrize(
    "error", [ValueError("x"), GatewayUnready("The disk is full.", code="register_unwritable")]
)
def test_a_standard_error_that_takes_no_more_does_not_end_the_loop(
    side: main.SchoolSide, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(main, "AFTER_UNEXPECTED_SECONDS", 0.01)

    def step() -> None:
        raise error

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("builtins.print", refuse)

    assert side._guarded(step) is None


def test_consents_end_once_a_day_and_for_days_on_which_nothing_ran(
    side: main.SchoolSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    asked: list[tuple[date, datetime]] = []
    monkeypatch.setattr(main, "clock", lambda: now)
    monkeypatch.setattr(main, "end_consents", lambda services, since, now: asked.append((since, now)))

    side._let_consents_end()
    side._let_consents_end()
    assert asked == [(date(2026, 11, 9), now)]
    # Midnight in Amsterdam is 23:00 in UTC.
    now = datetime(2026, 11, 24, 23, tzinfo=UTC)
    side._let_consents_end()
    assert asked[1:] == [(date(2026, 11, 10), now)]


def test_consents_that_could_not_end_are_tried_again(
    side: main.SchoolSide, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[bool] = []

    def fails_once(services: SchoolServices, since: date, now: datetime) -> int:
        tries.append(True)
        if len(tries) == 1:
            raise GatewayUnready("The database does not answer.", code="database_unavailable")
        return 0

    monkeypatch.setattr(main, "end_consents", fails_once)
    for _ in range(3):
        side._guarded(side._let_consents_end)
    assert len(tries) == 2
    assert "database_unavailable" in capsys.readouterr().err
