"""What the import contracts cannot see."""

from __future__ import annotations

import ast

import pytest

from tests.shared import ROOT


@pytest.mark.parametrize("package", ["keys", "contracts"])
def test_a_package_with_protected_modules_holds_a_docstring_and_nothing_else(package: str) -> None:
    # Import contracts see direct imports only: a re-export here would be a way around them.
    statements = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert len(statements) == 1
    assert isinstance(statements[0], ast.Expr)
    assert isinstance(statements[0].value, ast.Constant)


@pytest.mark.parametrize("package", ["keys", "contracts", "gateway"])
def test_no_module_imports_by_name(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        tree = ast.parse(file.read_text())
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        modules = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert "__import__" not in called, file.relative_to(ROOT)
        assert not any(module.split(".")[0] == "importlib" for module in modules), file.relative_to(ROOT)
