"""E-mail addresses, telephone numbers and national numbers in free text, whoever they belong to.

Source: BSN and education number by their check (python-stdnum); IBAN ISO 13616; Dutch numbering plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from stdnum import iban
from stdnum.nl import bsn

_EMAIL: Final = re.compile(
    r"(?<![\w.\-])[\w.!#$%&'*+/=?^`{|}~\-]{1,64}\s?(?:@|\(at\)|\[at\])\s?"
    r"(?:[\w\-]{1,63}\s?(?:\.|[(\[](?:dot|punt)[)\]]\s?)){1,8}[a-z]{2,24}"
)
_SPELT_EMAIL: Final = re.compile(
    r"(?<![\w.\-])[\w.\-]{1,64}\s(?:at|apenstaart|apenstaartje)\s(?:[\w\-]{1,63}\s(?:dot|punt)\s){1,4}[a-z]{2,24}"
)
"""An address in words: "sem at school punt nl"."""
_DIGIT_RUN: Final = re.compile(r"\+?(?:\d[\s.\-/()_]{0,3}){7,}")
_MOBILE: Final = re.compile(r"(?<!\d)06[^\w\s]\d{8}(?!\d)")
"""A mobile number with another sign after the 06: "06:12345678"."""
_IBAN: Final = re.compile(r"(?<![^\W_])[a-z]{2}\d{2}[\s.]?(?:[a-z0-9]{4}[\s.]?){2,7}[a-z0-9]{0,4}(?![^\W_])")
_SEVEN_DIGITS: Final = re.compile(r"(?:\d\D{0,4}){7}")
_DUTCH_PHONE: Final = re.compile(r"0[1-9]\d{8}|(?:0031|\+31)0?[1-9]\d{8}|31[1-9]\d{8}|0[89]00\d{4,7}")
_FOREIGN_PHONE: Final = re.compile(r"(?:\+|00)[1-9]\d{7,14}")


def find_contacts(text: str) -> Iterator[tuple[int, int, str]]:
    """Places in a folded text and what they are: `email`, `phone` or `number`."""
    if "@" in text or "at)" in text or "at]" in text:
        for found in _EMAIL.finditer(text):
            yield found.start(), found.end(), "email"
    if " dot " in text or " punt " in text:
        for found in _SPELT_EMAIL.finditer(text):
            yield found.start(), found.end(), "email"
    if _SEVEN_DIGITS.search(text) is None:
        return
    for found in _DIGIT_RUN.finditer(text):
        yield from _number(found)
    for found in _MOBILE.finditer(text):
        yield found.start(), found.end(), "phone"
    for found in _IBAN.finditer(text):
        if iban.is_valid(found.group().replace(".", "").strip()):
            yield found.start(), found.end(), "number"


def _number(found: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    written = found.group().rstrip(" .-/()_\t\r\n")
    digits = re.sub(r"[^\d+]", "", written)
    end = found.start() + len(written)
    if _DUTCH_PHONE.fullmatch(digits) or _FOREIGN_PHONE.fullmatch(digits):
        yield found.start(), end, "phone"
    elif _is_national(digits, plain=written == digits):
        yield found.start(), end, "number"
    else:
        # Two numbers in one run ("klas 7 123456782"): look at each part written without a break.
        for part in re.finditer(r"\d+(?:[.\-]\d+)*", written):
            bare = re.sub(r"\D", "", part.group())
            kind = "phone" if _DUTCH_PHONE.fullmatch(bare) else "number"
            if kind == "phone" or _is_national(bare, plain=part.group() == bare):
                yield found.start() + part.start(), found.start() + part.end(), kind


def _is_national(digits: str, *, plain: bool) -> bool:
    if len(digits) == 9:
        # Nine digits in one piece may be an education number too, whose check differs.
        return plain or bsn.is_valid(digits)
    return len(digits) == 8 and not _is_day(digits) and bsn.is_valid(digits.zfill(9))


def _is_day(digits: str) -> bool:
    for year, month, day in ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[2:4], digits[:2])):
        try:
            if 1900 <= date(int(year), int(month), int(day)).year <= 2100:
                return True
        except ValueError:
            continue
    return False
