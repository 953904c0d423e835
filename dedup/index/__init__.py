"""The second driver: an index to which articles are added, and which is queried."""

from dedup.index.changes import utc_now
from dedup.index.story_index import CACHE, StoryIndex

__all__ = ["CACHE", "StoryIndex", "utc_now"]
