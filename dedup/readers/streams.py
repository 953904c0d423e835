"""Files and standard input as bytes: decompressed, counted, with damage reported."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from dedup.errors import InputError
from dedup.readers.encodings import utf16_of
from dedup.readers.problems import OnProblem
from dedup.records import Problem

COMPRESSIONS = (".gz", ".zst", ".xz", ".bz2")
OnBytes = Callable[[int], None]
_MAGIC = {b"\x1f\x8b": ".gz", b"\xfd7zXZ\0": ".xz", b"BZh": ".bz2", b"\x28\xb5\x2f\xfd": ".zst"}

_BLOCK_BYTES = 1 << 18
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError)
"""Errors of the libraries for a truncated or corrupted compressed file."""


class _Counted(io.RawIOBase):
    """Raw bytes of a file, reported as they are read.

    Errors of the operating system become `InputError` here, so that an
    `OSError` further up can only mean a damaged compressed file.
    """

    def __init__(self, raw: BinaryIO, name: str, on_bytes: OnBytes | None) -> None:
        self._raw = raw
        self._name = name
        self._on_bytes = on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        try:
            # read1 returns what a pipe has now; read would wait for a full block.
            read = getattr(self._raw, "read1", self._raw.read)
            block: bytes = read(len(buffer))
        except OSError as error:
            raise InputError(f"{self._name}: cannot be read: {error.strerror or error}") from error
        buffer[: len(block)] = block
        if self._on_bytes is not None and block:
            self._on_bytes(len(block))
        return len(block)


@contextmanager
def open_bytes(path: Path, on_bytes: OnBytes | None = None) -> Iterator[io.BufferedReader]:
    """The decompressed bytes of a file; its ending says how it is compressed.

    Args:
        path: File to read.
        on_bytes: Called with numbers of bytes of the file itself as they are read.

    Raises:
        InputError: The file cannot be opened or read.
    """
    with open_raw(path) as raw:
        counted = io.BufferedReader(_Counted(raw, str(path), on_bytes), _BLOCK_BYTES)
        yield _decompressed(counted, path.suffix.lower())


def open_raw(path: Path) -> BinaryIO:
    """The bytes of a file as they are.

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror or error}") from error


def wrap_stdin(stdin: BinaryIO, on_bytes: OnBytes | None = None) -> io.BufferedReader:
    """Standard input as a counted stream."""
    return io.BufferedReader(_Counted(stdin, "stdin", on_bytes), _BLOCK_BYTES)


def stream_of(content: bytes) -> io.BufferedReader:
    """A document in memory as a stream."""
    return io.BufferedReader(_Counted(io.BytesIO(content), "document", None), _BLOCK_BYTES)


def decompressed(stream: io.BufferedReader, path: PurePath | None = None) -> io.BufferedReader:
    """A stream as it is, or decompressed: as the ending of its path says, else its first bytes."""
    if path is not None:
        return _decompressed(stream, path.suffix.lower())
    head = stream.peek(8)[:8]
    for magic, ending in _MAGIC.items():
        if head.startswith(magic):
            return _decompressed(stream, ending)
    return stream


def _decompressed(stream: io.BufferedReader[Any], ending: str) -> io.BufferedReader:
    if ending == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=stream), _BLOCK_BYTES)
    if ending == ".xz":
        return io.BufferedReader(lzma.LZMAFile(stream), _BLOCK_BYTES)
    if ending == ".bz2":
        return io.BufferedReader(bz2.BZ2File(stream), _BLOCK_BYTES)
    if ending == ".zst":
        import pyarrow as pa

        return io.BufferedReader(pa.CompressedInputStream(stream, "zstd"), _BLOCK_BYTES)
    return stream


def beginning(stream: io.BufferedReader, name: str, size: int) -> bytes:
    """The first bytes of a stream, which stay in it.

    Raises:
        InputError: Nothing at all can be decompressed.
    """
    try:
        return stream.peek(size)[:size]
    except DAMAGE as error:
        raise _not_decompressible(name, error) from error


def read_lines(stream: io.BufferedReader, name: str, on_problem: OnProblem) -> Iterator[bytes]:
    """Lines of a stream as UTF-8 bytes, whatever its byte order mark says.

    A file that ends in the middle of a compressed block gives the lines
    before the damage and a "damaged file" problem.

    Raises:
        InputError: Not even one line can be decompressed.
    """
    number = 0
    try:
        for line in _utf8_lines(stream):
            number += 1
            yield line
    except DAMAGE as error:
        if number == 0:
            raise _not_decompressible(name, error) from error
        on_problem(Problem("damaged file", f"{name}:{number + 1}", str(error)))


def _utf8_lines(stream: io.BufferedReader) -> Iterator[bytes]:
    start = stream.peek(64)[:64]
    if wide := utf16_of(start):
        with io.TextIOWrapper(stream, encoding=wide, errors="replace", newline="\n") as text:
            for line in text:
                yield line.encode("utf-8", errors="replace")
        return
    if start.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    yield from stream


def read_whole(
    stream: io.BufferedReader, name: str, on_problem: OnProblem, *, max_bytes: int | None = None
) -> bytes:
    """All bytes of a stream, or those before the damage.

    Args:
        stream: To be read.
        name: Of the file, for reports.
        on_problem: Called with a problem if the file is damaged.
        max_bytes: Reading stops when there are more than this many.

    Raises:
        InputError: Nothing at all can be decompressed.
    """
    blocks: list[bytes] = []
    size = 0
    try:
        while block := stream.read1(_BLOCK_BYTES):
            blocks.append(block)
            size += len(block)
            if max_bytes is not None and size > max_bytes:
                break
    except DAMAGE as error:
        if not blocks:
            raise _not_decompressible(name, error) from error
        on_problem(Problem("damaged file", name, str(error)))
    return b"".join(blocks)


def _not_decompressible(name: str, error: Exception) -> InputError:
    return InputError(
        f"{name}: cannot be decompressed: {error}: "
        "check that the file is complete and that its ending says how it is compressed"
    )
