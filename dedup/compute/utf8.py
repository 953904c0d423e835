"""Texts as UTF-8 bytes in one buffer, as compiled kernels read them and Arrow stores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from dedup.compute.arrays import Int64s

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Utf8Texts:
    """n texts in one buffer; `take` does not copy them.

    Args:
        data: UTF-8 bytes, uint8.
        starts: Text i is `data[starts[i]:stops[i]]`; int64 of shape (n,).
        stops: int64 of shape (n,).
    """

    data: npt.NDArray[np.uint8]
    starts: Int64s
    stops: Int64s

    @classmethod
    def of(cls, texts: Sequence[str] | pa.Array | Self) -> Self:
        """Texts from strings, or, without copying, from an Arrow array of strings.

        A lone surrogate becomes `?`; a null is an empty text.
        """
        if isinstance(texts, Utf8Texts):
            return cls(texts.data, texts.starts, texts.stops)
        if hasattr(texts, "buffers"):
            return cls._of_arrow(texts)
        return cls.of_bytes([str(text).encode("utf-8", "replace") for text in texts])

    @classmethod
    def of_bytes(cls, encoded: Sequence[bytes]) -> Self:
        """Texts from their UTF-8 bytes."""
        stops = np.cumsum([len(text) for text in encoded], dtype=np.int64)
        starts = np.concatenate((np.zeros(1, np.int64), stops))[:-1]
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts, stops)

    @classmethod
    def _of_arrow(cls, array: pa.Array) -> Self:
        import pyarrow as pa

        if array.null_count:
            array = array.fill_null("")
        array = array.cast(pa.large_string())
        _, offsets, data = array.buffers()
        bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
        content = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
        return cls(content, bounds[:-1], bounds[1:])

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> Int64s:
        """Bytes of each text, int64 of shape (n,)."""
        return self.stops - self.starts

    def raw(self) -> Iterator[memoryview]:
        """Bytes of each text, not copied."""
        content = self.data.data
        for start, stop in zip(self.starts.tolist(), self.stops.tolist(), strict=True):
            yield content[start:stop]

    def strings(self, rows: Int64s) -> list[str]:
        """The texts of the given rows, as strings."""
        return [str(raw, "utf-8") for raw in self.take(rows).raw()]

    def take(self, rows: Int64s) -> Self:
        """The texts of the given rows, in this order."""
        return replace(self, starts=self.starts[rows], stops=self.stops[rows])

    def ranges(self, max_bytes: int) -> list[tuple[int, int]]:
        """Consecutive ranges of about that many bytes, at least one text each."""
        ends = np.cumsum(self.lengths)
        ranges = []
        first, done = 0, 0
        while first < len(self):
            last = int(np.searchsorted(ends, done + max_bytes, side="right"))
            last = min(max(last, first + 1), len(self))
            ranges.append((first, last))
            first, done = last, int(ends[last - 1])
        return ranges
