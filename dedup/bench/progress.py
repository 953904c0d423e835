"""Progress of a run on stderr: a bar on a terminal, elsewhere a line for each step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from dedup.bench.runs import RunProgress, no_progress


@contextmanager
def shown_progress(*, quiet: bool = False) -> Iterator[RunProgress]:
    """A function that shows the progress of a run, with the time that is left.

    Args:
        quiet: Show nothing.
    """
    if quiet:
        yield no_progress
        return
    console = Console(stderr=True, highlight=False)
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[left]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bars:
        task = bars.add_task("", total=None, left="")
        last = ""

        def show(what: str, done: int, total: int, left_seconds: float) -> None:
            nonlocal last
            left = f"about {timedelta(seconds=round(left_seconds))} left"
            bars.update(task, description=what, completed=done, total=total, left=left)
            if what != last and not console.is_terminal:
                console.print(f"{what}, {left}", soft_wrap=True)
            last = what

        yield show
