"""How fast articles are read from each format: rows per second of `read_articles`, one process.

    python -m benchmarks.reading [--articles N] [--save FILE.json]

The articles are generated, and the same in each format. Formats take turns, so that a busy moment
of the machine is not the fault of one of them; the median of three rounds counts. Pages, whose
files are opened one by one, are the first of the articles.
"""

from __future__ import annotations

import argparse
import csv
import html
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.saved import made_by, made_line, save_rows
from dedup.bench.corpus import generate
from dedup.readers.files import read_articles
from dedup.records import Article

ARTICLES = 20_000
ROUNDS = 3
PAGES = 1_000
COLUMNS = ("id", "title", "text", "source", "published_at", "language", "url")
LIBRARIES = ("story-dedup", "pyarrow", "feedparser", "selectolax", "trafilatura")


def rows_of(articles: Sequence[Article]) -> list[dict[str, str]]:
    """Articles as rows of text."""
    return [
        {
            **{column: getattr(article, column) for column in COLUMNS},
            "published_at": article.published_at.isoformat() if article.published_at else "",
        }
        for article in articles
    ]


def as_jsonl(rows: Sequence[dict[str, str]]) -> str:
    """Rows with an object in each line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_table(rows: Sequence[dict[str, str]], separator: str) -> str:
    """Rows as CSV or TSV."""
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, COLUMNS, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue()


def as_rss(rows: Sequence[dict[str, str]]) -> str:
    """Rows as one feed whose texts are HTML."""
    items = (
        f"<item><title>{html.escape(row['title'])}</title><link>{html.escape(row['url'])}</link>"
        f"<guid isPermaLink='false'>{html.escape(row['id'])}</guid>"
        f"<pubDate>{row['published_at']}</pubDate>"
        f"<description>{html.escape(_paragraphs(row['text']))}</description></item>\n"
        for row in rows
    )
    return f"<rss version='2.0'><channel><title>News</title>{''.join(items)}</channel></rss>"


def as_page(row: dict[str, str]) -> str:
    """A row as an HTML page."""
    title = html.escape(row["title"])
    return (
        f"<html lang='{row['language']}'><head><meta charset='utf-8'><title>{title}</title>"
        f"<meta property='article:published_time' content='{row['published_at']}'></head>"
        f"<body><article><h1>{title}</h1>{_paragraphs(row['text'])}</article></body></html>"
    )


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines() if line)


def write_formats(folder: Path, articles: Sequence[Article]) -> dict[str, Path]:
    """Write articles in each format.

    Returns:
        File or folder by the name of its format.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = rows_of(articles)
    texts: dict[str, Callable[[], str]] = {
        "jsonl": lambda: as_jsonl(rows),
        "csv": lambda: as_table(rows, ","),
        "tsv": lambda: as_table(rows, "\t"),
        "rss": lambda: as_rss(rows),
    }
    paths = {name: folder / f"articles.{name}" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text(), encoding="utf-8", newline="")
    paths["parquet"] = folder / "articles.parquet"
    pq.write_table(pa.Table.from_pylist(rows), paths["parquet"])
    for name, page in (("txt", lambda row: f"{row['title']}\n\n{row['text']}"), ("html", as_page)):
        paths[name] = folder / name
        paths[name].mkdir()
        for number, row in enumerate(rows[:PAGES]):
            (paths[name] / f"{number:06}.{name}").write_text(page(row), encoding="utf-8")
    return paths


def measure(articles: int) -> list[dict[str, Any]]:
    """Rows per second of each format: the median of some rounds in which they take turns."""
    with tempfile.TemporaryDirectory() as name:
        generated = [item.article for item in islice(generate(articles), articles)]
        paths = write_formats(Path(name), generated)
        seconds: dict[str, list[float]] = {kind: [] for kind in paths}
        counts: dict[str, int] = {}
        for _ in range(ROUNDS):
            for kind, path in paths.items():
                started = time.perf_counter()
                counts[kind] = sum(1 for _ in read_articles([path]))
                seconds[kind].append(time.perf_counter() - started)
    return [
        {
            "format": kind,
            "articles": counts[kind],
            "seconds": round(statistics.median(seconds[kind]), 3),
            "rows_per_second": round(counts[kind] / statistics.median(seconds[kind])),
        }
        for kind in paths
    ]


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--articles", type=int, default=ARTICLES)
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    command = f"python -m benchmarks.reading --articles {given.articles}"
    provenance = made_by(command, LIBRARIES)
    rows = measure(given.articles)
    print("| format | articles | seconds | rows per second |\n|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['format']} | {row['articles']:,} | {row['seconds']:.2f} "
            f"| {row['rows_per_second']:,} |"
        )
    print(f"\n{made_line(provenance, f'{given.articles:,} generated articles')}")
    if given.save:
        save_rows(given.save, provenance, rows)


if __name__ == "__main__":
    main()
