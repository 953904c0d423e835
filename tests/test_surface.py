"""What is public, and who may import whom."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

import pytest

import dedup

PACKAGE = Path(dedup.__file__).parent

WORDS = {
    "characters",
    "config",
    "errors",
    "identity",
    "index_records",
    "keyed_rows",
    "processes",
    "records",
    "settings",
    "shingles",
    "skeletons",
    "terms",
    "threads",
    "utf8",
    "weights",
}
DRIVERS = {
    "calibration",
    "index",
    "index_answers",
    "index_changes",
    "index_memory",
    "index_reading",
    "index_settings",
    "index_ties",
    "index_turns",
    "index_window",
    "live",
    "pipeline",
    "spark",
}
DOORS = {"bench", "cli", "console", "console_checkup", "report", "server", "__init__", "__main__"}


@cache
def modules() -> dict[str, ast.Module]:
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def imported(tree: ast.Module) -> set[str]:
    """Modules of this package that a module imports, also inside functions."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dedup."):
            found.add(node.module.split(".")[1])
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("dedup.")}
    return found


def test_public_names_are_exactly_those_listed() -> None:
    assert sorted(dedup.__all__) == dedup.__all__
    assert dir(dedup) == dedup.__all__
    for name in dedup.__all__:
        assert getattr(dedup, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="clusters"):
        dedup.clusters  # noqa: B018


@pytest.mark.parametrize("name", dedup.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    if name != "__version__":
        assert inspect.getdoc(getattr(dedup, name))


def test_words_import_words_only() -> None:
    for name, tree in modules().items():
        if name.split(".")[0] in WORDS:
            assert imported(tree) <= WORDS, name


def test_stores_import_words_only() -> None:
    for name, tree in modules().items():
        if name.split(".")[0] == "store":
            assert imported(tree) <= WORDS | {"store"}, name


def test_steps_do_not_import_drivers_and_drivers_not_doors() -> None:
    for name, tree in modules().items():
        home = name.split(".")[0]
        if home not in DOORS:
            assert not imported(tree) & DOORS, name
        if home not in DOORS | DRIVERS:
            assert not imported(tree) & DRIVERS, name


def test_no_module_is_a_drawer() -> None:
    assert not {"utils", "helpers", "misc", "common"} & {name.split(".")[-1] for name in modules()}


def test_every_module_says_what_it_is() -> None:
    for name, tree in modules().items():
        assert ast.get_docstring(tree), name


def test_no_step_reads_a_clock() -> None:
    for name, tree in modules().items():
        # The index must say when an article came that names no time.
        if name.split(".")[0] in DOORS or name == "index":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "utcnow", "today", "time", "time_ns"}, name
