"""The second driver: an index that articles are added to, removed from and asked for."""

from dedup.index.story_index import CACHE, StoryIndex, utc_now

__all__ = ["CACHE", "StoryIndex", "utc_now"]
