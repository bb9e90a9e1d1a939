"""What a known model agreement fixes, and where a product of a kind starts: suggestions, always marked as filled in.

Does not guarantee: that the paper on the table says so. The clauses of convenant-4.0 are those of agreements that
follow that model; of the other two models only what their structure tells is known here, and the rest is taken from
the board's own newest agreement on the same model, or typed. So whoever registers says that the filled-in terms were
compared with the signed paper.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contracts.agreements import Agreement
from contracts.writing import to_values
from gateway.school.agreeing.drafts import at, put

_CONVENANT_4: Final[Mapping[str, Any]] = {
    "processor.convenant_status": "deelnemer",
    "art28.a_instructions.clause": "art. 2 lid 3",
    "art28.b_confidentiality.clause": "art. 6",
    "art28.c_security.clause": "art. 7, bijlage 2",
    "art28.d_subprocessors.clause": "art. 11",
    "art28.d_subprocessors.authorisation": "general",
    "art28.d_subprocessors.notice_days": 30,
    "art28.e_rights.clause": "art. 9",
    "art28.e_rights.answer_within_days": 5,
    "art28.f_assistance.clause": "art. 8 en 9",
    "art28.g_end.clause": "art. 12",
    "art28.g_end.action": "return_then_delete",
    "art28.g_end.delete_within_days": 30,
    "art28.g_end.confirmation": "written",
    "art28.g_end.export_window_days": 30,
    "art28.g_end.backups_within_days": 30,
    "art28.g_end.precedence": "shortest",
    "art28.h_audit.clause": "art. 7",
    "art28.h_audit.notice_days": 10,
    "breach.clause": "art. 8",
    "breach.notify.within_hours": 24,
    "security.scheme": "certificeringsschema-rosa-3.0",
}
MODELS: Final[Mapping[str, Mapping[str, Any]]] = {
    "convenant-4.0": _CONVENANT_4,
    # Annex 2 is the security annex in both; everything else is for the paper or the board's own earlier agreement.
    "convenant-3.0": {"processor.convenant_status": "deelnemer", "art28.c_security.clause": "bijlage 2"},
    "algemeen-4.0": {"processor.convenant_status": "medestander", "art28.c_security.clause": "bijlage 2"},
}
"""Model to paths and values."""

_ALWAYS: Final[Mapping[str, Any]] = {"processor.country": "NL", "term.inbound_days_after_end": 30}
_TERMS: Final = ("art28", "breach", "security.scheme")
"""What two agreements on one model have in common."""


class ProductKind(StrEnum):
    """Kinds of products; each starts from the least that such a product can work with."""

    METHOD = "method"
    TEST = "test"
    ECKID_LICENCE = "eckid_licence"
    PHOTO = "photo"
    PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Filled:
    """One suggestion."""

    path: str
    value: Any
    by: str
    """What filled it in: the name of a model, the reference of an agreement, or a kind of product."""


def _line(
    category: str, fields: str, form: str, direction: str, *subjects: str, why: str = ""
) -> dict[str, Any]:
    line: dict[str, Any] = {
        "category": category,
        "fields": fields.split(),
        "form": form,
        "direction": direction,
    }
    if subjects:
        line["subjects"] = list(subjects)
    if why:
        line["necessity"] = why
    return line


_NAMES: Final = _line(
    "contactgegevens", "user.givenName user.familyName user.username", "alias", "out", "leerling"
)
_TEACHER: Final = _line("docent", "user.givenName user.familyName", "alias", "out", "medewerker")
_GRADES: Final = _line(
    "onderwijsorganisatie", "user.grades class.grades", "clear", "out", why="niveau van de lesstof"
)
_CLASS: Final = _line("onderwijsorganisatie", "class.title", "generalised", "out", why="indeling in groepen")
_RESULTS: Final = _line(
    "studievoortgang",
    "lineItem.title result.score result.scoreDate result.scoreStatus",
    "clear",
    "back",
    why="terugkoppeling aan de leraar",
)


def _product(
    purposes: str,
    services: str,
    subjects: str,
    *data: dict[str, Any],
    groups: str = "none",
    basis: str = "6-1-e",
) -> dict[str, Any]:
    return {
        "purposes": purposes.split(),
        "legal_basis": basis,
        "services": services.split(),
        "scope": {"schools": None},
        "subjects": subjects.split(),
        "groups": groups,
        "data": [copy.deepcopy(line) for line in data],
        "identifier": {"scope": "relationship"},
        "retention": {"max_days_after_end": 30},
    }


_PRODUCTS: Final[Mapping[ProductKind, Mapping[str, Any]]] = {
    ProductKind.METHOD: _product(
        "leveren_gebruik leerresultaten_terug",
        "roster results",
        "leerling medewerker",
        _NAMES,
        _TEACHER,
        _GRADES,
        _CLASS,
        _RESULTS,
        groups="coarse",
    ),
    ProductKind.TEST: _product(
        "afnemen_toets leerresultaten_terug", "roster results", "leerling", _NAMES, _GRADES, _RESULTS
    ),
    ProductKind.ECKID_LICENCE: {
        **_product(
            "toegang_licentie", "roster", "leerling", _line("keten_id", "", "pseudonym", "out", "leerling")
        ),
        "identifier": {"scope": "eckid"},
    },
    ProductKind.PHOTO: _product(
        "delen_beeldmateriaal", "roster", "leerling", _NAMES, _CLASS, groups="coarse", basis="6-1-a"
    ),
    # Parents use their own names there: nothing of it goes through here, and that is what the record says.
    ProductKind.PORTAL: _product("communicatie_ouders", "", "leerling wettelijk_vertegenwoordiger"),
}


def product_of(kind: ProductKind) -> dict[str, Any]:
    """A product of this kind with the least; short name, name, countries and the rest are for the paper."""
    return copy.deepcopy(dict(_PRODUCTS[kind]))


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every place below a path with its value; lists of plain values are one place."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    elif value not in (None, []):
        yield path, value


def of_model(model: str, own: Agreement | None) -> list[Filled]:
    """What a model suggests; then, for what it leaves open, the board's own newest agreement on it.

    Args:
        own: of this board on the same model; None where there is none.
    """
    found = [Filled(path, value, model) for path, value in {**_ALWAYS, **MODELS.get(model, {})}.items()]
    known = {each.path for each in found}
    if own is not None:
        values = to_values(own)
        for part in _TERMS:
            found += [
                Filled(path, value, own.agreement_id)
                for path, value in leaves(at(values, part), part)
                if path not in known
            ]
    return [Filled("document.model", model, model), *found]


def of_board(name: str, brins: tuple[str, ...], own: Agreement | None) -> list[Filled]:
    """The board's own particulars: from its newest agreement, else what the settings hold."""
    if own is None:
        return [
            Filled("controller.name", name, "settings"),
            Filled("controller.brins", list(brins), "settings"),
        ]
    return [
        Filled(path, value, own.agreement_id)
        for path, value in leaves(to_values(own)["controller"], "controller")
    ]


def fill(
    record: dict[str, Any],
    marks: dict[str, tuple[str, Any]],
    suggestions: list[Filled],
    *,
    over: bool = False,
) -> None:
    """Write suggestions where nothing stands (or, with `over`, where an earlier suggestion stands) and mark them."""
    for each in suggestions:
        now = at(record, each.path)
        untouched = each.path in marks and marks[each.path][1] == now
        if now in (None, "", [], {}) or (over and untouched):
            put(record, each.path, each.value)
            marks[each.path] = (each.by, each.value)
