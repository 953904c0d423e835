"""The step `clean`: raw text -> canonical text, and what was cut from it and why."""

from __future__ import annotations

from dedup.cleaning.normalization import normalize
from dedup.cleaning.page import clean
from dedup.cleaning.repeated import repeated_lines

__all__ = ["clean", "normalize", "repeated_lines"]
