"""Pictures: one style that stands out on white and on black, written complete or not at all.

The ground is left open, so that a picture can stand on any page. The same drawing gives the
same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dedup.errors import MissingExtraError, OutputError
from dedup.output.tables import replacing

INK = "#757c87"
"""Of text and lines: in contrast above 4 with both white and black."""
FAINT = "#9aa1ab44"
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
_OPEN = "none"


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
    png_ground: str = _OPEN,
) -> None:
    """Write a picture as one file that is complete or absent.

    Args:
        path: A file that ends in .svg or .png.
        draw: Called with an empty matplotlib `Figure`.
        inches: Width and height.
        what: What the picture shows, for the error where matplotlib is missing.
        extra: The extra of the distribution that brings it.
        png_ground: Colour of the ground of a .png; open by default, as that of a .svg.

    Raises:
        OutputError: It ends otherwise, or cannot be written.
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
                facecolor=_OPEN if kind == "svg" else png_ground,
                metadata={"Date": None, "Creator": None} if kind == "svg" else {"Software": None},
            )
