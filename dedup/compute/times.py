"""Aware times as whole numbers: microseconds since 1970, which hold every `datetime` exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_OF_DAY, _MICROSECONDS = 86_400, 1_000_000


def to_micros(time: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    gap = time - _EPOCH
    return (gap.days * _SECONDS_OF_DAY + gap.seconds) * _MICROSECONDS + gap.microseconds


def from_micros(micros: int) -> datetime:
    """The aware UTC time that is this many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=micros)
