"""One spelling for texts that readers take for the same."""

from __future__ import annotations

import re
import unicodedata


def _folding() -> dict[str, str]:
    """Replacements of characters: a space, a line end, nothing, or another character."""
    fold = {chr(code): " " for code in (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0))}
    fold |= dict.fromkeys("\t\v\f\r\x85\u2028\u2029", "\n") | {"\t": " "}
    invisible = [0xAD, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F)]
    invisible += [*range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]
    arabic_marks = [0x640, 0x670, *range(0x610, 0x61B), *range(0x64B, 0x653)]
    arabic_marks += [*range(0x656, 0x660), *range(0x6D6, 0x6DD), *range(0x6DF, 0x6E9)]
    arabic_marks += [*range(0x6EA, 0x6EE), *range(0x8D3, 0x900)]
    fold |= {chr(code): "" for code in (*invisible, *arabic_marks)}
    fold |= {chr(code): "\ufffd" for code in range(0xD800, 0xE000)}
    fold |= dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′´", "'")
    fold |= dict.fromkeys("‐‑‒–—―−", "-")
    fold |= {"ی": "ي", "ى": "ي", "ک": "ك", "٪": "%", "٫": ".", "٬": ","}
    for code in range(0x80, 0x10000):
        if (digit := unicodedata.decimal(chr(code), None)) is not None:
            fold[chr(code)] = str(digit)
    return fold


_FOLD = _folding()
_FOLDED = re.compile("[" + "".join(map(re.escape, _FOLD)) + "]")
ZWNJ_IN_ARABIC = re.compile("(?<=[\u0600-\u06ff])\u200c(?=[\u0600-\u06ff])")
"""A ZWNJ that normalisation takes for a space."""
_BLANK_LINES = re.compile(r"\n{3,}")


def _fold(text: str) -> str:
    if "\u200c" in text:
        text = ZWNJ_IN_ARABIC.sub(" ", text)
    return _FOLDED.sub(lambda match: _FOLD[match[0]], text)


def _folded(text: str) -> str:
    text = _fold(text)
    # Folding NFKC's result may bring letters and marks together: hence the second round.
    for _ in range(2):
        if not unicodedata.is_normalized("NFKC", text):
            text = _fold(unicodedata.normalize("NFKC", text))
    return text


def normalize(text: str) -> str:
    """One spelling for texts that a reader takes for the same; idempotent, keeps case.

    NFKC; decimal digits of all scripts as 0-9; one kind of quotes, apostrophe
    and dash; invisible and control characters dropped; single spaces, stripped
    lines, at most one blank line between two. In Arabic script no tatweel and
    no vowel marks, and Arabic yeh and kaf for the Persian ones. Alef maksura
    becomes yeh everywhere: Egyptian and Persian keyboards write the one for the
    other, so nothing else makes the copies of a text equal (Lucene's
    ArabicNormalizer does the same). A ZWNJ between Arabic letters becomes a
    space, which Persian writers use in its place; elsewhere it is dropped,
    since in Indic scripts it only changes how letters join.

    >>> normalize("الـعـربيّة  –  ۱۲۳")
    'العربية - 123'
    """
    # Nothing of ASCII is folded but characters that are not printed.
    if not (text.isascii() and text.replace("\n", "").isprintable()):
        text = _folded(text.replace("\r\n", "\n"))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _base_letters() -> dict[str, str]:
    """Latin and Greek letters with accents, and the letters without."""
    blocks = (range(0xC0, 0x250), range(0x386, 0x3CF), range(0x1E00, 0x2000))
    base = {"ı": "i"}
    for char in (chr(code) for block in blocks for code in block):
        letter, *marks = list(unicodedata.normalize("NFD", char))
        if marks and all(unicodedata.combining(mark) for mark in marks):
            base[char] = letter
    return base


_BASE_LETTERS = _base_letters()
_ACCENTED = re.compile(f"[{''.join(_BASE_LETTERS)}]")


def without_accents(text: str) -> str:
    """A text with Latin and Greek letters as capitals are often written: without accents.

    French and Greek capitals lose their accents, Turkish ones have another dot, and Romanian
    papers write ş or ș: readers take them for the same text. Other scripts stay as they are.

    >>> without_accents("ÉTAT état Ελλάδα ışık şcoală")
    'ETAT etat Ελλαδα isik scoala'
    """
    if text.isascii():
        return text
    return _ACCENTED.sub(lambda match: _BASE_LETTERS[match[0]], text)


# The last is the dot of Hindi, which half of the papers leave out.
_ACCENTS = re.compile("[\u0300-\u036f\u0653-\u0655\u093c]")


def key(text: str) -> str:
    """Normalised text without case and accents, as phrases are compared."""
    folded = text.casefold()
    if not folded.isascii():
        folded = _ACCENTS.sub("", unicodedata.normalize("NFD", folded))
    return folded
