"""Following feeds: poll what is due, add what is new, go on where one feed fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from dedup.config import ReadingConfig
from dedup.errors import DedupError, InputError
from dedup.feeds.state import FeedState
from dedup.readers.addresses import Fetched, FetchError, FetchLimits, fetch
from dedup.readers.files import articles_of_document
from dedup.readers.problems import OnProblem
from dedup.records import Article
from dedup.store import Placement

_GONE_STATUS = 410


class Index(Protocol):
    """What following needs of an index; `StoryIndex` has it."""

    def add(self, articles: Sequence[Article]) -> Sequence[Placement]:
        """Add articles; where each was put."""
        ...


@dataclass(frozen=True, slots=True)
class FeedPoll:
    """What came of polling one feed once.

    Args:
        address: The feed.
        entries: Articles in the feed.
        added: Of these, new in the index.
        updated: Of these, in the index with other content before.
        is_unchanged: Whether the server said that nothing has changed.
        moved_to: The feed's new address, if it has moved for good.
        error: Why it failed; empty if it did not.
        next_at: When it is polled again, in seconds since 1970; None if it is gone.
    """

    address: str
    entries: int = 0
    added: int = 0
    updated: int = 0
    is_unchanged: bool = False
    moved_to: str = ""
    error: str = ""
    next_at: float | None = None


class Follower:
    """Polls feeds and adds their articles to an index.

    Args:
        index: Where articles go.
        states: The feeds by the address that they were given with, as they were left.
        pause_seconds: Between two polls of one feed.
        limits: What a server may cost.
        clock: Seconds since 1970.
        reading: How long an article may be, and how dates are read.
        on_problem: Told of entries that cannot be used.
    """

    def __init__(
        self,
        index: Index,
        states: Mapping[str, FeedState],
        *,
        pause_seconds: float,
        limits: FetchLimits,
        clock: Callable[[], float],
        reading: ReadingConfig,
        on_problem: OnProblem,
    ) -> None:
        self._index = index
        self._pause_seconds = pause_seconds
        self._limits = limits
        self._clock = clock
        self._reading = reading
        self._on_problem = on_problem
        self.states = dict(states)
        """The feeds by the address that they were given with."""

    def next_due(self) -> float | None:
        """When the next feed is due, in seconds since 1970; None if all are gone."""
        return min((s.due_at for s in self.states.values() if not s.is_gone), default=None)

    def poll_due(self, *, ignore_pause: bool = False) -> Iterator[FeedPoll]:
        """Poll every feed that is due, one after the other; an error never stops the others.

        Args:
            ignore_pause: Poll feeds that did not fail last time even if they are not due.

        Raises:
            StoreError: The index cannot be written.
        """
        for name, state in list(self.states.items()):
            is_due = state.due_at <= self._clock() or (ignore_pause and not state.failures)
            if is_due and not state.is_gone:
                self.states[name], poll = self._polled(state)
                yield poll

    def _polled(self, state: FeedState) -> tuple[FeedState, FeedPoll]:
        try:
            answer = fetch(state.address, validators=state.validators, limits=self._limits)
            articles = [] if answer.is_unchanged else self._articles(answer)
        except InputError as error:
            return self._failed(state, error)
        statuses = [placement.status for placement in self._index.add(articles)]
        now = self._clock()
        after = state.after_success(now, self._pause_seconds, answer.validators, answer.moved_to)
        return after, FeedPoll(
            address=state.address,
            entries=len(articles),
            added=statuses.count("added"),
            updated=statuses.count("updated"),
            is_unchanged=answer.is_unchanged,
            moved_to=answer.moved_to,
            next_at=after.due_at,
        )

    def _articles(self, answer: Fetched) -> list[Article]:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return list(
            articles_of_document(
                answer.content,
                answer.address,
                config=self._reading,
                now=now,
                on_problem=self._on_problem,
            )
        )

    def _failed(self, state: FeedState, error: DedupError) -> tuple[FeedState, FeedPoll]:
        is_gone = isinstance(error, FetchError) and error.status == _GONE_STATUS
        wait = error.retry_after_seconds if isinstance(error, FetchError) else 0.0
        after = state.after_failure(
            self._clock(), self._pause_seconds, wait_seconds=wait, is_gone=is_gone
        )
        next_at = None if is_gone else after.due_at
        return after, FeedPoll(state.address, error=str(error), next_at=next_at)
