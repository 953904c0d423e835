-- What of open story groups says which belong to one affair. Empty for one that is not open any
-- more; whoever remembers the largest version can ask for what is newer.
CREATE TABLE outlines (
    story TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    outline BLOB NOT NULL
);
CREATE INDEX outlines_by_version ON outlines (version, story);
