"""No page calls a field by the name that only its form knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import warehouse.office

READERS = {"text", "number", "day", "choice", "code", "classes"}
ACTIONS = sorted(Path(warehouse.office.__path__[0]).glob("*/actions.py"))


def names_read(tree: ast.AST) -> Iterator[str]:
    """The fields that `Fields` is asked for in a module."""
    for node in ast.walk(tree):
        is_read = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS
        if is_read and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            yield node.args[0].value


def names_said(folder: Path) -> set[str]:
    """The fields that are called something, in a desk's actions and rules."""
    trees = [ast.parse((folder / name).read_text()) for name in ("actions.py", "rules.py") if (folder / name).exists()]
    keys = [node.keys for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    return {key.value for each in keys for key in each if isinstance(key, ast.Constant) and isinstance(key.value, str)}


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_every_field_that_is_read_is_called_something(path: Path) -> None:
    assert set(names_read(ast.parse(path.read_text()))) <= names_said(path.parent)
