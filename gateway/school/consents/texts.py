"""Registering the text with which consent is asked, so that every consent can refer to what was shown."""

from __future__ import annotations

from datetime import datetime

from contracts import canonical
from contracts.consent_texts import Told, covers, told_by
from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.school.consents.products import AskedProduct, asked_product
from gateway.school.consents.rows import ConsentRows, RegisteredText, text_object
from gateway.school.consents.wording import consent_text, text_sha256, told_lines
from gateway.school.consents.words import LANGUAGES, Language
from gateway.school.services import SchoolServices


def register_text(
    services: SchoolServices,
    actor: Actor,
    product: str,
    *,
    language: Language,
    pupils_of_16: bool = True,
    now: datetime,
) -> RegisteredText:
    """The text about a product in a language: the newest one that tells exactly today's terms, or a new one.

    A text that was registered is given again as it was, whatever later versions of this program would write.

    Args:
        pupils_of_16: whether it speaks to pupils who decide themselves; a board of primary schools has none.

    Raises:
        UsageError: code `product_unknown`.
        DisclosureRefused: code `consent_not_asked`.
    """
    with writing(services.school) as connection:
        rows = ConsentRows(connection, services.ring, board_id=services.board_id)
        rows.lock()
        asked = asked_product(services, connection, product, now=now)
        told = told_by(asked.version.agreement, product, pupils_of_16=pupils_of_16)
        version, known = _found(asked, told, language)
        if known is not None:
            return known
        content = consent_text(told, language, version=version)
        text = RegisteredText(
            product=product,
            version=version,
            language=language,
            sha256=text_sha256(content),
            content=content,
            told=told,
            agreement_id=asked.version.agreement_id,
            agreement_version=asked.version.version,
            registered_at_ms=to_ms(now),
        )
        rows.add_text(text)
        audit.record(
            connection,
            AuditEvent.CONSENT_TEXT_REGISTERED,
            board_id=services.board_id,
            actor=actor,
            now_ms=to_ms(now),
            product=product,
            object_id=text_object(product, text.version, language),
            details={
                "version": text.version,
                "digest": canonical.digest(content.encode() + told.to_bytes()),
                "codes": (language,),
            },
        )
    return text


def _found(asked: AskedProduct, told: Told, language: Language) -> tuple[int, RegisteredText | None]:
    """The number of the newest text where it says the same as today's would, and the text in this language."""
    newest = max((text.version for text in asked.texts), default=0)
    of_newest = [text for text in asked.texts if text.version == newest]
    same = [text for text in of_newest if _says_the_same(text.told, told)]
    if not same:
        return newest + 1, None
    return newest, next((text for text in of_newest if text.language == language), None)


def _says_the_same(earlier: Told, today: Told) -> bool:
    # The lines do not show every term that counts, so it must cover today's as well.
    return covers(earlier, today) and all(
        told_lines(earlier, language) == told_lines(today, language) for language in LANGUAGES
    )


def texts_of(services: SchoolServices, product: str, *, now: datetime) -> AskedProduct:
    """What a product asks consent for, with its texts; raises as `register_text`."""
    with reading(services.school) as connection:
        return asked_product(services, connection, product, now=now)
