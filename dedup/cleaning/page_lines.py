"""One line of a news page: the reason to remove it, whatever stands below it.

Lines are judged by the phrases of all languages at once. Whole lines and labels are looked up,
not searched for: more languages cost no more time.
"""

from __future__ import annotations

import functools
import re
from itertools import pairwise
from typing import Literal

from dedup.cleaning.boilerplate import PATTERNS, Kind, Reason, kinds_of, phrases
from dedup.cleaning.word_rows import row_reason
from dedup.text.normalization import key as key_of
from dedup.text.scripts import UNSPACED

_BULLETS = "•●▪■◾►▶‣◦∙"
_LINK_WORDS = 25
_PROSE_WORDS = 20
_AROUND = " \t-_=*#|<>\"'()[]{}【】!~" + _BULLETS
_OPENING = "\"'([*-" + _BULLETS
_LONG_LINE = 600
_SHORT_LINE = 300
_LABEL_CHARS = 50
_SHORT_LINE_WORDS = 40
_CREDIT_WORDS = 8
_TAG_WORDS = 60
_WHOLE_LINES: dict[Kind, Reason] = {
    "advertisement": "advertisement",
    "share": "share buttons",
    "more": "read also",
}


_ANY_PATTERN = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in PATTERNS))
_LABEL = re.compile(r"([^:|>]{1,48}?) ?([:|>]| - )")
_ADDRESS_START = re.compile(r"https?\b|www\b|\S{1,64}@", re.IGNORECASE)
_SPACED_URL = re.compile(r"https? ?: ?/ ?/ |www \.", re.IGNORECASE)
_URL = re.compile(r"https?:/\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,64}", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…؟।]\s|[。！？]")
_SENTENCE_END = re.compile(r"(?<!\.\.)[.。۔।][\"')\]]*\Z")


@functools.cache
def _follow_pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(phrases("follow")))))


