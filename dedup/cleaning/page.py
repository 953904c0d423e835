"""The step `clean`: raw text -> canonical text, and what was removed and why.

`normalize` makes one spelling of what readers take for the same letters.
`clean` then removes boilerplate line by line, in passes until a pass finds nothing more, so
that cleaning a clean text changes nothing. It removes

* a line that is a mark, a button, a credit, a tag list or an address;
* a line that the source repeats on its pages (`repeated_lines`), and at the head of the body
  the headline, the path to the page, the line of its date;
* a heading such as "Read also:", with the links below it until prose begins again. All the
  rest of the page is removed with it if a credit or tag list, as articles end with, stands
  right above it, if only links follow, or if the line below it is the headline of another
  story that is pasted there; with a heading of the foot of a page ("Related articles") also
  if it stands below the middle of the page.

Where too little would be left, only the heading is removed. A text of nothing but boilerplate
is left as it is; but where that is a wall (`walls.py`), or what its source repeats, the article is
its headline alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from dedup.cleaning.boilerplate import Reason
from dedup.cleaning.page_head import mark_head, mark_title
from dedup.cleaning.page_lines import (
    ends_article,
    ends_sentence,
    is_bullet,
    is_end,
    is_prose,
    opens_links,
    opens_tags,
    reason_for,
    words_in,
)
from dedup.cleaning.walls import headline, is_known_wall
from dedup.config import CleaningConfig
from dedup.records import Article, CleanText, Removal
from dedup.text.normalization import key, normalize

_MIN_WORDS_LEFT = 10
_MIN_SHARE_LEFT = 0.2
_LINKS_AMID = 5
_OF_A_WALL: frozenset[Reason | None] = frozenset(("repeated line", "wall"))
_WORD = re.compile(r"\w{3,}|[\u3040-\u30ff\u3400-\u9fff]")


def _judge(lines: Sequence[str], repeated: frozenset[str]) -> list[Reason | None]:
    """For each line the reason to remove it, judged alone but for tags below their label."""
    reasons: list[Reason | None] = []
    above, in_tags = "", False
    for line in lines:
        reason: Reason | None = "repeated line" if line in repeated else reason_for(line, above)
        if reason is None and in_tags and words_in(line) <= 4 and not ends_sentence(line):
            reason = "tags"
        else:
            in_tags = reason == "tags" and opens_tags(line)
        reasons.append(reason)
        above = above if reason else line
    return reasons


def _mark_bullets(lines: Sequence[str], reasons: list[Reason | None]) -> None:
    """Mark three or more headlines as bullets at the end, unless a line introduces them."""
    bullets: list[int] = []
    for row in range(len(lines) - 1, -1, -1):
        if reasons[row] is None and is_bullet(lines[row]):
            bullets.append(row)
        elif reasons[row] is None:
            if len(bullets) >= 3 and not lines[row].endswith(":"):
                for bullet in bullets:
                    reasons[bullet] = "link list"
            return


def _mark_links(lines: Sequence[str], reasons: list[Reason | None]) -> None:
    """Mark the links below headings of links; the headings are marked already."""
    sizes = [0 if reason else words_in(line) for line, reason in zip(lines, reasons, strict=True)]
    above, below, done = 0, sum(sizes), 0
    last: list[str] = []
    prose = _next_prose(lines, reasons)
    for row, reason in enumerate(reasons):
        below -= sizes[row]
        if row < done:
            continue
        if reason is None:
            above += sizes[row]
            last = [*last[-1:], lines[row]]
            continue
        kind = opens_links(lines[row]) if reason == "read also" else ""
        if not kind:
            continue
        if prose[row] == len(lines):
            ends, least = True, _MIN_WORDS_LEFT
        else:
            ends = (
                _ends_above(lines, reasons, row)
                or (kind == "foot" and above >= below)
                or _is_other_story(lines, row, prose[row], above=" ".join(last))
            )
            least = max(_MIN_WORDS_LEFT, math.ceil(_MIN_SHARE_LEFT * (above + below)))
        if ends and above >= least:
            done = len(lines)
        else:
            done = min(prose[row], row + 1 + _LINKS_AMID)
            if above + below - sum(sizes[row:done]) < _MIN_WORDS_LEFT:
                done = row + 1
        reasons[row:done] = ["read also"] * (done - row)


def _ends_above(lines: Sequence[str], reasons: Sequence[Reason | None], row: int) -> bool:
    """Whether the line above is one that articles end with."""
    if row == 0 or reasons[row - 1] is None:
        return False
    return reasons[row - 1] == "tags" or ends_article(lines[row - 1])


def _next_prose(lines: Sequence[str], reasons: Sequence[Reason | None]) -> list[int]:
    """For each row, the next one below it that is prose, or the number of rows."""
    following = [len(lines)] * len(lines)
    for row in range(len(lines) - 2, -1, -1):
        prose_below = reasons[row + 1] is None and is_prose(lines[row + 1])
        following[row] = row + 1 if prose_below else following[row + 1]
    return following


def _is_other_story(lines: Sequence[str], heading: int, prose: int, *, above: str) -> bool:
    """Whether the line below the heading is the headline of the prose that follows it.

    It is if half of its words recur there, and fewer of them in the prose above.
    """
    if not 2 <= prose - heading <= 4:
        return False
    words = set(_WORD.findall(key(lines[heading + 1])))
    below = words.intersection(_WORD.findall(key(" ".join(lines[prose : prose + 2]))))
    before = words.intersection(_WORD.findall(key(above)))
    return len(words) >= 4 and len(below) >= max(len(words) / 2, len(before) + 1)


def _mark_end(lines: Sequence[str], reasons: list[Reason | None]) -> None:
    """Mark "END" where nothing stands below it."""
    for row in range(len(lines) - 1, -1, -1):
        if reasons[row] is None:
            if not is_end(lines[row]):
                return
            reasons[row] = "source line"


def _reasons(
    lines: Sequence[str], title: str, repeated: frozenset[str], language: str
) -> list[Reason | None]:
    """For each line the reason to remove it, or None; of the lines left none has a reason."""
    reasons: list[Reason | None] = [None] * len(lines)
    if title and repeated and is_known_wall(lines, title, repeated):
        return ["body is a wall"] * len(lines)
    while True:
        rows = [row for row, reason in enumerate(reasons) if reason is None]
        left = [lines[row] for row in rows]
        new = _judge(left, repeated)
        mark_title(left, new, title)
        mark_head(left, new, language=language, title=title)
        if "read also" in new:
            _mark_links(left, new)
        _mark_bullets(left, new)
        _mark_end(left, new)
        if all(new) and title and not _OF_A_WALL.isdisjoint(new):
            return ["body is a wall"] * len(lines)
        if not any(new) or all(new):
            return reasons
        for row, reason in zip(rows, new, strict=True):
            reasons[row] = reason


def clean(
    article: Article,
    config: CleaningConfig = CleaningConfig(),
    *,
    repeated: frozenset[str] = frozenset(),
) -> CleanText:
    """Canonical title and body of an article, and what was removed from the body.

    Cleaning the result again changes nothing. `text` and `removed` together hold
    every line of the normalised body once.

    Args:
        article: As read.
        config: Which rules apply.
        repeated: Normalised lines that the article's source repeats, from
            `repeated_lines`.
    """
    title = headline(article.title)
    text = normalize(article.text)
    if not config.remove_boilerplate or not text:
        return CleanText(title, text)
    lines = [line for line in text.split("\n") if line]
    reasons = _reasons(lines, title, repeated, article.language)
    if not any(reasons):
        return CleanText(title, text)
    return CleanText(title, _remaining(text, reasons), _removed(lines, reasons))


def _remaining(text: str, reasons: Sequence[Reason | None]) -> str:
    """The text without the lines that have a reason; `reasons` has none for blank lines."""
    verdicts = iter(reasons)
    lines = [line for line in text.split("\n") if not line or next(verdicts) is None]
    return normalize("\n".join(lines))


def _removed(lines: Sequence[str], reasons: Sequence[Reason | None]) -> tuple[Removal, ...]:
    """What was removed; neighbouring lines with the same reason are one piece."""
    return tuple(
        Removal("\n".join(line for line, _ in run), reason)
        for reason, run in groupby(zip(lines, reasons, strict=True), key=itemgetter(1))
        if reason is not None
    )
