"""Two pictures of a product: what flows where, and what was fetched per day. Both are tables as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext as _n

from gateway.school.pages.preview_words import person_reason
from gateway.school.vendors.listing import Standing
from gateway.school.vendors.traffic import DAYS, DayTraffic, Traffic

STANDINGS: Final[Mapping[Standing, LazyString]] = {
    Standing.STOPPED: _l("the board stopped this vendor"),
    Standing.IN_FORCE: _l("agreement in force"),
    Standing.SUSPENDED: _l("the agreement is suspended"),
    Standing.NOT_STARTED: _l("the agreement has not begun"),
    Standing.NOT_ACTIVE: _l("the agreement is not active"),
    Standing.RESULTS_ONLY: _l("the agreement has ended; results may still come back"),
    Standing.ENDED: _l("the agreement has ended"),
    Standing.ALTERED: _l("the stored agreement is not the one that was registered"),
    Standing.NO_AGREEMENT: _l("there is no agreement"),
}

WIDTH: Final = 960
BOX: Final = 190
BOX_HEIGHT: Final = 150
TOP: Final = 20
_ARROW_OUT: Final = TOP + 48
_ARROW_BACK: Final = TOP + 112
_GAP: Final = (WIDTH - 3 * BOX - 20) // 2

BARS_HEIGHT: Final = 150
_BARS_LEFT: Final = 44
_BAR_ROOM: Final = (WIDTH - _BARS_LEFT - 10) // DAYS
_BARS_FOOT: Final = 24


@dataclass(frozen=True, slots=True)
class Box:
    """A place where data is."""

    x: int
    name: str
    remark: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way that data goes, or does not."""

    start: int
    end: int
    y: int
    label: str
    remark: str
    crossed: str | None
    """Why nothing goes; None: it may."""
    from_name: str
    to_name: str

    @property
    def middle(self) -> int:
        return (self.start + self.end) // 2

    @property
    def head(self) -> str:
        """The point of the arrow, as a path."""
        step = -10 if self.end > self.start else 10
        return f"M{self.end} {self.y}l{step} -6v12z"


@dataclass(frozen=True, slots=True)
class Flow:
    """The picture of one product."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int = WIDTH
    height: int = TOP + BOX_HEIGHT + 10
    box: int = BOX
    box_height: int = BOX_HEIGHT
    top: int = TOP


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day in the picture."""

    x: int
    y: int
    width: int
    height: int
    day: DayTraffic
    labelled: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """Thirty days."""

    bars: tuple[DayBar, ...]
    most: int
    """Pages of the busiest day: the top of the scale."""
    foot: int
    left: int = _BARS_LEFT
    width: int = WIDTH
    height: int = BARS_HEIGHT


def flow_of(traffic: Traffic) -> Flow:
    """Boxes and arrows with their counts."""
    school, gateway, vendor = (10 + number * (BOX + _GAP) for number in range(3))
    names = (_("School's systems"), "Schuilnaam", traffic.recipient)
    stays = sum(traffic.withheld.values())
    remarks = (
        ", ".join(traffic.sources) or _("none connected"),
        str(_n("keeps back %(num)d person", "keeps back %(num)d persons", stays)) if stays else "",
        traffic.product,
    )
    shut = None if traffic.leaves else str(STANDINGS[traffic.standing])
    back = None
    if not traffic.returns:
        back = shut if traffic.gives_results else _("results are not agreed")
    held = traffic.held
    arrows = (
        Arrow(
            school + BOX, gateway, _ARROW_OUT,
            "" if traffic.read is None else str(_n("%(num)d person read", "%(num)d persons read", traffic.read)),
            "", shut or (None if traffic.sources else _("no system connected")), names[0], names[1],
        ),
        Arrow(
            gateway + BOX, vendor, _ARROW_OUT,
            "" if held is None else "{}, {}".format(
                _n("%(num)d person", "%(num)d persons", held.persons),
                _n("%(num)d field", "%(num)d fields", traffic.fields),
            ),
            str(_n("%(num)d page fetched", "%(num)d pages fetched", traffic.pulls)), shut, names[1], names[2],
        ),
        Arrow(
            vendor, gateway + BOX, _ARROW_BACK,
            str(_n("%(num)d result back", "%(num)d results back", traffic.returned)), "", back, names[2], names[1],
        ),
        Arrow(
            gateway, school + BOX, _ARROW_BACK,
            str(_n("%(num)d written", "%(num)d written", traffic.delivered)),
            str(_n("%(num)d stuck", "%(num)d stuck", traffic.stuck)) if traffic.stuck else "",
            back, names[1], names[0],
        ),
    )  # fmt: skip
    boxes = tuple(
        Box(x, name, remark)
        for x, name, remark in zip((school, gateway, vendor), names, remarks, strict=True)
    )
    return Flow(boxes, arrows)


def bars_of(traffic: Traffic) -> Bars:
    """A bar per day, as high as its pages."""
    most = max((each.pages for each in traffic.days), default=0)
    room = BARS_HEIGHT - _BARS_FOOT - 14
    foot = BARS_HEIGHT - _BARS_FOOT
    bars = []
    for number, day in enumerate(traffic.days):
        height = 0 if most == 0 else max(round(day.pages * room / most), 2 if day.pages else 0)
        bars.append(
            DayBar(
                x=_BARS_LEFT + number * _BAR_ROOM + 3,
                y=foot - height,
                width=_BAR_ROOM - 6,
                height=height,
                day=day,
                labelled=number % 7 == (DAYS - 1) % 7,
            )
        )
    return Bars(tuple(bars), most, foot)


def withheld_lines(traffic: Traffic) -> list[tuple[str, int]]:
    """Why persons were kept back in the last refresh, the commonest first."""
    counted = sorted(traffic.withheld.items(), key=lambda each: (-each[1], each[0]))
    return [(person_reason(reason), count) for reason, count in counted]
