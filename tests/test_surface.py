"""What is public, and who may import whom."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import dedup

PACKAGE = Path(dedup.__file__).parent
LAYERS = (
    {"weights"},
    {"compute", "errors", "records"},
    {"articles", "output", "settings", "store", "text"},
    {"config"},
    {"cleaning", "duplicates", "encoders", "readers"},
    {"evaluation", "stories"},
    {"description"},
    {"result"},
    {"doctor", "pipeline", "report"},
    {"calibration", "index"},
    {"dedup"},
    {"bench", "server", "spark"},
    {"cli"},
    {"__main__"},
)
"""Folders and modules of the package, the lowest first: each imports from below its own layer.

`dedup` is the face of the package, `dedup/__init__.py`.
"""
CLOCKS = {"bench", "cli", "index", "report", "server"}
"""Who may ask for the time: the doors, and the index, which says when an article was added."""


@cache
def modules() -> dict[str, ast.Module]:
    """All modules of the package by their dotted names, parsed."""
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def imports() -> dict[str, set[str]]:
    """Modules of the package that each one imports, in functions and for types too."""
    return {name: imported(name, tree) for name, tree in modules().items()}


def imported(module: str, tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in modules() else node.module or "")
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return (names & set(modules())) - {module}


def room_of(module: str) -> str:
    """The folder directly under the package, or the flat module, that a module is in."""
    return [*module.split("."), module][1] if "." in module else "dedup"


def test_public_names_are_exactly_those_listed() -> None:
    assert sorted(dedup.__all__) == dedup.__all__
    assert dir(dedup) == dedup.__all__
    for name in dedup.__all__:
        assert getattr(dedup, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="clusters"):
        dedup.clusters  # noqa: B018


def test_every_folder_has_its_layer() -> None:
    listed = [room for layer in LAYERS for room in layer]
    assert sorted(listed) == sorted({room_of(module) for module in modules()})


def test_imports_between_folders_go_down() -> None:
    height = {room: number for number, layer in enumerate(LAYERS) for room in layer}
    upward = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in sorted(others)
        if room_of(module) != room_of(other) and height[room_of(module)] <= height[room_of(other)]
    ]
    assert upward == []


def test_no_imports_close_a_circle() -> None:
    left = {module: set(others) for module, others in imports().items()}
    while free := [module for module, others in left.items() if not others & set(left)]:
        for module in free:
            del left[module]
    assert left == {}, "each of these imports another one of them"


def test_there_is_no_long_file_and_no_corridor() -> None:
    lines = {
        str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8").count("\n")
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > 400} == {}
    assert sorted(lines.values())[len(lines) // 2] <= 150
    assert len(list(PACKAGE.glob("*.py"))) <= 12


def test_only_doors_and_the_index_read_a_clock() -> None:
    for module, tree in modules().items():
        if room_of(module) in CLOCKS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func.attr
                assert called not in {"now", "utcnow", "today", "time", "time_ns"}, module
