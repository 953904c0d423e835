-- Articles that left the hot index, in parcels of what hangs together by copies and links.

CREATE TABLE parcels (
    number BIGINT NOT NULL PRIMARY KEY, -- that of its first article
    links BLOB NOT NULL
);

CREATE TABLE shelved (
    number BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
        REFERENCES articles (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    parcel BIGINT NOT NULL,
    source TEXT NOT NULL,
    stands_at BIGINT, -- its time, if it stands for its text
    lines BLOB NOT NULL -- digests of its page and of its lines
);
CREATE INDEX shelved_by_parcel ON shelved (parcel);
CREATE INDEX shelved_by_source ON shelved (source);
CREATE INDEX shelved_by_time ON shelved (stands_at);

-- Buckets of the texts: those of bands and anchors, and one of texts that are equal.
CREATE TABLE shelved_keys (
    bucket BIGINT NOT NULL,
    number BIGINT NOT NULL REFERENCES shelved (number) ON DELETE CASCADE,
    PRIMARY KEY (bucket, number)
) WITHOUT ROWID;
CREATE INDEX shelved_keys_by_number ON shelved_keys (number);
