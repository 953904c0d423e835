"""The choice between compiled kernels and NumPy, which give the same results.

Kernels are the inner loops over much text and many pairs. They release the GIL, so that callers
run parts of the work in threads. Compiling takes seconds once per machine (numba caches the result
on disk), so that small inputs take NumPy. The modules of kernels import numba, and are imported
only where they are used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def chosen(wanted: bool | None, worth_it: bool) -> bool:
    """Whether to use the kernels: as wanted, else if it is worth it and numba is installed."""
    if wanted is not None:
        return wanted
    if not worth_it:
        return False
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def compiled(loop: _Loop) -> _Loop:
    """The loop compiled by numba: a plain function that also runs as it stands, but slower."""
    from numba import njit

    from dedup.compute.kernels import OPTIONS

    fast: _Loop = njit(**OPTIONS)(loop)
    return fast
