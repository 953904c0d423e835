"""Public names are described: what for, every argument, shapes of arrays, errors, sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import dedup
import dedup.errors
from benchmarks.reference import MODULES
from dedup.index.reading import IndexReader

PACKAGE = Path(dedup.__file__).parent
ARRAYS = re.compile(r"\b(?:Float32s|Float64s|Int64s|Int32s|UInt32s|UInt64s|BoolMask|NDArray)\b")
SHAPED = re.compile(r"shape|\b(?:u?int|float)\d+\b[^.]*\(|\bbool\b[^.]*\(")
OWN_ERRORS = {name for name in vars(dedup.errors) if name.endswith("Error")} | {"ValueError"}
FORMULAS = (
    "affinity",
    "calibration",
    "candidates",
    "characters",
    "config",
    "curve_fitting",
    "dates.calendars",
    "encoders.bundled.segmentation",
    "encoders.bundled.words",
    "evaluation.measures",
    "fingerprints",
    "linkage",
    "minhash",
    "near_duplicates",
    "neighbors",
    "round_ups",
    "shingles",
    "skeletons",
    "terms",
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
    def where(self) -> str:
        return f"{self.module}.{self.name}"


@cache
def modules() -> list[tuple[str, ast.Module]]:
    paths = sorted(PACKAGE.rglob("*.py"))
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return [(n.removesuffix(".__init__"), tree) for n, tree in zip(names, trees, strict=True)]


def is_public(name: str) -> bool:
    return not name.startswith("_")


def functions() -> Iterator[Described]:
    """Public functions, and methods of public classes; `__init__` is described by its class."""
    for module, tree in modules():
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
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


def arguments(node: Function) -> list[str]:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [each.arg for each in given if each.arg not in ("self", "cls")]


def test_all_public_is_described() -> None:
    bare = [each.where for each in functions() if not each.text]
    bare += [
        f"{module}.{node.name}"
        for module, tree in modules()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and is_public(node.name) and not ast.get_docstring(node)
    ]
    assert bare == []


def homes() -> set[str]:
    """Modules of the reference, and those where what they hand on is written."""
    found = set(MODULES) | {IndexReader.__module__}
    for module in map(import_module, MODULES):
        for name in getattr(module, "__all__", ()):
            found.add(getattr(getattr(module, name), "__module__", module.__name__))
    return found


def test_every_argument_of_the_reference_is_described() -> None:
    told = homes()
    silent = {
        each.where: [name for name in arguments(each.node) if not named(name, each.text)]
        for each in functions()
        if each.module in told and len(arguments(each.node)) > 1
    }
    assert {where: names for where, names in silent.items() if names} == {}


def named(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def test_arrays_have_shapes() -> None:
    shapeless = [
        each.where
        for each in functions()
        if each.node.returns is not None
        and ARRAYS.search(ast.unparse(each.node.returns))
        and not SHAPED.search(each.text)
    ]
    assert shapeless == []


def test_errors_are_announced() -> None:
    quiet = [
        (each.where, error)
        for each in functions()
        for error in raised(each.node)
        if error in OWN_ERRORS and error not in each.text and "See `" not in each.text
    ]
    assert quiet == []


def raised(node: Function) -> set[str]:
    """Names of the errors that a function raises itself."""
    errors = (
        each.exc.func if isinstance(each.exc, ast.Call) else each.exc
        for each in ast.walk(node)
        if isinstance(each, ast.Raise)
    )
    return {error.id for error in errors if isinstance(error, ast.Name)}


def test_formulas_have_sources() -> None:
    files = {name: PACKAGE / f"{name.replace('.', '/')}.py" for name in FORMULAS}
    assert [
        name for name, path in files.items() if not SOURCE.search(path.read_text("utf-8"))
    ] == []
