"""What the index has in memory, kept up to date article by article."""

from dedup.index.live.change import Outcome
from dedup.index.live.live import Live

__all__ = ["Live", "Outcome"]
