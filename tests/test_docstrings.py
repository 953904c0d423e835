"""Public names are described: every argument, shapes of arrays, errors, sources of formulas.

That each has a docstring at all is checked by ruff (`D`).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import dedup.errors
from benchmarks import reference
from benchmarks.architecture import PACKAGE, modules

ARRAYS = re.compile(r"\b(?:Float32s|Float64s|Int64s|Int32s|UInt32s|UInt64s|BoolMask|NDArray)\b")
SHAPED = re.compile(r"shape|\b(?:u?int|float)\d+\b[^.]*\(|\bbool\b[^.]*\(")
OWN_ERRORS = {name for name in vars(dedup.errors) if name.endswith("Error")} | {"ValueError"}
FORMULAS = (
    "calibration.calibrate",
    "calibration.curves",
    "config",
    "duplicates.candidates",
    "duplicates.clustering",
    "duplicates.fingerprints",
    "duplicates.minhash",
    "encoders.bundled.segmentation",
    "encoders.bundled.words",
    "evaluation.measures",
    "stories.affinity",
    "stories.linkage",
    "stories.neighbors",
    "stories.round_ups",
    "text.characters",
    "text.consonant_keys",
    "text.dates.calendars",
    "text.shingles",
    "text.rarity",
)
"""Modules with formulas that somebody else found first."""
SOURCE = re.compile(r"\bSources?( of [^.]*)?:")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Described:
    """A function with the text that describes it."""

    module: str
    name: str
    node: Function
    text: str

    @property
    def address(self) -> str:
        return f"{self.module}.{self.name}"


def is_public(name: str) -> bool:
    return not name.startswith("_")


def functions() -> Iterator[Described]:
    """Public functions, and methods of public classes; `__init__` is described by its class."""
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, Function) and is_public(node.name):
                yield Described(module, node.name, node, ast.get_docstring(node) or "")
            if isinstance(node, ast.ClassDef) and is_public(node.name):
                described = ast.get_docstring(node) or ""
                for method in node.body:
                    if not isinstance(method, Function) or is_overload(method):
                        continue
                    name = f"{node.name}.{method.name}"
                    if method.name == "__init__":
                        yield Described(module, name, method, described)
                    elif is_public(method.name):
                        yield Described(module, name, method, ast.get_docstring(method) or "")


def is_overload(node: Function) -> bool:
    return any(isinstance(name, ast.Name) and name.id == "overload" for name in node.decorator_list)


def arguments(node: Function) -> list[str]:
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [argument.arg for argument in every if argument.arg not in ("self", "cls")]


def handed_on() -> set[tuple[str, str]]:
    """Module and name of what the modules of the reference hand on (parsed, not imported)."""
    return {
        (node.module, alias.name)
        for module in reference.MODULES
        for node in ast.walk(modules()[module])
        if isinstance(node, ast.ImportFrom) and node.module in modules()
        for alias in node.names
        if alias.name in public_names(module)
    }


def public_names(module: str) -> set[str]:
    """What `__all__` of a module lists."""
    return {
        name
        for node in modules()[module].body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for name in ast.literal_eval(node.value)
    }


def test_every_argument_of_the_reference_is_described() -> None:
    names = handed_on()
    assert {("dedup.index.story_index", "StoryIndex"), ("dedup.pipeline", "cluster")} <= names
    silent = {
        function.address: [name for name in arguments(function.node) if not named(name, function)]
        for function in functions()
        if function.module in reference.MODULES
        or (function.module, function.name.split(".")[0]) in names
        if len(arguments(function.node)) > 1
    }
    assert {address: names for address, names in silent.items() if names} == {}


def named(name: str, function: Described) -> bool:
    return re.search(rf"\b{name}\b", function.text) is not None


def test_arrays_have_shapes() -> None:
    shapeless = [
        function.address
        for function in functions()
        if function.node.returns is not None
        and ARRAYS.search(ast.unparse(function.node.returns))
        and not SHAPED.search(function.text)
    ]
    assert shapeless == []


def test_errors_are_announced() -> None:
    quiet = [
        (function.address, error)
        for function in functions()
        for error in raised(function.node)
        if error in OWN_ERRORS and error not in function.text and "See `" not in function.text
    ]
    assert quiet == []


def raised(node: Function) -> set[str]:
    """Names of the errors that a function raises itself."""
    errors = (
        statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        for statement in ast.walk(node)
        if isinstance(statement, ast.Raise)
    )
    return {error.id for error in errors if isinstance(error, ast.Name)}


def test_formulas_have_sources() -> None:
    files = {name: PACKAGE / f"{name.replace('.', '/')}.py" for name in FORMULAS}
    assert [
        name for name, path in files.items() if not SOURCE.search(path.read_text("utf-8"))
    ] == []


def test_the_reference_leaves_out_what_lacks_an_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("dedup.spark")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, None)
    loaded = reference.loadable_modules()
    assert "dedup" in loaded
    assert "dedup.spark" not in loaded
    assert "pip install 'story-dedup[spark]'" in capsys.readouterr().out
