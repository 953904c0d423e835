"""Scripts that write without spaces, in which a character counts as a word or half of one.

The table of `dedup.text.characters` calls the letters, marks and digits of these blocks `SINGLE`.
"""

from __future__ import annotations

import re

UNSPACED_BLOCKS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007"  # Han iteration mark, closing mark and zero
    "\u3040-\u30ff"  # Hiragana, Katakana
    "\u31f0-\u31ff"  # Katakana extensions
    "\u3400-\u4dbf"  # Han extension A
    "\u4e00-\u9fff"  # Han
    "\uf900-\ufaff"  # Han compatibility
    "\U00020000-\U000323af"  # Han extensions B to H
)
"""The blocks as they stand in a class of a pattern, between `[` and `]`."""
UNSPACED = re.compile(f"[{UNSPACED_BLOCKS}]")
"""One character of these blocks."""
