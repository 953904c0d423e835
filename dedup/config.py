"""Settings: one frozen dataclass per step, all of them in `Config`, read from TOML.

Settings have no behaviour except checking themselves. Each output has the digest of its
configuration: results with the same digest and version were made by the same rules.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
import typing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from dedup.errors import ConfigError
from dedup.settings import refuse_unknown, require, require_at_least, require_share, section_from
from dedup.text.languages import normalize_language


@dataclass(frozen=True, slots=True)
class ReadingConfig:
    """Limits of reading.

    Args:
        max_article_chars: An article longer than this (title and text together) is skipped and
            reported. So is a file with a page of more than four times as many bytes.
        dates: How 03/04/2024 is read: `day-first`, `month-first`, or `auto`: as each table shows.
    """

    max_article_chars: int = 2_000_000
    dates: str = "auto"

    def __post_init__(self) -> None:
        require_at_least(self, max_article_chars=1)
        orders = "auto, day-first, month-first"
        require(self.dates in orders.split(", "), "dates", self.dates, f"one of {orders}")


@dataclass(frozen=True, slots=True)
class CleaningConfig:
    """How boilerplate is recognised.

    Args:
        remove_boilerplate: Remove advertisement marks, tag lists, "read also" blocks and the
            like. Texts are normalised in any case (NFKC, Arabic letters).
        min_repeated_pages: A line is boilerplate of a source if it is on at least this many of
            its pages, and ...
        min_repeated_share: ... on at least this share of its pages.
    """

    remove_boilerplate: bool = True
    min_repeated_pages: int = 5
    min_repeated_share: float = 0.2

    def __post_init__(self) -> None:
        require_at_least(self, min_repeated_pages=2)
        require_share(self, "min_repeated_share")


@dataclass(frozen=True, slots=True)
class FingerprintConfig:
    """How a text is turned into shingles and a MinHash signature.

    A token is a word, or a character in scripts without spaces. A shingle is a sequence of
    `shingle_tokens` tokens.

    Args:
        shingle_tokens: Tokens in a shingle.
        short_text_tokens: Texts with fewer tokens than this use shingles of
            `short_shingle_tokens`, so that a single edit does not change all of them.
        short_shingle_tokens: Tokens in a shingle of a short text.
        num_perm: Permutations, that is, slots of the signature.
    """

    shingle_tokens: int = 5
    short_text_tokens: int = 40
    short_shingle_tokens: int = 2
    num_perm: int = 128

    def __post_init__(self) -> None:
        require_at_least(self, shingle_tokens=1, short_shingle_tokens=1, short_text_tokens=1)
        require(2 <= self.num_perm <= 1024, "num_perm", self.num_perm, "from 2 to 1024")


@dataclass(frozen=True, slots=True)
class NearDuplicateConfig:
    """When two texts are copies of each other.

    Args:
        min_jaccard: Texts are near-duplicates if the exact Jaccard similarity of their shingle
            sets is at least this.
        min_containment: A text is a contained copy of a longer one that has at least this share
            of its shingles ...
        min_contained_tokens: ... if it has at least this many tokens, or 25 in a text of 100.
        min_candidate_recall: Share of the pairs at `min_jaccard` that banding has to find; of
            more similar pairs it finds more. Determines bands and rows.
        bands: Bands of the LSH index. Texts that agree in a whole band are candidates.
        rows: Signature slots in a band; `bands * rows` must not exceed `num_perm`.
    """

    min_jaccard: float = 0.7
    min_containment: float = 0.9
    min_contained_tokens: int = 12
    min_candidate_recall: float = 0.98
    bands: int | None = None
    rows: int | None = None

    def __post_init__(self) -> None:
        require_share(self, "min_jaccard", "min_containment", "min_candidate_recall")
        require(self.min_candidate_recall < 1, "min_candidate_recall", 1.0, "below 1")
        require_at_least(self, min_contained_tokens=1, bands=1, rows=1)
        both = (self.bands is None) == (self.rows is None)
        require(both, "bands and rows", (self.bands, self.rows), "given both or not at all")

    def banding(self, num_perm: int) -> tuple[int, int]:
        """Bands and rows: the given ones, or those with the fewest candidates that find enough.

        A pair of Jaccard similarity s agrees in a band of r rows with probability s^r, and in at
        least one of b bands with probability 1 - (1 - s^r)^b (the S-curve). More rows mean fewer
        candidates that are no copies, so the result has the most rows for which the curve is at
        least `min_candidate_recall` at `min_jaccard`.

        Source: Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", 3.4.

        >>> NearDuplicateConfig(min_jaccard=0.7).banding(128)
        (25, 5)
        """
        if self.bands is not None and self.rows is not None:
            return self.bands, self.rows
        for rows in range(num_perm, 1, -1):
            bands = num_perm // rows
            if 1 - (1 - self.min_jaccard**rows) ** bands >= self.min_candidate_recall:
                return bands, rows
        return num_perm, 1


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Which encoder makes the vectors, and from which part of a text.

    Args:
        name: `bundled`, `e5`, or the name or folder of a sentence-transformers model.
        revision: Revision of the model; empty for its default.
        prefix: Put before every text (e5 models need `query: `).
        lead_chars: The title and this many characters of the body are encoded.
        max_tokens: A transformer truncates texts to this many tokens; 0 for its own limit.
        batch_size: Number of texts that a transformer encodes at a time.
        cache: Folder of vectors, so that no text is embedded twice; empty for none.
    """

    name: str = "bundled"
    revision: str = ""
    prefix: str = ""
    lead_chars: int = 2000
    max_tokens: int = 0
    batch_size: int = 64
    cache: str = ""

    def __post_init__(self) -> None:
        require(bool(self.name), "name", self.name, "the name of an encoder")
        require_at_least(self, lead_chars=0, max_tokens=0, batch_size=1)


