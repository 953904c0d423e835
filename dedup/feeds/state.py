"""What is remembered of a feed between two polls, so that polling stays polite."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_MAX_PAUSE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class FeedState:
    """One feed between two polls.

    Args:
        address: Where it is; another one than at first if the server said that it has moved.
        validators: `etag` and `last-modified` of the last answer.
        due_at: When it may be polled again, in seconds since 1970.
        failures: Polls in a row that failed.
        is_gone: Whether the server said that the feed is gone for good (410).
    """

    address: str
    validators: Mapping[str, str] = dataclasses.field(default_factory=dict)
    due_at: float = 0.0
    failures: int = 0
    is_gone: bool = False

    def after_success(
        self, now: float, pause_seconds: float, validators: Mapping[str, str], moved_to: str = ""
    ) -> Self:
        """The state after an answer; a server that sends no validators keeps the last ones."""
        return dataclasses.replace(
            self,
            address=moved_to or self.address,
            validators=dict(validators) or dict(self.validators),
            due_at=now + pause_seconds,
            failures=0,
        )

    def after_failure(
        self, now: float, pause_seconds: float, *, wait_seconds: float = 0.0, is_gone: bool = False
    ) -> Self:
        """The state after a failure: the pause doubles with each one in a row, up to a day."""
        pause = max(wait_seconds, pause_seconds * 2.0 ** min(self.failures + 1, 16))
        return dataclasses.replace(
            self,
            due_at=now + min(pause, _MAX_PAUSE_SECONDS),
            failures=self.failures + 1,
            is_gone=is_gone,
        )

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """The state that `to_mapping` wrote; unknown names are passed over."""
        names = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})
