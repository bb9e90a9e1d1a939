"""What each form of an agreement makes of a value: the allow-list of value and form.

A pair that is not in the table withholds the field: a telephone number has no alias, a grade has no generalisation.
A value of another type than the standard says is withheld too; attack: a system (or a person at its keyboard) that
puts a record where a word belongs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from contracts.vocabulary import Form
from gateway.school.disclosure.field_table import OTHER_WORD, FieldRule, Value
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.generalise import year_of_birth
from gateway.strict_json import NumberText


class _Withheld:
    """The one value that says: this field does not leave."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "WITHHELD"


WITHHELD: Final = _Withheld()

MAX_WORD: Final = 64
MAX_TEXT: Final = 4_000
"""Longer free text is cut: the standard's fields are short, and a whole document may have been pasted."""
_YEAR: Final = re.compile(r"\d{4}(-\d{4})?\Z")
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,3})?\Z")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class AliasOf(Protocol):
    """The parts of one person's alias."""

    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def user_name(self) -> str: ...
    @property
    def email_address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a treatment may need besides the value itself."""

    pseudonym: str
    alias: AliasOf | None
    scrub: Callable[[str, TextKind], str]
    """Replaces names and numbers; how much is looked for depends on what the text is."""
    term_of: Callable[[str, bool], str | None]
    """(day, is it a beginning) -> the begin or end of the term that contains it."""


Treatment = Callable[[object, Surroundings, str], object]
"""(value, surroundings, field) -> value that may leave, or `WITHHELD`."""


def _text(value: object) -> str | None:
    if isinstance(value, NumberText) or not isinstance(value, str):
        return None
    text = value.strip()
    return text[:MAX_TEXT] if text else None


def _word_of(words: frozenset[str]) -> Treatment:
    def treat(value: object, _s: Surroundings, _f: str) -> object:
        # Attack: a name in an `ext:` value, which the standard allows in every vocabulary.
        if not isinstance(value, str) or not value:
            return WITHHELD
        return value if value in words else OTHER_WORD

    return treat


def _year(value: object, _s: Surroundings, _f: str) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    return text if text is not None and _YEAR.match(text) else WITHHELD


def _flag(value: object, _s: Surroundings, _f: str) -> object:
    # Booleans arrive as strings, and "false" is truthy: the wire gets "true" or "false" and nothing else.
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value in ("true", "false") and isinstance(value, str) else WITHHELD


def _plain(value: object, _s: Surroundings, _f: str) -> object:
    text = _text(value)
    return WITHHELD if text is None else text[:256]


def _scrubbed(kind: TextKind) -> Treatment:
    def treat(value: object, s: Surroundings, _f: str) -> object:
        text = _text(value)
        return WITHHELD if text is None else s.scrub(text, kind)

    return treat


def _codes(value: object, s: Surroundings, _f: str) -> object:
    # Short words only, and scrubbed like a title: a subject list is typed by people too. Before everyone's name is
    # known nothing can be scrubbed (grades of users); the leak guard looks at those afterwards.
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        return WITHHELD
    words = [text for item in items if (text := _text(item)) is not None and len(text) <= MAX_WORD]
    return [word if word.isdigit() else s.scrub(word, TextKind.TITLE) or word for word in words]


def _number(value: object, _s: Surroundings, _f: str) -> object:
    # A score keeps its text: 7.50 stays 7.50. A score sent as text stays text.
    if isinstance(value, bool):
        return WITHHELD
    if isinstance(value, NumberText | int):
        return value
    return value if isinstance(value, str) and _NUMBER.match(value) else WITHHELD


def valid_day(value: object) -> str | None:
    """The ISO day at the start of a date or datetime, or None."""
    return _day_of(value) if isinstance(value, str) else None


@functools.lru_cache(maxsize=4_096)
def _day_of(value: str) -> str | None:
    # Of a million dates a few thousand differ.
    if not _DATE.match(value):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def _day(value: object, _s: Surroundings, _f: str) -> object:
    return valid_day(value) or WITHHELD


def _moment(value: object, _s: Surroundings, _f: str) -> object:
    day = valid_day(value)
    return WITHHELD if day is None else f"{day}T00:00:00Z"


def _birth_year(value: object, _s: Surroundings, _f: str) -> object:
    return year_of_birth(value) or WITHHELD


def _term_day(value: object, s: Surroundings, field: str) -> object:
    day = valid_day(value)
    return WITHHELD if day is None else (s.term_of(day, field == "beginDate") or WITHHELD)


def _alias_part(part: str) -> Treatment:
    def treat(_value: object, s: Surroundings, _f: str) -> object:
        return WITHHELD if s.alias is None else getattr(s.alias, part)

    return treat


def _pseudonym(_value: object, s: Surroundings, _f: str) -> object:
    return s.pseudonym


_SCRUBBED: Final[Mapping[Value, Treatment]] = {
    Value.STRUCTURAL_TITLE: _scrubbed(TextKind.STRUCTURAL),
    Value.TITLE: _scrubbed(TextKind.TITLE),
    Value.PROSE: _scrubbed(TextKind.PROSE),
}

_CLEAR: Final[Mapping[Value, Treatment]] = {
    Value.YEAR: _year,
    Value.FLAG: _flag,
    Value.GIVEN_NAME: _plain,
    Value.FAMILY_NAME: _plain,
    Value.OTHER_NAME: _plain,
    Value.USER_NAME: _plain,
    Value.EMAIL: _plain,
    Value.CONTACT: _plain,
    Value.FACT: _plain,
    Value.BIRTH_DATE: _day,
    Value.JOIN_DATE: _day,
    Value.DATE: _day,
    Value.MOMENT: _moment,
    # Free text is scrubbed even where the agreement says clear: a name typed in a title was agreed by nobody.
    **_SCRUBBED,
    Value.CODES: _codes,
    Value.NUMBER: _number,
}

_TREATMENTS: Final[Mapping[Form, Mapping[Value, Treatment]]] = {
    Form.CLEAR: _CLEAR,
    Form.SCRUBBED: _SCRUBBED,
    Form.GENERALISED: {Value.BIRTH_DATE: _birth_year, Value.JOIN_DATE: _term_day},
    Form.ALIAS: {
        Value.GIVEN_NAME: _alias_part("given_name"),
        Value.FAMILY_NAME: _alias_part("family_name"),
        Value.USER_NAME: _alias_part("user_name"),
        Value.EMAIL: _alias_part("email_address"),
    },
    Form.PSEUDONYM: {
        Value.GIVEN_NAME: _pseudonym,
        Value.FAMILY_NAME: _pseudonym,
        Value.USER_NAME: _pseudonym,
    },
}


def treatment(form: Form, rule: FieldRule) -> Treatment | None:
    """The treatment for a form and a field; None withholds the field."""
    if rule.value is Value.WORD:
        return _word_of(rule.words or frozenset()) if form is Form.CLEAR else None
    return _TREATMENTS[form].get(rule.value)


def structural(rule: FieldRule) -> Treatment:
    """The treatment of a structural field: type-checked, otherwise as it is."""
    found = treatment(Form.CLEAR, rule)
    assert found is not None
    return found


def apply(
    steps: Sequence[tuple[str, Treatment | None, object]],
    fields: Mapping[str, object],
    surroundings: Surroundings,
) -> dict[str, object]:
    """Build the allowed body. `steps` are (field, treatment, placeholder) of one plan, kind and subject.

    A field that the source does not deliver does not leave either, except aliases (made by us) and placeholders
    (demanded by the standard).
    """
    body: dict[str, object] = {}
    for field, treat, placeholder in steps:
        made = WITHHELD if treat is None else treat(fields.get(field), surroundings, field)
        if made is WITHHELD:
            made = placeholder
        if made is not None:
            body[field] = made
    return body
