"""Pictures: one style that is readable on white and on black, written complete or not at all.

The background is transparent, so that a picture fits any page. The same drawing gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dedup.errors import MissingExtraError, OutputError
from dedup.output.tables import replacing

INK = "#757c87"
"""Colour of text and lines: contrast above 4 with both white and black."""
FAINT = "#9aa1ab44"
BLUE, ORANGE, RED, GREEN, PURPLE, PINK = (
    "#4287c8", "#c97b10", "#e0483e", "#2f9e77", "#a06ad8", "#d6479e",
)  # fmt: skip
"""Colours of data."""
DASHES = (0, (4, 3))
_FORMATS = (".svg", ".png")
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "dedup",
}
_DOTS_PER_INCH = 160
_TRANSPARENT = "none"


def format_of_picture(path: str | Path) -> str:
    """`svg` or `png`, by the ending of a file.

    Raises:
        OutputError: It has another ending.
    """
    ending = Path(path).suffix.lower()
    if ending not in _FORMATS:
        raise OutputError(f"{path}: a picture ends in {' or '.join(_FORMATS)}, not in {ending!r}")
    return ending[1:]


def draw_picture(
    path: str | Path,
    draw: Callable[[Any], None],
    *,
    inches: tuple[float, float],
    what: str,
    extra: str,
    png_background: str = _TRANSPARENT,
) -> None:
    """Write a picture as one file that is complete or absent.

    Args:
        path: A file that ends in .svg or .png.
        draw: Called with an empty matplotlib `Figure`.
        inches: Width and height.
        what: What the picture shows, for the error where matplotlib is missing.
        extra: The extra of the distribution that installs matplotlib.
        png_background: Colour of the background of a .png; transparent by default, as in a .svg.

    Raises:
        OutputError: The file has another ending, or cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    kind = format_of_picture(path)
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(what, extra=extra) from error

    # The settings of the user would change what we draw.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=inches)
        draw(figure)
        with replacing(path) as file:
            figure.savefig(
                file,
                format=kind,
                dpi=_DOTS_PER_INCH,
                facecolor=_TRANSPARENT if kind == "svg" else png_background,
                metadata={"Date": None, "Creator": None} if kind == "svg" else {"Software": None},
            )


def draw_panels(figure: Any, panels: Mapping[str, Callable[[Any], None]]) -> None:  # noqa: ANN401
    """Draw panels in two columns, row by row; the last one fills its row.

    Args:
        figure: A matplotlib `Figure`.
        panels: For each panel a function that draws on its `Axes`.
    """
    names = list(panels)
    rows = [names[k : k + 2] for k in range(0, len(names), 2)]
    rows[-1] = (rows[-1] * 2)[:2]
    for name, axes in figure.subplot_mosaic(rows if len(names) > 1 else [names]).items():
        panels[name](axes)


def label_axis(
    axis: Any,  # noqa: ANN401 (matplotlib's Axis)
    label: Callable[[float], str] = lambda value: f"{value:,.0f}",
    marks: Sequence[float] | None = None,
) -> None:
    """Label the major marks of an axis, and no others.

    Args:
        axis: The `xaxis` or `yaxis` of matplotlib's `Axes`.
        label: The label of a value, by default a whole number.
        marks: Where the marks are; by default where they are already.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

    if marks is not None:
        axis.set_major_locator(FixedLocator(marks))
        axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))
    axis.set_minor_formatter(NullFormatter())
