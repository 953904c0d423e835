"""Settings: one frozen dataclass per step, gathered in `Config`, read from TOML.

Settings carry no behaviour beyond checking themselves. The digest of a
configuration is written into every output: two results with the same digest,
made by the same version, were made by the same rules.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
import typing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from dedup.errors import ConfigError
from dedup.settings import refuse_unknown, section_from


def _require(holds: bool, name: str, value: object, rule: str) -> None:
    if not holds:
        raise ConfigError(f"{name} = {value!r}: must be {rule}")


def _require_share(name: str, value: float) -> None:
    _require(0.0 < value <= 1.0, name, value, "above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class ReadingConfig:
    """What is accepted as an article.

    Args:
        max_article_chars: An article longer than this (title and text together)
            is skipped and reported; so are files of pages of that many bytes x 4.
    """

    max_article_chars: int = 2_000_000

    def __post_init__(self) -> None:
        _require(self.max_article_chars >= 1, "max_article_chars", self.max_article_chars, ">= 1")


@dataclass(frozen=True, slots=True)
class CleaningConfig:
    """How the boilerplate of pages is recognised.

    Args:
        remove_boilerplate: Cut advertisement marks, tag lists, "read also" blocks
            and the like. Normalisation (NFKC, Arabic folding) always happens.
        min_repeated_pages: A line that stands on at least this many pages of
            one source is boilerplate of that source ...
        min_repeated_share: ... if those are at least this share of its pages.
    """

    remove_boilerplate: bool = True
    min_repeated_pages: int = 5
    min_repeated_share: float = 0.2

    def __post_init__(self) -> None:
        _require(
            self.min_repeated_pages >= 2, "min_repeated_pages", self.min_repeated_pages, ">= 2"
        )
        _require_share("min_repeated_share", self.min_repeated_share)


@dataclass(frozen=True, slots=True)
class FingerprintConfig:
    """How a text is turned into shingles and a MinHash signature.

    A token is a word, or one character in scripts without spaces; a shingle is
    `shingle_tokens` consecutive tokens.

    Args:
        shingle_tokens: Tokens in a shingle.
        short_text_tokens: Texts with fewer tokens than this use shingles of
            `short_shingle_tokens`, so that one edit does not change them all.
        short_shingle_tokens: Tokens in a shingle of a short text.
        num_perm: Permutations, i.e. slots of the signature.
    """

    shingle_tokens: int = 5
    short_text_tokens: int = 40
    short_shingle_tokens: int = 2
    num_perm: int = 128

    def __post_init__(self) -> None:
        for name in ("shingle_tokens", "short_shingle_tokens", "short_text_tokens"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), ">= 1")
        _require(2 <= self.num_perm <= 1024, "num_perm", self.num_perm, "from 2 to 1024")


@dataclass(frozen=True, slots=True)
class NearDuplicateConfig:
    """When two texts are copies of one another.

    Args:
        min_jaccard: Texts at least this similar (exact Jaccard of their
            shingle sets, this value included) are near-duplicates.
        min_containment: A text with at least this share of its shingles inside
            a longer one is a contained copy of it ...
        min_contained_tokens: ... if it has at least this many tokens: three
            words that stand in another text are no copy of it.
        min_candidate_recall: Share of the pairs at `min_jaccard` that banding has to
            find; of more similar pairs it finds more. Chooses bands and rows.
        bands: Bands of the LSH index, instead of a choice; a pair that agrees in one
            whole band is a candidate.
        rows: Signature slots in a band; `bands * rows` must not exceed `num_perm`.
    """

    min_jaccard: float = 0.7
    min_containment: float = 0.9
    min_contained_tokens: int = 12
    min_candidate_recall: float = 0.98
    bands: int | None = None
    rows: int | None = None

    def __post_init__(self) -> None:
        _require_share("min_jaccard", self.min_jaccard)
        _require_share("min_containment", self.min_containment)
        _require_share("min_candidate_recall", self.min_candidate_recall)
        _require(self.min_candidate_recall < 1, "min_candidate_recall", 1.0, "below 1")
        for name in ("min_contained_tokens", "bands", "rows"):
            value = getattr(self, name)
            _require(value is None or value >= 1, name, value, ">= 1")
        both = (self.bands is None) == (self.rows is None)
        _require(both, "bands and rows", (self.bands, self.rows), "given both or not at all")

    def banding(self, num_perm: int) -> tuple[int, int]:
        """Bands and rows: the most selective ones that find enough.

        A pair of Jaccard similarity s agrees in a band of r rows with probability s^r, and
        in at least one of b bands with probability 1 - (1 - s^r)^b (the S-curve). The more
        rows, the fewer pairs that are no copies; the most rows are taken for which the
        curve is at least `min_candidate_recall` at `min_jaccard`.

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
    """Which encoder makes the vectors, and what it is shown.

    Args:
        name: `bundled`, or a sentence-transformers model name or folder.
        revision: Revision of that model; empty for its default.
        prefix: Put before every text (e5 models want `query: `).
        lead_chars: The title and this many characters of the body are encoded.
        max_tokens: Truncation length of a transformer; 0 for the model's own.
        batch_size: Texts encoded at a time by a transformer.
    """

    name: str = "bundled"
    revision: str = ""
    prefix: str = ""
    lead_chars: int = 2000
    max_tokens: int = 0
    batch_size: int = 64

    def __post_init__(self) -> None:
        _require(bool(self.name), "name", self.name, "the name of an encoder")
        _require(self.lead_chars >= 0, "lead_chars", self.lead_chars, ">= 0")
        _require(self.max_tokens >= 0, "max_tokens", self.max_tokens, ">= 0")
        _require(self.batch_size >= 1, "batch_size", self.batch_size, ">= 1")


