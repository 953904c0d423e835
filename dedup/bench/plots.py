"""How costs grow, as a picture: time, memory, index and quality over the number of articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dedup.bench.growth import NEXT, Growth, fitted, in_line, span_of
from dedup.bench.report import growths, peak_mb, stage_names, stage_of, total_growth, total_seconds
from dedup.output.figures import INK, draw_picture

_Axes = Any  # matplotlib comes without types that mypy could follow everywhere
_Rows = Sequence[Mapping[str, Any]]

_COLOURS = ("#4287c8", "#c97b10", "#e0483e", "#2f9e77", "#a06ad8", "#d6479e")
_DASHES = (0, (4, 3))
_INCHES = (10.0, 7.0)
_SHOWN_STAGES = len(_COLOURS) - 1
_HEADROOM = 1.6
_GB = 1024
_SPANS = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000)
"""Marks of the axis of time, in seconds."""


def plot_growth(document: Mapping[str, Any], path: str | Path) -> None:
    """Write the picture of a report as one file that is complete or absent.

    Panels: time of the batch and its longest stages, peak memory against that of the machine, the
    index, quality; dashed, what the next ten times would need.

    Args:
        document: What `reported` returned.
        path: A file that ends in .svg or .png.

    Raises:
        OutputError: It ends otherwise, or cannot be written.
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
    names = list(panels)
    grid = [names[k : k + 2] for k in range(0, len(names), 2)]
    if len(grid[-1]) == 1:
        grid[-1] *= len(grid[0])
    for name, axes in figure.subplot_mosaic(grid).items():
        axes.grid(visible=True, which="major")
        panels[name](axes)
        axes.legend(fontsize=8)
    made = document["made_by"]
    figure.suptitle(f"{made['machine']}, {made['memory_gb']:.0f} GB, {made['date']}", fontsize=9)


def _draw_time(rows: _Rows, axes: _Axes) -> None:
    axes.set_title("Batch: time")
    seconds, _ = growths(rows, "batch")
    last = rows[-1]["batch"]
    names = stage_names(rows, "batch")
    ranked = sorted(names, key=lambda name: -stage_of(last, name)["wall_seconds"])[:_SHOWN_STAGES]
    total = [total_seconds(row["batch"]) for row in rows]
    _line(axes, rows, total, "all", INK, 2.2, total_growth(rows, "batch"))
    for name, colour in zip(ranked, _COLOURS, strict=False):
        values = [stage_of(row["batch"], name)["wall_seconds"] for row in rows]
        _line(axes, rows, values, name, colour, 1.4, seconds.get(name))
    _sizes_below(axes, rows)
    _measured_in(axes, span_of, _SPANS)


def _draw_memory(rows: _Rows, memory_gb: float, axes: _Axes) -> None:
    axes.set_title("Batch: peak memory")
    values = [peak_mb(row["batch"]) for row in rows]
    grown = in_line([row["articles"] for row in rows], values)
    _line(axes, rows, values, "all", _COLOURS[0], 2.2, grown)
    has = f"this machine: {memory_gb:.0f} GB"
    axes.axhline(memory_gb * _GB, color=_COLOURS[2], linewidth=1.2, label=has)
    axes.set_yscale("log", base=2)
    _sizes_below(axes, rows)
    _measured_in(axes, lambda value: f"{value / _GB:.3g} GB")


def _draw_index(rows: _Rows, axes: _Axes) -> None:
    axes.set_title("Index: time of one operation")
    seconds, _ = growths(rows, "index")
    added = [total_seconds(row["index"]) / row["index"]["counts"]["articles"] for row in rows]
    _line(axes, rows, added, "add, of 5,000", _COLOURS[0], 1.4)
    for (name, label), colour in zip(
        (("add one", "add one"), ("query", "ask"), ("open", "open")), _COLOURS[1:], strict=False
    ):
        values = [stage_of(row["index"], name)["wall_seconds"] for row in rows]
        _line(axes, rows, values, label, colour, 1.4, seconds.get(name))
    _sizes_below(axes, rows)
    _measured_in(axes, span_of, _SPANS)


def _draw_quality(rows: _Rows, axes: _Axes) -> None:
    axes.set_title("Batch: B-cubed F1 against what was planted")
    for level, label, colour in (
        ("duplicate", "copies", _COLOURS[3]),
        ("story", "stories", _COLOURS[4]),
    ):
        values = [row["quality"][level]["b_cubed"]["f1"] for row in rows]
        axes.plot([row["articles"] for row in rows], values, "o-", color=colour, label=label)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.05)
    _sizes_below(axes, rows, following=False)


def _line(
    axes: _Axes,
    rows: _Rows,
    values: Sequence[float],
    label: str,
    colour: str,
    width: float,
    grown: Growth | None = None,
) -> None:
    """Measured values, and dashed what ten times the last one would be."""
    sizes = [row["articles"] for row in rows]
    grown = grown or fitted(sizes, values)
    shown = f"{label}: n^{grown.exponent:.2f}" if grown and not grown.base else label
    axes.loglog(sizes, values, "o-", color=colour, linewidth=width, markersize=4, label=shown)
    if grown:
        following = NEXT * sizes[-1]
        ahead = [sizes[-1], following], [values[-1], grown.at(following)]
        axes.loglog(*ahead, color=colour, linewidth=width * 0.7, linestyle=_DASHES)


def _sizes_below(axes: _Axes, rows: _Rows, *, following: bool = True) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

    sizes = [row["articles"] for row in rows]
    if following:
        sizes.append(NEXT * sizes[-1])
    axes.set_xlabel("articles")
    axes.set_xlim(sizes[0] / _HEADROOM, sizes[-1] * _HEADROOM)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _measured_in(
    axes: _Axes, shown: Callable[[float], str], marks: Sequence[float] | None = None
) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

    if marks is not None:
        axes.yaxis.set_major_locator(FixedLocator(marks))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def short(count: float) -> str:
    """A number as people write sizes.

    >>> [short(each) for each in (500, 1000, 31_000, 2_500_000)]
    ['500', '1k', '31k', '2.5M']
    """
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if count >= unit:
            return f"{count / unit:.3g}{name}"
    return f"{count:.0f}"
