"""Stored values are for ever; names and orders that decide."""

from __future__ import annotations

from enum import StrEnum

import pytest

from contracts import vocabulary
from contracts.calendar import Occasion
from contracts.consents import ConsentGiver, ConsentMethod, ConsentState, ConsentStep, Speaker
from contracts.faults import FindingCode
from contracts.fields import FIELDS, KINDS, FieldNature, is_national_number, nearest
from contracts.regulation import Beyond, CouncilPart
from contracts.terms import NoticeAnswer, ShreddingClosed
from contracts.vocabulary import Form, SubjectCategory, at_least_as_strong, strongest, strongest_form
from tests.shared import shared_path

STORED: dict[type[StrEnum], str] = {
    vocabulary.Form: "pseudonym alias generalised scrubbed clear",
    vocabulary.Direction: "out back both",
    vocabulary.Service: "roster results gradebook",
    vocabulary.Operation: "read write",
    vocabulary.SubjectCategory: "leerling medewerker wettelijk_vertegenwoordiger",
    vocabulary.DataCategory: "contactgegevens onderwijsdeelnemernummer nationaliteit_geboorteplaats "
    "ouders_voogd medisch godsdienst studievoortgang onderwijsorganisatie financien beeldmateriaal docent "
    "bsn_pgn keten_id overige",
    vocabulary.LegalBasis: "6-1-a 6-1-b 6-1-c 6-1-d 6-1-e 6-1-f",
    vocabulary.SpecialGround: "9-2-a 9-2-b 9-2-c 9-2-d 9-2-e 9-2-f 9-2-g 9-2-h 9-2-i 9-2-j",
    vocabulary.RecipientRole: "processor joint_controller controller recipient_by_law",
    vocabulary.Groups: "none coarse exact",
    vocabulary.IdentifierScope: "relationship eckid",
    vocabulary.AgreementState: "registered approved active suspended ended closed replaced",
    vocabulary.TransitionKind: "registered finding_accepted approved activated suspended resumed end_planned "
    "ended closed replaced",
    vocabulary.RefusalReason: "agreement_missing agreement_altered agreement_not_approved "
    "agreement_not_activated agreement_not_started agreement_suspended agreement_ended clock_set_back "
    "product_not_in_agreement service_not_in_agreement operation_not_in_service subject_not_in_agreement "
    "school_out_of_scope grade_out_of_scope class_out_of_scope groups_not_in_agreement field_unknown "
    "field_never_leaves field_not_in_service field_not_in_agreement direction_not_in_agreement "
    "form_too_revealing special_without_ground consent_missing consent_withdrawn consent_expired "
    "consent_by_wrong_person objection vendor_stopped consent_refused consent_text_changed",
    FindingCode: "breach_without_hours no_dpia review_passed no_document "
    "joint_without_arrangement consent_asked_by_recipient",
    ConsentGiver: "self representative",
    Occasion: "agreement_ends agreement_review deletion_due deletion_overdue objection_term shredding_proposed "
    "receipt deletion_confirmed deletion_continued subprocessor_announced subprocessor_answered vendor_stopped "
    "vendor_resumed",
    NoticeAnswer: "objected accepted",
    ShreddingClosed: "destroyed dropped continued",
    Speaker: "self representative-1 representative-2",
    ConsentStep: "given refused withdrawn",
    ConsentMethod: "paper portal in_person email telephone",
    ConsentState: "given refused withdrawn unknown",
    CouncilPart: "parents pupils staff",
    Beyond: "council category purpose",
}


@pytest.mark.parametrize("words", STORED, ids=lambda words: words.__name__)
def test_stored_values_never_change(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == STORED[words].split()


def test_forms_are_ordered_from_least_to_most_revealing() -> None:
    forms = list(Form)
    for i, one in enumerate(forms):
        for j, other in enumerate(forms):
            assert at_least_as_strong(one, other) == (i <= j)
    assert strongest_form([Form.CLEAR, Form.GENERALISED, Form.SCRUBBED]) is Form.GENERALISED


def test_forms_compared_as_text_are_a_mistake_of_the_program() -> None:
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(TypeError):
            getattr(Form.ALIAS, compare)(Form.CLEAR)


def test_a_pupil_is_a_pupil_whatever_else() -> None:
    assert strongest(SubjectCategory) is SubjectCategory.PUPIL
    assert strongest([SubjectCategory.STAFF, SubjectCategory.GUARDIAN]) is SubjectCategory.GUARDIAN


def test_credentials_source_identifiers_and_open_maps_never_leave() -> None:
    never = {name for name, field in FIELDS.items() if field.nature is FieldNature.NEVER}

    assert {f"user.{name}" for name in ("password", "userIds", "userMasterIdentifier", "identifier")} <= never
    assert "user.userProfiles" in never
    assert {f"{kind}.metadata" for kind in KINDS} <= never


@pytest.mark.parametrize("file", ["rosters", "gradebook"])
def test_the_catalogue_names_every_field_of_the_standard_and_no_other(file: str) -> None:
    import json

    path = shared_path("oneroster-openapi", f"onerosterv1p2{file}service_openapi3_v1p0.json")
    schemas = json.loads(path.read_text())["components"]["schemas"]
    ours = {"status", "dateLastModified"}
    for kind in KINDS.values():
        schema = schemas.get(f"{kind.name[0].upper()}{kind.name[1:]}DType")
        if schema is not None:
            assert {field.name.split(".")[1] for field in kind.fields} == set(schema["properties"]) - ours


def test_nearest_name() -> None:
    assert nearest("user.firstGivenname") == "user.givenName"
    assert nearest("demographic.birthdate") == "demographics.birthDate"
    assert nearest("zzzz") is None


@pytest.mark.parametrize(
    "name", ["user.grades", "user.agents", "user.identifier", "class.bsnummers", "user.pages"]
)
def test_ordinary_names_are_no_national_numbers(name: str) -> None:
    assert not is_national_number(name)
