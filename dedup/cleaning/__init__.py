"""The step `clean`: raw text -> canonical text, and what was removed from it and why."""

from __future__ import annotations

from dedup.cleaning.articles import clean_articles
from dedup.cleaning.page import clean
from dedup.cleaning.repeated import repeated_lines
from dedup.text.normalization import normalize

__all__ = ["clean", "clean_articles", "normalize", "repeated_lines"]
