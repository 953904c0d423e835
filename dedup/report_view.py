"""What the report shows: a result as plain values that the template only lays out.

The page is bounded: what it leaves out is counted in the view, so that the page
can say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dedup.assembly import source_of
from dedup.languages import UNKNOWN
from dedup.report_parts import (
    ArticleView,
    Languages,
    LanguageView,
    LinkView,
    TextView,
    Writer,
)
from dedup.report_times import Moment, Timeline, shown_day, shown_duration, shown_range, timeline
from dedup.records import Problem, StoryGroup
from dedup.result import Result
