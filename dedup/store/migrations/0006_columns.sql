-- What is computed of the articles is in columns beside the store. The table of verified copies
-- stays, empty, and so do the columns of articles with signatures, vectors and profiles, of which
-- their checksums are, too: what is written from now on has nothing in them.
DELETE FROM matches;
