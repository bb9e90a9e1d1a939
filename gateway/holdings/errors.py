"""What can be wrong with holdings; families as in `gateway.errors`."""

from __future__ import annotations

from gateway.errors import DisclosureRefused, GatewayError, GatewayUnready


class HoldingsTooOld(GatewayUnready):
    """The last refresh is longer ago than `max_age`: pupils who left would still be served."""

    def __init__(self) -> None:
        super().__init__(
            "The released records are too old to be served.",
            code="holdings_too_old",
            remedy="Run `schuilnaam refresh` and look why the last ones failed.",
        )


class HoldingsStopped(DisclosureRefused):
    """The product was stopped: nothing is served until a new refresh under an agreement in force."""

    def __init__(self) -> None:
        super().__init__(
            "This product was stopped.",
            code="product_stopped",
            remedy="Activate an agreement and run `schuilnaam refresh`.",
        )


class HoldingsDamaged(GatewayUnready):
    """A stored body does not open under this storage key: altered, moved, or another key."""

    def __init__(self) -> None:
        super().__init__(
            "A released record cannot be opened with this storage key.",
            code="holdings_damaged",
            remedy="Put the storage key of this database back, or run `schuilnaam refresh`.",
        )


class RefreshUnderWay(GatewayUnready):
    """Another refresh of this product is being staged."""

    def __init__(self) -> None:
        super().__init__(
            "A refresh of this product is under way.",
            code="refresh_under_way",
            remedy="Wait for it; a crashed one is taken over after some minutes.",
        )


class PublicationLost(GatewayUnready):
    """This refresh lost its lease (it stood still) or its product was stopped; it may not publish."""

    def __init__(self) -> None:
        super().__init__(
            "This refresh was overtaken and published nothing.",
            code="refresh_overtaken",
            remedy="Run `schuilnaam refresh` again.",
        )


class StorageKeyRefused(GatewayUnready):
    """The storage key's file is absent, damaged, or may be read by others."""


class IdIsIssued(GatewayError):
    """A vendor may not choose an id that was issued to it for a record of the school."""

    def __init__(self) -> None:
        super().__init__(
            "This identifier belongs to a record of the school.",
            code="id_is_issued",
            remedy="Choose another identifier for your own record.",
        )
