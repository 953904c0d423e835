-- How exactly the time of an article is known: 0 to the day, 1 to the minute, 2 to the second.
ALTER TABLE articles ADD COLUMN date_precision SMALLINT NOT NULL DEFAULT 2;
