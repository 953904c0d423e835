"""The check-up as a picture: sizes, lengths, fit and languages of all stories at a glance.

Its colours stand out on white and on black, and its ground is left open (SVG), so
that it can stand on any page. The same check-up gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dedup.doctor.checkup import Checkup, counted
from dedup.doctor.panels import (
    INK,
    MARKS,
    draw_fit,
    draw_languages,
    draw_lengths,
    draw_sizes,
)
from dedup.errors import MissingExtraError, OutputError
from dedup.writers import replacing

_FAINT = "#9aa1ab44"
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
    "grid.color": _FAINT,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "dedup",
}
_INCHES = (10.0, 7.2)
_DOTS_PER_INCH = 160


def format_of_plot(path: str | Path) -> str:
    """`svg` or `png`, by the ending of a file.

    Raises:
        OutputError: It has another ending.
    """
    ending = Path(path).suffix.lower()
    if ending not in _FORMATS:
        raise OutputError(f"{path}: a picture ends in {' or '.join(_FORMATS)}, not in {ending!r}")
    return ending[1:]


def plot_checkup(checkup: Checkup, path: str | Path) -> None:
    """Write the picture of a check-up as one file that is complete or absent.

    Four panels: sizes by rank, size against length in time, how well texts fit their
    stories, and how far each language mixes.

    Args:
        checkup: What `examine` returned.
        path: A file that ends in .svg or .png.

    Raises:
        OutputError: It ends otherwise, or cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    kind = format_of_plot(path)
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("a picture of the check-up", extra="plot") from error

    # The settings of the user would change what we draw.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure(figsize=_INCHES)
        panels = {
            "sizes": draw_sizes,
            "lengths": draw_lengths,
            "fit": draw_fit,
            "languages": draw_languages,
        }
        several = sum(bool(share.language) for share in checkup.languages) > 1
        rows = [["sizes", "lengths"], ["fit", "languages" if several else "fit"]]
        drawn: dict[str, Any] = figure.subplot_mosaic(rows)
        for name, axes in drawn.items():
            panels[name](axes, checkup)
        figure.suptitle(_title(checkup), fontsize=10.5)
        _legend(figure, checkup)
        with replacing(path) as file:
            figure.savefig(
                file,
                format=kind,
                dpi=_DOTS_PER_INCH,
                facecolor="none" if kind == "svg" else "white",
                metadata={"Date": None, "Creator": None} if kind == "svg" else {"Software": None},
            )


def _title(checkup: Checkup) -> str:
    return (
        f"Check-up of {counted(checkup.articles, 'article')}: "
        f"{counted(checkup.texts, 'independent text')}, "
        f"{counted(checkup.stories, 'story', 'stories')}"
    )


def _legend(figure: Any, checkup: Checkup) -> None:  # noqa: ANN401 (matplotlib's Figure)
    from matplotlib.lines import Line2D

    met = {shape.remark for shape in checkup.shapes if shape.texts > 1}
    handles = [
        Line2D([], [], linestyle="", marker=mark, color=colour, markersize=6, label=label)
        for remark, (colour, mark, label) in MARKS.items()
        if remark in met
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
