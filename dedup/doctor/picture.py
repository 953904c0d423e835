"""The check-up as a picture: sizes, lengths, fit and languages of all stories."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from dedup.doctor.checkup import Checkup
from dedup.doctor.panels import (
    MARKS,
    draw_fit,
    draw_languages,
    draw_lengths,
    draw_sizes,
)
from dedup.output.figures import draw_panels, draw_picture
from dedup.output.wording import counted

_INCHES = (10.0, 7.2)


def plot_checkup(checkup: Checkup, path: str | Path) -> None:
    """Write the picture of a check-up as one file that is complete or absent.

    Its four panels show sizes by rank, size against length in time, how well texts fit their
    stories, and how often each language mixes.

    Args:
        checkup: What `examine` returned.
        path: A file that ends in .svg or .png.

    Raises:
        OutputError: The file has another ending, or cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    draw_picture(
        path,
        partial(_draw, checkup),
        inches=_INCHES,
        what="a picture of the check-up",
        extra="plot",
        png_background="white",
    )


def _draw(checkup: Checkup, figure: Any) -> None:  # noqa: ANN401 (matplotlib's Figure)
    panels = {
        "sizes": partial(draw_sizes, checkup=checkup),
        "lengths": partial(draw_lengths, checkup=checkup),
        "fit": partial(draw_fit, checkup=checkup),
    }
    if sum(bool(share.language) for share in checkup.languages) > 1:
        panels["languages"] = partial(draw_languages, checkup=checkup)
    draw_panels(figure, panels)
    figure.suptitle(_title(checkup), fontsize=10.5)
    _legend(figure, checkup)


def _title(checkup: Checkup) -> str:
    return (
        f"Check-up of {counted(checkup.articles, 'article')}: "
        f"{counted(checkup.texts, 'independent text')}, "
        f"{counted(checkup.stories, 'story', 'stories')}"
    )


def _legend(figure: Any, checkup: Checkup) -> None:  # noqa: ANN401 (matplotlib's Figure)
    from matplotlib.lines import Line2D

    remarks = {shape.remark for shape in checkup.shapes if shape.texts > 1}
    handles = [
        Line2D([], [], linestyle="", marker=mark, color=colour, markersize=6, label=label)
        for remark, (colour, mark, label) in MARKS.items()
        if remark in remarks
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
