"""How articles leave memory, and what of them has to come back for a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from dedup.articles import Precedence
from dedup.compute.arrays import Int32s, Int64s
from dedup.index.live.archive.bundles import BundleLinks
from dedup.index.live.arrays.components import components
from dedup.index.live.links.nearest import NONE
from dedup.index.live.memory import SECOND, Memory
from dedup.store import ArchivedArticle

_MANY = 1000
"""What hangs together and is larger is not one story, if it is split."""


class Windowed(Memory):
    """What is in memory, of which a part leaves and comes back."""

    def old(self, before: datetime) -> int:
        """How many of the texts in memory are older than a time."""
        seconds = self._texts.profiles.seconds[self._texts.alive]
        return int(np.count_nonzero(seconds < int(before.timestamp())))

    @property
    def texts(self) -> int:
        """How many texts are in memory that stand for themselves."""
        return len(self._texts.number)

    def leaving(self, before: datetime) -> list[tuple[bytes, list[ArchivedArticle]]]:
        """All that can leave: parcels in which every article is older than a time.

        What hangs together, by copies or links, leaves together. So nothing that comes later
        can change a parcel but by becoming a copy of one of its texts, or by its time. But where
        chance links hold together more than a thousand articles, and the groups are made of parts
        of what they hold together, these parts leave.
        """
        articles = self._cleaned.articles
        times = {id: each.published_at for id, each in articles.items()}
        old = [id for id, time in times.items() if time and time < before]
        starts = [each for each in old if each not in self.shelf.articles]
        there = {*starts}
        found = components(starts, self._hanging)
        for each in found.copy():
            if len(each) > _MANY and not there.issuperset(each):
                found += components(there.intersection(each), self._in_part)
        return [self._parcel(each) for each in found if there.issuperset(each)]

    def _in_part(self, article: str) -> Iterable[str]:
        """What an article cannot leave without, though it may be linked to more."""
        yield from self._copies.connected_to(article)
        number = self._texts.number.get(article)
        if number is not None:
            for texts in self._groups.group_and_subcomponent(number):
                # All by way of one of them, that large parts do not take their square.
                hub = int(texts.min())
                for other in texts.tolist() if number == hub else (hub,):
                    yield self._texts.articles[other]

    def _hanging(self, article: str) -> Iterable[str]:
        """What hangs together with an article directly."""
        yield from self._copies.connected_to(article)
        if article in self._texts.number:
            others, _ = self._links.table.of(self._texts.number[article])
            for other in others.tolist():
                yield self._texts.articles[other]

    def _parcel(self, articles: Sequence[str]) -> tuple[bytes, list[ArchivedArticle]]:
        number = self._texts.number
        known = self._cleaned.articles
        shelved = [
            ArchivedArticle(
                each,
                known[each].source,
                known[each].published_at if each in number else None,
                self._cleaned.page_of(each),
                self._copies.buckets_of(each),
            )
            for each in articles
        ]
        return self._kept(articles), shelved

    def _kept(self, articles: Sequence[str]) -> bytes:
        """What is kept of the links of a parcel."""
        standing = [place for place, each in enumerate(articles) if each in self._texts.number]
        numbers = self._numbers_of(articles)
        return BundleLinks(standing, *self._links.archivable(numbers)).to_bytes()

    def _surround(self, went: Iterable[int], standing: Mapping[str, Precedence]) -> None:
        """Bring back what may be linked otherwise when these texts come and go.

        A text changes the links of texts within `max_gap`, and these links depend on the
        texts that are within `max_gap` of one end.
        """
        if self.shelf.used:
            reach = 2 * self._config.neighbors.max_gap + SECOND
            times = {self._texts.order.of(number)[0] for number in went}
            times |= {time for time, *_ in standing.values()}
            spans = ((time - reach, time + reach) for time in times)
            self._take_back(self.shelf.parcels_between(spans))

    def _shelf_changes(
        self, stirred: Iterable[str], guests: Int64s, before: Int32s
    ) -> dict[str, Any]:
        """Parcels that are none any more, and what is to be kept of others now."""
        unshelved = self.shelf.guests_of(stirred)
        self.shelf.release(unshelved)
        after = self._links.top_products(guests)
        risen = (after[: len(before)] != before).any(axis=(0, 2))
        risen |= (after[len(before) :] > NONE).any(axis=(0, 2))
        names = (self._texts.articles[number] for number in guests[risen].tolist())
        changed = self.shelf.guests_of(names)
        parcels = [
            replace(each, links=self._kept(each.articles))
            for each in self.shelf.guests
            if each.number in changed
        ]
        self.shelf.update(parcels)
        return {
            "unshelved": sorted(unshelved),
            "parcels": {parcel.number: parcel.links for parcel in parcels},
        }
