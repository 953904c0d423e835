"""The second driver: an index to which articles are added, and which is queried."""

from dedup.index.story_index import CACHE, StoryIndex, utc_now

__all__ = ["CACHE", "StoryIndex", "utc_now"]
