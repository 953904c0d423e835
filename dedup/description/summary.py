"""Counts of a run, and the limits of its result that a reader should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dedup.config import Config
from dedup.encoders import Encoder
from dedup.output.wording import duration
from dedup.records import Article, CleanText, Problem, Summary
from dedup.stories.affinity import Affinity, AffinityModel
from dedup.stories.grouping import Grouping
from dedup.stories.neighbors import is_exact


def summary_of(
    articles: Sequence[Article],
    texts: Mapping[str, CleanText],
    clusters: int,
    grouping: Grouping,
    problems: Sequence[Problem],
    encoder: Encoder,
    affinity: Affinity,
    config: Config,
    copies_apart: int,
) -> Summary:
    """Counts of a run.

    Args:
        articles: All articles.
        texts: Canonical texts by article id.
        clusters: Number of duplicate clusters.
        grouping: Groups of the texts that take part in stories.
        problems: What was skipped or set aside.
        encoder: The encoder of the vectors.
        affinity: Of the texts that take part in stories.
        config: All settings.
        copies_apart: Number of copies that are dated more than `max_gap` from most others.
    """
    exact = is_exact(affinity.profiles.seconds, config.neighbors)
    removals = Counter(piece.reason for text in texts.values() for piece in text.removed)
    return Summary(
        articles=len(articles),
        texts=clusters,
        story_groups=len(grouping.groups),
        duplicates=len(articles) - clusters,
        problems=dict(sorted(Counter(problem.kind for problem in problems).items())),
        removals=dict(sorted(removals.items())),
        encoder=f"{encoder.name} {encoder.revision}",
        config_digest=config.digest(),
        notes=notes_on(
            encoder, affinity.model, config, exact, grouping.split_components, copies_apart
        ),
    )


def notes_on(
    encoder: Encoder,
    model: AffinityModel,
    config: Config,
    exact: bool,
    split_components: int,
    copies_apart: int = 0,
) -> tuple[str, ...]:
    """Limits of a result that a reader should know, in sentences.

    Args:
        encoder: The encoder of the vectors.
        model: The weights of the log-odds.
        config: All settings.
        exact: Whether neighbours were searched exactly.
        split_components: Number of components that were split.
        copies_apart: Number of copies that are dated more than `max_gap` from most others.
    """
    notes = []
    if model.name != encoder.name:
        notes.append(
            f"there are no affinity weights for the encoder {encoder.name!r}: those of "
            f"{model.name!r} were used, so probabilities are only roughly right"
        )
    if split_components:
        were = "component was" if split_components == 1 else "components were"
        notes.append(
            f"{split_components:,} large or loosely linked {were} split by a higher "
            f"min_link_probability: more than {config.stories.max_component_texts:,} texts, or "
            f"less than {config.stories.min_link_density:.0%} of their pairs linked"
        )
    if copies_apart:
        are = "copy is" if copies_apart == 1 else "copies are"
        notes.append(
            f"{copies_apart:,} {are} dated more than {duration(config.neighbors.max_gap)} from "
            "most copies of the same text: reprints, or wrong dates, in stories of their own time"
        )
    if not exact:
        notes.append(
            "neighbours are approximate: more pairs of texts are within max_gap than "
            f"{config.neighbors.max_exact_texts:,} texts without dates would have "
            "(neighbors.max_exact_texts)"
        )
    return tuple(notes)
