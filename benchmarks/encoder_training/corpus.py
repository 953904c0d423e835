"""Training texts: pairs with English, and news without labels.

The folder holds `sent.tsv.xz`, `lex.tsv.xz`, `name.tsv.xz`, `name2.tsv.xz` (language or script,
English or Latin, foreign, source), `news.tsv.xz` (language, title, lead) and `telegram_ru.jsonl.xz`
(Russian posts).
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

KINDS = ("sent", "lex", "name", "name2")

LANGUAGES = (
    *("en", "ar", "ru", "zh", "fr", "es", "de", "pt", "it", "tr", "fa", "uk", "he", "hi", "ja"),
    *("ko", "id", "pl", "nl", "vi", "cs", "ro", "hu", "sv", "da", "no", "fi", "el", "bg", "sl"),
    *("be", "mk", "sr", "hr", "sk", "ca", "ms", "et", "lt", "lv", "th", "ur", "ta", "bn", "ka"),
    *("hy", "kk", "az", "ckb", "mr", "tl", "is"),
)
"""Languages with rows of their own in the vocabulary; the second half has little data."""

_ALIASES = {
    "nb": "no",
    "nn": "no",
    "zh-cn": "zh",
    "zh-tw": "zh",
    "iw": "he",
    "cmn": "zh",
    # Names of a script stand for those of its largest language.
    "cyr": "ru",
    "han": "zh",
    "ara": "ar",
    "kan": "ja",
    "hang": "ko",
    "ind": "hi",
    "dev": "hi",
    "arm": "hy",
    "gre": "el",
    "heb": "he",
    "geo": "ka",
    "tha": "th",
}


class Pair(NamedTuple):
    """A text in English and in another language."""

    language: str
    english: str
    foreign: str
    source: str


class NewsItem(NamedTuple):
    """Title and lead of a news item."""

    language: str
    title: str
    lead: str


def read_pairs(folder: Path, kind: str) -> Iterator[Pair]:
    """The pairs of one kind whose language is one of `LANGUAGES`, in the file's order."""
    for fields in _rows(folder / f"{kind}.tsv.xz", 4):
        language = _ALIASES.get(fields[0], fields[0])
        if language in LANGUAGES and fields[1] and fields[2]:
            yield Pair(language, fields[1], fields[2], fields[3])


def read_news(folder: Path) -> Iterator[NewsItem]:
    """The news items, in the file's order."""
    for fields in _rows(folder / "news.tsv.xz", 3):
        yield NewsItem(*fields)


def read_posts(folder: Path) -> Iterator[str]:
    """The texts of the Russian posts, in the file's order."""
    with lzma.open(folder / "telegram_ru.jsonl.xz", "rt", encoding="utf-8") as file:
        for line in file:
            yield str(json.loads(line)["text"])


def _rows(path: Path, columns: int) -> Iterator[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == columns:
                yield fields
