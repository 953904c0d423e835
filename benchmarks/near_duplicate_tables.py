"""The measurements of near-duplicates as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any


def peers_tables(saved: dict[str, Any]) -> str:
    """The comparison with the peers, a table for each corpus."""
    lines: list[str] = []
    for compared in saved["compared"]:
        lines += [
            f"**{compared['corpus'].capitalize()}**, {compared['articles']:,} texts:",
            "",
            "| system | cores | texts per CPU-second | CPU time / ours | peak MB | pairs P / R "
            "| clusters P / R |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *map(_peer_row, compared["rows"]),
            "",
        ]
    return "\n".join(lines).rstrip()


def goals_table(saved: dict[str, Any], start_up: dict[str, Any]) -> str:
    """What was wanted and what was measured, a row each."""
    planted, *real = saved["compared"]
    slower = {row["system"]: row["times_slower_than_dedup"] for row in planted["rows"]}
    ours = planted["rows"][0]
    rensa = {
        compared["corpus"]: row["times_slower_than_dedup"]
        for compared in real
        for row in compared["rows"]
        if row["system"] == "rensa"
    }
    template, live, million = saved["template"], saved["live"], saved["million"]
    rows = [
        (
            f"{planted['articles']:,} texts to verified clusters, one core: 12 x datasketch tuned, "
            "4.5 x rensa, 2.5 x Daft",
            f"{slower['datasketch tuned']:.1f} x, {slower['rensa']:.1f} x, {slower['daft']:.1f} x",
        ),
        (
            "pairs at Jaccard .8 / .7: precision 1, recall .995 / .99",
            f"precision {ours['precision_0.8']:.3f} / {ours['precision_0.7']:.3f}, "
            f"recall {ours['recall_0.8']:.4f} / {ours['recall_0.7']:.4f}",
        ),
        (
            f"one template, {template['articles']:,} texts, every pair at Jaccard .615: largest "
            "cluster 1, bounded work",
            f"{template['largest_cluster']}, "
            f"{template['verified_pairs_per_article']} pairs verified per text",
        ),
        (
            "real news, the same precision and recall: 4 x rensa",
            ", ".join(f"{name} {ratio:.1f} x" for name, ratio in rensa.items()),
        ),
        (
            f"{million['articles']:,} texts, Parquet to verified clusters, all cores: 120 s, 6 GB",
            f"{million['wall_seconds']:.0f} s, {million['peak_memory_mb'] / 1024:.1f} GB",
        ),
        (
            f"live index of {live['articles']:,} texts, add and query: 100 us (p50), 400 us (p99)",
            f"{live['add_and_query_p50_us']:.0f} us, {live['add_and_query_p99_us']:.0f} us; "
            f"remove {live['remove_p50_us']:.0f} us",
        ),
        (
            "memory at rest, without the texts: 1,000 bytes each",
            f"{live['bytes_per_article_without_text']:,} bytes",
        ),
        (
            f"`dedup cluster` on {start_up['articles']} short articles, a whole process: 2 s, the "
            "first run ever 3 s more",
            f"{start_up['warm_run_seconds']:.1f} s, the first run "
            f"{start_up['first_run_seconds']:.1f} s",
        ),
    ]
    return "\n".join(
        ["| goal | measured |", "|---|---|", *(f"| {goal} | {value} |" for goal, value in rows)]
    )


def compared_table(near: Mapping[str, Any], stories: Mapping[str, Any]) -> str:
    """What was measured of the systems that the README compares, a figure a row."""
    planted = near["compared"][0]
    copies = {row["system"]: row for row in planted["rows"] if row["threads"] == 1}
    f1: dict[str, list[float]] = {"dedup": [], "HDBSCAN": []}
    for row in stories["rows"]:
        for system in row["systems"]:
            if system["system"] in f1 and system["vectors"] == "bundled":
                f1[system["system"]].append(system["b_cubed"]["f1"])
    ours, sketched = copies["dedup"], copies["datasketch tuned"]
    rows = [
        ("", "dedup", "datasketch", "HDBSCAN, which BERTopic groups with"),
        ("---", "--:", "--:", "--:"),
        (
            f"texts per CPU-second, {planted['corpus']} texts of 300 words, one core",
            *(f"{row['articles_per_cpu_second']:,}" for row in (ours, sketched)),
            "-",
        ),
        (
            "copies at Jaccard .8 and above: precision / recall",
            *(f"{row['precision_0.8']:.3f} / {row['recall_0.8']:.3f}" for row in (ours, sketched)),
            "-",
        ),
        (
            f"stories: mean B-cubed F1 over {len(f1['dedup'])} sets, the same vectors",
            f"{fmean(f1['dedup']):.3f}",
            "-",
            f"{fmean(f1['HDBSCAN']):.3f}",
        ),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("| --- |", "|---|")


def _peer_row(row: dict[str, Any]) -> str:
    return (
        f"| {row['system']} | {row['threads']} | {row['articles_per_cpu_second']:,} | "
        f"{row['times_slower_than_dedup']:.1f} | {row['peak_memory_mb']:,} | "
        f"{row['precision_0.8']:.3f} / {row['recall_0.8']:.3f} | "
        f"{row['cluster_precision']:.3f} / {row['cluster_recall']:.3f} |"
    )
