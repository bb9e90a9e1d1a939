"""Words for parents and pupils: fields, forms, categories and purposes in plain Dutch and English (level B1).

A field without words would be asked consent for unseen, so every field that can leave has them; a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from contracts.vocabulary import Form

Language = Literal["nl", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("nl", "en")


class Words(NamedTuple):
    """One thing in both languages."""

    nl: str
    en: str

    def of(self, language: Language) -> str:
        """In one of them."""
        return self.nl if language == "nl" else self.en


FORMS: Final[Mapping[Form, Words]] = {
    Form.PSEUDONYM: Words("alleen als code", "only as a code"),
    Form.ALIAS: Words("niet echt, maar een schuilnaam", "not the real one, but an assumed name"),
    Form.GENERALISED: Words("minder precies, zoals alleen het jaar", "less precise, such as the year only"),
    Form.SCRUBBED: Words("zonder namen erin", "without names in it"),
    Form.CLEAR: Words("zoals het is", "as it is"),
}

PURPOSES: Final[Mapping[str, Words]] = {
    "leveren_gebruik": Words("Het leermiddel kunnen gebruiken", "Being able to use the learning material"),
    "leerresultaten_opslaan": Words("Resultaten bewaren", "Keeping results"),
    "leerresultaten_terug": Words(
        "Resultaten teruggeven aan de leraar", "Giving results back to the teacher"
    ),
    "onderzoek": Words("Onderzoek", "Research"),
    "verbeteren": Words("Het leermiddel beter maken", "Making the learning material better"),
    "beeldmateriaal": Words("Foto's en video's", "Photos and videos"),
}
"""Purposes that occur often; another one is shown as the agreement writes it, without underscores."""

_PERSON: Final = {
    "username": Words("gebruikersnaam", "user name"),
    "enabledUser": Words("of de leerling mag inloggen", "whether the pupil may sign in"),
    "givenName": Words("voornaam", "first name"),
    "familyName": Words("achternaam", "last name"),
    "middleName": Words("tweede naam", "middle name"),
    "preferredFirstName": Words("roepnaam", "name the pupil goes by"),
    "preferredMiddleName": Words("tweede roepnaam", "middle name the pupil goes by"),
    "preferredLastName": Words("achternaam die de leerling gebruikt", "last name the pupil goes by"),
    "roles": Words("rol op school", "role at school"),
    "email": Words("e-mailadres", "e-mail address"),
    "sms": Words("mobiel nummer", "mobile number"),
    "phone": Words("telefoonnummer", "telephone number"),
    "grades": Words("leerjaar", "year group"),
    "pronouns": Words("voornaamwoorden", "pronouns"),
}
_DEMOGRAPHICS: Final = {
    "birthDate": Words("geboortedatum", "date of birth"),
    "sex": Words("geslacht", "sex"),
    "publicSchoolResidenceStatus": Words("woonsituatie", "place of residence status"),
    "americanIndianOrAlaskaNative": Words("afkomst (inheems Amerikaans)", "origin (Native American)"),
    "asian": Words("afkomst (Aziatisch)", "origin (Asian)"),
    "blackOrAfricanAmerican": Words("afkomst (zwart)", "origin (black)"),
    "nativeHawaiianOrOtherPacificIslander": Words("afkomst (Pacifisch)", "origin (Pacific Islander)"),
    "white": Words("afkomst (wit)", "origin (white)"),
    "demographicRaceTwoOrMoreRaces": Words("afkomst (gemengd)", "origin (mixed)"),
    "hispanicOrLatinoEthnicity": Words("afkomst (Latijns-Amerikaans)", "origin (Latin American)"),
    "countryOfBirthCode": Words("geboorteland", "country of birth"),
    "stateOfBirthAbbreviation": Words("geboorteprovincie", "province of birth"),
    "cityOfBirth": Words("geboorteplaats", "place of birth"),
}
_GROUPS: Final = {
    "title": Words("naam van de groep", "name of the class"),
    "classCode": Words("code van de groep", "code of the class"),
    "classType": Words("soort groep", "kind of class"),
    "location": Words("lokaal", "room"),
    "grades": Words("leerjaar van de groep", "year group of the class"),
    "subjects": Words("vakken van de groep", "subjects of the class"),
    "subjectCodes": Words("codes van de vakken", "codes of the subjects"),
    "periods": Words("lesuren", "lesson hours"),
}
_COURSES: Final = {
    "title": Words("naam van het vak", "name of the course"),
    "courseCode": Words("code van het vak", "code of the course"),
    "grades": Words("leerjaar van het vak", "year group of the course"),
    "subjects": Words("vakgebied", "field of study"),
    "subjectCodes": Words("code van het vakgebied", "code of the field of study"),
}
_ENROLMENTS: Final = {
    "role": Words("rol in de groep", "role in the class"),
    "primary": Words("of dit de hoofdgroep is", "whether this is the main class"),
    "beginDate": Words("sinds wanneer in de groep", "in the class since"),
    "endDate": Words("tot wanneer in de groep", "in the class until"),
}
_ORGS: Final = {
    "name": Words("naam van de school", "name of the school"),
    "type": Words("soort school", "kind of school"),
    "identifier": Words("nummer van de school", "number of the school"),
}
_SESSIONS: Final = {
    "title": Words("naam van de periode", "name of the term"),
    "startDate": Words("begin van de periode", "beginning of the term"),
    "endDate": Words("einde van de periode", "end of the term"),
    "type": Words("soort periode", "kind of term"),
    "schoolYear": Words("schooljaar", "school year"),
}
_CATEGORIES: Final = {
    "title": Words("soort toets", "kind of test"),
    "weight": Words("hoe zwaar een toets telt", "how much a test counts"),
}
_TESTS: Final = {
    "title": Words("naam van de toets", "name of the test"),
    "description": Words("uitleg bij de toets", "description of the test"),
    "assignDate": Words("dag waarop de toets is gegeven", "day on which the test was set"),
    "dueDate": Words("dag waarop de toets klaar moet zijn", "day on which the test is due"),
    "resultValueMin": Words("laagste score", "lowest score"),
    "resultValueMax": Words("hoogste score", "highest score"),
    "learningObjectiveSet": Words("leerdoelen van de toets", "learning objectives of the test"),
}
_RESULTS: Final = {
    "scoreStatus": Words("of de toets is nagekeken", "whether the test is marked"),
    "score": Words("score", "score"),
    "textScore": Words("beoordeling in woorden", "mark in words"),
    "scoreDate": Words("dag van de score", "day of the score"),
    "scorePercentile": Words("score vergeleken met anderen", "score compared with others"),
    "comment": Words("opmerking van de leraar", "remark of the teacher"),
    "learningObjectiveSet": Words("gehaalde leerdoelen", "learning objectives reached"),
    "inProgress": Words("of de leerling nog bezig is", "whether the pupil is still working on it"),
    "incomplete": Words("of de toets niet af is", "whether the test is incomplete"),
    "late": Words("of de toets te laat is", "whether the test is late"),
    "missing": Words("of de toets ontbreekt", "whether the test is missing"),
}
_SCALES: Final = {
    "title": Words("naam van de schaal", "name of the scale"),
    "type": Words("soort schaal", "kind of scale"),
    "scoreScaleValue": Words("waarden van de schaal", "values of the scale"),
}

_KINDS: Final[Mapping[str, Mapping[str, Words]]] = {
    "user": _PERSON,
    "demographics": _DEMOGRAPHICS,
    "class": _GROUPS,
    "course": _COURSES,
    "enrollment": _ENROLMENTS,
    "org": _ORGS,
    "academicSession": _SESSIONS,
    "category": _CATEGORIES,
    "lineItem": _TESTS,
    "assessmentLineItem": _TESTS,
    "result": _RESULTS,
    "assessmentResult": _RESULTS,
    "scoreScale": _SCALES,
}

FIELDS: Final[Mapping[str, Words]] = {
    f"{kind}.{name}": words for kind, fields in _KINDS.items() for name, words in fields.items()
}
"""By `<kind>.<field>`."""

_CODE: Final = Words("een code (geen naam)", "a code (no name)")


def field_words(field: str, language: Language) -> str:
    """A field as a parent reads it; identifiers and references leave as codes only."""
    return FIELDS.get(field, _CODE).of(language)


def purpose_words(purpose: str, language: Language) -> str:
    """A purpose as a parent reads it."""
    known = PURPOSES.get(purpose)
    return known.of(language) if known is not None else purpose.replace("_", " ").capitalize()
