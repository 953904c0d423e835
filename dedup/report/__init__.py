"""The report of a batch run: one self-contained HTML page that people look at."""

from __future__ import annotations

from dedup.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