@dataclass(frozen=True, slots=True)
class NeighborConfig:
    """Which pairs of texts are compared for the same event.

    Args:
        min_cosine: Pairs with a lower cosine of the embeddings are not candidates; None for the
            value that comes with the affinity weights of the encoder.
        max_gap: Pairs published further apart are not candidates; undated articles are.
        neighbors_per_language: Number of nearest neighbours of a text in each language, so that
            none is crowded out; more if several are equally near.
        min_shared_idf_bits: Pairs whose shared words, names and numbers have at least this sum
            of inverse document frequencies (in bits) are candidates as well.
        max_exact_texts: The search is exact up to this many texts within `max_gap` of each other
            (or more over a longer time, with no more pairs). Above, FAISS searches approximately.
    """

    min_cosine: float | None = None
    max_gap: timedelta = timedelta(days=7)
    neighbors_per_language: int = 24
    min_shared_idf_bits: float = 40.0
    max_exact_texts: int = 300_000

    def __post_init__(self) -> None:
        if self.min_cosine is not None:
            require(-1.0 <= self.min_cosine <= 1.0, "min_cosine", self.min_cosine, "from -1 to 1")
        require(self.max_gap > timedelta(0), "max_gap", self.max_gap, "above 0")
        bits = self.min_shared_idf_bits
        require(bits > 0, "min_shared_idf_bits", bits, "above 0")
        require_at_least(self, neighbors_per_language=1, max_exact_texts=0)


@dataclass(frozen=True, slots=True)
class AffinityConfig:
    """Which weights turn evidence into P(same event).

    Args:
        weights: A JSON file of weights; empty for those that come with the encoder.
    """

    weights: str = ""


@dataclass(frozen=True, slots=True)
class StoryConfig:
    """When texts cover the same event.

    Args:
        min_probability: Two groups merge if the average log-odds of their pairs are at least
            those of this probability.
        min_link_probability: Less likely links are ignored: they do not connect components, and
            groups never merge across components.
        max_odds_ratio: The odds that texts of two groups cover the same event may be this many
            times lower than inside either group; a group of few pairs allows more.
        max_component_texts: A component of more texts than this is split by a higher
            `min_link_probability` before groups merge, and so is a component with ...
        min_link_density: ... less than this share of its pairs linked, as such links are mostly
            chance. 0 turns this rule off. The summary says how many were split.
        roundup_min_links: A text is a round-up (a hub document, which joins a group last and
            never connects two) if it has at least this many links of `min_probability` ...
        roundup_max_clustering: ... and at most this share of the pairs of its linked texts are
            linked with each other.
    """

    min_probability: float = 0.4
    min_link_probability: float = 0.2
    max_odds_ratio: float = 6.0
    max_component_texts: int = 500
    min_link_density: float = 0.05
    roundup_min_links: int = 8
    roundup_max_clustering: float = 0.2

    def __post_init__(self) -> None:
        for name in ("min_probability", "min_link_probability"):
            value = getattr(self, name)
            require(0.0 < value < 1.0, name, value, "between 0 and 1, both excluded")
        link, rule = self.min_link_probability, f"at most min_probability ({self.min_probability})"
        require(link <= self.min_probability, "min_link_probability", link, rule)
        require_at_least(self, max_odds_ratio=1, max_component_texts=2, roundup_min_links=2)
        for name in ("min_link_density", "roundup_max_clustering"):
            value = getattr(self, name)
            require(0 <= value < 1, name, value, "from 0 to below 1")


