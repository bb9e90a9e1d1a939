"""Passkeys against somebody who has a device, an answer or an account that is not theirs (any more)."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest

from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school.staff import accounts, passkeys, proofs
from gateway.school.staff.pages_key import PagesKey
from gateway.school.staff.passkeys import Place
from tests.gateway.school.pages.office import PASSWORD, Office
from tests.gateway.school.staff.authenticator import PRESENT, Authenticator

PLACE = Place("pages.example", "https://pages.example")
CHALLENGE = bytes(range(32))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.close()


def accept(office: Office, token: str) -> None:
    """Set password and second factor by an invitation."""
    seed = proofs.new_totp_seed()
    accounts.accept_invitation(
        office.services,
        PagesKey.open(office.services.settings.pages_key_path),
        token,
        password=PASSWORD,
        totp_seed=seed,
        totp_code=pyotp.TOTP(seed).at(office.clock()),
        now=office.clock(),
    )


def account(office: Office, name: str) -> str:
    """Somebody with an account; returns its id."""
    accept(office, office.invite(name, "approver"))
    return next(
        each.account_id for each in accounts.listed(office.services, now=office.clock()) if each.name == name
    )


def add(office: Office, account_id: str, device: Authenticator) -> None:
    passkeys.add(
        office.services,
        PLACE,
        account_id=account_id,
        actor=Actor.person("somebody", os_account=f"page:{account_id}"),
        label="phone",
        answer=device.made(CHALLENGE),
        challenge=CHALLENGE,
        now=office.clock(),
    )


def signs_in(office: Office, device: Authenticator, challenge: bytes = CHALLENGE) -> str | None:
    return passkeys.account_of(office.services, PLACE, answer=device.signed(challenge), challenge=CHALLENGE)


def test_a_device_that_was_lost_signs_in_no_more_once_its_owner_is_invited_anew(office: Office) -> None:
    mine, lost = account(office, "verloren"), Authenticator(PLACE)
    add(office, mine, lost)
    assert signs_in(office, lost) == mine
    token = office.invite("verloren")
    assert signs_in(office, lost) is None
    # Whoever has the old password and code as well may not plant one before the invitation is used.
    planted = Authenticator(PLACE)
    add(office, mine, planted)
    accept(office, token)
    assert signs_in(office, planted) is None
    assert passkeys.listed(office.services, account_id=mine) == []


def test_a_key_of_somebody_else_is_not_registered_for_oneself(office: Office) -> None:
    owner, thief, device = account(office, "eigenaar"), account(office, "dief"), Authenticator(PLACE)
    add(office, owner, device)
    with pytest.raises(UsageError) as refused:
        add(office, thief, Authenticator(PLACE, credential_id=device.credential_id))
    assert refused.value.code == "passkey_refused"
    assert signs_in(office, device) == owner


def test_an_answer_to_another_challenge_or_of_another_place_signs_nobody_in(office: Office) -> None:
    mine, device = account(office, "herhaald"), Authenticator(PLACE)
    add(office, mine, device)
    copied = Place(PLACE.rp_id, "https://pages.example.evil.example")
    elsewhere = Authenticator(copied, credential_id=device.credential_id, key=device.key)
    assert signs_in(office, device, challenge=bytes(32)) is None
    assert signs_in(office, elsewhere) is None
    assert signs_in(office, Authenticator(PLACE, credential_id=device.credential_id)) is None
    assert signs_in(office, device) == mine


def test_a_device_that_asks_for_no_finger_any_more_signs_nobody_in(office: Office) -> None:
    mine, device = account(office, "zonder-vinger"), Authenticator(PLACE)
    add(office, mine, device)
    device.flags = PRESENT
    assert signs_in(office, device) is None


def test_a_copied_key_whose_counter_went_back_signs_nobody_in(office: Office) -> None:
    mine, device = account(office, "gekopieerd"), Authenticator(PLACE, count=7)
    add(office, mine, device)
    device.count = 8
    assert signs_in(office, device) == mine
    device.count = 7
    assert signs_in(office, device) is None


def test_a_key_of_a_closed_account_signs_nobody_in(office: Office) -> None:
    mine, device = account(office, "gesloten"), Authenticator(PLACE)
    add(office, mine, device)
    accounts.close(office.services, name="gesloten", actor=office.services.operator(), now=office.clock())
    assert signs_in(office, device) is None
