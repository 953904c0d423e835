"""A check-up of story groups: what looks wrong in a result, and which setting to change."""

from __future__ import annotations

from dedup.doctor.checkup import Checkup, Example, Finding, LanguageShare, Level, StoryShape
from dedup.doctor.examination import examine, examine_file
from dedup.doctor.picture import plot_checkup

__all__ = [
    "Checkup",
    "Example",
    "Finding",
    "LanguageShare",
    "Level",
    "StoryShape",
    "examine",
    "examine_file",
    "plot_checkup",
]
