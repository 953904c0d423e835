"""The layers of the package, and the diagram of its folders and of the imports between them.

    python -m benchmarks.architecture

Writes `docs/images/architecture.svg` from the code. `tests/test_docs.py` fails when it is stale,
`tests/test_surface.py` when an import does not go down.

An arrow says that a module of one folder imports one of the other. Arrows that follow from others
are left out (transitive reduction); all arrows to one folder run together in one lane. Rows are
ordered and placed as layered graphs usually are: by the means of the neighbours in the rows above
and below, and then by the closest places that keep the order.

Source: Sugiyama, Tagawa and Toda, Methods for Visual Understanding of Hierarchical System
Structures, 1981.
"""

from __future__ import annotations

import ast
import math
from functools import cache
from html import escape
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dedup"
DIAGRAM = ROOT / "docs" / "images" / "architecture.svg"

LAYERS: tuple[dict[str, str], ...] = (
    {
        "weights": "foundation: fitted tables",
        "compute": "foundation: arrays, processes",
        "records": "foundation: what is passed on",
        "errors": "foundation: what is raised",
    },
    {
        "text": "foundation: terms, dates",
        "store": "foundation: SQLite, Postgres",
        "settings": "foundation: reading TOML",
        "output": "foundation: tables, figures",
    },
    {"config": "foundation: all settings", "articles": "foundation: one article"},
    {
        "duplicates": "step: texts to copies",
        "encoders": "step: texts to vectors",
        "cleaning": "step: pages to texts",
        "readers": "step: files to articles",
    },
    {"stories": "step: texts to stories", "evaluation": "description: scores by labels"},
    {"description": "description: headlines, reasons"},
    {"result": "description: what a run returns"},
    {
        "pipeline": "driver: all steps, once",
        "report": "description: a page to read",
        "doctor": "description: what looks wrong",
        "against": "driver: copies of another set",
    },
    {"index": "driver: all steps, live", "calibration": "driver: fits the weights"},
    {"dedup": "interface: Python"},
    {
        "spark": "driver: many machines",
        "server": "interface: HTTP, pages",
        "bench": "driver: time and memory",
        "feeds": "driver: polling feeds",
    },
    {"cli": "interface: command line"},
    {"__main__": "interface: python -m dedup"},
)
"""Folders and modules of the package by layer, the lowest first, each with its kind and purpose.

Each imports from below its own layer only. `dedup` is the face of the package,
`dedup/__init__.py`.
"""
COLORS = {
    "interface": ("#7a4fb5", "#b794f0"),
    "driver": ("#b3541e", "#f0a070"),
    "description": ("#1d7a5f", "#6fcfae"),
    "step": ("#1f6fb2", "#7cb8f0"),
    "foundation": ("#5f6773", "#aab2bf"),
}
"""Kinds from top to bottom, each with its colour on white and on black."""

_WIDTH, _HEIGHT, _LANE, _GAP, _RISE, _MARGIN = 148, 42, 8, 18, 34, 28
_SWEEPS = 24

Node = tuple[str, int]
"""A folder and a row: the row of its box, or one above it through which its lane runs."""


@cache
def modules() -> dict[str, ast.Module]:
    """All modules of the package by their dotted names, parsed."""
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def imports() -> dict[str, set[str]]:
    """Modules of the package that each one imports, in functions and for types too."""
    return {name: _imported(name, tree) for name, tree in modules().items()}


def _imported(module: str, tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in modules() else node.module or "")
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return (names & set(modules())) - {module}


def folder_of(module: str) -> str:
    """The folder directly under the package, or the flat module, that a module is in."""
    return [*module.split("."), module][1] if "." in module else "dedup"


def arrows() -> set[tuple[str, str]]:
    """Imports between folders, without those that follow from others."""
    targets: dict[str, set[str]] = {}
    for module, others in imports().items():
        source = folder_of(module)
        targets.setdefault(source, set()).update(set(map(folder_of, others)) - {source})
    below: dict[str, set[str]] = {}
    for layer in LAYERS:
        for source in layer:
            below[source] = targets[source].union(*(below[target] for target in targets[source]))
    return {
        (source, target)
        for source, direct in targets.items()
        for target in direct
        if not any(target in below[other] for other in direct)
    }


def diagram() -> str:
    """The diagram as SVG, for light and dark pages."""
    rows, edges = _layered(arrows())
    rows = _ordered(rows, edges)
    places = _placed(rows, edges)
    width = max(places.values()) + _WIDTH // 2 + _MARGIN
    height = len(rows) * (_HEIGHT + _RISE) + 2 * _MARGIN
    lines = [_path(edge, edges, places) for edge in sorted(edges)]
    lines += [_lane(node, places[node]) for node in sorted(places) if not _is_box(node)]
    boxes = [_box(node, places[node]) for node in sorted(places) if _is_box(node)]
    return "\n".join([*_head(width, height), *lines, *boxes, *_legend(width, height), "</svg>\n"])


