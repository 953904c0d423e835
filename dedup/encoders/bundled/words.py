"""From text to the words whose pieces the bundled encoder knows: one spelling for many.

Case, accents, vowel signs of Arabic and Hebrew, width and presentation forms carry
little of what a text is about, and writers differ in them. Signs that Indic scripts
and Thai cannot be read without are kept.

Source: Unicode Standard Annex 15 (normalization forms). Decomposition of a character is
stable across versions of Unicode, so that words are the same on every Python.
"""

from __future__ import annotations

import re
import unicodedata

_DROPPED = (
    *range(0x0300, 0x0370),
    *range(0x0483, 0x0488),
    *(set(range(0x0591, 0x05C8)) - {0x05BE, 0x05C0, 0x05C3, 0x05C6}),
    *range(0x0610, 0x061B),
    *range(0x064B, 0x0660),
    *range(0x06D6, 0x06EE),
    *range(0x200B, 0x2010),
    *(0x0640, 0x0670, 0x2060, 0xFEFF, 0x00AD),
)
"""Combining accents, vowel signs, elongation, and characters without a shape."""
_SPELLINGS = {
    **{0x0660 + digit: str(digit) for digit in range(10)},
    **{0x06F0 + digit: str(digit) for digit in range(10)},
    **{0x0966 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys(map(ord, "ىیې"), "ي"),
    **dict.fromkeys(map(ord, "ةہۀھ"), "ه"),
    ord("ک"): "ك",
    ord("ı"): "i",
    ord("ł"): "l",
    ord("ø"): "o",
    ord("đ"): "d",
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("ς"): "σ",
}
_TABLE: dict[int, str | None] = {**dict.fromkeys(_DROPPED, None), **_SPELLINGS}

# Not `text.scripts`: the weights were trained on words cut by these blocks.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u2e80-\u2fdf\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u9fff\uf900-\ufaff"
)
_MARKED = "\u0900-\u0963\u0966-\u0dff"
_SIGNS = "’‘“”–—…\u00a0"
"""Often the only characters of an English text beyond ASCII, whose words are cut faster."""
_ASCII_WORD = re.compile("[a-z0-9]+")
_WORD = re.compile(rf"[{UNSPACED}]+|(?:(?![{UNSPACED}_])[\w{_MARKED}])+")


def folded_words(text: str) -> list[str]:
    """Words of a text in reading order, folded; a run of Han, kana or Thai is one word.

    >>> folded_words("Путин встретился с Си Цзиньпином — в Пекине, 習近平。")
    ['путин', 'встретился', 'с', 'си', 'цзиньпином', 'в', 'пекине', '習近平']
    """
    text = text.lower()
    for sign in _SIGNS:
        text = text.replace(sign, " ")
    if text.isascii():
        return _ASCII_WORD.findall(text)
    text = unicodedata.normalize("NFKD", text).lower().translate(_TABLE)
    return _WORD.findall(unicodedata.normalize("NFC", text))
