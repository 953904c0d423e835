"""The code page of a table that is not UTF-8: known surely, or not at all.

A page that is read in a wrong encoding is one article; a table is many. So every code page of news
is tried on the lines that are not ASCII, and those in which the text is no text are dropped: with
control characters, signs or capitals in the middle of words, letters of two scripts in one word.
What remains has to agree, or the languages that the lines then have decide between them. Code pages
of old computers (Mac, DOS) are not tried, but their letters break these rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from dedup.text.languages import KNOWN_LANGUAGES, detect_language

_CENTRAL = frozenset(("pl", "cs", "sk", "hu", "ro", "hr", "sl", "bs", "sq"))
_BALTIC = frozenset(("lt", "lv", "et"))
_TURKIC = frozenset(("tr", "az"))
_LATIN: Mapping[str, frozenset[str]] = {
    "cp1252": KNOWN_LANGUAGES - _CENTRAL - _BALTIC - _TURKIC,
    "cp1250": _CENTRAL,
    "iso8859-2": _CENTRAL,
    "cp1254": _TURKIC,
    "cp1257": _BALTIC,
}
_CYRILLIC = frozenset(("ru", "uk", "bg", "sr", "mk", "be", "kk", "mn"))
_OTHERS: Mapping[str, frozenset[str]] = {
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp1253": frozenset(("el",)),
    "cp1255": frozenset(("he",)),
    "cp1256": frozenset(("ar", "fa", "ur")),
    "gb18030": frozenset(("zh",)),
    "big5": frozenset(("zh",)),
    "cp932": frozenset(("ja",)),
    "euc_jp": frozenset(("ja",)),
    "cp949": frozenset(("ko",)),
}
"""Code pages with the languages that are written in them."""
_CASED = frozenset(("cp1251", "koi8-r", "cp1253"))
_COMMON: Mapping[str, tuple[str, int]] = {
    "gb18030": ("gb2312", 0xD7),
    "big5": ("big5", 0xC6),
    "cp932": ("shift_jis", 0x98),
    "euc_jp": ("euc_jp", 0xCF),
    "cp949": ("euc_kr", 0xC8),
}
"""The codec in which the characters of everyday texts stand first, and their last leading byte."""
_ADDRESS = re.compile(rb"""(?:https?://|www\.)[^\s,;|"']+""")
_HIGH_WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")
# What stands behind a letter, or in the middle of a word, only in a wrong code page.
_ODD_SIGN = re.compile(
    r"""[^\W\d_](?:
      (?![’‘”“»«…·\xad\xa0™®©°€،؛؟\u0591-\u05c7\u064b-\u0652\u2013\u2014])[^\w\x00-\x7f]
    | [\u2013\u2014](?=\s|$)
    | [”“»«™®©°€²³¹¼½¾ªºµ][^\W\d_]
    ) | [^\W\d_\x00-\x7f]\d""",
    re.VERBOSE | re.MULTILINE,
)
_LONG_RUN = re.compile(r"[^\W\d_\x00-\x7f]{5,}")
_SPACED = re.compile(r"[\u3040-\u9fff] (?=[\u3040-\u9fff])")
_LAST_LATIN = "\u024f"
_MANY_LETTERS = 50
_MAX_ODD_SHARE = 0.02
_MAX_SPACED_SHARE = 0.05
_MIN_COMMON_SHARE = 0.85
_MIN_AGREEING_SHARE = 0.8
_MAX_LINES = 200


def code_page_of(lines: Iterable[bytes]) -> str:
    """The code page in which lines are written.

    Args:
        lines: Of which some are no UTF-8.

    Returns:
        Name of a codec of Python; empty where none fits, or several do and say different things.

    >>> code_page_of(["Une voiture est tombée à l’eau".encode("cp1252")])
    'cp1252'
    """
    high = [_ADDRESS.sub(b"", line) for line in lines if not line.isascii()]
    texts = {name: _decoded(high, name) for name in (*_LATIN, *_OTHERS)}
    fitting = {
        name: text
        for name, text in texts.items()
        if text and (_is_latin(text) if name in _LATIN else _is_of(text, name))
    }
    if len({"\n".join(text) for text in fitting.values()}) <= 1:
        return next(iter(fitting), "")
    return _by_language(fitting)


def _by_language(fitting: Mapping[str, Sequence[str]]) -> str:
    """The code page in whose languages most lines are on which code pages differ."""
    rows = list(zip(*fitting.values(), strict=True))
    differing = [number for number, row in enumerate(rows) if len(set(row)) > 1]
    looked_at = differing[:: -(-len(differing) // _MAX_LINES)]
    agreeing: dict[str, str] = {}
    for name, text in fitting.items():
        languages = _LATIN.get(name) or _OTHERS[name]
        lines = [text[number] for number in looked_at]
        fits = sum(detect_language(line) in languages for line in lines)
        if fits >= _MIN_AGREEING_SHARE * len(lines):
            agreeing.setdefault("".join(lines), name)
    return next(iter(agreeing.values())) if len(agreeing) == 1 else ""


def _decoded(lines: Sequence[bytes], name: str) -> list[str]:
    """Lines in a code page; empty where it does not fit."""
    try:
        return [line.decode(name) for line in lines]
    except UnicodeDecodeError:
        return []


def _is_latin(lines: Sequence[str]) -> bool:
    """Whether what is not ASCII are letters of Latin words, and signs between them."""
    text = "\n".join(lines)
    words = _HIGH_WORD.findall(text)
    if any(letter > _LAST_LATIN for word in words for letter in word):
        return False
    runs = sum(_LONG_RUN.search(word) is not None for word in words)
    return _has_words(text, words) and runs <= _MAX_ODD_SHARE * len(words)


def _is_of(lines: Sequence[str], name: str) -> bool:
    """Whether what is not ASCII are words of a language that is written in a code page."""
    text = "\n".join(lines)
    words = _HIGH_WORD.findall(text)
    if detect_language("\n".join(words)) not in _OTHERS[name]:
        return False
    if name in _COMMON:
        return _is_everyday(text, name)
    mixed = sum(any(letter <= _LAST_LATIN for letter in word) for word in words)
    if mixed > _MAX_ODD_SHARE * len(words):
        return False
    if not _has_words(text, words):
        return False
    if name not in _CASED:
        return True
    # A final sigma is final, and a text of some length has letters of both cases.
    if name == "cp1253" and any("ς" in word[:-1] for word in words):
        return False
    letters = "".join(words)
    has_cases = letters not in (letters.lower(), letters.upper())
    return has_cases or len(letters) < _MANY_LETTERS


def _is_everyday(text: str, name: str) -> bool:
    """Whether most characters of an East Asian text are everyday ones, and blanks are rare."""
    letters = [letter for letter in text if letter > "\x7f" and letter.isalpha()]
    codec, last = _COMMON[name]
    common = sum(letter.encode(codec, "replace")[0] in range(0x80, last + 1) for letter in letters)
    spaced = len(_SPACED.findall(text))
    return common >= _MIN_COMMON_SHARE * len(letters) and spaced <= _MAX_SPACED_SHARE * len(letters)


def _has_words(text: str, words: Sequence[str]) -> bool:
    """Whether there are no control characters, and hardly a sign or capital inside of a word."""
    if any("\x80" <= letter <= "\x9f" for letter in text):
        return False
    capitals = sum(
        a.islower() and b.isupper() and max(a, b) > "\x7f"
        for word in words
        for a, b in pairwise(word)
    )
    return capitals + len(_ODD_SIGN.findall(text)) <= _MAX_ODD_SHARE * len(words)
