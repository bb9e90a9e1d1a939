"""Words of a preview: why a field goes, why one stays, and what a value looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.school.consents.words import field_words
from gateway.school.previewing.shown import FieldPreview

FORMS: Final[Mapping[str, LazyString]] = {
    "pseudonym": _l("as a pseudonym, which only the school can turn back"),
    "alias": _l("as an alias"),
    "generalised": _l("less precise"),
    "scrubbed": _l("without names in it"),
    "clear": _l("as it is"),
    "structural": _l("belongs to every record of this kind"),
    "reference": _l("refers to what the vendor gets itself"),
    "placeholder": _l("a fixed word, because the standard asks for one"),
    "withheld": _l("does not leave"),
}
LETTERS: Final[Mapping[str, str]] = {
    "pseudonym": "P",
    "alias": "A",
    "generalised": "G",
    "scrubbed": "S",
    "clear": "C",
    "structural": "·",
    "reference": "→",
    "placeholder": "=",
    "withheld": "–",
}
REASONS: Final[Mapping[str, LazyString]] = {
    "field_not_in_agreement": _l("the agreement does not list it"),
    "field_never_leaves": _l("leaves the school in no form, whatever is agreed"),
    "field_not_in_service": _l("is not part of what is agreed"),
    "subject_not_in_agreement": _l("the agreement does not list it for these persons"),
    "direction_not_in_agreement": _l("is agreed for results that come back only"),
    "special_without_ground": _l("is special data, and the agreement names no ground for it"),
    "form_not_possible": _l("cannot be given in the agreed form"),
    "form_too_revealing": _l("is agreed only in a less revealing form"),
    "service_not_in_agreement": _l("the agreement gives no pupil lists"),
    "school_out_of_scope": _l("the school is not in the agreement"),
    "grade_out_of_scope": _l("the year group is not in the agreement"),
    "class_out_of_scope": _l("the group is not in the agreement"),
    "role_out_of_scope": _l("there is no role at a school of the agreement that the agreement lists"),
    "objection": _l("an objection is recorded"),
    "consent_missing": _l("there is no consent for this; silence is no consent"),
    "consent_withdrawn": _l("the consent was withdrawn"),
    "consent_refused": _l("consent was refused"),
    "consent_expired": _l("the consent has run out"),
    "consent_by_wrong_person": _l("the consent was not given by who may give it"),
    "consent_text_changed": _l("the consent was given to another text than the one of today"),
    "person_not_released": _l("nobody of them goes"),
    "class_not_released": _l("the group does not go"),
    "groups_not_in_agreement": _l("the agreement gives no groups"),
    "groups_made_up": _l("the agreement gives a made-up group per school and year instead"),
}
_PERSONS: Final[Mapping[str, LazyString]] = {
    "subject_not_in_agreement": _l("the agreement does not list such persons"),
}
"""Of a whole person, where a reason reads otherwise than of a field."""


def reason_text(code: str | None) -> str:
    """Why something stays; a code without words is shown as it is."""
    return "" if code is None else str(REASONS.get(code, code))


def person_reason(code: str | None) -> str:
    """Why nothing of a person goes."""
    return str(_PERSONS[code]) if code is not None and code in _PERSONS else reason_text(code)


def why(row: FieldPreview) -> str:
    """One sentence: the form in which a field goes, or why it stays."""
    if row.reason is not None and row.form != "placeholder":
        return f"{FORMS['withheld']}: {reason_text(row.reason)}"
    if row.form == "placeholder":
        return (
            f"{FORMS['placeholder']}; {reason_text(row.reason)}" if row.reason else str(FORMS["placeholder"])
        )
    return str(FORMS.get(row.form, row.form))


def form_word(form: str) -> str:
    """A form as people call it."""
    return str(FORMS.get(form, form))


def form_sign(form: str) -> str:
    """One letter or sign for a form, so that colour is not all that tells."""
    return LETTERS.get(form, "?")


_NAMES: Final[Mapping[str, LazyString]] = {
    "user.sourcedId": _l("number in the school's system"),
    "user.roles": _l("roles and schools"),
    "user.primaryOrg": _l("main school"),
    "user.agents": _l("parents and guardians"),
    "user.identifier": _l("pupil number"),
    "user.userMasterIdentifier": _l("chain identifier (ECK iD)"),
    "user.userIds": _l("other numbers"),
    "user.userProfiles": _l("accounts elsewhere"),
    "user.password": _l("password"),
    "user.metadata": _l("everything else that the system adds"),
    "demographics.metadata": _l("everything else that the system adds"),
    "user.resources": _l("learning material"),
}


def field_name(field: str) -> str:
    """A field in plain words."""
    if field in _NAMES:
        return str(_NAMES[field])
    return field_words(field, "nl" if str(get_locale()) == "nl" else "en")


def value_text(value: object) -> str:
    """A value as people read it: lists with commas, parts as `name: value`."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {value_text(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(value_text(each) for each in value) or "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
