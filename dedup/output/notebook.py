"""Stories as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import islice

from dedup.output.wording import counted, printable
from dedup.records import StoryGroup

_STORIES = 20
_COLUMNS = ("texts", "articles", "sources", "first seen", "languages", "headline")
_LEFT = ' style="text-align:left"'
_DAY = ' style="text-align:left;white-space:nowrap"'


def stories_table(stories: Iterable[StoryGroup], total: int, caption: str = "") -> str:
    """The first stories as an HTML table.

    Args:
        stories: Some of them, in the order in which they are shown.
        total: How many there are.
        caption: What it is about, above the table.
    """
    shown = list(islice(stories, _STORIES))
    head = "".join(f"<th{_LEFT}>{escape(name)}</th>" for name in _COLUMNS)
    rows = "".join(f"<tr>{_cells(story)}</tr>" for story in shown)
    more = total - len(shown)
    rest = f"<p>and {counted(more, 'more story', 'more stories')}</p>" if more > 0 else ""
    above = f"<p>{escape(printable(caption))}</p>" if caption else ""
    return f"{above}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{rest}"


def _cells(story: StoryGroup) -> str:
    first = f"{story.first_seen:%Y-%m-%d}" if story.first_seen else "undated"
    figures = (f"{story.texts:,}", f"{story.articles:,}", f"{len(story.sources):,}")
    numbers = "".join(f"<td>{figure}</td>" for figure in figures)
    words = (" ".join(story.languages), printable(story.headline))
    cells = "".join(f'<td{_LEFT} dir="auto">{escape(word)}</td>' for word in words)
    return f"{numbers}<td{_DAY}>{first}</td>{cells}"
