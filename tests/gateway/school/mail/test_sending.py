"""Mails over real SMTP: who gets what, over which connection, and what becomes of what cannot be sent."""

from __future__ import annotations

import dataclasses
import itertools
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.calendar import Occasion
from gateway.database import writing
from gateway.errors import DeliveryError, GatewayError, GatewayUnready
from gateway.school.mail import sending, smtp, stored
from gateway.school.mail.outbox import Outbox
from gateway.school.mail.sending import Sent
from gateway.school.mail.stored import MailState
from gateway.school.staff.roles import Role
from tests.gateway.school.terms.world import TermsWorld
from tests.simulators.mail_server import MailServer

FACTS = {"vendor": "Leesvlot B.V.", "kvk": "76543210", "products": ("leesvlot",), "by": "Bert Smit"}


@pytest.fixture
def server(tmp_path: Path, world: TermsWorld) -> Iterator[MailServer]:
    folder = tmp_path / "mail"
    folder.mkdir()
    with MailServer(folder) as server:
        server.write(world.home)
        yield server


def tell(
    world: TermsWorld, key: str = "one", occasion: Occasion = Occasion.VENDOR_STOPPED, **facts: Any
) -> bool:
    with writing(world.services.school) as connection:
        return Outbox(connection, world.services.settings, now=world.now).tell(
            occasion, key, {**FACTS, **facts}
        )


def send(world: TermsWorld) -> Sent:
    return sending.send_due(world.services, now=lambda: world.now)


def test_mail_goes_to_the_addresses_of_its_roles_encrypted_and_logged_in(
    world: TermsWorld, server: MailServer
) -> None:
    tell(world)

    assert send(world) == Sent(sent=1)

    (mail,) = server.mails
    assert mail.to == [
        "beheer@school.example", "bestuur@school.example", "privacy@school.example", "fg@school.example",
    ]  # fmt: skip
    assert (mail.encrypted, mail.logged_in, mail.sender) == (True, True, "schuilnaam@school.example")
    assert mail.subject == "Leesvlot B.V. is stilgezet"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "schuilnaam vendor resume 76543210" in mail.text
    assert "geen gegevens van leerlingen" in mail.text
    (row,) = world.mails()
    assert (row.state, row.attempts, row.sent_to) == (MailState.SENT, 1, tuple(mail.to))


def test_what_was_told_is_not_told_again_and_what_was_sent_not_sent_again(
    world: TermsWorld, server: MailServer
) -> None:
    assert tell(world) is True
    assert tell(world) is False
    assert tell(world, "two") is True
    send(world)
    assert send(world) == Sent()
    assert len(server.mails) == 2


def test_one_address_in_two_roles_gets_one_mail(world: TermsWorld, server: MailServer) -> None:
    server.write(world.home, approver=("privacy@school.example",), data_protection_officer=())
    tell(world)
    send(world)
    assert server.mails[0].to == ["beheer@school.example", "privacy@school.example"]


def test_english_is_sent_where_the_board_chose_it(world: TermsWorld, server: MailServer) -> None:
    world.with_settings(language="en")
    tell(world)
    send(world)
    assert server.mails[0].subject == "Leesvlot B.V. is stopped"
    assert server.mails[0].message["Content-Language"] == "en"


def test_without_settings_nothing_is_sent_and_it_waits(world: TermsWorld) -> None:
    tell(world)
    assert send(world) == Sent()
    assert [mail.state for mail in world.mails()] == [MailState.WAITING]


def test_server_that_is_down_is_tried_again_ever_later_until_it_takes_the_mail(
    world: TermsWorld, server: MailServer
) -> None:
    server.answers["MAIL"] = "451 4.3.2 later please"
    tell(world)
    tried = []
    start = world.now
    for minute in range(0, 700):
        world.now = start + timedelta(minutes=minute)
        if send(world).again:
            tried.append(minute)
    assert [b - a for a, b in itertools.pairwise(tried)] == [1, 5, 15, 60, 240, 240]
    (row,) = world.mails()
    assert (row.state, row.failure) == (MailState.WAITING, "mail_sender_refused")

    server.answers.clear()
    world.now += timedelta(minutes=240)
    assert send(world).sent == 1
    (row,) = world.mails()
    assert (row.state, row.failure, row.attempts) == (MailState.SENT, None, 8)


def test_mail_that_waited_for_a_week_is_given_up(world: TermsWorld, server: MailServer) -> None:
    tell(world)
    world.now += timedelta(days=7)
    server.answers["MAIL"] = "451 later"
    assert send(world).again == 1
    world.now += timedelta(seconds=1)
    assert send(world) == Sent(failed=1, failure="mail_too_old")
    server.answers.clear()
    world.now += timedelta(days=1)
    assert send(world) == Sent()
    assert server.mails == []