def _heights() -> dict[str, int]:
    return {folder: row for row, layer in enumerate(LAYERS) for folder in layer}


def _is_box(node: Node) -> bool:
    return node[0] in LAYERS[node[1]]


def _layered(arrows: set[tuple[str, str]]) -> tuple[list[list[Node]], set[tuple[Node, Node]]]:
    """Nodes by row and edges between neighbouring rows; the lanes of one folder are shared."""
    heights = _heights()
    rows: list[list[Node]] = [
        [(folder, row) for folder in layer] for row, layer in enumerate(LAYERS)
    ]
    edges = set()
    for source, target in sorted(arrows):
        upper = (source, heights[source])
        for row in range(heights[source] - 1, heights[target] - 1, -1):
            lower = (target, row)
            edges.add((upper, lower))
            if lower not in rows[row]:
                rows[row].append(lower)
            upper = lower
    return rows, edges


def _ordered(rows: list[list[Node]], edges: set[tuple[Node, Node]]) -> list[list[Node]]:
    """Rows in the order with the fewest crossings that the sweeps met."""
    best = rows
    for sweep in range(_SWEEPS):
        rows = [list(row) for row in rows]
        order = range(len(rows)) if sweep % 2 else range(len(rows) - 1, -1, -1)
        for number in order:
            side = number - 1 if sweep % 2 else number + 1
            if 0 <= side < len(rows):
                rows[number] = _by_neighbors(rows[number], rows[side], edges)
        for number in range(len(rows)):
            _swap_neighbors(rows, number, edges)
        best = min(best, rows, key=lambda candidate: _all_crossings(candidate, edges))
    return best


def _by_neighbors(row: list[Node], other: list[Node], edges: set[tuple[Node, Node]]) -> list[Node]:
    ranks = {node: rank / max(len(other) - 1, 1) for rank, node in enumerate(other)}

    def mean(node: Node) -> float:
        near = [ranks[end] for edge in edges if node in edge for end in edge if end in ranks] or [
            row.index(node) / max(len(row) - 1, 1)
        ]
        return round(sum(near) / len(near), 6)

    return sorted(row, key=lambda node: (mean(node), row.index(node)))


def _swap_neighbors(rows: list[list[Node]], number: int, edges: set[tuple[Node, Node]]) -> None:
    row = rows[number]
    for left in range(len(row) - 1):
        before = _crossings(rows, number, edges)
        row[left : left + 2] = row[left : left + 2][::-1]
        if _crossings(rows, number, edges) >= before:
            row[left : left + 2] = row[left : left + 2][::-1]


def _crossings(rows: list[list[Node]], number: int, edges: set[tuple[Node, Node]]) -> int:
    """Crossings of the edges above and below a row."""
    return sum(
        _between(rows[upper], rows[upper - 1], edges)
        for upper in (number, number + 1)
        if 0 < upper < len(rows)
    )


def _all_crossings(rows: list[list[Node]], edges: set[tuple[Node, Node]]) -> int:
    return sum(_between(rows[upper], rows[upper - 1], edges) for upper in range(1, len(rows)))


def _between(upper: list[Node], lower: list[Node], edges: set[tuple[Node, Node]]) -> int:
    ends = [
        (upper.index(first), lower.index(second))
        for first, second in edges
        if first in upper and second in lower
    ]
    return sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))


