"""Names of the audit log, and what each may say.

Grammar: `source:subject:action`. Source is who set it off (`person` at the school, `vendor`, `gateway` by
itself); subject is what it is about; action is a past participle. All lower case with underscores.

Compatibility: values are stored for ever. A name is never changed, reused or removed; a new one is added.

Each event belongs to one of the two audit logs and allows a fixed list of details, each of one shape: so
nothing that came out of a record, a request or another system can end up in the log by accident.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.registers.tables import Log


class AuditEvent(StrEnum):
    """What happened. The grammar is in the module's docstring."""

    # Front database: the vendors' door.
    AGREEMENT_COMPILED = "gateway:agreement:compiled"
    AGREEMENT_FOUND_ALTERED = "gateway:agreement:found_altered"
    AGREEMENT_WITHDRAWN = "gateway:agreement:withdrawn"
    CLIENT_ISSUED = "person:client:issued"
    CLIENT_REVOKED = "person:client:revoked"
    CLIENT_REFUSED = "vendor:client:refused"
    TOKEN_ISSUED = "vendor:token:issued"  # noqa: S105 (the name of an event)
    REQUEST_REFUSED = "vendor:request:refused"
    RESULT_ACCEPTED = "vendor:result:accepted"
    RESULT_REFUSED = "vendor:result:refused"
    REFRESH_ASKED = "vendor:refresh:asked"
    GENERATION_PUBLISHED = "gateway:generation:published"
    HOLDINGS_WITHDRAWN = "gateway:holdings:withdrawn"
    HOLDINGS_TOO_OLD = "gateway:holdings:expired"
    CLOCK_SET_BACK = "gateway:clock:set_back"
    EXPORT_WRITTEN = "person:export:written"
    RESULTS_TAKEN = "person:results:taken"
    DISCLOSURE_NOT_SENT = "gateway:disclosure:not_sent"

    # School database: the school's side.
    BOARD_CREATED = "person:board:created"
    RING_CREATED = "person:ring:created"
    RING_UNLOCKED = "gateway:ring:unlocked"
    RING_PASSPHRASE_CHANGED = "person:ring:passphrase_changed"  # noqa: S105 (the name of an event)
    RING_SHEET_PRINTED = "person:ring:sheet_printed"
    RING_SHEET_CONFIRMED = "person:ring:sheet_confirmed"
    RING_RECOVERED = "person:ring:recovered"
    RING_BACKED_UP = "person:ring:backed_up"
    KEY_PRODUCT_ADDED = "person:key:product_added"
    KEY_VERSION_ADDED = "person:key:version_added"
    KEY_VERSION_RETIRED = "person:key:version_retired"
    KEY_DESTROYED = "person:key:destroyed"
    AGREEMENT_REGISTERED = "person:agreement:registered"
    AGREEMENT_REFUSED = "person:agreement:refused"
    AGREEMENT_FINDING_ACCEPTED = "person:agreement:finding_accepted"
    AGREEMENT_APPROVED = "person:agreement:approved"
    AGREEMENT_ACTIVATED = "person:agreement:activated"
    AGREEMENT_SUSPENDED = "person:agreement:suspended"
    AGREEMENT_RESUMED = "person:agreement:resumed"
    AGREEMENT_ENDED = "person:agreement:ended"
    AGREEMENT_NARROWED = "person:agreement:narrowed"
    AGREEMENT_CLOSED = "gateway:agreement:closed"
    AGREEMENT_END_PLANNED = "person:agreement:end_planned"
    AGREEMENT_REPLACED = "person:agreement:replaced"
    VENDOR_STOPPED = "person:vendor:stopped"
    VENDOR_RESUMED = "person:vendor:resumed"
    DELETION_STARTED = "gateway:deletion:started"
    DELETION_CONTINUED = "gateway:deletion:continued"
    DELETION_FOUND_OVERDUE = "gateway:deletion:found_overdue"
    DELETION_CONFIRMED = "person:deletion:confirmed"
    SUBPROCESSOR_ANNOUNCED = "person:subprocessor:announced"
    SUBPROCESSOR_OBJECTED = "person:subprocessor:objected"
    SUBPROCESSOR_ACCEPTED = "person:subprocessor:accepted"
    SHREDDING_PLANNED = "person:shredding:planned"
    SHREDDING_DROPPED = "person:shredding:dropped"
    SHREDDING_CONTINUED = "gateway:shredding:continued"
    SHREDDING_PROPOSED = "gateway:shredding:proposed"
    RECEIPT_MADE = "gateway:receipt:made"
    REFRESH_REQUESTED = "person:refresh:requested"
    MAIL_TESTED = "person:mail:tested"
    MAIL_RESENT = "person:mail:resent"
    YEARLY_CHECK_TICKED = "person:yearly_check:ticked"
    SOURCE_ADDED = "person:source:added"
    SOURCE_CHANGED = "person:source:changed"
    SOURCE_CHECKED = "person:source:checked"
    SOURCE_SCHOOLS_MAPPED = "person:source:schools_mapped"
    REFRESH_STARTED = "gateway:refresh:started"
    REFRESH_FINISHED = "gateway:refresh:finished"
    REFRESH_FAILED = "gateway:refresh:failed"
    REFRESH_HELD_BACK = "gateway:refresh:held_back"
    REFRESH_ACCEPTED = "person:refresh:accepted"
    LEAK_HELD_BACK = "gateway:leak:held_back"
    LEAK_WITHHELD = "gateway:leak:withheld"
    RESULT_DELIVERED = "gateway:result:delivered"
    RESULT_QUARANTINED = "gateway:result:quarantined"
    RESULT_DEAD_LETTERED = "gateway:result:dead_lettered"
    RESULT_KEPT = "gateway:result:kept"
    DEAD_LETTER_RETRIED = "person:dead_letter:retried"
    REGISTER_CHECKPOINTED = "person:register:checkpointed"
    REGISTER_VERIFIED = "person:register:verified"
    REGISTER_READ = "person:register:read"
    STAFF_INVITED = "person:staff:invited"
    STAFF_CREDENTIALS_SET = "person:staff:credentials_set"
    STAFF_SIGNED_IN = "person:staff:signed_in"
    STAFF_RECOVERY_CODE_USED = "person:staff:recovery_code_used"
    STAFF_LOCKED = "gateway:staff:locked"
    STAFF_ROLES_CHANGED = "person:staff:roles_changed"
    STAFF_CLOSED = "person:staff:closed"
    STAFF_SESSIONS_ENDED = "person:staff:sessions_ended"
    STAFF_PASSKEY_ADDED = "person:staff:passkey_added"
    STAFF_PASSKEY_REMOVED = "person:staff:passkey_removed"
    STAFF_TOKEN_ISSUED = "person:staff:token_issued"  # noqa: S105 (the name of an event)
    STAFF_TOKEN_REVOKED = "person:staff:token_revoked"  # noqa: S105 (the name of an event)
    PAGE_REFUSED = "person:page:refused"
    BACKUP_WRITTEN = "person:backup:written"
    BACKUP_RESTORED = "person:backup:restored"
    DATABASE_UPGRADED = "person:database:upgraded"
    RING_SHARES_PRINTED = "person:ring:shares_printed"
    RING_SHARE_CONFIRMED = "person:ring:share_confirmed"
    AGREEMENT_ADVISED = "person:agreement:advised"
    LEAFLET_IMPORTED = "person:leaflet:imported"
    LEAFLET_ANSWERED = "person:leaflet:answered"
    CONSENT_TEXT_REGISTERED = "person:consent_text:registered"
    CONSENT_GIVEN = "person:consent:given"
    CONSENT_REFUSED = "person:consent:refused"
    CONSENT_WITHDRAWN = "person:consent:withdrawn"
    CONSENT_IMPORTED = "person:consent:imported"
    CONSENT_EXPIRED = "gateway:consent:expired"
    OBJECTION_ADDED = "person:objection:added"
    OBJECTION_LIFTED = "person:objection:lifted"
    DELETION_REQUEST_DRAFTED = "gateway:deletion_request:drafted"
    LEGAL_DELIVERY_NOTED = "person:legal_delivery:noted"
    REGULATION_RECORDED = "person:regulation:recorded"
    REGULATION_EXCEEDED = "person:regulation:exceeded"
    REGULATION_ENFORCED = "person:regulation:enforcement_chosen"
    LAYOUT_ADDED = "person:layout:added"
    ALIAS_STYLE_CHOSEN = "person:alias_style:chosen"
    SCHOOL_YEAR_PLANNED = "person:school_year:planned"
    SCHOOL_YEAR_DROPPED = "person:school_year:dropped"
    SWITCHOVER_MADE = "person:switchover:made"
    SWITCHOVER_CONFIRMED = "person:switchover:confirmed"


