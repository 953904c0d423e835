"""Envelopes of JSON: where the records are in what an API answers, and what is inside a record.

An answer of NewsAPI, GDELT, Event Registry, Elasticsearch, the Guardian, Reddit or a JSON Feed is
one object that holds one list of records, at any depth. A record may hold its article in an object
of its
own: Elasticsearch's `_source`, `node` of GraphQL, `attributes` of JSON:API, `fields` of the
    Guardian.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from dedup.errors import InputError
from dedup.readers.columns import plain_name, used_columns

WRAPPERS = ("_source", "node", "attributes", "fields", "data", "doc", "document", "article", "item")
"""Names under which a record holds its article."""
_LISTS = frozenset(
    [
        "items",
        "entries",
        "articles",
        "results",
        "hits",
        "docs",
        "records",
        "posts",
        "stories",
        "news",
        "data",
        "edges",
        "children",
        "value",
    ]
)
_BODIES = frozenset(("text", "body", "content", "contenttext", "contenthtml", "fulltext"))
"""Columns that hold an article; a feed has a title and a description of its own, too."""
_MAX_DEPTH = 6
_STEP = re.compile(r"([^.\[\]]+)?(\[\])?")


def records_of(value: object, path: str = "", *, name: str = "input") -> list[object] | None:
    """The records in one JSON object, if it is an envelope.

    Args:
        value: The object.
        path: Where the records are, as in `response.docs[]`; empty: the one list of records.
        name: Of the input, for errors.

    Returns:
        The records; None if the object is a record itself.

    Raises:
        InputError: There are several lists of records and no path, or nothing at the path.

    >>> records_of({"status": "ok", "articles": [{"title": "Fire"}, {"title": "Flood"}]})
    [{'title': 'Fire'}, {'title': 'Flood'}]
    >>> records_of({"title": "Fire", "text": "A fire.", "tags": [{"title": "News"}]})
    """
    if path:
        return list(_at(value, path, name))
    if not isinstance(value, Mapping):
        return None
    if all(isinstance(inner, list | Mapping) for inner in value.values()) and (
        rows := _rows_of_frame(value)
    ):
        return rows
    lists = dict(_lists(value, "", _MAX_DEPTH))
    if not lists and _is_empty(value, _MAX_DEPTH):
        return []
    if lists and _has_text(value):
        # A feed describes itself; an article has a body, and lists of images or related ones.
        lists = {} if _has_body(value) else {k: v for k, v in lists.items() if k[:-2] in _LISTS}
    if len(lists) > 1:
        raise InputError(
            f"{name}: holds several lists of records: name one with --records "
            f"{' or --records '.join(lists)} (in Python, records={next(iter(lists))!r})"
        )
    return next(iter(lists.values()), None)


def _is_empty(value: Mapping[str, Any], depth: int) -> bool:
    """Whether an object is an answer without records: a usual list in it is empty.

    >>> _is_empty({"status": "ok", "articles": []}, 3), _is_empty({"title": "Fire", "news": []}, 3)
    (True, False)
    """
    if "jsonfeed.org" in str(value.get("version")):
        return value.get("items") == []
    return (
        bool(depth)
        and not _is_record(value)
        and any(
            (inner == [] and name in _LISTS)
            or (isinstance(inner, Mapping) and _is_empty(inner, depth - 1))
            for name, inner in value.items()
        )
    )


def _rows_of_frame(value: Mapping[str, Any]) -> list[object]:
    """Records of a table by column, as pandas writes it, or of records by their ids.

    >>> _rows_of_frame({"title": {"0": "Fire", "1": "Flood"}, "text": {"0": "A.", "1": "B."}})
    [{'title': 'Fire', 'text': 'A.'}, {'title': 'Flood', 'text': 'B.'}]
    >>> _rows_of_frame({"a1": {"title": "Fire", "text": "A fire."}})
    [{'id': 'a1', 'title': 'Fire', 'text': 'A fire.'}]
    """
    parts = list(value.values())
    if "columns" in value and _are_rows(rows := value.get("data")):
        return [dict(zip(value["columns"], row, strict=False)) for row in rows]
    used = used_columns(value)
    if used["title"] or used["text"]:
        if all(isinstance(part, Mapping) for part in parts):
            keys = list(parts[0])
            if not all(key.isdigit() and list(part) == keys for part in parts for key in part):
                return []
            parts = [list(part.values()) for part in parts]
        if any(len(part) != len(parts[0]) or len(part) < 2 for part in parts):
            return []
        return [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
    if all(isinstance(part, Mapping) and _has_text(part) for part in parts):
        return [{"id": key, **part} for key, part in value.items()]
    return []


def _are_rows(value: object) -> TypeGuard[list[list[object]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)


def unwrapped(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record with the values of the object that its article is in.

    >>> unwrapped({"_id": "7", "_source": {"title": "Fire", "text": "A fire."}})
    {'_id': '7', 'title': 'Fire', 'text': 'A fire.'}
    """
    for name in WRAPPERS:
        inner = record.get(name)
        if isinstance(inner, Mapping) and _is_record(inner) and not _has_text(record):
            rest = {key: value for key, value in record.items() if key != name}
            return rest | dict(inner)
    return record


