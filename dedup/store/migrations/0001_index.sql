-- Times are microseconds since 1970 UTC; checksums are XXH3 of the other columns.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE articles (
    id TEXT NOT NULL PRIMARY KEY,
    published_at BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    time_given SMALLINT NOT NULL,
    digest TEXT NOT NULL,
    source TEXT NOT NULL,
    language TEXT NOT NULL,
    url TEXT NOT NULL,
    format INTEGER NOT NULL,
    title TEXT NOT NULL,
    clean_title TEXT, -- NULL: as title
    removed TEXT NOT NULL, -- JSON: [[text, reason], ...]
    text TEXT NOT NULL,
    clean_text TEXT, -- NULL: as text
    signature BLOB NOT NULL,
    vectors BLOB NOT NULL,
    profile BLOB NOT NULL,
    checksum BIGINT NOT NULL
);
CREATE INDEX articles_by_time ON articles (published_at, id);
CREATE INDEX articles_by_source ON articles (source, published_at, id);

CREATE TABLE places (
    id TEXT NOT NULL PRIMARY KEY
        REFERENCES articles (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    duplicate_cluster TEXT NOT NULL,
    representative TEXT NOT NULL,
    copy_type TEXT NOT NULL,
    jaccard DOUBLE PRECISION NOT NULL,
    containment DOUBLE PRECISION NOT NULL,
    story TEXT NOT NULL,
    probability DOUBLE PRECISION
);
CREATE INDEX places_by_cluster ON places (duplicate_cluster, id);

-- Verified copies; each text goes by the first article that has it.
CREATE TABLE matches (
    a TEXT NOT NULL,
    b TEXT NOT NULL,
    jaccard DOUBLE PRECISION NOT NULL,
    containment_a DOUBLE PRECISION NOT NULL,
    containment_b DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE INDEX matches_by_b ON matches (b);

CREATE TABLE stories (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    heir TEXT NOT NULL,
    first_seen BIGINT NOT NULL, -- the smallest number of 64 bits: none of its articles is dated
    last_seen BIGINT NOT NULL,
    texts BIGINT NOT NULL,
    search TEXT NOT NULL,
    record TEXT, -- JSON of the story group; NULL unless open
    checksum BIGINT NOT NULL
);
-- The columns after `id` are only filtered by, without a look at the table.
CREATE INDEX stories_latest ON stories (last_seen DESC, id, first_seen, texts)
    WHERE state = 'open';
CREATE INDEX stories_first ON stories (first_seen DESC, id, last_seen, texts)
    WHERE state = 'open';
CREATE INDEX stories_largest ON stories (texts DESC, id, first_seen, last_seen)
    WHERE state = 'open';

-- Languages and sources of open story groups.
CREATE TABLE story_marks (
    kind TEXT NOT NULL, -- language, source
    value TEXT NOT NULL,
    story TEXT NOT NULL,
    PRIMARY KEY (kind, value, story)
) WITHOUT ROWID;
CREATE INDEX story_marks_by_story ON story_marks (story);

CREATE TABLE events (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    story TEXT NOT NULL,
    other TEXT NOT NULL,
    added TEXT NOT NULL, -- JSON: [id, ...]
    removed TEXT NOT NULL,
    checksum BIGINT NOT NULL
);
CREATE INDEX events_by_story ON events (story, number);
