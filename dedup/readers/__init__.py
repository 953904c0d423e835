"""The step `read`: files, folders, standard input, dicts and Arrow tables -> `Article`s."""

from __future__ import annotations

from dedup.readers.fields import article_from_mapping, as_articles
from dedup.readers.files import read_articles, total_bytes
from dedup.readers.problems import OnProblem

__all__ = ["OnProblem", "article_from_mapping", "as_articles", "read_articles", "total_bytes"]
