"""Links on disk: what takes longest to compute again when an index is opened.

A cache, nothing more: it is written aside, synced and renamed, and checked when it is read.
One that is missing, older than the store or damaged is passed over.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash

from dedup.compute.arrays import BoolMask, Int32s, Int64s

_MAGIC = b"dedup links 3\n"
_DIGEST_BYTES = 16
_ARRAYS = ("languages", "tops", "first", "second", "log_odds", "round_ups", "subcomponents")


@dataclass(frozen=True, slots=True)
class LinkCache:
    """Links of n texts.

    Args:
        generation: Of the store that they belong to.
        articles: Ids of the articles that represent the texts, by row.
        languages: Keys of the languages, by their position in `tops`, int64.
        tops: See `LiveLinks`, int32 of shape (languages, n, most).
        first: One end of each link, int64 of shape (m,).
        second: The other end.
        log_odds: Of each link, int64 of shape (m,).
        round_ups: Which texts are round-ups, bool of shape (n,).
        subcomponents: Equal for texts of one subcomponent and else different, int64 of shape (n,).
    """

    generation: str
    articles: tuple[str, ...]
    languages: Int64s
    tops: Int32s
    first: Int64s
    second: Int64s
    log_odds: Int64s
    round_ups: BoolMask
    subcomponents: Int64s

    def write(self, path: Path) -> None:
        """Write the file, or leave the one that is there.

        Raises:
            OSError: It cannot be written.
        """
        body = io.BytesIO()
        names = "\n".join(map(_escaped, self.articles)).encode("utf-8", "surrogatepass")
        np.savez(
            body,
            generation=np.array(self.generation),
            articles=np.frombuffer(names, np.uint8),
            count=np.array(len(self.articles)),
            **{name: getattr(self, name) for name in _ARRAYS},
        )
        content = body.getbuffer()
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        with aside.open("wb") as file:
            file.write(_MAGIC)
            file.write(xxhash.xxh3_128_digest(content))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)

    @classmethod
    def read(cls, path: Path, generation: str) -> LinkCache | None:
        """The cache of this generation of the store, if there is one and it is whole."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        start = len(_MAGIC) + _DIGEST_BYTES
        body = memoryview(content)[start:]
        if content[:start] != _MAGIC + xxhash.xxh3_128_digest(body):
            return None
        with np.load(io.BytesIO(body)) as stored:
            if str(stored["generation"]) != generation:
                return None
            names = stored["articles"].tobytes().decode("utf-8", "surrogatepass")
            articles = tuple(map(_unescaped, names.split("\n"))) if int(stored["count"]) else ()
            return cls(generation, articles, *(stored[name] for name in _ARRAYS))


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("\n", "\\n")


def _unescaped(name: str) -> str:
    return name.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
