"""Faults of a record in the language of the answer: by code, with the word that was probably meant.

The command line tells them in English (`contracts.faults`); the codes are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from flask import Flask
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.faults import Fault

FAULTS: Final[Mapping[str, tuple[LazyString, LazyString]]] = {
    "missing": (_l("This is missing."), _l("Fill it in.")),
    "not_text": (_l("Text is expected here."), _l("Write text.")),
    "empty_text": (_l("The text is empty or stands in spaces."), _l("Write text without spaces around it.")),
    "bad_text": (
        _l("The text is too long or holds characters that cannot be seen."),
        _l("Type it again, in at most 2,000 characters."),
    ),
    "bad_form": (_l("The text does not have the form that is needed here."), _l("Look at the example.")),
    "unknown_word": (_l("This word is not in the list."), _l("Choose one of the list.")),
    "not_a_day": (_l("A day is expected here."), _l("Write it as 2026-09-01.")),
    "bad_number": (_l("A whole number is expected here, within its limits."), _l("Write a whole number.")),
    "not_a_list": (_l("A list is expected here."), _l("Write one on each line.")),
    "empty_list": (_l("The list is empty."), _l("Name at least one.")),
    "twice": (_l("The list names something twice."), _l("Keep one of them.")),
    "not_an_object": (_l("A part with keys is expected here."), _l("Follow the example record.")),
    "bad_shape": (_l("This does not have the expected shape."), _l("Follow the example record.")),
    "unknown_key": (_l("This key is not known here."), _l("Remove it; what is not known is never applied.")),
    "product_twice": (_l("This product stands twice."), _l("Merge the two.")),
    "term_backwards": (
        _l("The last day is before the first."),
        _l("The last day is inclusive; leave it empty for no end."),
    ),
    "national_number": (
        _l("A BSN, education number or PGN is never given, in any form."),
        _l("Remove it; the vendor gets a pseudonym."),
    ),
    "school_not_of_board": (
        _l("This school is not one of the board's."),
        _l("List its BRIN with the board, or remove it here."),
    ),
    "eckid_without_basis": (
        _l("The chain identifier needs its basis and a line of the category chain identifier."),
        _l("Add both, or let the vendor get the pseudonym of this vendor alone."),
    ),
    "transfer_without_mechanism": (
        _l("This country is outside the EEA and no transfer mechanism is named."),
        _l("Name the mechanism (adequacy decision, standard clauses)."),
    ),
    "unknown_field": (_l("No field of this name exists."), _l("Use the names of the field matrix.")),
    "field_never_leaves": (
        _l("This field leaves the school in no form."),
        _l("Remove it; persons and records are identified by pseudonyms."),
    ),
    "identifier_not_pseudonym": (
        _l("An identifier leaves as a pseudonym only."),
        _l("Remove it (identifiers go with their records), or give it the form pseudonym."),
    ),
    "field_not_of_subject": (
        _l("Records of this kind are never about these persons."),
        _l("Remove the field, or list it for the persons whom it is about."),
    ),
    "field_listed_twice": (
        _l("This field is listed in another line already, for the same persons and direction."),
        _l("Keep one of the two."),
    ),
    "special_without_ground": (
        _l("This is special data and the line names no ground or no necessity (GDPR art. 9)."),
        _l("Write both, or remove the fields."),
    ),
    "document_mismatch": (
        _l(
            "The signed document is not the one that this record is about, or the record names no hash of it."
        ),
        _l("Give the signed file, or correct the hash."),
    ),
    "part_not_of_role": (
        _l("This part is not of a recipient with this role."),
        _l(
            "Remove it, or correct the role: a processor has art. 28 and breaches, any other role a decision to share."
        ),
    ),
    "basis_not_of_role": (
        _l("A recipient by law gets data under a legal duty or the public task."),
        _l("Choose one of the two, or correct the role."),
    ),
    "law_missing": (_l("No article of a law is named."), _l("Write which article obliges.")),
    "basis_differs": (
        _l("The product has another legal basis than the decision to share."),
        _l("Choose the same, or register the products apart."),
    ),
    "service_not_of_role": (
        _l("Nothing goes through the gateway to a recipient by law."),
        _l("Tick nothing: it is registered only."),
    ),
    "consent_asker_missing": (
        _l("The basis is consent, and nobody is named who asks it."),
        _l("Choose the board or the recipient."),
    ),
    "too_large": (_l("The document is too large."), _l("Give the record, not the paper.")),
    "not_utf8": (_l("The document is not UTF-8 text."), _l("Save it as UTF-8.")),
    "too_deep": (_l("The document is nested too deeply."), _l("Follow the example record.")),
    "not_json": (_l("The document is not JSON."), _l("Mend the text there.")),
    "not_yaml": (_l("The document is not YAML."), _l("Mend the text there.")),
    "yaml_alias": (_l("The document uses a YAML anchor or alias."), _l("Write the text out.")),
    "yaml_tag": (_l("The document uses a YAML tag."), _l("Remove the word that starts with '!'.")),
    "duplicate_key": (_l("A key stands twice."), _l("Keep one of the two.")),
    "not_a_number": (_l("NaN and Infinity are no numbers."), _l("Write a number.")),
}
_MEANT: Final = re.compile(r"Did you mean (\S+)\?")
_LINE: Final = re.compile(r"\(line (\d+)\)")


def fault_text(fault: Fault) -> str:
    """What is wrong."""
    found = FAULTS.get(fault.code)
    if found is None:
        return fault.message
    line = _LINE.search(fault.message)
    return f"{found[0]} {_('Line %(number)s.', number=line[1])}" if line else str(found[0])


def fault_remedy(fault: Fault) -> str:
    """What to do."""
    found = FAULTS.get(fault.code)
    if found is None:
        return fault.remedy
    meant = _MEANT.search(fault.remedy)
    return _("Did you mean %(word)s?", word=meant[1]) if meant else str(found[1])


def install(app: Flask) -> None:
    """Give both to templates."""
    app.jinja_env.globals.update(fault_text=fault_text, fault_remedy=fault_remedy)