def test_mail_that_is_refused_for_good_fails_at_once_and_the_next_is_sent(
    world: TermsWorld, server: MailServer
) -> None:
    server.write(world.home, data_protection_officer=("weg@school.example",))
    server.refused.add("privacy@school.example")
    tell(world, "to one", Occasion.DELETION_CONFIRMED, agreement="VO/1", product="leesvlot")
    tell(world, "to all")

    done = send(world)

    assert (done.sent, done.failed, done.failure) == (1, 1, "mail_recipient_refused")
    first, second = world.mails()
    assert first.state is MailState.FAILED
    assert (second.state, second.refused_for) == (MailState.SENT, ("privacy@school.example",))
    assert second.sent_to == ("beheer@school.example", "bestuur@school.example", "weg@school.example")


def test_refusal_of_the_content_is_for_good_when_the_server_says_so(
    world: TermsWorld, server: MailServer
) -> None:
    tell(world)
    server.answers["DATA"] = "451 4.7.1 greylisted"
    assert send(world).again == 1
    server.answers["DATA"] = "554 5.7.1 looks like spam"
    world.now += timedelta(minutes=2)
    assert send(world).failed == 1


def test_role_without_an_address_waits_for_one(world: TermsWorld, server: MailServer) -> None:
    server.write(world.home, privacy_officer=())
    tell(world, "deletion", Occasion.DELETION_CONFIRMED, agreement="VO/1", product="leesvlot")
    assert send(world) == Sent(again=1, failure="mail_nobody")
    assert server.connections == 0
    server.write(world.home)
    world.now += timedelta(minutes=2)
    assert send(world).sent == 1


def test_mail_under_way_is_not_sent_by_another_process(world: TermsWorld, server: MailServer) -> None:
    tell(world)
    with writing(world.services.school) as connection:
        claimed = stored.claim_next(connection, board_id="board", now_ms=world.now_ms)
    assert claimed is not None
    world.now += timedelta(milliseconds=stored.LEASE_MS - 1)
    assert send(world) == Sent()
    # The other process died: after its lease the mail is sent, as the same mail.
    world.now += timedelta(milliseconds=1)
    assert send(world).sent == 1
    assert server.mails[0].message["Message-ID"] == "<schuilnaam-board-1@school.example>"


