"""The panels of the picture of a check-up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from math import log10
from typing import Any

from dedup.doctor.checkup import Checkup, StoryShape, percent
from dedup.doctor.fit import WEAK_PROBABILITY
from dedup.output.figures import BLUE, DASHES, INK, ORANGE, PINK, PURPLE, RED, label_axis
from dedup.output.wording import counted

_Axes = Any  # matplotlib comes without types that mypy could follow everywhere

_CALM, _WEAK, _CHAIN, _SERIES, _LARGEST = BLUE, ORANGE, RED, PURPLE, PINK
# Marks differ in shape too, for readers who cannot tell the colours apart.
MARKS: Mapping[str, tuple[str, str, str]] = {
    "": (_CALM, "o", "nothing unusual"),
    "weak links": (_WEAK, "D", "a text fits badly"),
    "chains": (_CHAIN, "s", "chain or hole in time"),
    "largest story": (_LARGEST, "P", "large for its period"),
    "series": (_SERIES, "^", "series of one source"),
}
_DOTS_PER_DECADE = 40
_SHORTEST_DAYS = 1 / 24
_DAY_MARKS: Mapping[float, str] = {
    1 / 24: "≤ 1 h",
    0.25: "6 h",
    **{days: f"{days:,}" for days in (1, 3, 7, 14, 30, 90, 365, 1000, 3000)},
}
_HEADROOM = 1.7
_FEW = 200
_MOST_LANGUAGES = 16


def draw_sizes(axes: _Axes, checkup: Checkup) -> None:
    """Size by rank on logarithmic axes, where news stories fall on a line."""
    sizes = [shape.texts for shape in checkup.shapes]
    axes.set_title("How large stories are")
    axes.set(xscale="log", yscale="log", xlabel="rank", ylabel="texts")
    axes.plot(range(1, len(sizes) + 1), sizes, color=INK, linewidth=1.0, zorder=1)
    # Within one size, stories with one remark are side by side, which shows their share.
    marks = list(MARKS)
    ranked = sorted(checkup.shapes, key=lambda shape: (-shape.texts, -marks.index(shape.remark)))
    ranks = {shape.story_group: rank for rank, shape in enumerate(ranked, 1)}
    _scatter(axes, checkup, lambda shape: ranks[shape.story_group], growth=0.0)
    share = percent(sizes[0] / checkup.texts)
    _remark(axes, 0.98, "right", f"largest: {counted(sizes[0], 'text')}, {share} of all")
    axes.set_ylim(0.8, sizes[0] * _HEADROOM)
    label_axis(axes.xaxis)
    _counts(axes)


def draw_lengths(axes: _Axes, checkup: Checkup) -> None:
    """Days and texts of each story; right of the line, first and last text were not compared."""
    axes.set_title("How long they last")
    axes.set(xscale="log", yscale="log", xlabel="days from first to last text", ylabel="texts")
    if not any(shape.span_days is not None and shape.texts > 1 for shape in checkup.shapes):
        _nothing(axes, "no article has a date")
        return
    _scatter(
        axes,
        checkup,
        lambda shape: None if shape.span_days is None else max(shape.span_days, _SHORTEST_DAYS),
    )
    reach = checkup.max_gap / timedelta(days=1)
    axes.axvline(reach, color=INK, linewidth=1.0, linestyle=DASHES)
    axes.annotate(
        "max_gap",
        (reach, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -2),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    longest = max(reach, *(shape.span_days or 0.0 for shape in checkup.shapes))
    axes.set_xlim(_SHORTEST_DAYS * 0.6, longest * 1.8)
    axes.set_ylim(1.6, checkup.shapes[0].texts * _HEADROOM)
    _counts(axes)
    marks = [mark for mark in _DAY_MARKS if mark <= longest * 1.8]
    axes.set_xticks(marks, labels=[_DAY_MARKS[mark] for mark in marks])
    axes.xaxis.minorticks_off()


def _scatter(
    axes: _Axes,
    checkup: Checkup,
    position: Callable[[StoryShape], float | None],
    *,
    growth: float = 0.4,
) -> None:
    for remark, (colour, mark, _) in MARKS.items():
        shapes = [s for s in checkup.shapes if s.remark == remark and s.texts > 1]
        # Stories of equal size at nearly one position share a dot that grows with their number.
        dots = Counter(
            (10 ** (round(log10(x) * _DOTS_PER_DECADE) / _DOTS_PER_DECADE), shape.texts)
            for shape in shapes
            if (x := position(shape)) is not None
        )
        if not dots:
            continue
        axes.scatter(
            [x for x, _ in dots],
            [texts for _, texts in dots],
            s=[20 * count**growth for count in dots.values()],
            color=colour,
            marker=mark,
            alpha=0.75 if remark else 0.45,
            linewidths=0,
            zorder=3 if remark else 2,
        )
    axes.grid(visible=True)


def draw_fit(axes: _Axes, checkup: Checkup) -> None:
    """Number of texts by mean probability; those below 0.5 fit badly."""
    axes.set_title("How well texts fit their story")
    axes.set(xlabel="average probability of the same event", ylabel="texts", xlim=(0, 1))
    if not any(checkup.fit):
        _nothing(axes, "no story has several texts")
        return
    width = 1 / len(checkup.fit)
    for number, count in enumerate(checkup.fit):
        weak = (number + 0.5) * width < WEAK_PROBABILITY
        axes.bar((number + 0.5) * width, count, width * 0.88, color=_WEAK if weak else _CALM)
    weak_texts = int(checkup.finding("weak links").figures["weak_texts"] or 0)
    share = percent(weak_texts / sum(checkup.fit))
    _remark(axes, 0.03, "left", f"{weak_texts:,} below {WEAK_PROBABILITY} ({share})")
    axes.grid(visible=True, axis="y")
    label_axis(axes.yaxis)


def _remark(axes: _Axes, x: float, side: str, text: str) -> None:
    axes.text(x, 0.95, text, transform=axes.transAxes, ha=side, va="top")


def _counts(axes: _Axes) -> None:
    """Whole numbers as labels of the logarithmic axis of sizes."""
    most = axes.get_ylim()[1]
    steps = (1, 2, 5) if most < _FEW else (1,)
    marks = [step * 10**power for power in range(9) for step in steps]
    axes.set_yticks([mark for mark in marks if axes.get_ylim()[0] <= mark <= most])
    axes.yaxis.minorticks_off()
    label_axis(axes.yaxis)


def draw_languages(axes: _Axes, checkup: Checkup) -> None:
    """Actual and expected share of each language in stories of several languages."""
    shown = [share for share in checkup.languages if share.language][:_MOST_LANGUAGES]
    axes.set_title("How far languages mix")
    axes.set(xlabel="% of texts in stories of several languages")
    axes.set_title("bar: by chance; red: stays behind", loc="right", fontsize=8, weight="normal")
    for row, share in enumerate(shown):
        actual, expected = 100 * share.mixed, 100 * share.expected
        axes.plot([actual, expected], [row, row], color=INK, linewidth=1.2, zorder=1)
        colour = _CHAIN if share.behind else _CALM
        axes.scatter(actual, row, s=34, color=colour, zorder=3, linewidths=0, clip_on=False)
        axes.scatter(expected, row, s=46, color=INK, marker="|", zorder=2, linewidths=2)
    axes.set_yticks(
        range(len(shown)),
        # Codes come from a file; characters that the font lacks would cause warnings.
        labels=[f"{_ascii(share.language)}  {share.articles:,}" for share in shown],
    )
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x")


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii").replace("$", "?")


def _nothing(axes: _Axes, why: str) -> None:
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center")
    axes.set(xticks=[], yticks=[])
    axes.minorticks_off()
