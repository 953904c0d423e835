"""A driver: feeds that are polled politely, and whose new articles go into an index."""

from dedup.feeds.following import FeedPoll, Follower
from dedup.feeds.lists import addresses_of
from dedup.feeds.state import FeedState

__all__ = ["FeedPoll", "FeedState", "Follower", "addresses_of"]
