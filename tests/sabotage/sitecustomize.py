"""Breaks the gateway on purpose, in every process that is started with this folder on PYTHONPATH.

`SCHUILNAAM_SABOTAGE` names one fault of the files `*_faults.py` beside this one. A fault is a mapping from names of
modules to functions that change such a module right after it is imported; a module that a process does not import by
itself is not imported for its sake, so the vendors' door stays without keys while it is sabotaged.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

Change = Callable[[ModuleType], None]


def _faults() -> dict[str, Mapping[str, Change]]:
    found: dict[str, Mapping[str, Change]] = {}
    for path in sorted(Path(__file__).parent.glob("*_faults.py")):
        spec = importlib.util.spec_from_file_location(f"sabotage_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.FAULTS
    return found


class _ChangingLoader(Loader):
    def __init__(self, inner: Loader, change: Change) -> None:
        self._inner = inner
        self._change = change

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._change(module)


class _Saboteur(MetaPathFinder):
    def __init__(self, changes: Mapping[str, Change]) -> None:
        self._changes = changes

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._changes:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _ChangingLoader(spec.loader, self._changes[name])
        return spec


_name = os.environ.get("SCHUILNAAM_SABOTAGE")
if _name:
    sys.meta_path.insert(0, _Saboteur(_faults()[_name]))
