"""The recovery key as three shares for three officers, any two of which restore it: SLIP-0039, by its own library.

Guarantees: one share tells nothing about the key; a mistyped word is found (checksum of 30 bits), an unknown one is
named by its number; shares of two splittings are not put together (each has a random number of 15 bits, and a digest of
the secret decides where two have the same).
Does not guarantee: that a share which an officer kept is worthless later. Splitting again does not change the key; only
re-keying the ring does (`ceremony.destroy_product`).

Source: https://github.com/satoshilabs/slips/blob/master/slip-0039.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from keys import errors

OFFICERS: Final = 3
NEEDED: Final = 2
KEY_BYTES: Final = 32
WORDS: Final = 33
"""Of a share of 256 bits."""
_IN_A_LINE: Final = 3
_KNOWN: Final = frozenset(WORDLIST)
_NUMBERED: Final = re.compile(r"[ \t]*(?:[0-9]{1,2}[.:)]?[ \t]*[A-Za-z]+[ \t\r]*)+")


@dataclass(frozen=True, slots=True)
class OfficersShare:
    """One share, read and found whole."""

    splitting: int
    """Which splitting it is of; no secret."""
    number: int
    """1, 2 or 3."""
    words: str = field(repr=False)


def split(key: bytes) -> tuple[OfficersShare, ...]:
    """Three new shares of a key; every call gives others."""
    # The exponent slows the guessing of a passphrase down, and there is none.
    (made,) = generate_mnemonics(1, [(NEEDED, OFFICERS)], key, iteration_exponent=0)
    return tuple(read(words, of=f"Share {number}") for number, words in enumerate(made, 1))


def read(text: str, *, of: str = "The share") -> OfficersShare:
    """One share as typed over: the numbered words of the sheet, or the words alone.

    Args:
        of: what to call it in an error.

    Raises:
        SheetRefused: a word is missing, unknown or mistyped; the message gives its number, never the word.
    """
    lines = [line for line in text.splitlines() if _NUMBERED.fullmatch(line)]
    words = [word.lower() for line in (lines or text.splitlines()) for word in re.findall(r"[A-Za-z]+", line)]
    if len(words) != WORDS:
        raise errors.SheetRefused(
            f"{of} has {len(words)} words instead of {WORDS}.",
            remedy="Type its numbered words over, and nothing else.",
        )
    for number, word in enumerate(words, 1):
        if word not in _KNOWN:
            raise errors.SheetRefused(
                f"{of}: word {number} is not a word of the list.", remedy="Look at it again."
            )
    try:
        found = Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        # Its own message quotes the first words.
        raise errors.SheetRefused(
            f"{of} has a mistyped or exchanged word.", remedy="Compare every word with the paper."
        ) from None
    if (found.member_threshold, found.group_count, len(found.value)) != (NEEDED, 1, KEY_BYTES):
        raise errors.SheetRefused(f"{of} is not a share of a key ring of Schuilnaam.")
    return OfficersShare(found.identifier, found.index + 1, " ".join(words))


def combine(texts: Sequence[str]) -> bytes:
    """The recovery key from two shares.

    Raises:
        SheetRefused: one share only or twice the same, shares of two splittings, or as `read`.
    """
    shares = [read(text, of=f"Share {number}") for number, text in enumerate(texts, 1)]
    if len({(share.splitting, share.number) for share in shares}) < NEEDED:
        raise errors.SheetRefused("Two shares of two officers are needed.", remedy="Give --share twice.")
    if len({share.splitting for share in shares}) > 1:
        raise errors.SheetRefused(
            "These shares are not of one splitting.",
            remedy="Compare the number of the set that is printed on each.",
        )
    distinct = {share.number: share.words for share in shares}
    try:
        key: bytes = combine_mnemonics([distinct[number] for number in sorted(distinct)[:NEEDED]])
    except MnemonicError:
        raise errors.SheetRefused("These shares do not belong together.") from None
    return key


def printable(share: OfficersShare, *, board_name: str, check_value: str) -> str:
    """The sheet for one officer."""
    words = share.words.split()
    lines = [
        "    "
        + "  ".join(
            f"{at + 1:>2}: {words[at]:<10}" for at in range(first, min(first + _IN_A_LINE, WORDS))
        ).rstrip()
        for first in range(0, WORDS, _IN_A_LINE)
    ]
    return "\n".join(
        [
            f"RECOVERY SHARE {share.number} of {OFFICERS} of the key ring",
            f"Board:        {board_name}",
            f"Check value:  {check_value}",
            f"Set:          {share.splitting}",
            "",
            *lines,
            "",
            f"Keep this share for yourself. Any {NEEDED} of the {OFFICERS} shares of this set, with a copy of the ring",
            "file, restore everything; whoever has these can find every pupil behind every pseudonym. One share",
            "tells nothing.",
            "",
        ]
    )
