"""Limits of the server: sizes of requests, and how many are served at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the server; a request above one is refused with a problem document, or waits.

    Args:
        body_bytes: Bytes of a request's body, counted as they arrive.
        batch: Articles in one request.
        text_chars: Characters of an article's title and text together.
        streams: Streams of changes that are open at a time.
        reads: Reads that are answered at a time; others wait.
        queries: Queries about texts that are answered at a time: they may wait for a write, and
            reads do not wait for them.
        step: Articles of a batch that are added before waiting queries are answered.
        keep_alive_s: Seconds without an event after which a stream of changes sends a comment.
        poll_s: Seconds between polls for changes that other programs made.
    """

    body_bytes: int = 16 * 2**20
    batch: int = 1_000
    text_chars: int = 200_000
    streams: int = 100
    reads: int = 16
    queries: int = 4
    step: int = 100
    keep_alive_s: float = 15.0
    poll_s: float = 1.0
