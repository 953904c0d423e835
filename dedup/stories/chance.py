"""Names that unrelated texts of one language share by chance.

In a script without capitals any rare word may be a name, so that two texts of Korean, Hebrew or
Arabic that have nothing to do with each other share more names than two of French. Curves read the
same value in every language: what is usual between unrelated texts is taken off before.

Made by `python -m benchmarks.unrelated`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from statistics import median

import numpy as np

from dedup.compute.arrays import Float64s, Int64s
from dedup.stories.profiles import name_hashes

NAMES_BY_CHANCE = "names_by_chance.json"
"""File of the package: mean cosine of the names of unrelated texts, by language."""


@cache
def chance_by_language() -> tuple[Int64s, Float64s]:
    """Languages in which unrelated texts share more names than usual, and how much more.

    Returns:
        Ids of the languages as in `Profiles.languages`, ascending, int64 of shape (k,); and the
        mean cosine of the names of unrelated texts above that of the median language, float64 of
        shape (k,).
    """
    file = resources.files("dedup.weights").joinpath(NAMES_BY_CHANCE)
    means: Mapping[str, float] = json.loads(file.read_text(encoding="utf-8"))["means"]
    usual = median(means.values())
    above = {code: mean - usual for code, mean in means.items() if mean > usual}
    ids = name_hashes(list(above))
    order = np.argsort(ids)
    return ids[order], np.array(list(above.values()))[order]


def above_chance(cosines: Float64s, first: Int64s, second: Int64s) -> Float64s:
    """Cosines of names from what is usual between unrelated texts; float64 of shape (m,).

    Between 0, as much as is usual or less, and 1. Nothing is taken off between two languages.

    Args:
        cosines: Of pairs of texts as sets of names, float64 of shape (m,).
        first: Id of the language of the first text of each pair, int64 of shape (m,).
        second: Of the second, int64 of shape (m,).
    """
    ids, chances = chance_by_language()
    places = np.minimum(np.searchsorted(ids, first), len(ids) - 1)
    usual = np.where((first == second) & (ids[places] == first), chances[places], 0.0)
    above: Float64s = np.maximum(cosines - usual, 0.0) / (1.0 - usual)
    return above
