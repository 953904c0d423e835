"""Bodies of requests and answers: requests as they are checked, answers read from the records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    model_validator,
)

from dedup.description.remarks import Remark
from dedup.description.series import Series
from dedup.errors import InputError
from dedup.readers.columns import used_columns
from dedup.readers.envelopes import records_of, unwrapped
from dedup.readers.values import as_date, as_text, is_missing
from dedup.records import (
    Article,
    DatePrecision,
    Evidence,
    Match,
    Problem,
    RelationKind,
    StoryLink,
    StoryMember,
)
from dedup.store import Placement
from dedup.store.records import StoryEvent
from dedup.text.dates.reading import read_date

EXAMPLE_ARTICLE: dict[str, JsonValue] = {
    "id": "herald-4711",
    "title": "Flood closes the old market of Brackwater",
    "text": "The river rose by four metres overnight and flooded the old market of Brackwater.",
    "source": "Herald",
    "published_at": "2024-03-01T08:00:00Z",
    "language": "en",
    "url": "https://herald.example/4711",
}


def _without_surrogates(value: object) -> object:
    """A text with lone surrogates replaced, which JSON allows and UTF-8 does not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _utc(time: datetime) -> datetime:
    """A time in UTC, as which one without a zone is taken."""
    try:
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("a time beyond the calendar") from None


def _seconds(gap: timedelta | None) -> float | None:
    return None if gap is None else gap.total_seconds()


def _probability(link: StoryLink | None) -> float | None:
    return link.probability if link else None


def _evidence(link: StoryLink | None) -> tuple[Evidence, ...]:
    return link.evidence if link else ()


def _log_odds(link: StoryLink | None) -> float | None:
    return round(sum(part.log_odds for part in link.evidence), 4) if link else None


def _read_time(value: object) -> object:
    """A time in one of the forms in which files have it; anything else as it is."""
    return read_date(as_date(value)).when or value


Text = Annotated[str, BeforeValidator(_without_surrogates)]
Line = Annotated[str, BeforeValidator(_without_surrogates), Field(max_length=2_000)]
Id = Annotated[str, BeforeValidator(_without_surrogates), Field(max_length=1_000)]
Moment = Annotated[datetime, AfterValidator(_utc)]


class ArticleIn(BaseModel):
    """An article to add."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [EXAMPLE_ARTICLE]})

    id: Id = Field("", description="Unique and stable; derived from the content if empty.")
    title: Text = Field("", description="Headline; it or the text has to be given.")
    text: Text = Field("", description="Body as published; boilerplate is removed.")
    source: Line = Field("", description="Outlet, as a name or host.")
    published_at: Moment | None = Field(
        None, description="UTC if it has no zone; by default the time at which it is added."
    )
    language: Line = Field("", description="ISO 639 code; detected if empty.")
    url: Line = Field("", description="Address of the page.")
    date_precision: DatePrecision = Field(
        "second", description="How exactly the time is known; of a day without a time `day`."
    )

    @model_validator(mode="before")
    @classmethod
    def _as_read(cls, values: Any) -> Any:  # noqa: ANN401 (any JSON)
        """The fields under the names and in the forms in which files have them."""
        if not isinstance(values, dict):
            return values
        fields = {
            field: next((values[name] for name in names if not is_missing(values[name])), None)
            for field, names in used_columns(values).items()
        }
        row = {
            field: as_text(value) if isinstance(value, dict) and field != "published_at" else value
            for field, value in fields.items()
            if value is not None
        }
        read = read_date(as_date(row.get("published_at")))
        if read.when is not None:
            row["published_at"] = read.when
            row["date_precision"] = values.get("date_precision", read.precision)
        return row

    def row(self) -> dict[str, object]:
        """The article as the index takes it."""
        return self.model_dump()


def _one_or_many(value: object) -> str:
    return "many" if isinstance(value, list) else "one"


def _records(value: object) -> object:
    """The articles in what an API answered; anything else as it is."""
    try:
        inner = records_of(value)
    except InputError as error:
        raise ValueError(str(error)) from error
    records = value if inner is None else inner
    if isinstance(records, list):
        return [unwrapped(item) if isinstance(item, dict) else item for item in records]
    return unwrapped(records) if isinstance(records, dict) else records


ArticlesIn = Annotated[
    Annotated[ArticleIn, Tag("one")] | Annotated[list[ArticleIn], Field(min_length=1), Tag("many")],
    Discriminator(_one_or_many),
    BeforeValidator(_records),
]


class QueryIn(BaseModel):
    """A text or an article to query the index about; one of the two.

    Without a time it is compared by content alone, with articles of any time.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": EXAMPLE_ARTICLE["text"], "limit": 5}]},
    )

    text: Text | None = Field(None, description="A text, its headline in the first line.")
    article: ArticleIn | None = None
    published_at: Annotated[Moment | None, BeforeValidator(_read_time)] = Field(
        None, description="Time of the text, where the article names none; UTC if without a zone."
    )
    limit: int = Field(10, ge=1, le=100, description="Copies and neighbours at most, of each.")

    @model_validator(mode="after")
    def _one(self) -> QueryIn:
        if (self.text is None) == (self.article is None):
            raise ValueError("give either `text` or `article`")
        return self

    @property
    def asked(self) -> ArticleIn:
        """The article of the query, with the time that it is bound to, if any."""
        article = self.article or ArticleIn.model_validate({"text": self.text})
        if article.published_at is None:
            article = article.model_copy(update={"published_at": self.published_at})
        return article


