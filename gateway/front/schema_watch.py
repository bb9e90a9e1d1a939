"""Serves nothing from a database that another version of the program has changed under this one."""

from __future__ import annotations

import time
from typing import Final

from gateway.front.services import FrontServices
from gateway.migrations.current import require_current

LOOK_EVERY_SECONDS: Final = 5.0


class SchemaWatch:
    """Looks at the schema at most every few seconds; one per worker process."""

    def __init__(self, services: FrontServices) -> None:
        self._services = services
        self._good_until = 0.0

    def require(self) -> None:
        """Raise `GatewayUnready` (`schema_newer`, `schema_differs`) unless the schema is this program's."""
        # Attack by accident: an upgrade while an older program serves. It could read a column that means something
        # else by now, and release what it should not.
        if time.monotonic() < self._good_until:
            return
        require_current(self._services.engine, "front")
        self._good_until = time.monotonic() + LOOK_EVERY_SECONDS
