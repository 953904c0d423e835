"""Differences between two copies of a text, word by word, as a few short spans.

In scripts without spaces, a character with its marks is compared like a word. Case, spacing,
punctuation and what `normalize` takes for one spelling are ignored, as in the search for copies.
The comparison is quadratic at worst, so only the beginnings of long texts are compared, and texts
that repeat a few words are not aligned.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dedup.text.normalization import normalize
from dedup.text.scripts import UNSPACED_BLOCKS

MAX_TOKENS = 2_000
MAX_SPANS = 12
_MOST_CELLS = 60_000
_MOST_SPAN_CHARS = 160
_CONTEXT_CHARS = 24
_JOINED_GAP = 2

_MARKS = "".join(
    chr(code)
    for block in (range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800))
    for code in block
    if unicodedata.category(chr(code)).startswith("M")
)
# In Arabic script a ZWNJ stands for a space; elsewhere it only changes how letters join.
_TOKEN = re.compile(
    rf"(?:[{UNSPACED_BLOCKS}][{_MARKS}]*"
    rf"|(?:[^\s\u200c{UNSPACED_BLOCKS}]|\u200c(?![\u0600-\u06ff]))+)[\s\u200c]*"
)
_COUNTING_MARKS = "%‰"
_Change = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """One difference, with a little of the text around it."""

    before: str
    deleted: str
    inserted: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a copy changed.

    Args:
        equal: True if the texts are exactly equal.
        spans: The first differences, in reading order.
        more: Number of differences that are not listed.
        partial: True if only the first `MAX_TOKENS` words were compared.
    """

    equal: bool = False
    spans: tuple[Span, ...] = ()
    more: int = 0
    partial: bool = False


def difference(original: str, copy: str) -> Difference:
    """The differences between a text and a copy of it.

    >>> difference("Two men were hurt on Monday.", "Two men were hurt on Tuesday.").spans
    (Span(before='Two men were hurt on ', deleted='Monday.', inserted='Tuesday.', after=''),)
    """
    if original == copy:
        return Difference(equal=True)
    a, more_a = _tokens(original)
    b, more_b = _tokens(copy)
    partial = more_a or more_b
    changes = _joined(_changes([_bare(token) for token in a], [_bare(token) for token in b]))
    # At the limit of the comparison one text is ahead of the other, which is no difference.
    if partial and changes and changes[-1][1] == len(a) and changes[-1][3] == len(b):
        changes.pop()
    spans = tuple(_span(a, b, change) for change in changes[:MAX_SPANS])
    return Difference(False, spans, len(changes) - len(spans), partial)


def shortened(text: str, most: int) -> str:
    """A text on one line of at most `most` characters, cut between words if possible.

    >>> shortened("one two three", 9)
    'one two…'
    """
    # Enough for `most` characters with the white space of any usual text.
    line = " ".join(text[: 4 * most + 64].split())
    if len(line) <= most:
        return line if len(text) <= 4 * most + 64 else f"{line}…"
    cut = line.rfind(" ", most // 2, most)
    return line[: cut if cut > 0 else most - 1].rstrip() + "…"


def _tokens(text: str) -> tuple[list[str], bool]:
    """The first words, each with what follows it, and whether there are more."""
    tokens: list[str] = []
    for hit in _TOKEN.finditer(text):
        if tokens and not _bare(hit[0]):
            tokens[-1] += hit[0]
        elif len(tokens) == MAX_TOKENS:
            return tokens, True
        else:
            tokens.append(hit[0])
    return tokens, False


def _bare(token: str) -> str:
    """The part of a word that is compared: case-folded, without punctuation around it.

    >>> _bare("“Monday”, "), _bare("5% "), _bare("-- ")
    ('monday', '5%', '')
    """
    start, end = 0, len(token)
    while start < end and _silent(token[start]):
        start += 1
    while start < end and _silent(token[end - 1]):
        end -= 1
    bare = token[start:end]
    return (bare if bare.isascii() else normalize(bare)).casefold()


def _silent(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PZC" and character not in _COUNTING_MARKS


def _changes(a: Sequence[str], b: Sequence[str]) -> Iterator[_Change]:
    """Differing ranges `a[i:j]` and `b[k:m]`, between the common beginning and end."""
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    old, new = a[start : len(a) - end], b[start : len(b) - end]
    counts = Counter(old)
    if sum(counts[word] for word in new) > _MOST_CELLS:
        yield start, start + len(old), start, start + len(new)
        return
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield start + i, start + j, start + k, start + m


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the common beginning of two texts, in words."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))


def _joined(changes: Iterator[_Change]) -> list[_Change]:
    """Changes; those with at most two words between them become one."""
    joined: list[_Change] = []
    for change in changes:
        if joined and change[0] - joined[-1][1] <= _JOINED_GAP:
            joined[-1] = (joined[-1][0], change[1], joined[-1][2], change[3])
        else:
            joined.append(change)
    return joined


def _span(a: Sequence[str], b: Sequence[str], change: _Change) -> Span:
    i, j, k, m = change
    return Span(
        before=_context(reversed(a[max(0, i - _CONTEXT_CHARS) : i]), reverse=True),
        deleted=shortened("".join(a[i:j]), _MOST_SPAN_CHARS),
        inserted=shortened("".join(b[k:m]), _MOST_SPAN_CHARS),
        after=_context(iter(a[j : j + _CONTEXT_CHARS]), reverse=False),
    )


def _context(tokens: Iterator[str], *, reverse: bool) -> str:
    """A few words next to a change, in reading order, with line breaks as spaces."""
    words: list[str] = []
    size = 0
    for token in tokens:
        if size + len(token) > _CONTEXT_CHARS:
            break
        words.append(token)
        size += len(token)
    return re.sub(r"\s+", " ", "".join(reversed(words) if reverse else words))
