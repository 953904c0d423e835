"""Dates as people and machines write them -> aware UTC times."""

from __future__ import annotations

from dedup.text.dates.datelines import find_dateline
from dedup.text.dates.values import as_utc, find_date, parse_date

__all__ = ["as_utc", "find_date", "find_dateline", "parse_date"]