def test_two_that_send_at_once_send_each_mail_once(world: TermsWorld, server: MailServer) -> None:
    for number in range(12):
        tell(world, f"mail {number}")
    done: list[Sent] = []
    threads = [threading.Thread(target=lambda: done.append(send(world))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.sent for each in done) == 12
    assert len({mail.message["Message-ID"] for mail in server.mails}) == len(server.mails) == 12


# -- the connection ---------------------------------------------------------------------------------------------------


def failing(world: TermsWorld) -> str:
    """The code with which a test mail fails."""
    with pytest.raises(GatewayError) as refused:
        sending.send_test(world.services, world.person(), role=None, now=world.now)
    assert isinstance(refused.value, DeliveryError | GatewayUnready)
    assert refused.value.remedy
    return refused.value.code


def test_test_mail_reaches_the_addresses_of_a_role_and_is_registered(
    world: TermsWorld, server: MailServer
) -> None:
    tested = sending.send_test(world.services, world.person(), role=Role.APPROVER, now=world.now)
    assert tested.to == ("bestuur@school.example",)
    assert server.told("bestuur@school.example") == ["Schuilnaam: test (Stichting Onderwijs Waterland-Zuid)"]
    assert [event for event, _ in world.events("mail")] == ["person:mail:tested"]


def test_without_settings_a_test_mail_says_what_to_do(world: TermsWorld) -> None:
    assert failing(world) == "mail_not_configured"


def test_server_without_encryption_gets_neither_login_nor_mail(world: TermsWorld, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    with MailServer(folder, tls=False, login=False) as plain:
        plain.write(world.home, security="starttls", user="schuilnaam", password_file="smtp-password")
        assert failing(world) == "mail_not_encrypted"
    assert plain.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificate_of_nobody_we_trust_is_refused(
    world: TermsWorld, server: MailServer, security: str
) -> None:
    settings = server.settings(security=security)
    del settings["ca_file"]
    from gateway.settings import MAIL_FILE, write_toml

    write_toml(world.home / MAIL_FILE, settings)
    # Over TLS from the first byte this server cannot speak at all.
    assert failing(world) == ("mail_certificate_refused" if security == "starttls" else "mail_unreachable")
    assert server.mails == []


def test_certificate_of_another_name_is_refused(world: TermsWorld, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with MailServer(folder, name_on_certificate="mail.elsewhere.example") as server:
        server.write(world.home)
        assert failing(world) == "mail_certificate_refused"
    assert server.mails == []


def test_tls_from_the_first_byte(world: TermsWorld, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    server = MailServer(folder)
    listening = socket.create_server(("127.0.0.1", 0))
    context = server._context
    assert context is not None
    said: list[bytes] = []

    def answer() -> None:
        plain, _ = listening.accept()
        with context.wrap_socket(plain, server_side=True) as connection, connection.makefile("rwb") as file:
            file.write(b"220 mail\r\n")
            file.flush()
            for line in file:
                said.append(line)
                if line.lower().startswith(b"data"):
                    file.write(b"354 go\r\n")
                    file.flush()
                    while file.readline() != b".\r\n":
                        pass
                file.write(b"250 mail\r\n")
                file.flush()
                if line.lower().startswith(b"quit"):
                    break

    thread = threading.Thread(target=answer)
    thread.start()
    server.login = False
    server.write(world.home, security="tls", port=listening.getsockname()[1])
    sending.send_test(world.services, world.person(), role=Role.APPROVER, now=world.now)
    thread.join()
    listening.close()
    assert said[0] == b"ehlo school.example\r\n"
    assert b"rcpt TO:<bestuur@school.example>\r\n" in said


def test_wrong_password_is_told_as_such(world: TermsWorld, server: MailServer) -> None:
    (world.home / "secrets" / "smtp-password").write_text("fout")
    assert failing(world) == "mail_login_refused"


def test_password_that_others_may_read_is_not_used(world: TermsWorld, server: MailServer) -> None:
    path = world.home / "secrets" / "smtp-password"
    path.chmod(0o640)
    assert failing(world) == "mail_password_exposed"
    path.unlink()
    assert failing(world) == "mail_password_unreadable"
    assert server.connections == 0


def test_authorities_that_cannot_be_read_are_told(world: TermsWorld, server: MailServer) -> None:
    server.write(world.home, ca_file=str(world.home / "nowhere.pem"))
    assert failing(world) == "mail_ca_unreadable"


def test_server_that_is_not_there_or_says_nothing_is_told(
    world: TermsWorld, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.2)
    silent = socket.create_server(("127.0.0.1", 0))
    server.write(world.home, port=silent.getsockname()[1])
    assert failing(world) == "mail_unreachable"
    silent.close()
    assert failing(world) == "mail_unreachable"


def test_server_that_sends_a_byte_now_and_then_is_cut_off(
    world: TermsWorld, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TOTAL_SECONDS", 0.5)
    slow = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = slow.accept()
        connection.sendall(b"220 mail\r\n250-")
        while not stop.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                break
        connection.close()

    thread = threading.Thread(target=drip)
    thread.start()
    server.write(world.home, port=slow.getsockname()[1])
    began = datetime.now(UTC)
    try:
        assert failing(world) in ("mail_unreachable", "mail_refused")
    finally:
        stop.set()
        thread.join()
        slow.close()
    assert datetime.now(UTC) - began < timedelta(seconds=10)


def test_what_the_server_says_is_not_repeated(world: TermsWorld, server: MailServer) -> None:
    server.answers["DATA"] = "554 5.7.1 Sem de Vries is not welcome"
    with pytest.raises(DeliveryError) as refused:
        sending.send_test(world.services, world.person(), role=None, now=world.now)
    assert "Sem" not in refused.value.sentence()
    assert "554" in str(refused.value)


def test_name_with_a_line_break_writes_no_header(world: TermsWorld, server: MailServer) -> None:
    tell(world, vendor="Leesvlot\r\nBcc: iedereen@elders.example\r\n\r\nHallo")
    send(world)
    (mail,) = server.mails
    assert mail.message["Bcc"] is None
    assert mail.subject == "Leesvlot Bcc: iedereen@elders.example Hallo is stilgezet"


def test_outbox_row_shows_what_was_sent(world: TermsWorld, server: MailServer) -> None:
    tell(world)
    send(world)
    (row,) = sending.outbox(world.services, state=MailState.SENT)
    assert row.subject == server.mails[0].subject
    assert row.body == server.mails[0].text
    assert sending.outbox(world.services, state=MailState.WAITING) == []
    assert dataclasses.replace(row, number=0) != row
