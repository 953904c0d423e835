"""Files of labels: which cluster each article is in, and its language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dedup.errors import InputError
from dedup.readers.tables import cell_text, present_column, read_table

_LANGUAGE_COLUMNS = ("language", "lang")


def read_labels(
    path: str | Path, *, id_column: str = "id", label_columns: Sequence[str] = ("cluster",)
) -> tuple[dict[str, str], dict[str, str]]:
    """Clusters and languages by id, from a table of articles.

    Args:
        path: .jsonl, .ndjson, .csv, .tsv or .parquet, plain or as .gz, .xz or .zst.
        id_column: Column of the ids.
        label_columns: The first of these that exists contains the clusters.

    Returns:
        Cluster by id, without the rows whose cluster is empty; and lower-case
        language by id, where column `language` or `lang` has one.

    Raises:
        InputError: The file cannot be read or lacks a column, a row has a
            cluster but no id, or an id has two clusters.
    """
    columns, rows = read_table(path, {id_column, *label_columns, *_LANGUAGE_COLUMNS})
    id_column = present_column(path, columns, [id_column])
    label_column = present_column(path, columns, label_columns)
    labels: dict[str, str] = {}
    languages: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        id, label = cell_text(row.get(id_column)), cell_text(row.get(label_column))
        language = next(filter(None, (cell_text(row.get(name)) for name in _LANGUAGE_COLUMNS)), "")
        if language and id:
            languages[id] = language.lower()
        if not label:
            continue
        if not id:
            raise InputError(
                f"{path}: row {number} has {label_column} {label!r} but no {id_column}"
            )
        if labels.setdefault(id, label) != label:
            raise InputError(
                f"{path}: {id_column} {id!r} is in {label_column} {labels[id]!r} "
                f"and in {label!r}: keep one row of it"
            )
    return labels, languages
