"""A page of the list of stories, where a cursor that is none is the asker's fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from dedup.errors import StoreError
from dedup.index import StoryIndex
from dedup.index_records import StoryPage
from dedup.server.problems import Fault, Refusal


def page_of_stories(index: StoryIndex, *, cursor: str, **wanted: Any) -> StoryPage:
    """`StoryIndex.stories`, refusing a cursor that is none of the list.

    Raises:
        Refusal: The cursor is none of this list.
        StoreError: The index cannot be read.
    """
    try:
        return index.stories(cursor=cursor, **wanted)
    except StoreError:
        if not cursor:
            raise
        # The store has one error for both; without a cursor only one is left.
        index.stories(**{**wanted, "limit": 1})
        fault = Fault(detail="it is none of this list: begin without one", parameter="cursor")
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "the cursor cannot be used", faults=[fault]
        ) from None
