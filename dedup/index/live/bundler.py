"""Bundles of articles that leave memory together, and what a change means for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from dedup.articles import source_of
from dedup.compute.arrays import Int32s, Int64s
from dedup.index.live.arrays.components import components
from dedup.index.live.links.nearest import NONE
from dedup.index.live.memory import Memory
from dedup.store import ArchivedArticle

_MANY = 1000
"""A component of more articles is not one story, if it is split."""


class Bundler:
    """Makes the bundles of articles that leave memory, and keeps the archive up to date.

    Args:
        memory: The articles.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def old(self, before: datetime) -> int:
        """How many of the texts in memory are older than a time."""
        texts = self._memory.texts
        seconds = texts.profiles.seconds[texts.alive]
        return int(np.count_nonzero(seconds < int(before.timestamp())))

    def leaving(self, before: datetime) -> list[tuple[bytes, list[ArchivedArticle]]]:
        """All that can leave: bundles in which every article is older than a time.

        What belongs together, by copies or links, leaves together. So nothing that comes later
        can change a bundle but by becoming a copy of one of its texts, or by its time. But where
        chance links hold together more than a thousand articles, and the groups are made of parts
        of what they hold together, these parts leave.
        """
        articles = self._memory.clean_texts.articles
        times = {id: article.published_at for id, article in articles.items()}
        old = [id for id, time in times.items() if time and time < before]
        starts = [id for id in old if id not in self._memory.archive.articles]
        can_leave = {*starts}
        parts = components(starts, self._connected)
        for component in parts.copy():
            if len(component) > _MANY and not can_leave.issuperset(component):
                parts += components(can_leave.intersection(component), self._in_part)
        return [self._bundle(part) for part in parts if can_leave.issuperset(part)]

    def _in_part(self, article: str) -> Iterable[str]:
        """Articles without which one cannot leave, though it may be linked to more."""
        memory = self._memory
        yield from memory.copies.connected_to(article)
        row = memory.texts.row_of.get(article)
        if row is not None:
            for texts in memory.groups.group_and_subcomponent(row):
                # All by way of one of them, that large parts do not take their square.
                hub = int(texts.min())
                for other in texts.tolist() if row == hub else (hub,):
                    yield memory.texts.articles[other]

    def _connected(self, article: str) -> Iterable[str]:
        """Articles that are copies of one, or linked to it."""
        memory = self._memory
        yield from memory.copies.connected_to(article)
        if article in memory.texts.row_of:
            others, _ = memory.links.table.of(memory.texts.row_of[article])
            for other in others.tolist():
                yield memory.texts.articles[other]

    def _bundle(self, ids: Sequence[str]) -> tuple[bytes, list[ArchivedArticle]]:
        memory = self._memory
        articles = memory.clean_texts.articles
        archived = [
            ArchivedArticle(
                id,
                source_of(articles[id]),
                articles[id].published_at if id in memory.texts.row_of else None,
                memory.clean_texts.page_of(id),
                memory.copies.buckets_of(id),
            )
            for id in ids
        ]
        return memory.bundle_links(ids), archived

    def update_archive(
        self, affected: Iterable[str], restored: Int64s, before: Int32s
    ) -> tuple[list[int], dict[int, bytes]]:
        """Numbers of bundles that are none any more, and the new links of others by number.

        Args:
            affected: Articles that changed, or whose copies or links did.
            restored: Rows of restored texts before the change, int64 of shape (k,).
            before: Products with their nearest then, int32 of shape (languages, k, most).
        """
        memory = self._memory
        removed = memory.archive.restored_bundles_of(affected)
        memory.archive.keep_restored(removed)
        after = memory.links.top_products(restored)
        raised = (after[: len(before)] != before).any(axis=(0, 2))
        raised |= (after[len(before) :] > NONE).any(axis=(0, 2))
        articles = (memory.texts.articles[row] for row in restored[raised].tolist())
        changed = memory.archive.restored_bundles_of(articles)
        bundles = [
            replace(bundle, links=memory.bundle_links(bundle.articles))
            for bundle in memory.archive.restored
            if bundle.number in changed
        ]
        memory.archive.update(bundles)
        return sorted(removed), {bundle.number: bundle.links for bundle in bundles}
