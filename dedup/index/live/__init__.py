"""What the index has in memory, kept up to date article by article."""

from dedup.index.live.change import IndexChange
from dedup.index.live.live import LiveIndex

__all__ = ["IndexChange", "LiveIndex"]
