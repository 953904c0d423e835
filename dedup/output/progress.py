"""Progress of the steps of a run: reported to a function, and logged.

The logger is `logging.getLogger("dedup")`; a step that begins is of level INFO.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

LOGGER = logging.getLogger("dedup")


class Progress(Protocol):
    """Reports the progress of a step: first with 0 done, then repeatedly, at last with all."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report that `step` has done `done` of `total` texts (of stories when describing)."""
        ...


def silent(step: str, done: int, total: int) -> None:
    """Report nothing; takes `step`, and `done` of `total` texts."""


@contextmanager
def reported(
    progress: Progress, step: str, total: int, unit: str = "texts"
) -> Iterator[Callable[[int], None]]:
    """While it lasts, a step is under way; at its end, all of it is done.

    Args:
        progress: Called as the step begins, goes on and ends.
        step: Its name.
        total: How much it has to do.
        unit: Of what.

    Returns:
        Called with the number of texts that are done.
    """
    LOGGER.info("%s: %s %s", step, f"{total:,}", unit)
    progress(step, 0, total)
    yield partial(_report, progress, step, total)
    progress(step, total, total)


def _report(progress: Progress, step: str, total: int, done: int) -> None:
    progress(step, done, total)
