"""From an agreement back to a file that `contracts.documents` reads as the very same record.

Guarantees: reading what was written gives the same canonical bytes, in both formats (a property test holds this). The
file has the keys in the order of the paper, for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import yaml

from contracts import canonical
from contracts.agreements import Agreement

Ending: TypeAlias = Literal["yaml", "json"]
ENDINGS: Final[tuple[Ending, ...]] = ("yaml", "json")
_FIRST: Final = (
    "agreement_id",
    "schema_version",
    "role",
    "controller",
    "processor",
    "document",
    "term",
    "sharing",
)


class _Dumper(yaml.SafeDumper):
    """Without anchors: the reader refuses them (`contracts.parsing`)."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_values(agreement: Agreement) -> dict[str, Any]:
    """The record as JSON types, with the keys that a file must have even where they say "no limit"."""
    plain: dict[str, Any] = canonical.to_plain(agreement)
    for product in plain["products"]:
        # A left-out `schools` is a fault (a forgotten limit); canonical bytes leave out what equals its default.
        product["scope"] = {"schools": None, **product["scope"]}
    known = [key for key in _FIRST if key in plain]
    return {key: plain[key] for key in [*known, *(key for key in plain if key not in known)]}


def to_file(agreement: Agreement, ending: Ending) -> str:
    """The record as YAML or JSON text."""
    plain = to_values(agreement)
    if ending == "json":
        return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"
    return to_yaml(plain)


def to_yaml(plain: Mapping[str, Any]) -> str:
    """Plain values as YAML that `contracts.parsing` reads back."""
    text: str = yaml.dump(
        dict(plain), Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=110
    )
    return text
