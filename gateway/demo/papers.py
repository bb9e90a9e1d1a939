"""The processor agreements of the demo: made up, complete, and different from one another where the story needs it."""

from __future__ import annotations

from datetime import date, timedelta

_ALIASED = ["user.givenName", "user.familyName", "user.username"]
_GROUPS = [
    "user.grades",
    "class.title",
    "class.grades",
    "class.subjects",
    "course.title",
    "org.name",
    "academicSession.title",
]
_RESULTS = [
    "category.title",
    "lineItem.title",
    "lineItem.assignDate",
    "lineItem.dueDate",
    "result.score",
    "result.scoreDate",
    "result.scoreStatus",
]

Record = dict[str, object]


def _entry(category: str, fields: list[str], form: str, direction: str, **more: object) -> Record:
    return {"category": category, "fields": fields, "form": form, "direction": direction, **more}


def _progress(clause: str) -> list[Record]:
    return [
        _entry(
            "studievoortgang",
            _RESULTS,
            "clear",
            "back",
            necessity="terugkoppeling aan de leraar",
            clause=clause,
        ),
        _entry(
            "studievoortgang",
            ["result.comment"],
            "scrubbed",
            "back",
            necessity="terugkoppeling aan de leraar",
            clause=clause,
        ),
    ]


def full_terms() -> list[Record]:
    """Aliases for pupils, names of teachers, groups, year of birth, results back."""
    clause = "bijlage 1, onderdeel C"
    return [
        _entry("contactgegevens", _ALIASED, "alias", "out", subjects=["leerling"]),
        _entry(
            "docent",
            ["user.givenName", "user.familyName"],
            "clear",
            "out",
            subjects=["medewerker"],
            necessity="de leraar ziet de eigen naam in het dashboard",
            clause="bijlage 1, onderdeel D",
        ),
        _entry("onderwijsorganisatie", _GROUPS, "clear", "out", necessity="groepsindeling", clause=clause),
        _entry(
            "contactgegevens",
            ["demographics.birthDate"],
            "generalised",
            "out",
            subjects=["leerling"],
            necessity="leeftijdsnormering, alleen geboortejaar",
            clause=clause,
        ),
        *_progress(clause),
    ]


def nameless_terms() -> list[Record]:
    """Numbers and groups only: no alias, no name, nothing of a teacher."""
    return [
        _entry(
            "onderwijsorganisatie",
            ["class.grades", "org.name"],
            "clear",
            "out",
            necessity="niveau van de lesstof",
            clause="bijlage 1",
        )
    ]


def agreement(
    agreement_id: str,
    *,
    vendor: str,
    kvk: str,
    product: str,
    board: str,
    brins: list[str],
    data: list[Record],
    services: list[str],
    today: date,
) -> Record:
    """One agreement record as the school's IT would write it."""
    return {
        "agreement_id": agreement_id,
        "schema_version": "1",
        "role": "processor",
        "controller": {
            "name": board,
            "bestuursnummer": "99999",
            "kvk": "12345678",
            "brins": brins,
            "fg_contact": "fg@voorbeeldscholen.example",
            "breach_inbox": "datalek@voorbeeldscholen.example",
        },
        "processor": {
            "name": vendor,
            "kvk": kvk,
            "country": "NL",
            "breach_contact": f"security@{product}.example",
            "convenant_status": "deelnemer",
            "convenant_checked_on": (today - timedelta(days=60)).isoformat(),
        },
        "document": {
            "model": "convenant-4.0",
            "deviations": [],
            "sha256": "0" * 64,
            "signed_on": (today - timedelta(days=90)).isoformat(),
            "signed_by_controller": "bestuurder",
            "signed_by_processor": "directeur",
        },
        "term": {
            "from": (today - timedelta(days=80)).isoformat(),
            "until": None,
            "inbound_days_after_end": 30,
            "review_by": (today + timedelta(days=285)).isoformat(),
        },
        "art28": {
            "a_instructions": {"clause": "art. 2 lid 3"},
            "b_confidentiality": {"clause": "art. 6"},
            "c_security": {"clause": "art. 7, bijlage 2"},
            "d_subprocessors": {"clause": "art. 11", "authorisation": "general", "notice_days": 30},
            "e_rights": {"clause": "art. 9 lid 1a", "answer_within_days": 5},
            "f_assistance": {"clause": "art. 8-9"},
            "g_end": {
                "clause": "art. 12",
                "action": "return_then_delete",
                "export_window_days": 30,
                "delete_within_days": 30,
                "backups_within_days": 30,
                "confirmation": "written",
                "precedence": "shortest",
            },
            "h_audit": {"clause": "art. 7 audit", "notice_days": 10},
        },
        "breach": {"clause": "art. 8", "notify": {"within_hours": 24}},
        "security": {
            "biv": {"beschikbaarheid": "midden", "integriteit": "midden", "vertrouwelijkheid": "hoog"},
            "scheme": "certificeringsschema-rosa-3.0",
            "assurance": "self",
            "assessed_on": (today - timedelta(days=120)).isoformat(),
        },
        "products": [
            {
                "product_id": product,
                "name": vendor,
                "bijsluiter": {
                    "version": "4.0-2026.1",
                    "date": (today - timedelta(days=120)).isoformat(),
                    "sha256": "1" * 64,
                },
                "purposes": ["leveren_gebruik", "leerresultaten_opslaan", "leerresultaten_terug"],
                "legal_basis": "6-1-e",
                "services": services,
                "scope": {"schools": brins, "grades": None, "classes": None},
                "subjects": ["leerling", "medewerker"],
                "data": data,
                "identifier": {"scope": "relationship"},
                "retention": {"max_days_after_end": 90},
                "storage_countries": ["NL"],
                "transfers": [],
                "subprocessors": [],
                "groups": "exact",
                "dpia": {
                    "done_on": (today - timedelta(days=130)).isoformat(),
                    "outcome": "restrisico laag",
                    "fg_advice": "positief",
                },
                "ai": "none",
            }
        ],
    }
