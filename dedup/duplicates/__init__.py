"""The near-duplicate steps: texts -> fingerprints -> candidates -> verified matches -> clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedup.duplicates.candidates import candidate_pairs
from dedup.duplicates.clustering import NearDuplicates, find_near_duplicates
from dedup.duplicates.fingerprints import Fingerprints, fingerprint
from dedup.duplicates.matches import Matches, Similarity, Verifier, compare

if TYPE_CHECKING:
    from dedup.duplicates.live_index import Copy, NearDuplicateIndex

__all__ = [
    "Copy",
    "Fingerprints",
    "Matches",
    "NearDuplicateIndex",
    "NearDuplicates",
    "Similarity",
    "Verifier",
    "candidate_pairs",
    "compare",
    "find_near_duplicates",
    "fingerprint",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 (the package's own names)
    # The live index is compiled when it is imported.
    if name in ("Copy", "NearDuplicateIndex"):
        from dedup.duplicates import live_index

        return getattr(live_index, name)
    raise AttributeError(f"module 'dedup.duplicates' has no attribute {name!r}")
