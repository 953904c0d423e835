"""The growth of costs as a picture: time, memory, index and quality by number of articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dedup.bench.growth import NEXT, Growth, fit_growth, linear_growth, span_of
from dedup.bench.report import growths, peak_mb, stage_names, stage_of, total_growth, total_seconds
from dedup.output.figures import (
    BLUE,
    DASHES,
    GREEN,
    INK,
    ORANGE,
    PINK,
    PURPLE,
    RED,
    draw_panels,
    draw_picture,
    label_axis,
)

_Axes = Any  # matplotlib has no types that mypy could follow everywhere
_Rows = Sequence[Mapping[str, Any]]

_COLOURS = (BLUE, ORANGE, RED, GREEN, PURPLE, PINK)
_INCHES = (10.0, 7.0)
_MOST_STAGES = len(_COLOURS) - 1
_HEADROOM = 1.6
_GB = 1024
_SPANS = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000)
"""Marks of the axis of time, in seconds."""


def plot_growth(document: Mapping[str, Any], path: str | Path) -> None:
    """Write the picture of a report as one file that is complete or absent.

    Panels: time of the batch and its longest stages, peak memory and that of the machine, the
    index, quality; dashed, the projection to ten times as many articles.

    Args:
        document: What `growth_report` returned.
        path: A file that ends in .svg or .png.

    Raises:
        OutputError: The file has another ending, or cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    draw_picture(
        path,
        partial(_draw, document),
        inches=_INCHES,
        what="a picture of the measurements",
        extra="bench",
    )


def _draw(document: Mapping[str, Any], figure: Any) -> None:  # noqa: ANN401 (matplotlib's Figure)
    rows = document["rows"]
    panels: dict[str, Callable[[_Axes], None]] = {}
    if batch := [row for row in rows if "batch" in row]:
        panels["time"] = partial(_draw_time, batch)
        panels["memory"] = partial(_draw_memory, batch, document["made_by"]["memory_gb"])
    if index := [row for row in rows if "index" in row]:
        panels["index"] = partial(_draw_index, index)
    if graded := [row for row in rows if "quality" in row]:
        panels["quality"] = partial(_draw_quality, graded)
    draw_panels(figure, panels)
    for axes in figure.axes:
        axes.grid(visible=True, which="major")
        axes.legend(fontsize=8)
    origin = document["made_by"]
    figure.suptitle(
        f"{origin['machine']}, {origin['memory_gb']:.0f} GB, {origin['date']}", fontsize=9
    )


def _draw_time(rows: _Rows, axes: _Axes) -> None:
    axes.set_title("Batch: time")
    seconds, _ = growths(rows, "batch")
    last = rows[-1]["batch"]
    names = stage_names(rows, "batch")
    ranked = sorted(names, key=lambda name: -stage_of(last, name)["wall_seconds"])[:_MOST_STAGES]
    total = [total_seconds(row["batch"]) for row in rows]
    _line(axes, rows, total, "all", INK, 2.2, total_growth(rows, "batch"))
    for name, colour in zip(ranked, _COLOURS, strict=False):
        values = [stage_of(row["batch"], name)["wall_seconds"] for row in rows]
        _line(axes, rows, values, name, colour, 1.4, seconds.get(name))
    _label_sizes(axes, rows)
    label_axis(axes.yaxis, span_of, _SPANS)


def _draw_memory(rows: _Rows, memory_gb: float, axes: _Axes) -> None:
    axes.set_title("Batch: peak memory")
    values = [peak_mb(row["batch"]) for row in rows]
    growth = linear_growth([row["articles"] for row in rows], values)
    _line(axes, rows, values, "all", BLUE, 2.2, growth)
    label = f"this machine: {memory_gb:.0f} GB"
    axes.axhline(memory_gb * _GB, color=RED, linewidth=1.2, label=label)
    axes.set_yscale("log", base=2)
    _label_sizes(axes, rows)
    label_axis(axes.yaxis, lambda value: f"{value / _GB:.3g} GB")


def _draw_index(rows: _Rows, axes: _Axes) -> None:
    axes.set_title("Index: time of one operation")
    seconds, _ = growths(rows, "index")
    added = [total_seconds(row["index"]) / row["index"]["counts"]["articles"] for row in rows]
    _line(axes, rows, added, "add, of 5,000", BLUE, 1.4)
    for name, colour in (("add one", ORANGE), ("query", RED), ("open", GREEN)):
        values = [stage_of(row["index"], name)["wall_seconds"] for row in rows]
        _line(axes, rows, values, name, colour, 1.4, seconds.get(name))
    _label_sizes(axes, rows)
    label_axis(axes.yaxis, span_of, _SPANS)


def _draw_quality(rows: _Rows, axes: _Axes) -> None:
    axes.set_title("Batch: B-cubed F1 against the generated truth")
    for level, label, colour in (("duplicate", "copies", GREEN), ("story", "stories", PURPLE)):
        values = [row["quality"][level]["b_cubed"]["f1"] for row in rows]
        axes.plot([row["articles"] for row in rows], values, "o-", color=colour, label=label)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.05)
    _label_sizes(axes, rows, projected=False)


def _line(
    axes: _Axes,
    rows: _Rows,
    values: Sequence[float],
    label: str,
    colour: str,
    width: float,
    growth: Growth | None = None,
) -> None:
    """Draw measured values, and dashed the projection to ten times as many articles."""
    sizes = [row["articles"] for row in rows]
    growth = growth or fit_growth(sizes, values)
    if growth and not growth.base:
        label = f"{label}: n^{growth.exponent:.2f}"
    axes.loglog(sizes, values, "o-", color=colour, linewidth=width, markersize=4, label=label)
    if growth:
        size = NEXT * sizes[-1]
        projection = [sizes[-1], size], [values[-1], growth.at(size)]
        axes.loglog(*projection, color=colour, linewidth=width * 0.7, linestyle=DASHES)


def _label_sizes(axes: _Axes, rows: _Rows, *, projected: bool = True) -> None:
    sizes = [row["articles"] for row in rows]
    if projected:
        sizes.append(NEXT * sizes[-1])
    axes.set_xlabel("articles")
    axes.set_xlim(sizes[0] / _HEADROOM, sizes[-1] * _HEADROOM)
    label_axis(axes.xaxis, short, sizes)


def short(count: float) -> str:
    """A number of articles with k or M.

    >>> [short(size) for size in (500, 1000, 31_000, 2_500_000)]
    ['500', '1k', '31k', '2.5M']
    """
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if count >= unit:
            return f"{count / unit:.3g}{name}"
    return f"{count:.0f}"