class Shape(StrEnum):
    """What a detail may look like."""

    COUNT = "count"
    COUNTS = "counts"
    CODE = "code"
    CODES = "codes"
    DIGEST = "digest"
    DATE = "date"
    TEXT = "text"
    """Typed by a person at the school; allowed in the school's log only."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One member of `details`."""

    name: str
    shape: Shape


_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/{}=@ -]{0,119}\Z")
_DIGEST: Final = re.compile(r"[0-9a-f]{6,64}\Z")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,12}Z)?\Z")

_ALLOWED: Final[Mapping[str, Shape]] = {
    "count": Shape.COUNT,
    "version": Shape.COUNT,
    "generation": Shape.COUNT,
    "status": Shape.COUNT,
    "attempts": Shape.COUNT,
    "disclosure": Shape.COUNT,
    "seconds": Shape.COUNT,
    "number": Shape.COUNT,
    "newest": Shape.COUNT,
    "counts": Shape.COUNTS,
    "withheld": Shape.COUNTS,
    "reason": Shape.CODE,
    "kind": Shape.CODE,
    "operation": Shape.CODE,
    "request_id": Shape.CODE,
    "source": Shape.CODE,
    "standard": Shape.CODE,
    "space": Shape.CODE,
    "slug": Shape.CODE,
    "kvk": Shape.CODE,
    "check_value": Shape.CODE,
    "clause": Shape.CODE,
    "finding": Shape.CODE,
    "fields": Shape.CODES,
    "services": Shape.CODES,
    "scopes": Shape.CODES,
    "brins": Shape.CODES,
    "codes": Shape.CODES,
    "digest": Shape.DIGEST,
    "previous_digest": Shape.DIGEST,
    "standing": Shape.DIGEST,
    "on": Shape.DATE,
    "explanation": Shape.TEXT,
}
"""Every detail there is, and its shape."""


