"""The words of the standard's lists that say how records hang together: they leave whatever an agreement lists.

The standard lets a system add words of its own (`ext:...`). Attack and accident: such a word is text, and may hold
whatever was typed (`ext:mentor van Sem de Vries`). So a word that is not in the standard's list leaves as one
constant, and in the index of the holdings, which is not sealed, there is nothing else either.

Source: OneRoster 1.2 information models; roles of 1.1 beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

OTHER: Final = "ext:other"
"""What a word of the system's own leaves as."""

_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}\Z", re.ASCII)
_LISTS: Final[Mapping[str, frozenset[str]]] = {
    "type": frozenset(
        {
            *("department", "school", "district", "local", "state", "national"),
            *("gradingPeriod", "semester", "schoolYear", "term"),
        }
    ),
    "role": frozenset(
        {
            *("student", "parent", "guardian", "relative", "teacher", "administrator", "aide", "counselor"),
            *("districtAdministrator", "principal", "proctor", "siteAdministrator", "systemAdministrator"),
        }
    ),
    "classType": frozenset({"homeroom", "scheduled"}),
    "scoreStatus": frozenset({"exempt", "fully graded", "not submitted", "partially graded", "submitted"}),
}


def known_word(field: str, text: str) -> str:
    """The word itself when the standard has it for this field, else `OTHER`; a school year is four digits."""
    if field == "schoolYear":
        return text if _YEAR.match(text) else OTHER
    return text if text in _LISTS[field] else OTHER