class NeighborOut(BaseModel):
    """A text of the index that is near to that of a query."""

    id: str
    story_group: str
    probability: float | None = Field(
        description="P(same event); null if they are further apart in time than is compared."
    )
    cosine: float = Field(description="Likeness of the two texts, from -1 to 1.")
    gap_seconds: Annotated[float | None, BeforeValidator(_seconds)] = Field(
        validation_alias="gap", description="Between the two; null for a query without a time."
    )


class QueryOut(BaseModel):
    """What the index knows about a text that is not in it."""

    duplicates: list[Match]
    neighbors: list[NeighborOut]
    story_group: str = Field(description="The story that it would join; empty if none.")
    probability: float | None
    published_at: datetime | None = Field(
        description="The time that the query was bound to; null: compared by content alone."
    )


class Placements(BaseModel):
    """Where articles were placed, and what was wrong with them."""

    placements: list[Placement] = Field(description="In the order sent, without those skipped.")
    problems: list[Problem] = Field(description="What was skipped or set aside, and why.")


class ArticleOut(BaseModel):
    """An article with its placement."""

    article: Article
    added_at: datetime
    time_imputed: bool = Field(description="Whether its time is that at which it was added.")
    placement: Placement
    remarks: tuple[Remark, ...] = Field(
        description="Whether it is a digest, a wall, of a series, a version, in sentences."
    )
    duplicate_cluster: list[Placement] = Field(
        description="All copies of its text, the representative first."
    )


class StoryOut(BaseModel):
    """A story group without its members, as lists have it."""

    id: str
    headline: str
    headlines: dict[str, str]
    first_article: str
    first_seen: datetime | None
    last_seen: datetime | None
    articles: int = Field(description="Without those that a later version replaced.")
    texts: int
    sources: tuple[str, ...]
    languages: tuple[str, ...]
    key_terms: tuple[str, ...]
    names: tuple[str, ...]
    cohesion: float | None


class StoryWithMembers(StoryOut):
    """A story group with its members."""

    least_likely_member: StoryMember | None = Field(
        description="The text with the lowest probability; null in a story of one text."
    )
    members: tuple[StoryMember, ...] = Field(description="Its articles, by time and id.")
    versions: tuple[tuple[str, ...], ...] = Field(
        description="Members that are versions of one page; the last one replaces the others."
    )


class StoriesOut(BaseModel):
    """A page of a list of stories."""

    stories: list[StoryOut]
    cursor: str = Field(description="The `cursor` of the next page; empty at the end.")


class WhyOut(BaseModel):
    """Why two articles are together, or why not; the parts of the evidence add up."""

    sentence: str
    a: str
    b: str
    same_duplicate_cluster: bool
    same_story_group: bool
    match: Match
    are_digests: list[bool] = Field(description="Whether the text of each is a digest.")
    bodies_are_walls: list[bool] = Field(
        validation_alias="walls", description="Whether the body of each is a wall."
    )
    series: Series | None = Field(
        description="The template of one source that both texts fill in; null if there is none."
    )
    probability: Annotated[float | None, BeforeValidator(_probability)] = Field(
        validation_alias="link", description="P(same event); null if one text is both."
    )
    log_odds: Annotated[float | None, BeforeValidator(_log_odds)] = Field(validation_alias="link")
    evidence: Annotated[list[Evidence], BeforeValidator(_evidence)] = Field(validation_alias="link")
    gap_seconds: Annotated[float | None, BeforeValidator(_seconds)] = Field(validation_alias="gap")
    stories: list[StoryOut]
    mean_probabilities: list[float | None]
    min_probability: float
    max_gap_seconds: Annotated[float, BeforeValidator(_seconds)] = Field(validation_alias="max_gap")


class RelationOut(BaseModel):
    """Two related stories, and why they are related."""

    earlier: str
    later: str
    kind: RelationKind
    strength: float = Field(description="From 0 to 1: grows with what both share, fades with time.")
    cosine: float
    gap_seconds: Annotated[float | None, BeforeValidator(_seconds)] = Field(
        validation_alias="gap", description="Between the beginnings; null without a date."
    )
    shared_bits: float
    shared_terms: tuple[str, ...]
    shared_names: tuple[str, ...]


class RelatedOut(BaseModel):
    """The relations of one story."""

    relations: list[RelationOut]


class ChangesOut(BaseModel):
    """Events of stories, in order."""

    changes: list[StoryEvent]
    last: int = Field(description="The `since` that gives the events after these.")


class Health(BaseModel):
    """Whether the server is well."""

    status: Literal["ok", "ready"]
