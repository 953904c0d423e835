"""The usual ways to group news, each with one cut, beside ours.

A baseline is a function of prepared texts and its cut; it returns a label for each text. The
cut that is best on the very set is taken, which favours the baselines. They share our texts,
vectors and largest gap in time, where the method has a place for them: two texts further apart
count as unlike (similarity 0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.story_texts import Prepared
from dedup.compute.arrays import Int64s

_COSINES = tuple(round(0.04 * step, 2) for step in range(1, 25))
_SAMPLES = (1, 2, 3, 5, 8)
_MIN_CORE = 3


@dataclass(frozen=True)
class Baseline:
    """A way to group texts.

    Attributes:
        name: What it is called in tables.
        label: Labels int64 (n,) from prepared texts and a cut.
        cuts: Those that are tried.
        cut: What the cut is; empty for a method without one.
        on_vectors: Whether it takes the vectors, so that it differs by encoder.
    """

    name: str
    label: Callable[[Prepared, float], Int64s]
    cuts: tuple[float, ...] = (0.0,)
    cut: str = ""
    on_vectors: bool = True


def singletons(prepared: Prepared, _: float) -> Int64s:
    """Every text by itself."""
    return np.arange(len(prepared))


def exact_title(prepared: Prepared, _: float) -> Int64s:
    """Texts with one title, in whatever time; those without a title by themselves."""
    first: dict[str, int] = {}
    titles = enumerate(prepared.titles)
    return np.array([first.setdefault(t, k) if t else k for k, t in titles], np.int64)


def near_duplicates(prepared: Prepared, _: float) -> Int64s:
    """Copies only: our duplicate clusters."""
    from dedup.duplicates.clustering import find_near_duplicates

    return find_near_duplicates(prepared.bodies, threads=1).representatives


def nearest_centroid(prepared: Prepared, min_cosine: float) -> Int64s:
    """Single pass over TF-IDF: a text joins the group with the nearest centroid, or founds one.

    Texts come in the order of time, undated ones last. A group whose texts are all too
    far away in time is not looked at.

    Source:
        Allan, Papka & Lavrenko 1998, "On-line new event detection and tracking".
    """
    similarity, near = prepared.tfidf_cosines, prepared.near
    labels = np.zeros(len(prepared), np.int64)
    # Squared lengths of the sums of the groups' vectors.
    squares = np.zeros(len(prepared))
    groups = 0
    for text in range(len(prepared)):
        earlier = labels[:text]
        sums = np.bincount(earlier, similarity[text, :text], groups)
        seen = np.bincount(earlier, near[text, :text], groups) > 0
        cosines = np.where(seen, sums / np.sqrt(squares[:groups]), -1)
        best = int(cosines.argmax()) if groups else 0
        if groups and cosines[best] >= min_cosine:
            labels[text] = best
            squares[best] += 1 + 2 * sums[best]
        else:
            labels[text], squares[groups] = groups, 1
            groups += 1
    return labels


def components(prepared: Prepared, min_cosine: float) -> Int64s:
    """Connected components of the pairs above a cosine."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, second = prepared.edges(min_cosine)
    size = (len(prepared), len(prepared))
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), size)
    return connected_components(graph, directed=False)[1].astype(np.int64)


def dbscan(prepared: Prepared, min_cosine: float) -> Int64s:
    """DBSCAN; a core has two others within reach, as with one it would be `components`.

    Source:
        Ester et al. 1996, "A density-based algorithm for discovering clusters".
    """
    from sklearn.cluster import DBSCAN

    # The next number up, so that a pair at the very cut is within it after rounding.
    model = DBSCAN(eps=np.nextafter(1 - min_cosine, 2), min_samples=_MIN_CORE, metric="precomputed")
    return without_noise(model.fit_predict(prepared.distances))


def hdbscan(prepared: Prepared, min_samples: float, selection: str = "eom") -> Int64s:
    """HDBSCAN with groups of two or more.

    Its cut is how many samples make a place dense: `cluster_selection_epsilon` of
    scikit-learn 1.9 fails with NumPy 2.4.

    Source:
        Campello, Moulavi & Sander 2013, "Density-based clustering based on hierarchical
        density estimates".
    """
    from sklearn.cluster import HDBSCAN

    model = HDBSCAN(
        min_cluster_size=2,
        min_samples=int(min_samples),
        cluster_selection_method=selection,
        metric="precomputed",
        copy=True,
    )
    return without_noise(model.fit_predict(prepared.distances))


def hdbscan_leaves(prepared: Prepared, min_samples: float) -> Int64s:
    """HDBSCAN that chooses the leaves of its tree: many small groups."""
    return hdbscan(prepared, min_samples, "leaf")


def average_linkage(prepared: Prepared, min_cosine: float) -> Int64s:
    """Average linkage on the cosine itself."""
    from scipy.cluster.hierarchy import fcluster

    if len(prepared) < 2:
        return singletons(prepared, 0)
    reach = np.nextafter(1 - min_cosine, 2)
    labels = fcluster(prepared.average_merges, reach, "distance")
    return np.asarray(labels, np.int64)


def fast_communities(prepared: Prepared, min_cosine: float) -> Int64s:
    """`community_detection` of sentence-transformers; it knows no time."""
    from sentence_transformers.util import community_detection

    communities = community_detection(
        prepared.vectors, threshold=min_cosine, min_community_size=2, show_progress_bar=False
    )
    return from_groups(len(prepared), communities)


def leiden(prepared: Prepared, min_cosine: float) -> Int64s:
    """Leiden communities of the neighbour graph, by modularity weighted with the cosine.

    Source:
        Traag, Waltman & van Eck 2019, "From Louvain to Leiden".
    """
    import random

    import igraph

    igraph.set_random_number_generator(random.Random(0))
    first, second = prepared.edges(min_cosine)
    graph = igraph.Graph(len(prepared), list(zip(first.tolist(), second.tolist(), strict=True)))
    weights = prepared.cosines[first, second].astype(np.float64).tolist()
    communities = graph.community_leiden("modularity", weights=weights, n_iterations=-1)
    return np.array(communities.membership, np.int64)


def without_noise(labels: npt.NDArray[np.int_]) -> Int64s:
    """Labels in which each text of noise, -1, has one of its own."""
    noise = labels == -1
    own = labels.max(initial=0) + 1 + np.arange(len(labels))
    return np.where(noise, own, labels).astype(np.int64)


def from_groups(count: int, groups: Iterable[Sequence[int]]) -> Int64s:
    """Labels of n texts, those outside all groups by themselves."""
    labels = np.arange(count)
    for number, members in enumerate(groups):
        labels[list(members)] = count + number
    return labels


BASELINES = (
    Baseline("all by themselves", singletons, on_vectors=False),
    Baseline("exact title", exact_title, on_vectors=False),
    Baseline("near-duplicates only", near_duplicates, on_vectors=False),
    Baseline("TF-IDF, nearest centroid", nearest_centroid, _COSINES, "cosine", on_vectors=False),
    Baseline("connected components", components, _COSINES, "cosine"),
    Baseline("DBSCAN", dbscan, _COSINES, "cosine"),
    Baseline("HDBSCAN", hdbscan, _SAMPLES, "min_samples"),
    Baseline("HDBSCAN, leaves", hdbscan_leaves, _SAMPLES, "min_samples"),
    Baseline("community_detection", fast_communities, _COSINES, "cosine"),
    Baseline("Leiden", leiden, _COSINES, "cosine"),
    Baseline("average linkage on cosine", average_linkage, _COSINES, "cosine"),
)
