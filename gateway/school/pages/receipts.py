"""Receipts of what happened to agreements: the list, one as a page that prints, and the file as it was mailed."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from contracts.instants import from_ms
from gateway.errors import GatewayUnready
from gateway.school.pages.access import needs
from gateway.school.pages.context import context
from gateway.school.receipts import making
from gateway.school.receipts.stored import ReceiptPage
from gateway.school.staff.roles import Action

pages = Blueprint("receipts", __name__, url_prefix="/receipts")


@pages.get("/")
@needs(Action.AGREEMENT_SEE)
def listed() -> str:
    """Every receipt, or those of one agreement, newest first."""
    agreement = request.args.get("agreement", "").strip()[:80] or None
    found = making.receipts(context().services, agreement=agreement)
    return render_template("receipts.html", receipts=found, agreement=agreement, from_ms=from_ms)


@pages.get("/<int:number>")
@needs(Action.AGREEMENT_SEE)
def shown(number: int) -> str:
    """One receipt within our own page: the same text, with the pages' stylesheet."""
    found = making.receipt(context().services, number)
    return render_template(
        "receipt.html", receipt=found.receipt, body=_body(found), spoken=context().services.settings.language
    )


def _body(found: ReceiptPage) -> Markup:
    """What stands between `<body>` and `</body>`.

    Its own stylesheet is inside the file, which the security policy of pages does not allow. Only bytes that have the
    digest of the audit log come here (`making.receipt`): they are what our template wrote, with every value escaped.
    """
    text = found.content.decode()
    _before, opened, rest = text.partition("<body>")
    inside, closed, _after = rest.rpartition("</body>")
    # Our own page has a main part already.
    inside = inside.replace("<main>", "").replace("</main>", "")
    if not opened or not closed:
        raise GatewayUnready("This receipt has no page.", code="receipt_altered")
    return Markup(inside)  # noqa: S704 (proved above)


@pages.get("/<int:number>/file")
@needs(Action.AGREEMENT_SEE)
def file(number: int) -> Response:
    """The file as it was made and mailed: one HTML file that looks right by itself."""
    found = making.receipt(context().services, number)
    answer = Response(found.content, content_type="text/html; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="schuilnaam-{number}.html"'
    return answer
