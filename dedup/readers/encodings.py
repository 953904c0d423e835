"""Pages as bytes -> text, as a browser decodes them: byte order mark, declaration, UTF-8, a guess.

Code pages of one language family are told apart by the language that the text then has, and by
capitals inside of words, which a wrong code page scatters.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from dedup.records import Problem
from dedup.text.languages import detect_language, normalize_language

_HEAD_BYTES = 4096
_WIDE_BYTES = 64
_MIN_PAIRS = 4
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_LANGUAGE = re.compile(rb"""<html\b[^>]*?\blang\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_WIDER = {
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    # A page that can be searched for its declaration has one byte for a letter of it.
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be", "utf-32"), "utf-8"),
}
"""Encodings of browsers for the ones that pages declare, which they often exceed."""
_BY_LANGUAGE = {
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be", "kk", "mn"), ("cp1251", "koi8-r")),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "ro", "hr", "sl", "bs", "sq"), ("cp1250",)),
    **dict.fromkeys(("lt", "lv", "et"), ("cp1257",)),
    "el": ("cp1253",),
    "tr": ("cp1254",),
    "az": ("cp1254",),
    "he": ("cp1255",),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256",)),
    "vi": ("cp1258",),
    "th": ("cp874",),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "zh": ("gb18030", "big5"),
}
_OTHER_SCRIPTS = {
    "cp1251": ("ru", "uk", "bg", "sr", "mk", "be"),
    "koi8-r": ("ru", "uk", "bg"),
    "cp1253": ("el",),
    "cp932": ("ja",),
    "euc_jp": ("ja",),
    "cp949": ("ko",),
    "gb18030": ("zh",),
    "cp1255": ("he",),
    "cp1256": ("ar", "fa"),
}
"""Code pages that are tried where most letters are no Latin ones, with their languages."""
_CASED = ("cp1251", "koi8-r", "cp1253")
_INNER_CAPITAL = re.compile(r"(?<=[^\W\d_])[^\W\d_]")
_MAX_INNER_CAPITALS = 0.02
_MAX_LATIN_SHARE = 0.3
_MIN_LETTER_SHARE = 0.75
_MAX_BROKEN_SHARE = 0.1


class Decoded(NamedTuple):
    """The text of a page.

    Args:
        text: Where no encoding fits, with U+FFFD for what cannot be read.
        guess: The encoding, where nothing says it.
        is_safe: Whether the encoding fits.
    """

    text: str
    guess: str = ""
    is_safe: bool = True


def decode_page(content: bytes, *, markup: bool = False, declared: str = "") -> Decoded:
    """The text of a page of unknown encoding.

    Args:
        content: The page.
        markup: Whether it is HTML, which may declare its encoding and its language.
        declared: What came with the page and declares its encoding: a header of HTTP.

    >>> decode_page("L’été à Orléans, une voiture est tombée".encode("cp1252")).guess
    'cp1252'
    """
    if wide := utf16_of(content):
        return Decoded(content.decode(wide, "replace"))
    own = _declared(content) if markup else ""
    for encoding in filter(None, (_declared(declared.encode()), own, "utf-8-sig")):
        text = _strict(content, encoding)
        if text is not None:
            return Decoded(text)
    loose = content.decode("utf-8-sig", "replace")
    broken = loose.count("\ufffd")
    if broken <= _MAX_BROKEN_SHARE * sum(letter > "\x7f" for letter in loose):
        return Decoded(loose, "utf-8")
    match = _LANGUAGE.search(content[:_HEAD_BYTES]) if markup else None
    language = normalize_language(match[1].decode()) if match else ""
    for encoding in _BY_LANGUAGE.get(language, ("cp1252",) if language else ()):
        text = _strict(content, encoding)
        if text is not None and (encoding not in _CASED or _has_words(text)):
            return Decoded(text, encoding)
    return _guessed(content) or Decoded(loose, is_safe=False)


def utf16_of(head: bytes) -> str:
    """The kind of UTF-16 that a file is whose first bytes are these; empty if it is none.

    A byte order mark says it, or that every second byte of many is null, and none of the others.

    >>> utf16_of("id;title".encode("utf-16-be")), utf16_of(b"id;title")
    ('utf-16-be', '')
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    pairs = min(len(head), _WIDE_BYTES) // 2
    first, second = (head[start : 2 * pairs : 2].count(0) for start in (0, 1))
    if pairs < _MIN_PAIRS or min(first, second) or 2 * max(first, second) < pairs:
        return ""
    return "utf-16-be" if first else "utf-16-le"


def shown_encoding(name: str) -> str:
    """The usual name of an encoding of Python.

    >>> shown_encoding("cp1252"), shown_encoding("gb18030")
    ('windows-1252', 'gb18030')
    """
    return f"windows-{name[2:]}" if name.startswith("cp125") else name


def encoding_guessed(where: str, name: str) -> Problem:
    """The report of a file that does not say its encoding; of no name where none fits."""
    value = f"read as {shown_encoding(name)}" if name else ""
    return Problem("encoding guessed", where, value, article_kept=True)


def _guessed(content: bytes) -> Decoded | None:
    high = sum(byte > 0x7F for byte in content)
    if high <= _MAX_LATIN_SHARE * sum(chr(byte).isalpha() for byte in content if byte <= 0x7F):
        language = detect_language(content.decode("cp1252", "replace"))
        for encoding in (*_BY_LANGUAGE.get(language, ()), "cp1252"):
            if (text := _strict(content, encoding)) is not None:
                return Decoded(text, encoding)
        return None
    for encoding, languages in _OTHER_SCRIPTS.items():
        text = _strict(content, encoding)
        if text is None or detect_language(text) not in languages or not _is_written(text):
            continue
        if encoding not in _CASED or (_has_words(text) and text.lower() != text):
            return Decoded(text, encoding)
    return None


def _is_written(text: str) -> bool:
    """Whether what is not ASCII is mostly letters."""
    letters = [letter.isalpha() for letter in text if letter > "\x7f"]
    return sum(letters) >= _MIN_LETTER_SHARE * len(letters)


def _has_words(text: str) -> bool:
    """Whether capitals stand at the beginnings of words and hardly inside of them."""
    inner = [letter for letter in _INNER_CAPITAL.findall(text) if letter > "\x7f"]
    return sum(map(str.isupper, inner)) <= _MAX_INNER_CAPITALS * len(inner)


def _declared(content: bytes) -> str:
    match = _DECLARED.search(content[:_HEAD_BYTES])
    try:
        name = codecs.lookup(match[1].decode()).name if match else ""
    except LookupError:
        return ""
    return _WIDER.get(name, name)


def _strict(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        # cp1252 has five bytes without a letter, which browsers pass over.
        return content.decode("latin-1") if encoding == "cp1252" else None