@dataclass(frozen=True, slots=True)
class NeighborConfig:
    """Which pairs of texts are looked at for the same event.

    Args:
        min_cosine: Pairs less similar than this (cosine of the embeddings) are
            not candidates. Each encoder has its own scale; None takes the
            value that ships with the affinity of the encoder.
        max_gap: Pairs published further apart are not candidates. An article
            without a date is compared with all.
        neighbors_per_language: Each text has so many nearest neighbours in each language, and
            more where several are equally near: the many texts of one language do not
            crowd out the few of another.
        min_shared_idf_bits: Pairs that share words, names or numbers of so much rarity
            together are candidates as well, whatever their cosine.
        max_exact_texts: Up to so many texts that are all within `max_gap` of one another the
            search is exact, and for more of them where they are spread over a longer time: as
            long as no more pairs are compared. Above, FAISS searches in cells of the vectors,
            and the summary says that neighbours are approximate.
    """

    min_cosine: float | None = None
    max_gap: timedelta = timedelta(days=7)
    neighbors_per_language: int = 24
    min_shared_idf_bits: float = 40.0
    max_exact_texts: int = 300_000

    def __post_init__(self) -> None:
        if self.min_cosine is not None:
            _require(-1.0 <= self.min_cosine <= 1.0, "min_cosine", self.min_cosine, "from -1 to 1")
        _require(self.max_gap > timedelta(0), "max_gap", self.max_gap, "above 0")
        _require(
            self.neighbors_per_language >= 1,
            "neighbors_per_language",
            self.neighbors_per_language,
            ">= 1",
        )
        _require(
            self.min_shared_idf_bits > 0, "min_shared_idf_bits", self.min_shared_idf_bits, "above 0"
        )
        _require(self.max_exact_texts >= 0, "max_exact_texts", self.max_exact_texts, ">= 0")


@dataclass(frozen=True, slots=True)
class AffinityConfig:
    """Which weights turn evidence into P(same event).

    Args:
        weights: A JSON file of weights; empty for the ones that ship with the
            encoder.
    """

    weights: str = ""


@dataclass(frozen=True, slots=True)
class StoryConfig:
    """When texts cover the same event.

    Args:
        min_probability: Groups merge while the mean log-odds of their pairs
            are at least those of this probability.
        min_link_probability: Links below this do not even make a component;
            linkage never crosses components.
        min_medoid_probability: Groups merge only if the two texts in their midst are at
            least this likely the same event.
        max_component_texts: A component of more texts than this is split at a higher
            floor before linkage, and so is one in which ...
        min_link_density: ... less than this share of the pairs reaches the floor: chance
            holds it together. 0 splits none for that. The summary says what was split.
        roundup_min_links: A text linked to at least so many others with
            `min_probability` is a round-up, which joins last and never bridges ...
        roundup_max_clustering: ... if of the pairs among these at most this share is as
            probable.
    """

    min_probability: float = 0.35
    min_link_probability: float = 0.2
    min_medoid_probability: float = 0.1
    max_component_texts: int = 2000
    min_link_density: float = 0.05
    roundup_min_links: int = 8
    roundup_max_clustering: float = 0.2

    def __post_init__(self) -> None:
        for name in ("min_probability", "min_link_probability", "min_medoid_probability"):
            value = getattr(self, name)
            _require(0.0 < value < 1.0, name, value, "between 0 and 1, both excluded")
        _require(
            self.min_link_probability <= self.min_probability,
            "min_link_probability",
            self.min_link_probability,
            f"at most min_probability ({self.min_probability})",
        )
        _require(
            self.max_component_texts >= 2, "max_component_texts", self.max_component_texts, ">= 2"
        )
        density = self.min_link_density
        _require(0 <= density < 1, "min_link_density", density, "from 0 to below 1")
        _require(self.roundup_min_links >= 2, "roundup_min_links", self.roundup_min_links, ">= 2")
        cohesion = self.roundup_max_clustering
        _require(0 <= cohesion < 1, "roundup_max_clustering", cohesion, "from 0 to below 1")


