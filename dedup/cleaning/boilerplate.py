"""Boilerplate of news pages: the reasons to remove a line, and the phrases and patterns for them.

`phrases.toml` holds the phrases of each language and says what they are for. What stands on a
page beside the article is removed for one of these reasons; no other reason is ever given.

    advertisement   a mark such as "ADVERTISEMENT" or "story continues below"
    tags            a tag list: "Tags: ...", or nothing but hashtags
    read also       a pointer to other articles, and what it points at
    source line     credits: where text or picture are from, whose they are; "(END)"
    share buttons   share, follow, subscribe, sign up, get the app
    link list       headlines as bullets at the end
    repeated line   a line that its source puts on many pages
    wall            an offer to pay, log in, consent or enable JavaScript
    body is a wall  the whole body, where nothing but such lines is left: the article is its title
    page address    a line that is nothing but a web or mail address
    title repeated  the headline once more, at the head of the body
    section path    where the page stands on its site: "Home > World > Asia"
    dateline        a line at the head that only says when, where and by whom
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Set
from importlib import resources
from typing import Literal, get_args

from dedup.errors import ConfigError
from dedup.text.normalization import key, normalize

Reason = Literal[
    "advertisement",
    "tags",
    "read also",
    "source line",
    "share buttons",
    "link list",
    "repeated line",
    "wall",
    "body is a wall",
    "page address",
    "title repeated",
    "section path",
    "dateline",
]
Kind = Literal[
    "advertisement",
    "beside_advertisement",
    "tags",
    "source",
    "photo",
    "rights",
    "read_also",
    "related",
    "more",
    "watch",
    "share",
    "follow",
    "buttons",
    "networks",
    "beside_buttons",
    "home",
    "end",
    "wall",
]
"""The keys of a language in `phrases.toml`, which explains them."""
_KINDS: tuple[Kind, ...] = get_args(Kind)
_NO_KINDS: Set[Kind] = frozenset()
_REQUIRED = ("advertisement", "tags", "source", "read_also", "related", "buttons", "home", "end")


@functools.cache
def phrases(*kinds: Kind) -> frozenset[str]:
    """Phrases of these kinds in all languages, normalised, without case and accents."""
    return frozenset[str]().union(*(_phrases_by_kind()[kind] for kind in kinds))


def kinds_of(phrase: str) -> Set[Kind]:
    """The kinds of a phrase, given as `phrases` gives it; empty where it is none."""
    return _kinds_by_phrase().get(phrase, _NO_KINDS)


@functools.cache
def _kinds_by_phrase() -> dict[str, Set[Kind]]:
    return {
        phrase: {kind for kind, known in _phrases_by_kind().items() if phrase in known}
        for phrase in phrases(*_KINDS)
    }


@functools.cache
def _phrases_by_kind() -> dict[Kind, frozenset[str]]:
    file = resources.files("dedup.cleaning").joinpath("phrases.toml")
    try:
        return parse_phrases(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"phrases.toml: is not valid TOML: {error}") from error


def parse_phrases(languages: Mapping[str, Mapping[str, object]]) -> dict[Kind, frozenset[str]]:
    """Phrases of all languages by kind, as lines are compared with them.

    Args:
        languages: The tables of `phrases.toml` by language code.

    Raises:
        ConfigError: A table is not as the head of the file says; names language, key and phrase.
    """
    collected: dict[Kind, set[str]] = {kind: set() for kind in _KINDS}
    for language, table in languages.items():
        if unknown := sorted(set(table).difference(_KINDS)):
            raise _error(language, unknown[0], f"is no kind of phrase: use {', '.join(_KINDS)}")
        if missing := [kind for kind in _REQUIRED if not table.get(kind)]:
            raise _error(language, missing[0], "is missing: give at least one phrase")
        for kind in _KINDS:
            written = _checked(language, kind, table.get(kind, []))
            collected[kind].update(key(normalize(phrase)) for phrase in written)
    by_kind = {kind: frozenset(keys) for kind, keys in collected.items()}
    headings = by_kind["read_also"] | by_kind["related"] | by_kind["source"]
    if both := sorted(by_kind["tags"] & headings):
        raise ConfigError(f"phrases.toml: {both[0]!r} is both a label of tags and another label")
    return by_kind


def _checked(language: str, kind: Kind, written: object) -> list[str]:
    """The phrases of one key, refused where one of them could never match."""
    if not isinstance(written, list) or not all(isinstance(phrase, str) for phrase in written):
        raise _error(language, kind, "must be a list of strings")
    for row, phrase in enumerate(written):
        if not any(map(str.isalnum, phrase)) or phrase != phrase.strip():
            raise _error(language, kind, f"{phrase!r} is empty or has spaces around it")
        if ":" in phrase or "\n" in phrase:
            raise _error(language, kind, f"{phrase!r} has a colon or a line end: leave it out")
        if kind == "beside_advertisement" and " " in phrase:
            raise _error(
                language, kind, f"{phrase!r} is not a single word: give each word by itself"
            )
        if phrase in written[:row]:
            raise _error(language, kind, f"{phrase!r} is listed twice")
    return written


def _error(language: str, kind: str, message: str) -> ConfigError:
    return ConfigError(f"phrases.toml: [{language}] {kind}: {message}")


PATTERNS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    ("source line", re.compile(r"(?:\W{0,3}copyright\b|©|\(c\) ?©?)[^\w]{0,3}(?:©|\(c\))? ?\d{4}")),
    ("source line", re.compile(r"image (?:copyright|caption|source)\b|enlarge this image\b")),
    ("source line", re.compile(r"\W?(?:photos? by|(?:ap|afp|reuters|getty) (?:file )?photo)\b")),
    # Some sites glue the author's other titles to this heading, without a space.
    ("read also", re.compile(r"مقالات اخري للكاتب")),
    (
        "share buttons",
        re.compile(r"follow (?:@?[^\s.]+ ){1,6}on (?:twitter|facebook|instagram|x)\b"),
    ),
    ("advertisement", re.compile(r"slideshow \(\d+ images?\)$")),
    # Russian law wants the advertiser named, or a number.
    ("advertisement", re.compile(r"реклама ?[.,:|] ?(?:ооо|ао|пао|оао|ип|erid|инн)\b")),
    # Editors' initials may follow.
    ("source line", re.compile(r"(?:انتهاي|پايان) (?:پيام|خبر)(?: ?[/.] ?\w{0,4}[\W\d]*)?$")),
)
"""Matched with the beginning of a short line, without case and accents; the first one counts."""
