"""How somebody with a local account proves who they are: password, one-time code, recovery code.

Source: Argon2id as in RFC 9106; TOTP as in RFC 6238; NIST SP 800-63B for what a password must be.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from datetime import datetime
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.instants import to_ms
from gateway.errors import UsageError

LEAST_PASSWORD: Final = 12
MOST_PASSWORD: Final = 200
RECOVERY_CODES: Final = 10
STEP_SECONDS: Final = 30

_HASHER: Final = PasswordHasher()
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_COMMON: Final = frozenset(
    {"wachtwoord", "welkom", "password", "schuilnaam", "geheim", "school", "qwerty", "123456", "admin"}
)


def require_good_password(password: str, *, name: str) -> None:
    """Raises `UsageError` for one that is short, long, well known or the name itself."""
    folded = password.casefold()
    kernel = folded.strip("0123456789!?.@#$%-_ ")
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise UsageError(
            f"A password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters.",
            code="password_length",
            remedy="A sentence is easy to remember.",
        )
    if name.casefold() in folded or kernel in _COMMON or len(set(folded)) < 5:
        raise UsageError(
            "This password is easy to guess.", code="password_weak", remedy="Choose a sentence of your own."
        )


@functools.cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Argon2id, with its parameters in the text."""
    return _HASHER.hash(password)


def password_fits(stored: str | None, given: str) -> bool:
    """Whether a password is right. Costs the same for an account that does not exist."""
    # Attack: an answer in a millisecond tells which names have an account.
    try:
        _HASHER.verify(stored or _nobody(), given[: MOST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def new_totp_seed() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def totp_address(seed: str, *, name: str, board: str) -> str:
    """The `otpauth:` address for an authenticator; shown as a QR code once."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=f"Schuilnaam {board}"[:60])


def totp_step(seed: str, code: str, *, now: datetime, after: int | None) -> int | None:
    """The time step of a right code, at most one step away from now and later than `after`; None otherwise."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    current = to_ms(now) // 1_000 // STEP_SECONDS
    found: int | None = None
    for step in (current - 1, current, current + 1):
        right = pyotp.utils.strings_equal(pyotp.HOTP(seed).at(step), digits)
        # Attack: a code read over somebody's shoulder is used again within its half minute.
        if right and (after is None or step > after):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 60 bits; each works once."""

    def part() -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(4))

    return ["-".join((part(), part(), part())) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str, *, account_id: str) -> bytes:
    """As stored. Plain SHA-256: the codes are random, so there is nothing to guess."""
    folded = code.strip().casefold().replace(" ", "-")
    return hashlib.sha256(f"{account_id}:{folded}".encode()).digest()


def token_hash(token: str) -> bytes:
    """As stored, for sessions and invitations."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
