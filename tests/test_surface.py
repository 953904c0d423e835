"""What is public, and who may import whom."""

from __future__ import annotations

import ast

import pytest

import dedup
from benchmarks.architecture import COLORS, LAYERS, PACKAGE, folder_of, imports, modules

CLOCKS = {"bench", "cli", "index", "report", "server"}
"""Who may read the time: interfaces, and the index, which stores when an article was added."""


def test_public_names_are_exactly_those_listed() -> None:
    assert sorted(dedup.__all__) == dedup.__all__
    assert dir(dedup) == dedup.__all__
    for name in dedup.__all__:
        assert getattr(dedup, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="clusters"):
        dedup.clusters  # noqa: B018


def test_every_folder_has_its_layer() -> None:
    listed = [folder for layer in LAYERS for folder in layer]
    assert sorted(listed) == sorted({folder_of(module) for module in modules()})
    kinds = {purpose.split(": ")[0] for layer in LAYERS for purpose in layer.values()}
    assert kinds == set(COLORS)


def test_imports_between_folders_go_down() -> None:
    height = {folder: number for number, layer in enumerate(LAYERS) for folder in layer}
    upward = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in sorted(others)
        if folder_of(module) != folder_of(other)
        and height[folder_of(module)] <= height[folder_of(other)]
    ]
    assert upward == []


def test_no_imports_close_a_circle() -> None:
    left = {module: set(others) for module, others in imports().items()}
    while free := [module for module, others in left.items() if not others & set(left)]:
        for module in free:
            del left[module]
    assert left == {}, "each of these imports another one of them"


def test_there_is_no_long_file_and_few_modules_beside_the_folders() -> None:
    lines = {
        str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8").count("\n")
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > 400} == {}
    assert sorted(lines.values())[len(lines) // 2] <= 150
    assert len(list(PACKAGE.glob("*.py"))) <= 12


def test_only_interfaces_and_the_index_read_a_clock() -> None:
    for module, tree in modules().items():
        if folder_of(module) in CLOCKS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func.attr
                assert called not in {"now", "utcnow", "today", "time", "time_ns"}, module