def _details(*names: str) -> tuple[Detail, ...]:
    return tuple(Detail(name, _ALLOWED[name]) for name in names)


_E = AuditEvent
_FRONT: Final[Mapping[AuditEvent, tuple[Detail, ...]]] = {
    _E.AGREEMENT_COMPILED: _details("digest", "version", "services"),
    _E.AGREEMENT_FOUND_ALTERED: _details("digest", "previous_digest", "version"),
    _E.AGREEMENT_WITHDRAWN: _details("digest", "version", "reason"),
    _E.CLIENT_ISSUED: _details(),
    _E.CLIENT_REVOKED: _details("reason"),
    _E.CLIENT_REFUSED: _details("reason", "status", "operation", "request_id", "count"),
    _E.TOKEN_ISSUED: _details("scopes", "request_id"),
    _E.REQUEST_REFUSED: _details(
        "reason", "status", "operation", "clause", "fields", "request_id", "kind", "count"
    ),
    _E.RESULT_ACCEPTED: _details("kind", "operation", "request_id", "count"),
    _E.RESULT_REFUSED: _details("kind", "operation", "reason", "status", "request_id"),
    _E.REFRESH_ASKED: _details("request_id"),
    _E.GENERATION_PUBLISHED: _details("generation", "counts", "digest"),
    _E.HOLDINGS_WITHDRAWN: _details("count", "counts", "reason", "generation"),
    _E.HOLDINGS_TOO_OLD: _details("generation", "seconds"),
    _E.CLOCK_SET_BACK: _details("seconds"),
    _E.EXPORT_WRITTEN: _details("count", "fields", "digest"),
    _E.RESULTS_TAKEN: _details("counts", "digest", "request_id"),
    _E.DISCLOSURE_NOT_SENT: _details("disclosure", "reason", "kind", "request_id"),
}
_SCHOOL: Final[Mapping[AuditEvent, tuple[Detail, ...]]] = {
    _E.BOARD_CREATED: _details("brins", "check_value"),
    _E.RING_CREATED: _details("check_value"),
    _E.RING_UNLOCKED: _details("check_value"),
    _E.RING_PASSPHRASE_CHANGED: _details("check_value"),
    _E.RING_SHEET_PRINTED: _details("check_value"),
    _E.RING_SHEET_CONFIRMED: _details("check_value"),
    _E.RING_RECOVERED: _details("check_value"),
    _E.RING_BACKED_UP: _details("check_value"),
    _E.KEY_PRODUCT_ADDED: _details("kvk"),
    _E.KEY_VERSION_ADDED: _details("version"),
    _E.KEY_VERSION_RETIRED: _details("version"),
    _E.KEY_DESTROYED: _details("explanation", "check_value"),
    _E.AGREEMENT_REGISTERED: _details("digest", "version", "kvk", "slug", "codes", "standing"),
    _E.AGREEMENT_REFUSED: _details("codes"),
    _E.AGREEMENT_FINDING_ACCEPTED: _details("finding", "explanation", "digest", "version", "standing"),
    _E.AGREEMENT_APPROVED: _details("digest", "version", "standing"),
    _E.AGREEMENT_ACTIVATED: _details("digest", "version", "standing", "explanation"),
    _E.AGREEMENT_SUSPENDED: _details("digest", "version", "explanation", "standing"),
    _E.AGREEMENT_END_PLANNED: _details("digest", "version", "on", "explanation", "standing"),
    _E.AGREEMENT_REPLACED: _details("digest", "version", "explanation", "standing"),
    _E.AGREEMENT_RESUMED: _details("digest", "version", "standing"),
    _E.AGREEMENT_ENDED: _details("digest", "version", "on", "explanation", "standing"),
    _E.AGREEMENT_NARROWED: _details("digest", "previous_digest", "version", "fields", "explanation"),
    _E.AGREEMENT_CLOSED: _details("digest", "version", "on", "standing"),
    _E.VENDOR_STOPPED: _details("codes", "explanation"),
    _E.VENDOR_RESUMED: _details("codes", "explanation"),
    _E.DELETION_STARTED: _details("on"),
    _E.DELETION_CONTINUED: _details("codes"),
    _E.DELETION_FOUND_OVERDUE: _details("on", "count"),
    _E.DELETION_CONFIRMED: _details("digest", "on"),
    _E.SUBPROCESSOR_ANNOUNCED: _details("on", "digest", "explanation"),
    _E.SUBPROCESSOR_OBJECTED: _details("explanation"),
    _E.SUBPROCESSOR_ACCEPTED: _details("explanation"),
    _E.SHREDDING_PLANNED: _details("on"),
    _E.SHREDDING_DROPPED: _details(),
    _E.SHREDDING_CONTINUED: _details("codes"),
    _E.SHREDDING_PROPOSED: _details("on"),
    _E.RECEIPT_MADE: _details("digest", "kind"),
    _E.REFRESH_REQUESTED: _details("codes", "brins"),
    _E.MAIL_TESTED: _details("count"),
    _E.MAIL_RESENT: _details("kind"),
    _E.YEARLY_CHECK_TICKED: _details("kind", "explanation"),
    _E.SOURCE_ADDED: _details("standard", "space"),
    _E.SOURCE_CHANGED: _details("standard", "space", "fields"),
    _E.SOURCE_CHECKED: _details("counts", "reason"),
    _E.SOURCE_SCHOOLS_MAPPED: _details("count", "brins"),
    _E.REFRESH_STARTED: _details("source", "operation"),
    _E.REFRESH_FINISHED: _details("generation", "counts", "withheld", "seconds"),
    _E.REFRESH_FAILED: _details("reason", "source", "kind"),
    _E.REFRESH_HELD_BACK: _details("reason", "counts", "kind"),
    _E.REFRESH_ACCEPTED: _details("reason", "counts"),
    _E.LEAK_HELD_BACK: _details("fields", "counts", "kind"),
    _E.LEAK_WITHHELD: _details("fields", "counts", "kind"),
    _E.RESULT_DELIVERED: _details("kind", "operation", "attempts", "source", "request_id"),
    _E.RESULT_QUARANTINED: _details("kind", "reason", "operation", "request_id"),
    _E.RESULT_DEAD_LETTERED: _details("kind", "reason", "attempts", "source", "operation", "request_id"),
    _E.RESULT_KEPT: _details("kind", "operation", "source", "request_id"),
    _E.DEAD_LETTER_RETRIED: _details("count"),
    _E.REGISTER_CHECKPOINTED: _details("counts"),
    _E.REGISTER_VERIFIED: _details("counts", "reason"),
    _E.REGISTER_READ: _details("operation", "count"),
    _E.STAFF_INVITED: _details("codes"),
    _E.STAFF_CREDENTIALS_SET: _details(),
    _E.STAFF_SIGNED_IN: _details("codes"),
    _E.STAFF_RECOVERY_CODE_USED: _details(),
    _E.STAFF_LOCKED: _details(),
    _E.STAFF_ROLES_CHANGED: _details("codes"),
    _E.STAFF_CLOSED: _details(),
    _E.STAFF_SESSIONS_ENDED: _details("count"),
    _E.STAFF_PASSKEY_ADDED: _details(),
    _E.STAFF_PASSKEY_REMOVED: _details(),
    _E.STAFF_TOKEN_ISSUED: _details("codes"),
    _E.STAFF_TOKEN_REVOKED: _details(),
    _E.PAGE_REFUSED: _details("operation", "reason"),
    _E.BACKUP_WRITTEN: _details("digest", "count", "check_value"),
    # `version` counts the restores of this board: codes of aliases that are drawn after one are longer.
    _E.BACKUP_RESTORED: _details("digest", "version", "on", "check_value", "reason", "counts"),
    _E.DATABASE_UPGRADED: _details("codes", "reason"),
    _E.RING_SHARES_PRINTED: _details("check_value", "count", "codes"),
    _E.RING_SHARE_CONFIRMED: _details("check_value", "count", "codes"),
    _E.AGREEMENT_ADVISED: _details("digest", "version", "number"),
    _E.LEAFLET_IMPORTED: _details("digest", "kvk"),
    _E.LEAFLET_ANSWERED: _details("digest", "counts"),
    _E.CONSENT_TEXT_REGISTERED: _details("version", "digest", "codes"),
    # `newest` is the number of the newest statement: one that is taken away is missed.
    _E.CONSENT_GIVEN: _details("count", "codes", "version", "operation", "newest"),
    _E.CONSENT_REFUSED: _details("count", "codes", "operation", "newest"),
    _E.CONSENT_WITHDRAWN: _details("count", "codes", "operation", "newest"),
    _E.CONSENT_IMPORTED: _details("counts", "newest"),
    _E.CONSENT_EXPIRED: _details("count"),
    _E.OBJECTION_ADDED: _details("number", "on", "newest"),
    _E.OBJECTION_LIFTED: _details("number", "newest"),
    _E.DELETION_REQUEST_DRAFTED: _details("number", "on", "reason", "version"),
    _E.LEGAL_DELIVERY_NOTED: _details("slug", "fields", "on", "disclosure", "digest", "explanation"),
    _E.REGULATION_RECORDED: _details("number", "on", "digest", "codes"),
    _E.REGULATION_EXCEEDED: _details("codes", "version"),
    _E.REGULATION_ENFORCED: _details("operation"),
    _E.LAYOUT_ADDED: _details("digest", "number"),
    _E.ALIAS_STYLE_CHOSEN: _details("kind"),
    _E.SCHOOL_YEAR_PLANNED: _details("number", "codes", "counts"),
    _E.SCHOOL_YEAR_DROPPED: _details("number"),
    _E.SWITCHOVER_MADE: _details("number", "counts", "digest", "previous_digest"),
    _E.SWITCHOVER_CONFIRMED: _details("number", "on", "digest"),
    # `version` counts the restores of this board: codes of aliases that are drawn after one are longer.
}

DETAILS: Final[Mapping[AuditEvent, tuple[Detail, ...]]] = {**_FRONT, **_SCHOOL}
"""What each event may say."""

LOG_OF: Final[Mapping[AuditEvent, Log]] = {
    **dict.fromkeys(_FRONT, Log.AUDIT),
    **dict.fromkeys(_SCHOOL, Log.AUDIT_SCHOOL),
}
"""In which of the two audit logs an event stands."""


def fits(shape: Shape, value: object) -> bool:
    """Whether a value has the shape of a detail."""
    if shape is Shape.COUNT:
        return type(value) is int and 0 <= value < 2**53
    if shape is Shape.COUNTS:
        return isinstance(value, dict) and all(
            fits(Shape.CODE, name) and fits(Shape.COUNT, number) for name, number in value.items()
        )
    if shape is Shape.CODES:
        return isinstance(value, tuple) and len(value) <= 500 and all(fits(Shape.CODE, v) for v in value)
    if not isinstance(value, str):
        return False
    if shape is Shape.TEXT:
        return 0 < len(value.strip()) <= len(value) <= 1_000
    pattern = {Shape.CODE: _CODE, Shape.DIGEST: _DIGEST, Shape.DATE: _DATE}[shape]
    return pattern.match(value) is not None
