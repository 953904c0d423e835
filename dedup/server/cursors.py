"""A page of the list of stories, where a cursor that is none is the asker's fault."""

from __future__ import annotations

from dataclasses import fields
from http import HTTPStatus

from dedup.errors import StoreError
from dedup.index.records import StoryPage
from dedup.index.story_index import StoryIndex
from dedup.server.problems import Fault, Refusal
from dedup.store import StoryFilter


def page_of_stories(index: StoryIndex, wanted: StoryFilter, cursor: str, limit: int) -> StoryPage:
    """`StoryIndex.stories`, refusing a cursor that is none of the list.

    Raises:
        Refusal: The cursor is none of this list.
        StoreError: The index cannot be read.
    """
    given = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    try:
        return index.stories(**given, cursor=cursor, limit=limit)
    except StoreError:
        if not cursor:
            raise
        # The store has one error for both; without a cursor only one is left.
        index.stories(**given, limit=1)
        fault = Fault(detail="it is none of this list: begin without one", parameter="cursor")
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "the cursor cannot be used", faults=[fault]
        ) from None
