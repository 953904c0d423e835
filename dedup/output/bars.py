"""Progress bars of the steps of a run, on a terminal and in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from dedup.output.progress import Progress as OnProgress

_MEGABYTE = 1e6


class StepBars:
    """Bars of the steps on a terminal; the first one counts the bytes that are read.

    A bar is full when its step ends, and no clock runs on.

    Args:
        bars: The bars, running.
        total_bytes: Of all inputs; None if it is not known.
        reading: Whether there is a bar for what is read.
    """

    def __init__(self, bars: Progress, total_bytes: int | None, *, reading: bool = True) -> None:
        self._bars = bars
        self._reading: TaskID | None = None
        if reading:
            self._reading = bars.add_task("read", total=total_bytes, unit="bytes")
        self._steps: dict[str, TaskID] = {}

    def on_bytes(self, count: int) -> None:
        """Advance the bar of reading by `count` bytes."""
        if self._reading is not None:
            self._bars.advance(self._reading, count)

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Set the bar of a step to `done` of `total` texts; None if the total is unknown."""
        if step not in self._steps:
            if total is not None:
                self._end_reading()
            self._steps[step] = self._bars.add_task(step, total=total, unit="texts")
        self._bars.update(self._steps[step], completed=done, total=total)

    def _end_reading(self) -> None:
        """Fill the bar of reading: files may hold bytes that nobody needs."""
        for task in self._bars.tasks:
            if task.id == self._reading and task.completed:
                self._bars.update(task.id, total=task.completed)
                self._reading = None


class _CountColumn(ProgressColumn):
    """How much of a step is done, of how much; bytes as megabytes."""

    def render(self, task: Task) -> Text:
        unit, digits = (_MEGABYTE, 1) if task.fields["unit"] == "bytes" else (1, 0)
        parts = [f"{task.completed / unit:,.{digits}f}"]
        if task.total is not None:
            parts.append(f"{task.total / unit:,.{digits}f}")
        return Text("/".join(parts) + (" MB" if unit != 1 else ""), style="progress.download")


class _RateColumn(ProgressColumn):
    """Rate of a step, per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        if task.fields["unit"] == "bytes":
            return Text(f"{speed / _MEGABYTE:,.1f} MB/s", style="dim")
        return Text(f"{speed:,.0f}/s", style="dim")


def terminal_bars(console: Console, *, disable: bool = False) -> Progress:
    """Bars that disappear at the end; shown on a terminal only."""
    return Progress(
        TextColumn("{task.description:>15}"),
        BarColumn(),
        _CountColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=disable or not console.is_terminal,
    )


@contextmanager
def shown_bars() -> Iterator[OnProgress]:
    """Bars for a call from Python: in the cell of a notebook, else on a terminal (stderr)."""
    console = Console(stderr=True)
    if console.is_jupyter:
        yield NotebookBars()
        return
    with terminal_bars(console) as bars:
        yield StepBars(bars, None, reading=False)


class NotebookBars:
    """Bars of the steps in the cell of a notebook; they need no widgets."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self._html = HTML
        self._steps: dict[str, tuple[int, int]] = {}
        self._shown: Any = display(HTML(""), display_id=True)

    def __call__(self, step: str, done: int, total: int) -> None:
        """Set the bar of a step to `done` of `total` texts."""
        before = self._steps.get(step)
        self._steps[step] = done, total
        # A browser is slower than the steps: a hundred pictures of each bar are enough.
        few = before is not None and before[1] == total and (done - before[0]) * 100 < total
        if before is not None and few and done < total:
            self._steps[step] = before
            return
        if self._shown is not None:
            self._shown.update(self._html(self.as_html()))

    def as_html(self) -> str:
        """The bars as a table."""
        rows = (
            f'<tr><td style="text-align:right">{html.escape(step)}</td>'
            f'<td><progress value="{done}" max="{max(total, 1)}"></progress></td>'
            f'<td style="text-align:left">{done:,} / {total:,}</td></tr>'
            for step, (done, total) in self._steps.items()
        )
        return f"<table>{''.join(rows)}</table>"
