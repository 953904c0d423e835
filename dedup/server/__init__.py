"""The HTTP interface of an index, and its pages for people.

`serve` opens an index and serves it until a signal stops it; `create_app` gives the
application alone, for another server or for tests. Both need the extra `[server]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.errors import MissingExtraError
from dedup.server.limits import Limits

if TYPE_CHECKING:
    from dedup.server.app import create_app
    from dedup.server.serving import serve

__all__ = ["Limits", "create_app", "serve"]

_HOMES = {"create_app": "dedup.server.app", "serve": "dedup.server.serving"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value: object = getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        raise MissingExtraError("The server", extra="server") from error
    return value