def _placed(rows: list[list[Node]], edges: set[tuple[Node, Node]]) -> dict[Node, int]:
    """The x of the middle of each node, in pixels: near its neighbours, none overlapping."""
    offsets = {}
    for row in rows:
        offset = 0
        for left, node in zip([None, *row], row, strict=False):
            offset += 0 if left is None else _apart(left, node)
            offsets[node] = offset
    widest = max(offsets.values())
    places = {
        node: offsets[node] + (widest - offsets[row[-1]]) // 2 for row in rows for node in row
    }
    for _ in range(3 * _SWEEPS):
        for row in [*rows, *rows[::-1]]:
            wanted = [_mean_place(node, places, edges) - offsets[node] for node in row]
            fitted = isotonic_regression(
                wanted, weights=[1 if _is_box(node) else 8 for node in row]
            ).x
            places |= {
                node: round(float(np.round(x, 3))) + offsets[node]
                for node, x in zip(row, fitted, strict=True)
            }
    for target in _heights():
        _straighten(target, rows, places)
    leftmost = min(x - _size(node) // 2 for node, x in places.items())
    return {node: x - leftmost + _MARGIN for node, x in places.items()}


def _straighten(target: str, rows: list[list[Node]], places: dict[Node, int]) -> None:
    """Make the lane of a folder run straight as far as the nodes beside it allow."""
    stretch: list[Node] = []
    low, high = -math.inf, math.inf
    lane = [(target, row) for row in range(len(rows) - 1, -1, -1) if (target, row) in places]
    for node in lane:
        if _is_box(node):
            continue
        row = rows[node[1]]
        left, right = row[: row.index(node)][-1:], row[row.index(node) + 1 :][:1]
        least = max([places[other] + _apart(other, node) for other in left], default=-math.inf)
        most = min([places[other] - _apart(node, other) for other in right], default=math.inf)
        if max(low, least) > min(high, most):
            stretch, low, high = [], -math.inf, math.inf
        stretch.append(node)
        low, high = max(low, least), min(high, most)
        mean = sum(places[other] for other in stretch) / len(stretch)
        places |= dict.fromkeys(stretch, round(min(max(mean, low), high)))


def _apart(left: Node, right: Node) -> int:
    """How far apart the middles of two neighbours in a row are at least."""
    return (_size(left) + _size(right)) // 2 + _GAP


def _mean_place(node: Node, places: dict[Node, int], edges: set[tuple[Node, Node]]) -> float:
    """Where a node would like to be; lanes are pulled straight."""
    pulls: list[tuple[float, float]] = [
        (places[end], (1, 2, 12)[(not _is_box(node)) + (not _is_box(end))])
        for edge in edges
        if node in edge
        for end in edge
        if end != node
    ]
    if _is_box(node):
        pulls.append((sum(places.values()) / len(places), 0.5))
    return sum(place * pull for place, pull in pulls) / sum(pull for _, pull in pulls)


def _size(node: Node) -> int:
    return _WIDTH if _is_box(node) else _LANE


def _top(row: int) -> int:
    return _MARGIN + (len(LAYERS) - 1 - row) * (_HEIGHT + _RISE)


def _path(edge: tuple[Node, Node], edges: set[tuple[Node, Node]], places: dict[Node, int]) -> str:
    upper, lower = edge
    siblings = sorted((end for start, end in edges if start == upper), key=places.__getitem__)
    spread = (siblings.index(lower) - (len(siblings) - 1) / 2) * 14 if _is_box(upper) else 0
    x, end = round(places[upper] + spread), places[lower]
    y, bottom = _top(upper[1]) + _HEIGHT, _top(lower[1]) - (5 if _is_box(lower) else 0)
    bend = (y + bottom) // 2
    head = ' marker-end="url(#head)"' if _is_box(lower) else ""
    return f'<path d="M{x} {y}C{x} {bend} {end} {bend} {end} {bottom}"{head}/>'


def _lane(node: Node, x: int) -> str:
    return f'<path d="M{x} {_top(node[1])}v{_HEIGHT}"/>'


def _box(node: Node, x: int) -> str:
    folder, row = node
    kind, _, purpose = LAYERS[row][folder].partition(": ")
    name = f"{folder}/" if (PACKAGE / folder).is_dir() else f"{folder}.py"
    name = "__init__.py" if folder == "dedup" else name
    left, top = x - _WIDTH // 2, _top(row)
    return (
        f'<g class="{kind}"><rect x="{left}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{x}" y="{top + 18}" class="name">{name}</text>'
        f'<text x="{x}" y="{top + 33}">{escape(purpose)}</text></g>'
    )


def _legend(width: int, height: int) -> list[str]:
    left = (width - 120 * len(COLORS)) // 2 + 20
    return [
        f'<g class="{kind}"><rect x="{left + 120 * k}" y="{height - 36}" width="14" height="14" '
        f'rx="3"/><text x="{left + 120 * k + 20}" y="{height - 25}" class="kind">{kind}</text></g>'
        for k, kind in enumerate(COLORS)
    ]


def _head(width: int, height: int) -> list[str]:
    def colors(side: int) -> str:
        return "".join(f".{kind}{{--kind:{pair[side]}}}" for kind, pair in COLORS.items())

    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-labelledby="title">',
        '<title id="title">The folders of the package, each above those that it imports</title>',
        "<style>svg{--page:#fff;--ink:#1c2128;--line:#8b949e}"
        f"{colors(0)}"
        "@media (prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--line:#7d8590}"
        f"{colors(1)}}}"
        ".page{fill:var(--page)}"
        "g rect{fill:var(--kind);fill-opacity:.12;stroke:var(--kind);stroke-width:1.2}"
        "path{fill:none;stroke:var(--line);stroke-width:1.2}"
        "marker path{fill:var(--line);stroke:none}"
        "text{font:11px system-ui,sans-serif;fill:var(--ink);text-anchor:middle}"
        ".name{font:600 13px ui-monospace,monospace}"
        ".kind{text-anchor:start;font-size:12px}</style>",
        '<marker id="head" viewBox="0 0 8 8" refX="3" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z"/></marker>',
        f'<rect class="page" width="{width}" height="{height}" rx="8"/>',
    ]


def main() -> None:
    """Write the diagram."""
    DIAGRAM.write_text(diagram(), encoding="utf-8")


if __name__ == "__main__":
    main()
