"""Reports: the annex to the register of processing, who gets what, for parents, what is missing, the yearly check."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from gateway.errors import GatewayError, UsageError
from gateway.school.consents.words import Language
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.pages.language import chosen
from gateway.school.reports import annex as annexes
from gateway.school.reports import matrix as matrices
from gateway.school.reports import missing as missings
from gateway.school.reports import yearly
from gateway.school.reports.parents import MAX_NAME, ParentsPage, parents_page
from gateway.school.reports.running import running_products
from gateway.school.reports.table import Table
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("reports", __name__, url_prefix="/reports")


@pages.get("/")
@needs(Action.REPORT_SEE)
def overview() -> str:
    """Which reports there are."""
    return render_template("reports.html", brins=context().services.settings.brins)


@pages.get("/annex")
@needs(Action.REPORT_SEE)
def annex() -> str:
    """For printing: per product the recipient, the fields, the terms and the measures."""
    found = running_products(context().services, now=context().now())
    return render_template("report_annex.html", products=found)


@pages.get("/annex.csv")
@needs(Action.REPORT_SEE)
def annex_file() -> Response:
    """One row per field of each product."""
    return _csv(annexes.annex(context().services, now=context().now()), "annex")


@pages.get("/matrix")
@needs(Action.REPORT_SEE)
def matrix() -> str:
    """Fields against products."""
    found = running_products(context().services, now=context().now())
    cells = [matrices.cells_of(each.terms) for each in found]
    return render_template(
        "report_matrix.html",
        products=found,
        cells=cells,
        fields=sorted({field for column in cells for field in column}),
    )


@pages.get("/matrix.csv")
@needs(Action.REPORT_SEE)
def matrix_file() -> Response:
    """The same as a file."""
    return _csv(matrices.matrix(context().services, now=context().now()), "matrix")


@pages.get("/missing")
@needs(Action.REPORT_SEE)
def missing() -> str:
    """Agreements that are not done."""
    rows, altered = missings.missing_rows(context().services, now=context().now())
    return render_template("report_missing.html", rows=rows, altered=altered)


@pages.get("/missing.csv")
@needs(Action.REPORT_SEE)
def missing_file() -> Response:
    """The same as a file."""
    return _csv(missings.missing(context().services, now=context().now()), "missing")


def _csv(table: Table, name: str) -> Response:
    answer = Response("\ufeff" + table.as_csv(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="schuilnaam-{name}.csv"'
    return answer


# -- for parents ------------------------------------------------------------------------------------------------------


@pages.get("/parents")
@needs(Action.REPORT_SEE)
def parents() -> str | tuple[str, int]:
    """The page as parents of a school will see it."""
    try:
        return _parents(_page_of_request())
    except UsageError as refused:
        return _parents(None, refused=refused), 422


def _parents(page: ParentsPage | None, *, refused: GatewayError | None = None) -> str:
    return render_template(
        "report_parents.html",
        page=page,
        # Written by our own template, which escapes every value.
        fragment=None if page is None else Markup(page.fragment),  # noqa: S704
        brins=context().services.settings.brins,
        name=request.args.get("name", "")[:MAX_NAME],
        in_language=_language(),
        max_name=MAX_NAME,
        refused=refused,
    )


@pages.get("/parents.html")
@needs(Action.REPORT_SEE)
def parents_file() -> Response:
    """A file for the school's site: the whole page, or the part that goes inside another one."""
    found = _page_of_request()
    part = request.args.get("part") == "fragment"
    answer = Response(found.fragment if part else found.document, content_type="text/html; charset=utf-8")
    kind = "fragment-" if part else ""
    name = f"schuilnaam-{kind}{found.school}-{found.language}.html"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _page_of_request() -> ParentsPage:
    services = context().services
    school = request.args.get("school") or next(iter(services.settings.brins), "")
    return parents_page(
        services, school, language=_language(), now=context().now(), name=request.args.get("name")
    )


def _language() -> Language:
    asked = request.args.get("language") or chosen()
    return "en" if asked == "en" else "nl"


# -- yearly check -----------------------------------------------------------------------------------------------------


@pages.get("/yearly")
@needs(Action.REPORT_SEE)
def yearly_check() -> str:
    """The list of this school year."""
    return _yearly()


@pages.post("/yearly/<item>")
@needs(Action.YEARLY_CHECK_TICK)
def tick(item: str) -> Response | tuple[str, int]:
    """Write down that somebody looked."""
    try:
        yearly.tick(
            context().services,
            signed_in_actor(person()),
            item,
            remark=request.form.get("remark", ""),
            now=context().now(),
        )
    except UsageError as refused:
        return _yearly(refused=refused), 422
    flash(_("Written down."))
    return redirect(url_for("reports.yearly_check"), 303)  # type: ignore[return-value]


def _yearly(*, refused: GatewayError | None = None) -> str:
    now = context().now()
    return render_template(
        "report_yearly.html",
        checks=yearly.yearly_check(context().services, now=now),
        year=yearly.school_year_of(now),
        max_remark=yearly.MAX_REMARK,
        refused=refused,
    )
