-- Articles of archived story groups: they are read, and compared with nothing that arrives.

CREATE TABLE archived (
    id TEXT NOT NULL PRIMARY KEY
        REFERENCES articles (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    representative SMALLINT NOT NULL -- 1 if it represents its text, else 0
) WITHOUT ROWID;
INSERT INTO archived (id, representative)
    SELECT id, CASE WHEN stands_at IS NULL THEN 0 ELSE 1 END FROM shelved;
-- The tables of before stay, empty: without them each new file would begin with free pages.
DELETE FROM shelved_keys;
DELETE FROM shelved;
DELETE FROM parcels;
