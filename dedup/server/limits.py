"""How much one request may ask for or bring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the server; what is over one is refused with a problem document.

    Args:
        body_bytes: Bytes of a request's body, counted as they arrive.
        batch: Articles in one request.
        text_chars: Characters of an article's title and text together.
        streams: Streams of changes that are open at a time.
        readers: Reads that are answered at a time; others wait.
        askers: Questions about texts at a time: they may wait for a writer, and reads do not
            wait for them.
        step: After so many articles of a batch questions are answered.
        keep_alive_s: Seconds of silence after which a stream of changes says that it lives.
        poll_s: Seconds between looks for changes that came from outside of the server.
    """

    body_bytes: int = 16 * 2**20
    batch: int = 1_000
    text_chars: int = 200_000
    streams: int = 100
    readers: int = 16
    askers: int = 4
    step: int = 100
    keep_alive_s: float = 15.0
    poll_s: float = 1.0