def _lists(value: object, path: str, depth: int) -> Iterator[tuple[str, list[object]]]:
    """Lists of records below an object, by their paths; not those inside of records."""
    if not depth or not isinstance(value, Mapping):
        return
    texts = used_columns(value)["text"] if _has_title(value) else ()
    for key, inner in value.items():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(inner, list):
            lists = iter([(f"{here}[]", inner)] if any(map(_holds_record, inner[:9])) else [])
        else:
            lists = _lists(inner, here, depth - 1)
        # Under a title, a list without titles is the text in blocks.
        yield from (
            (place, items) for place, items in lists if key not in texts or _has_titles(items)
        )


def _holds_record(item: object) -> bool:
    return isinstance(item, Mapping) and _is_record(unwrapped(item))


def _has_titles(items: Sequence[object]) -> bool:
    return any(isinstance(item, Mapping) and _has_title(unwrapped(item)) for item in items[:9])


def _has_title(value: Mapping[str, Any]) -> bool:
    return any(_holds(value, name) for name in used_columns(value)["title"])


def _is_record(value: Mapping[str, Any]) -> bool:
    used = used_columns(value)
    return any(_holds(value, name) for name in (*used["title"], *used["text"]))


def _has_text(value: Mapping[str, Any]) -> bool:
    """Whether an object has a title and a text: it is a record, whatever lists it holds."""
    used = used_columns(value)
    return all(any(_holds(value, name) for name in used[field]) for field in ("title", "text"))


def _has_body(value: Mapping[str, Any]) -> bool:
    return any(
        plain_name(name) in _BODIES and _holds(value, name) for name in used_columns(value)["text"]
    )


def _holds(value: Mapping[str, Any], name: str) -> bool:
    content = value[name]
    if isinstance(content, Mapping):
        return any(isinstance(inner, str) and inner.strip() for inner in content.values())
    if isinstance(content, list):
        return any(isinstance(inner, str) and inner.strip() for inner in content)
    return isinstance(content, str) and bool(content.strip())


def _at(value: object, path: str, name: str) -> Iterator[object]:
    items: Sequence[object] = [value]
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        if match is None or not step:
            raise InputError(f"--records {path}: write names and [], as in response.docs[]")
        key, every = match.groups()
        if key is not None:
            items = [item[key] for item in items if isinstance(item, Mapping) and key in item]
        if every:
            items = [inner for item in items if isinstance(item, list) for inner in item]
    if len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    if not items:
        raise InputError(f"{name}: there is nothing at --records {path}{_known(value)}")
    yield from items


def _known(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    return f": the names at the top are {', '.join(map(repr, value))}"