@dataclass(frozen=True, slots=True)
class RelatedStoriesConfig:
    """When two story groups have to do with each other; relations never merge them.

    Args:
        min_cosine: Smallest cosine of the sums of their vectors.
        min_shared_idf_bits: Smallest rarity, in bits, of the rare terms that both have,
            added up; background needs more (see `storylines`).
        max_term_groups: Terms of more story groups than this are not specific and
            do not count.
        max_gap: A story that began at most this long after another may follow it up.
        max_background_gap: A story that began later than that, but at most this
            long after another, may have it as its background.
        max_related: Most relations of one story group, the strongest; 0 looks for none.
    """

    min_cosine: float = 0.45
    min_shared_idf_bits: float = 30.0
    max_term_groups: int = 200
    max_gap: timedelta = timedelta(days=14)
    max_background_gap: timedelta = timedelta(days=180)
    max_related: int = 5

    def __post_init__(self) -> None:
        _require(0.0 <= self.min_cosine <= 1.0, "min_cosine", self.min_cosine, "from 0 to 1")
        _require(
            self.min_shared_idf_bits > 0, "min_shared_idf_bits", self.min_shared_idf_bits, "above 0"
        )
        _require(self.max_term_groups >= 2, "max_term_groups", self.max_term_groups, ">= 2")
        _require(self.max_gap >= timedelta(0), "max_gap", self.max_gap, "0 or more")
        _require(
            self.max_background_gap >= self.max_gap,
            "max_background_gap",
            self.max_background_gap,
            f"at least max_gap ({self.max_gap})",
        )
        _require(self.max_related >= 0, "max_related", self.max_related, ">= 0")


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """How much an index keeps at hand. Changes no result, only memory and time.

    Args:
        memory_window: Articles this much older than the newest one leave memory and stay in the
            store, with all that hangs together with them; what they are needed for later is read
            from there. At least twice `neighbors.max_gap`. None: as the index was opened before, at
            first all.
    """

    memory_window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run, a section per step."""

    reading: ReadingConfig = field(default_factory=ReadingConfig)
    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    fingerprints: FingerprintConfig = field(default_factory=FingerprintConfig)
    near_duplicates: NearDuplicateConfig = field(default_factory=NearDuplicateConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    neighbors: NeighborConfig = field(default_factory=NeighborConfig)
    affinity: AffinityConfig = field(default_factory=AffinityConfig)
    stories: StoryConfig = field(default_factory=StoryConfig)
    related_stories: RelatedStoriesConfig = field(default_factory=RelatedStoriesConfig)
    index: IndexConfig = field(default_factory=IndexConfig)

    def __post_init__(self) -> None:
        bands, rows = self.near_duplicates.banding(self.fingerprints.num_perm)
        _require(
            bands * rows <= self.fingerprints.num_perm,
            "bands * rows",
            bands * rows,
            f"at most num_perm ({self.fingerprints.num_perm})",
        )
        window, least = self.index.memory_window, 2 * self.neighbors.max_gap
        rule = f"at least twice neighbors.max_gap ({least}): so far back an article changes links"
        _require(window is None or window >= least, "index.memory_window", window, rule)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Settings from a TOML file; what it does not name keeps its default.

        Raises:
            ConfigError: The file cannot be read or parsed, or holds an unknown
                or unusable setting.
        """
        try:
            values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
        try:
            return cls.from_mapping(values)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def from_mapping(cls, values: dict[str, dict[str, Any]]) -> Self:
        """Settings from nested dicts, as TOML gives them.

        Raises:
            ConfigError: A section or setting is unknown or unusable.
        """
        sections = typing.get_type_hints(cls)
        refuse_unknown(values, sections, "section")
        made: dict[str, Any] = {}
        for name, given in values.items():
            if not isinstance(given, dict):
                raise ConfigError(f"{name} = {given!r}: is a section, write [{name}]")
            made[name] = section_from(sections[name], name, given)
        return cls(**made)

    def replace(self, **changes: dict[str, Any]) -> Self:
        """A copy with some settings changed, section by section.

        >>> Config().replace(stories={"min_probability": 0.6}).stories.min_probability
        0.6
        """
        refuse_unknown(changes, typing.get_type_hints(type(self)), "section")
        made: dict[str, Any] = {}
        for name, given in changes.items():
            section = getattr(self, name)
            refuse_unknown(given, typing.get_type_hints(type(section)), f"setting of [{name}]")
            made[name] = dataclasses.replace(section, **given)
        return dataclasses.replace(self, **made)

    def to_mapping(self) -> dict[str, dict[str, Any]]:
        """Nested dicts of plain values, from which `from_mapping` makes the same settings.

        >>> Config.from_mapping(Config().to_mapping()) == Config()
        True
        """

        def plain(value: object) -> object:
            if isinstance(value, timedelta):
                return f"{value // timedelta(seconds=1)}s"
            return value

        return {
            section: {name: plain(value) for name, value in values.items() if value is not None}
            for section, values in dataclasses.asdict(self).items()
        }

    def digest(self) -> str:
        """12 hexadecimal digits that change with any setting that can change a result."""
        settings = dataclasses.asdict(self)
        del settings["index"]
        values = json.dumps(settings, sort_keys=True, default=str)
        return hashlib.sha256(values.encode()).hexdigest()[:12]
