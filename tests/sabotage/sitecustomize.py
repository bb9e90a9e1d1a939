"""Runs a sabotaged build: a test must fail when the product is made to misbehave.

With this folder on PYTHONPATH and SCHUILNAAM_SABOTAGE=NAME in the environment, every Python process that starts
patches modules right after it has imported them. The sabotages are in the other modules of this folder, each as

    SABOTAGES: dict[str, dict[str, Callable[[ModuleType], None]]]       name -> module of ours -> what is done to it

A sabotage that names a module which is never imported does nothing; an unknown name stops the process.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

Patch = Callable[[ModuleType], None]


def _patches(name: str) -> Mapping[str, Patch]:
    folder = Path(__file__).parent
    for path in sorted(folder.glob("*.py")):
        if path.stem in ("sitecustomize", "__init__"):
            continue
        spec = importlib.util.spec_from_file_location(f"_sabotage_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found: Mapping[str, Mapping[str, Patch]] = module.SABOTAGES
        if name in found:
            return found[name]
    sys.stderr.write(f"there is no sabotage {name}\n")
    os._exit(97)


class _Loader(importlib.abc.Loader):
    def __init__(self, inner: importlib.abc.Loader, patch: Patch) -> None:
        self._inner = inner
        self._patch = patch

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._patch(module)

    def __getattr__(self, name: str) -> object:
        # `python -m` asks the loader for code and source.
        return getattr(self._inner, name)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, patches: Mapping[str, Patch]) -> None:
        self._patches = patches

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        patch = self._patches.get(name)
        if patch is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, patch)
        return spec


_name = os.environ.get("SCHUILNAAM_SABOTAGE")
if _name:
    sys.meta_path.insert(0, _Finder(_patches(_name)))
