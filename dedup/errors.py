"""Errors that `dedup` raises on purpose.

```
DedupError
├── ConfigError         a setting that is unknown, of the wrong type or out of range
├── InputError          an input that cannot be read at all: missing, unreadable, no known columns
├── OutputError         an output that could not be written; the old file, if any, is untouched
├── StoreError          an index that cannot be opened, read or written: damaged, locked, full
│   └── CursorError     a cursor that is none of the list it was given for
├── NotFoundError       an id that the index does not have
├── EngineError         an engine that cannot be started or failed: no Java, lost workers
├── EncoderError        an encoder that cannot be loaded or returned something unusable
└── MissingExtraError   an optional dependency is not installed; says the `pip install` line
```

A message says what is wrong, with which value, and what to do. Single bad rows are not errors:
they are skipped, counted and listed as `Problem`s.
"""

from __future__ import annotations

from functools import partial


class DedupError(Exception):
    """Base class of every error that `dedup` raises on purpose."""


class ConfigError(DedupError, ValueError):
    """A setting is unknown, has the wrong type or is out of range."""


class InputError(DedupError):
    """An input cannot be read: it is missing, unreadable or has no known columns."""


class OutputError(DedupError):
    """An output could not be written; no incomplete file is left."""


class StoreError(DedupError):
    """An index cannot be opened, read or written; acknowledged changes are safe."""


class CursorError(StoreError):
    """A cursor is none of the list of stories that it was given for."""


class NotFoundError(DedupError, KeyError):
    """The index does not have an id."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class EngineError(DedupError):
    """An engine cannot be started, or failed; its finished stages are kept."""


class EncoderError(DedupError):
    """An encoder cannot be loaded, or returned vectors that cannot be used."""


class MissingExtraError(DedupError, ImportError):
    """An optional dependency is not installed.

    Args:
        what: The feature that needs it, as a noun phrase ("HTML input").
        extra: The extra of the distribution `story-dedup` that installs it.
        before: A command that has to run first, if any.
    """

    def __init__(self, what: str, *, extra: str, before: str = "") -> None:
        self.extra = extra
        self._arguments = what, before
        first = f"{before} && " if before else ""
        super().__init__(
            f"{what} needs packages that are not installed: "
            f"run `{first}pip install 'story-dedup[{extra}]'`"
        )

    def __reduce__(self) -> tuple[partial[MissingExtraError], tuple[str], dict[str, object]]:
        # Lets processes send the error to each other.
        what, before = self._arguments
        return partial(type(self), extra=self.extra, before=before), (what,), self.__dict__
