"""A check-up on a terminal: a line for a finding that is ok, a paragraph for others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dedup.cli.tables import figure_table
from dedup.output.wording import printable

if TYPE_CHECKING:
    from dedup.doctor import Checkup, Example, Finding, LanguageShare

_STYLES = {"ok": "green", "look": "yellow", "problem": "bold red", "unknown": "dim"}
_EXAMPLES, _MOST_EXAMPLES = 3, 10
_MOST_LANGUAGES = 15
_MARGIN = 9


def checkup_view(checkup: Checkup, *, verbose: bool) -> RenderableType:
    """All findings, and the table of languages if some of them do not mix.

    Args:
        checkup: The result of `dedup.examine`.
        verbose: Also explain findings that are ok, with all examples and languages.
    """
    parts: list[RenderableType] = []
    for finding in checkup.findings:
        parts += _finding(finding, verbose=verbose)
    named = [share for share in checkup.languages if share.language]
    if len(named) > 1 and (verbose or checkup.finding("languages").level != "ok"):
        parts += [Text(), _languages(named if verbose else named[:_MOST_LANGUAGES])]
    return Group(*parts)


def _finding(finding: Finding, *, verbose: bool) -> Iterator[RenderableType]:
    head = Table.grid(padding=(0, 1))
    head.add_column(width=_MARGIN - 1)
    head.add_column()
    style = _STYLES[finding.level]
    head.add_row(
        Text(finding.level, style=style),
        Text.assemble((finding.name, "bold"), ": ", printable(finding.message, " ")),
    )
    yield head
    if verbose or finding.level in ("look", "problem"):
        yield Padding(Text(finding.interpretation, style="dim"), (0, 0, 0, _MARGIN))
        yield Padding(Text(f"-> {finding.advice}"), (0, 0, 0, _MARGIN))
        for example in finding.examples[: _MOST_EXAMPLES if verbose else _EXAMPLES]:
            yield Padding(_example(example), (0, 0, 0, _MARGIN + 2))


def _example(example: Example) -> Text:
    ids = " ".join(example.ids)
    shown = Text(printable(f"{example.story_group}  {example.message}", " "))
    shown.append(printable(f"\n  {example.headline or ids}", " "), style="italic")
    return shown


def _languages(shares: list[LanguageShare]) -> Table:
    figures = ("articles", "in stories of several texts", "in several languages", "by chance")
    table = figure_table("language", *figures)
    table.add_column("")
    for share in shares:
        table.add_row(
            Text(printable(share.language, " ")),
            f"{share.articles:,}",
            f"{share.grouped:.2f}",
            f"{share.mixed:.2f}",
            f"{share.expected:.2f}",
            Text("stays behind", style="yellow") if share.behind else "",
        )
    return table
