"""Connected components of links, and the splitting of those that only chance holds together.

A component that percolates (`percolates`) is split: inside it the floor is raised step by step
until no component does. Components of near-certain links are left whole; if one is too large,
the floor is raised further, as long as some of its links are stronger.
"""

from __future__ import annotations

from itertools import count as counting

import numpy as np

from dedup.compute.arrays import BoolMask, Int64s, UInt64s
from dedup.config import StoryConfig
from dedup.stories.affinity import log_odds_of
from dedup.stories.dendrogram import Dendrogram, Floors, set_hash
from dedup.stories.links import LinkedTexts, PairScorer

SAMPLE = 64
_MOST_KNOWN = 1 << 16


class Splits:
    """Decides which components of links are split; verdicts are remembered.

    Args:
        config: The floor, the largest component, and the smallest share of linked pairs.
    """

    def __init__(self, config: StoryConfig) -> None:
        self._config = config
        self.floors = Floors(log_odds_of(config.min_link_probability))
        self._least = next(size for size in counting(2) if _can_percolate(size, config))
        self._sparse: dict[int, bool] = {}

    def parts(self, tree: Dendrogram, texts: LinkedTexts) -> UInt64s:
        """Hash of the subcomponent of each text: of the largest one that is not split.

        Args:
            tree: Components of n texts at all floors.
            texts: The texts.

        Returns:
            uint64 of shape (n,).
        """
        return tree.hashes(tree.unsplit(self._split(tree, texts)))

    def percolating(self, tree: Dendrogram, texts: LinkedTexts) -> int:
        """How many of the components at the lowest floor percolate; arguments as for `parts`."""
        roots = np.flatnonzero((tree.above < 0) & (tree.sizes >= self._least))
        most = self._config.max_component_texts
        return sum(
            tree.sizes[root] > most or self._is_sparse(tree, texts, root, own)
            for root, own in zip(roots.tolist(), tree.hashes(roots).tolist(), strict=True)
        )

    def load(self, tree: Dendrogram, parts: UInt64s) -> None:
        """Remember which components were too sparse: those with texts of several subcomponents.

        Of components inside one that was not split nothing is known.

        Args:
            tree: Components at all floors.
            parts: Hash of the subcomponent of each text, uint64 of shape (n,).
        """
        nodes, outer = tree.components(self._least)
        labels = parts[tree.order]
        changes = np.concatenate(([0], np.cumsum(labels[1:] != labels[:-1])))
        starts = tree.starts[nodes]
        split = changes[starts + tree.sizes[nodes] - 1] > changes[starts]
        decided = (outer < 0) | split[outer]
        decided &= tree.sizes[nodes] <= self._config.max_component_texts
        decided &= tree.level[nodes] < self.floors.certain
        hashes = tree.hashes(nodes[decided])
        self._sparse.update(zip(hashes.tolist(), split[decided].tolist(), strict=True))

    def _split(self, tree: Dendrogram, texts: LinkedTexts) -> BoolMask:
        """Which topmost nodes are split, as far as subcomponents depend on it; bool (nodes,)."""
        split = np.zeros(len(tree.above), bool)
        nodes, outer = tree.components(self._least)
        sizes, levels, strongest = (
            field[nodes].tolist() for field in (tree.sizes, tree.level, tree.strongest)
        )
        certain, hashes = self.floors.certain, tree.hashes(nodes).tolist()
        verdicts = [False] * len(nodes)
        for k, (node, over) in enumerate(zip(nodes.tolist(), outer.tolist(), strict=True)):
            if over >= 0 and not verdicts[over]:
                continue
            if sizes[k] > self._config.max_component_texts:
                verdicts[k] = levels[k] < certain or strongest[k] > levels[k]
            elif levels[k] < certain:
                verdicts[k] = self._is_sparse(tree, texts, node, hashes[k])
        split[nodes] = verdicts
        return split

    def _is_sparse(self, tree: Dendrogram, texts: LinkedTexts, node: int, own: int) -> bool:
        """Whether the texts of a node with this hash are too sparsely linked, by a sample of them.

        One more text seldom changes the sample, whose verdict is remembered, too.
        """
        known = self._sparse
        if own not in known:
            if len(known) > _MOST_KNOWN:
                known.clear()
            sample = _smallest(tree.members(node), texts.id_hashes)
            of_sample, floor = set_hash(sample), self.floors.lowest
            if of_sample not in known:
                known[of_sample] = _are_sparse(sample, texts.scorer, self._config, floor)
            known[own] = known[of_sample]
        return known[own]


def _smallest(rows: Int64s, id_hashes: Int64s) -> Int64s:
    """Rows of the texts with the smallest hashes among some, of equal ones the smaller rows."""
    rows = np.sort(rows)
    return rows[np.argsort(id_hashes[rows], kind="stable")[:SAMPLE]]


def _can_percolate(texts: int, config: StoryConfig) -> bool:
    return texts > config.max_component_texts or texts * config.min_link_density > 2


def percolates(
    members: Int64s, id_hashes: Int64s, scorer: PairScorer, config: StoryConfig, floor: int
) -> bool:
    """Whether it is chance, not an event, that holds texts together.

    Links that are wrong now and then join any texts into one giant component as soon as each has
    more than one of them (Erdős & Rényi 1959); physics calls it percolation. Such a component is
    sparse: a text is linked to the few beside it, and the ends of the chain have nothing in
    common. Texts of one event are all linked to each other, those of k equally large events in
    a share 1/k of their pairs. So the measure is the component's own density: the share of its
    pairs that reach the floor. In a large one it is measured on a sample, the 64 texts with the
    smallest hashes: as good as drawn by lot, and one more text seldom changes the sample. The
    n - 1 links that hold n texts together are a share 2/n: few texts never percolate.

    Args:
        members: Rows of the texts of a component, int64 of shape (k,).
        id_hashes: A hash of the id of every text, int64 of shape (n,).
        scorer: Scores their pairs.
        config: The largest component, and the smallest share of linked pairs.
        floor: Log-odds of links, in units of 1/1000.
    """
    if len(members) > config.max_component_texts:
        return True
    if not _can_percolate(len(members), config):
        return False
    return _are_sparse(_smallest(members, id_hashes), scorer, config, floor)


def _are_sparse(sample: Int64s, scorer: PairScorer, config: StoryConfig, floor: int) -> bool:
    """Whether so few of the pairs of a sample are linked that only chance holds it together."""
    scores = scorer.block(sample, sample)[np.triu_indices(len(sample), 1)]
    return bool(np.count_nonzero(scores >= floor) < config.min_link_density * len(scores))