@dataclass(frozen=True, slots=True)
class RelatedStoriesConfig:
    """When two story groups are related; relations never merge them.

    Args:
        min_cosine: Lowest cosine of the sums of their vectors.
        min_shared_idf_bits: Lowest sum of the inverse document frequencies (in bits) of the rare
            terms that both have; background needs more (see `dedup.description.relations`).
        max_term_groups: Terms of more story groups than this are not specific and are ignored.
        max_gap: A story that began at most this long after another can be its follow-up.
        max_background_gap: One that began later, but at most this long after, has it as background.
        max_related: Number of relations of a story group, the strongest first; 0 for none.
    """

    min_cosine: float = 0.45
    min_shared_idf_bits: float = 30.0
    max_term_groups: int = 200
    max_gap: timedelta = timedelta(days=14)
    max_background_gap: timedelta = timedelta(days=180)
    max_related: int = 5

    def __post_init__(self) -> None:
        require(0.0 <= self.min_cosine <= 1.0, "min_cosine", self.min_cosine, "from 0 to 1")
        bits = self.min_shared_idf_bits
        require(bits > 0, "min_shared_idf_bits", bits, "above 0")
        require_at_least(self, max_term_groups=2, max_related=0)
        require(self.max_gap >= timedelta(0), "max_gap", self.max_gap, "0 or more")
        gap, rule = self.max_background_gap, f"at least max_gap ({self.max_gap})"
        require(gap >= self.max_gap, "max_background_gap", gap, rule)


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """Which stories of an index can still grow, see `dedup.index.window`.

    Args:
        memory_window: A story whose last article is this much older than the newest one is
            archived: it is read as before, and no longer grows. The others are what the batch
            makes of their articles. At least twice `neighbors.max_gap`. None for the window
            that the index was last opened with, at first without limit.
    """

    memory_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class OutputConfig:
    """What readers see; affects no result.

    Args:
        headline_languages: The headline of a story is in the first of these languages that it has.
            Empty for those that an index was last opened with, at first for its most central text.
    """

    headline_languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for code in self.headline_languages:
            known = normalize_language(code) or "en"
            require(known == code, "headline_languages", code, f"a language code, such as {known}")


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run, one section per step."""

    reading: ReadingConfig = ReadingConfig()
    cleaning: CleaningConfig = CleaningConfig()
    fingerprints: FingerprintConfig = FingerprintConfig()
    near_duplicates: NearDuplicateConfig = NearDuplicateConfig()
    encoder: EncoderConfig = EncoderConfig()
    neighbors: NeighborConfig = NeighborConfig()
    affinity: AffinityConfig = AffinityConfig()
    stories: StoryConfig = StoryConfig()
    related_stories: RelatedStoriesConfig = RelatedStoriesConfig()
    index: IndexConfig = IndexConfig()
    output: OutputConfig = OutputConfig()

    def __post_init__(self) -> None:
        num_perm = self.fingerprints.num_perm
        bands, rows = self.near_duplicates.banding(num_perm)
        slots = bands * rows
        require(slots <= num_perm, "bands * rows", slots, f"at most num_perm ({num_perm})")
        window, least = self.index.memory_window, 2 * self.neighbors.max_gap
        rule = f"at least twice neighbors.max_gap ({least}): so far back, links can still change"
        require(window is None or window >= least, "index.memory_window", window, rule)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Settings from a TOML file; settings that it does not have keep their defaults.

        Raises:
            ConfigError: It cannot be read or parsed, or holds an unknown or unusable setting.
        """
        try:
            return cls.from_mapping(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def from_mapping(cls, values: dict[str, dict[str, Any]]) -> Self:
        """Settings from nested dicts, as TOML has them.

        Raises:
            ConfigError: A section or setting is unknown or unusable.
        """
        sections = typing.get_type_hints(cls)
        refuse_unknown(values, sections, "section")
        for name, section in values.items():
            if not isinstance(section, dict):
                raise ConfigError(f"{name} = {section!r}: is a section, write [{name}]")
        return cls(**{name: section_from(sections[name], name, values[name]) for name in values})

    def replace(self, **changes: dict[str, Any]) -> Self:
        """A copy with some settings changed, by section.

        >>> Config().replace(stories={"min_probability": 0.6}).stories.min_probability
        0.6
        """
        refuse_unknown(changes, typing.get_type_hints(type(self)), "section")
        sections: dict[str, Any] = {}
        for name, values in changes.items():
            section = getattr(self, name)
            refuse_unknown(values, typing.get_type_hints(type(section)), f"setting of [{name}]")
            sections[name] = dataclasses.replace(section, **values)
        return dataclasses.replace(self, **sections)

    def to_mapping(self) -> dict[str, dict[str, Any]]:
        """Nested dicts of plain values, from which `from_mapping` gives the same settings.

        >>> Config.from_mapping(Config().to_mapping()) == Config()
        True
        """
        return {
            section: {
                name: f"{value // timedelta(seconds=1)}s" if isinstance(value, timedelta) else value
                for name, value in settings.items()
                if value is not None
            }
            for section, settings in dataclasses.asdict(self).items()
        }

    def digest(self) -> str:
        """12 hexadecimal digits that change with every setting that can affect a result."""
        settings = dataclasses.asdict(self)
        del settings["index"], settings["output"]
        values = json.dumps(settings, sort_keys=True, default=str)
        return hashlib.sha256(values.encode()).hexdigest()[:12]
