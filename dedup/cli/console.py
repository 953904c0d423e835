"""Output on the terminal: progress, the table of stories, the summary, an evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal

from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from dedup.cli.tables import figure_table
from dedup.output.bars import StepBars, terminal_bars
from dedup.output.wording import counted, one_line
from dedup.records import BODY_IS_A_WALL

if TYPE_CHECKING:
    from dedup.doctor import Checkup
    from dedup.evaluation import Evaluation
    from dedup.readers.columns import ColumnUse
    from dedup.records import Article, Problem, Summary
    from dedup.result import Result

_EXAMPLES = 3
_Justify = Literal["left", "right"]
_STORY_COLUMNS: tuple[tuple[str, int, _Justify], ...] = (
    ("texts", 5, "right"),
    ("articles", 8, "right"),
    ("sources", 7, "right"),
    ("first seen", 10, "left"),
    ("languages", 14, "left"),
)
_WIDTH_OF_FILES = 100
_MIN_HEADLINE = 20


class Console:
    """The terminal: results on stdout, everything else on stderr.

    Args:
        quiet: Show only errors.
        verbose: List every problem, not only examples.
        table_to_stderr: Print results on stderr, as stdout is used for rows of data.
    """

    def __init__(
        self, *, quiet: bool = False, verbose: bool = False, table_to_stderr: bool = False
    ) -> None:
        self._quiet = quiet
        self._verbose = verbose
        self._err = _rich(to_stderr=True, quiet=quiet)
        self._out = self._err if table_to_stderr else _rich(to_stderr=False, quiet=quiet)

    @contextmanager
    def progress(self, total_bytes: int | None) -> Iterator[StepBars]:
        """Progress bars; shown on a terminal only."""
        with terminal_bars(self._err, disable=self._quiet) as bars:
            yield StepBars(bars, total_bytes)

    def show_result(self, result: Result, *, top: int, written: Sequence[str]) -> None:
        """Print the largest stories, the counts, the problems and the files that were written."""
        shown = [story for story in islice(result.story_groups, top) if len(story.members) > 1]
        if shown:
            table = Table(box=None, pad_edge=False)
            for name, width, justify in _STORY_COLUMNS:
                table.add_column(name, justify=justify, min_width=width, max_width=width)
            used = sum(width + 2 for _, width, _ in _STORY_COLUMNS)
            room = max(self._out.width - used, _MIN_HEADLINE)
            table.add_column("headline", no_wrap=True, overflow="ellipsis", max_width=room)
            for story in shown:
                table.add_row(
                    str(story.texts),
                    str(story.articles),
                    str(len(story.sources)),
                    _day(story.first_seen),
                    _some(story.languages),
                    Text(one_line(story.headline)),
                )
            self._out.print(table)
            self._out.print()
        self.show_counts(
            result.summary,
            several=sum(story.texts > 1 for story in result.story_groups),
            across=sum(len(story.languages) > 1 for story in result.story_groups),
        )
        self.show_problems(result.problems)
        for note in (*result.summary.notes, *_missing_fields(result.articles)):
            self._err.print(f"note: {note}", markup=False, soft_wrap=True)
        for path in written:
            if path != "-":
                self.show_written(path)

    def show_written(self, path: str) -> None:
        """Print that a file was written."""
        self._err.print(f"wrote {path}", markup=False, soft_wrap=True)

    def show_counts(self, counts: Summary, *, several: int, across: int) -> None:
        """Print the counts of a run.

        Args:
            counts: The counts.
            several: Number of stories of several texts.
            across: Number of stories in several languages.
        """
        self._out.print(
            f"{counted(counts.articles, 'article')}, "
            f"{counted(counts.texts, 'independent text')} "
            f"({counted(counts.duplicates, 'copy', 'copies')}), "
            f"{counted(counts.story_groups, 'story', 'stories')}: "
            f"{several:,} of several texts, {across:,} in several languages",
            soft_wrap=True,
        )
        self._err.print(
            f"encoder {counts.encoder}, configuration {counts.config_digest}", markup=False
        )
        walls = counts.removals.get(BODY_IS_A_WALL, 0)
        if walls:
            self.note(f"{BODY_IS_A_WALL}: {counted(walls, 'article')}, known by the headline alone")
        if self._verbose and counts.removals:
            cut = ", ".join(f"{reason} {count:,}" for reason, count in counts.removals.items())
            self._err.print(f"removed by cleaning: {cut}", markup=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line of the result."""
        self._out.print(one_line(text), markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a line about the result, on stderr."""
        self._err.print(one_line(text), markup=False, soft_wrap=True)

    def show_columns(self, use: ColumnUse) -> None:
        """Print the columns of a table that are not used, where that matters or all is wanted."""
        missing = [field for field in ("title", "text") if field not in use.used]
        if use.unused and (self._verbose or missing):
            without = f" has no {' and no '.join(missing)};" if missing else ""
            self.note(f"{use.name}:{without} unused columns: {', '.join(use.unused)}")

    def show_problems(
        self, problems: Sequence[Problem], counts: Mapping[str, int] | None = None
    ) -> None:
        """Print the number of problems of each kind, with examples.

        Args:
            problems: All problems, or some of each kind.
            counts: Number of each kind, if `problems` are not all.
        """
        from dedup.readers.problems import MENDED

        for kind in sorted({problem.kind for problem in problems}):
            of_kind = [problem for problem in problems if problem.kind == kind]
            count = len(of_kind) if counts is None else counts[kind]
            what = "set aside" if of_kind[0].article_kept else "skipped"
            what = "mended" if kind in MENDED else what
            self._err.print(f"{what}: {kind}, {count:,}", markup=False, soft_wrap=True)
            for problem in of_kind if self._verbose else of_kind[:_EXAMPLES]:
                value = f": {one_line(problem.value)}" if problem.value else ""
                self._err.print(f"  {problem.where}{value}", markup=False, soft_wrap=True)
            if not self._verbose and count > _EXAMPLES:
                self._err.print(f"  and {count - _EXAMPLES:,} more (--verbose lists them)")

    def show_evaluation(self, evaluation: Evaluation, *, as_json: bool) -> None:
        """Print an evaluation as tables or as JSON."""
        if as_json:
            print(json.dumps(evaluation.to_dict(), indent=2, ensure_ascii=False))  # noqa: T201
            return
        self._out.print(_scores(evaluation))
        self._out.print(_counts(evaluation), soft_wrap=True)
        if evaluation.language_pairs:
            self._out.print(_by_languages(evaluation))

    def show_checkup(self, checkup: Checkup, *, as_json: bool) -> None:
        """Print a check-up as text or as JSON."""
        if as_json:
            print(json.dumps(checkup.to_dict(), indent=2, ensure_ascii=False))  # noqa: T201
            return
        from dedup.cli.checkup import checkup_view

        self._out.print(checkup_view(checkup, verbose=self._verbose))
        for note in checkup.notes:
            self._err.print(f"note: {note}", markup=False, soft_wrap=True)


def _missing_fields(articles: Sequence[Article]) -> list[str]:
    """Notes on fields that no article has, and the options that name their columns."""
    consequences = {
        "published_at": "a time, so similar events may be merged",
        "source": "a source",
    }
    return [
        f"no article has {what}: if there is a column for it, name it with "
        f"--{field.replace('_', '-')}-column NAME"
        for field, what in consequences.items()
        if len(articles) > 1 and not any(getattr(article, field) for article in articles)
    ]


def _rich(*, to_stderr: bool, quiet: bool) -> RichConsole:
    console = RichConsole(stderr=to_stderr, quiet=quiet, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    return console


def _scores(evaluation: Evaluation) -> Table:
    table = figure_table("measure", "precision", "recall", "F1")
    for name, score in (
        ("B-cubed", evaluation.b_cubed),
        ("pairwise", evaluation.pairwise),
        ("CEAF-e", evaluation.ceaf_e),
    ):
        table.add_row(name, f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}")
    for name, value in (
        ("adjusted Rand index", evaluation.adjusted_rand_index),
        ("adjusted mutual information", evaluation.adjusted_mutual_information),
        ("V-measure", evaluation.v_measure),
    ):
        table.add_row(name, "", "", f"{value:.4f}")
    return table


def _counts(evaluation: Evaluation) -> str:
    lines = [
        "",
        f"{evaluation.articles:,} labelled articles; clusters: gold {evaluation.gold_clusters:,} "
        f"({evaluation.gold_singletons:,} of one, largest {evaluation.largest_gold:,}), "
        f"result {evaluation.predicted_clusters:,} ({evaluation.predicted_singletons:,} of one, "
        f"largest {evaluation.largest_predicted:,})",
    ]
    if evaluation.missing_in_result:
        lines.append(
            f"{len(evaluation.missing_in_result):,} labelled articles are not in the result and "
            f"count as clusters of their own: {', '.join(evaluation.missing_in_result[:5])} ..."
        )
    return "\n".join([*lines, ""])


def _by_languages(evaluation: Evaluation) -> Table:
    table = figure_table("languages", "gold pairs", "found pairs", "precision", "recall")
    rows = sorted(evaluation.language_pairs, key=lambda row: (row.second == "", -row.pairs_gold))
    largest = [row for row in rows if row.second][:15]
    for row in [*largest, *(row for row in rows if not row.second)]:
        table.add_row(
            f"{row.first} {row.second}".strip(),
            f"{row.pairs_gold:,}",
            f"{row.pairs_predicted:,}",
            "-" if row.precision is None else f"{row.precision:.3f}",
            "-" if row.recall is None else f"{row.recall:.3f}",
        )
    return table


def _some(languages: Sequence[str]) -> str:
    """As many languages as their column has room for, and the number of the others."""
    room = next(width for name, width, _ in _STORY_COLUMNS if name == "languages")
    for left in range(len(languages) + 1):
        shown = languages[: len(languages) - left]
        words = " ".join([*shown, *([f"+{left}"] if left else [])])
        if len(words) <= room:
            return words
    return str(len(languages))


def _day(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d}" if time else "undated"