def words_in(text: str) -> int:
    """Words of a normalised text; two characters make one where there are no spaces."""
    characters = 0 if text.isascii() else len(UNSPACED.findall(text))
    return text.count(" ") + (characters // 2 or 1)


def _label(key: str) -> tuple[str, str, str]:
    """The text before a colon or the like, that mark, and the text after it."""
    key = key.lstrip(_AROUND)
    match = _LABEL.match(key)
    if match is None:
        return key.rstrip(_AROUND).removesuffix("..."), "", ""
    return match[1].strip(_AROUND), match[2].strip(), key[match.end() :].strip(_AROUND)


def _is_address(line: str) -> bool:
    if not _ADDRESS_START.match(line):
        return False
    words = line.split()
    if _SPACED_URL.match(line):
        return not any(a.isalnum() and b.isalnum() for a, b in pairwise(words))
    return all(map(_URL.fullmatch, words))


def _labelled(key: str) -> Reason | None:
    label, mark, rest = _label(key)
    kinds = kinds_of(label)
    if not kinds:
        return None
    size = words_in(rest) if rest else 0
    if "tags" in kinds and mark and size <= _TAG_WORDS and not ends_sentence(rest):
        return "tags"
    if mark == ":" and size <= _CREDIT_WORDS and ("source" in kinds or "photo" in kinds):
        return "source line"
    if "read_also" in kinds or ("related" in kinds and not rest):
        return "read also" if size <= _LINK_WORDS else None
    if mark in (":", "|", ">") and size <= _LINK_WORDS and ("more" in kinds or "watch" in kinds):
        return "read also"
    return None


def reason_for(line: str, above: str) -> Reason | None:
    """The reason to remove a line, given the line above it; None for a line to keep."""
    if _is_address(line):
        return "page address"
    if len(line) > _LONG_LINE:
        return None
    # In hard-wrapped text a line may be the last word of a sentence.
    if line[0].islower() and above.count(" ") >= 4 and (above[-1].isalnum() or above[-1] == ","):
        return None
    if len(line) > _SHORT_LINE and ":" not in line[:_LABEL_CHARS]:
        return None
    key = key_of(line)
    reason = _whole_line(key) or _labelled(key)
    if reason or words_in(line) > _SHORT_LINE_WORDS:
        return reason
    return _short_line(line, key)


def _whole_line(key: str) -> Reason | None:
    kinds = kinds_of(key.strip(_AROUND + ":").removesuffix("..."))
    if not kinds:
        return None
    return next((reason for kind, reason in _WHOLE_LINES.items() if kind in kinds), None)


def _short_line(line: str, key: str) -> Reason | None:
    if is_wall(key):
        return "wall"
    if _ANY_PATTERN.match(key):
        return next(reason for reason, pattern in PATTERNS if pattern.match(key))
    bracketed = not (key[:1].isalnum() or key[-1:].isalnum())
    if any(map(key.__contains__, phrases("rights"))) or (bracketed and is_end(line)):
        return "source line"
    if _follow_pattern().match(key):
        return "share buttons"
    if key.startswith("#") and " " in key and all(word[0] == "#" for word in key.split()):
        return "tags"
    return row_reason(key)


def is_wall(key: str) -> bool:
    """Whether the first sentence of a line offers what a wall offers."""
    spaced, unspaced = _walls()
    words = key.split()
    if not spaced.keys().isdisjoint(words):
        near = (phrase for word in words for phrase in spaced.get(word, ()))
        if any(phrase in key and _begins(phrase, key) for phrase in near):
            return True
    if key.isascii() or not UNSPACED.search(key):
        return False
    return any(_begins(phrase, key) for phrase in unspaced)


def _begins(phrase: str, key: str) -> bool:
    place = key.find(phrase)
    return place >= 0 and _SENTENCE.search(key, 0, place) is None


@functools.cache
def _walls() -> tuple[dict[str, list[str]], list[str]]:
    """Phrases of walls: by their longest word, and those of scripts without spaces.

    The last word of a phrase may go on in a line, and the first may have a mark before it.
    """
    spaced: dict[str, list[str]] = {}
    unspaced = []
    for phrase in sorted(phrases("wall")):
        if UNSPACED.search(phrase):
            unspaced.append(phrase)
        else:
            first, *inner = phrase.split()
            longest = max([*inner[:-1], first], key=len)
            for mark in ("", *_OPENING) if longest == first else ("",):
                spaced.setdefault(f"{mark}{longest}", []).append(phrase)
    return spaced, unspaced


def opens_tags(line: str) -> bool:
    """Whether a line is a label of tags, with no tags on it."""
    label, _, rest = _label(key_of(line))
    return "tags" in kinds_of(label) and not rest


def opens_links(line: str) -> Literal["", "links", "foot"]:
    """Whether a line is a heading of links: "foot" for one of the foot of a page, or "links"."""
    label, mark, rest = _label(key_of(line))
    kinds = kinds_of(label)
    if rest or not kinds:
        return ""
    if "related" in kinds:
        return "foot"
    return "links" if "read_also" in kinds or ("more" in kinds and mark == ":") else ""


def ends_article(line: str) -> bool:
    """Whether a line is one that articles end with: tags, or the origin of the text."""
    kinds = kinds_of(_label(key_of(line))[0])
    return "tags" in kinds or "source" in kinds or is_end(line)


def is_end(line: str) -> bool:
    """Whether a line is "END" or "(END)", as some agencies write below an article."""
    return len(line) <= _LABEL_CHARS and "end" in kinds_of(key_of(line).strip(_AROUND + "/."))


def is_prose(line: str) -> bool:
    """Whether a line is a sentence or more, or introduces a list; a headline is neither."""
    words = words_in(line)
    return words > _PROSE_WORDS or (words >= 4 and (ends_sentence(line) or line[-1] == ":"))


def ends_sentence(line: str) -> bool:
    """Whether a line ends with a full stop of any script, as headlines do not."""
    return _SENTENCE_END.search(line[-8:]) is not None


def is_bullet(line: str) -> bool:
    """Whether a line is a headline after a bullet."""
    return line[0] in _BULLETS and 5 <= words_in(line) <= _LINK_WORDS and not ends_sentence(line)
