"""Which news articles are copies of one text, and which cover the same event, in any language.

    import dedup

    result = dedup.cluster(dedup.read_articles(["articles.jsonl"]))
    for story in result.story_groups:
        print(story.texts, story.languages, story.headline)

The public names are these and no others. They are loaded when first used, so
that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.against import HeldTexts, find_copies
    from dedup.config import Config
    from dedup.description.explanation import Why
    from dedup.doctor import Checkup, Finding, examine, examine_file, plot_checkup
    from dedup.encoders import Encoder, load_encoder
    from dedup.errors import (
        ConfigError,
        DedupError,
        EncoderError,
        EngineError,
        InputError,
        MissingExtraError,
        NotFoundError,
        OutputError,
        StoreError,
    )
    from dedup.evaluation import Evaluation, evaluate, evaluate_files
    from dedup.index.records import IndexStats, Neighbor, QueryAnswer, StoryPage
    from dedup.index.story_index import StoryIndex
    from dedup.pipeline import cluster
    from dedup.readers.files import read_articles
    from dedup.records import (
        Article,
        CleanText,
        DuplicateCluster,
        DuplicateMember,
        Evidence,
        Match,
        Problem,
        Removal,
        StoryGroup,
        StoryLink,
        StoryMember,
        StoryRelation,
        Summary,
    )
    from dedup.report import write_report
    from dedup.result import Result
    from dedup.store import Placement, StoredArticle, StoryEvent

__version__ = "0.1.0"

__all__ = [
    "Article",
    "Checkup",
    "CleanText",
    "Config",
    "ConfigError",
    "DedupError",
    "DuplicateCluster",
    "DuplicateMember",
    "Encoder",
    "EncoderError",
    "EngineError",
    "Evaluation",
    "Evidence",
    "Finding",
    "HeldTexts",
    "IndexStats",
    "InputError",
    "Match",
    "MissingExtraError",
    "Neighbor",
    "NotFoundError",
    "OutputError",
    "Placement",
    "Problem",
    "QueryAnswer",
    "Removal",
    "Result",
    "StoreError",
    "StoredArticle",
    "StoryEvent",
    "StoryGroup",
    "StoryIndex",
    "StoryLink",
    "StoryMember",
    "StoryPage",
    "StoryRelation",
    "Summary",
    "Why",
    "__version__",
    "cluster",
    "evaluate",
    "evaluate_files",
    "examine",
    "examine_file",
    "find_copies",
    "load_encoder",
    "plot_checkup",
    "read_articles",
    "write_report",
]

_MODULES = {
    "against": ("HeldTexts", "find_copies"),
    "config": ("Config",),
    "doctor": ("Checkup", "Finding", "examine", "examine_file", "plot_checkup"),
    "encoders": ("Encoder", "load_encoder"),
    "errors": (
        "ConfigError",
        "DedupError",
        "EncoderError",
        "EngineError",
        "InputError",
        "MissingExtraError",
        "NotFoundError",
        "OutputError",
        "StoreError",
    ),
    "evaluation": ("Evaluation", "evaluate", "evaluate_files"),
    "index": ("StoryIndex",),
    "index.records": ("IndexStats", "Neighbor", "QueryAnswer", "StoryPage"),
    "pipeline": ("cluster",),
    "readers": ("read_articles",),
    "records": (
        "Article",
        "CleanText",
        "DuplicateCluster",
        "DuplicateMember",
        "Evidence",
        "Match",
        "Problem",
        "Removal",
        "StoryGroup",
        "StoryLink",
        "StoryMember",
        "StoryRelation",
        "Summary",
    ),
    "report": ("write_report",),
    "result": ("Result", "Why"),
    "store": ("Placement", "StoredArticle", "StoryEvent"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (the module's own names)
    if name in _HOME:
        return getattr(import_module(f"dedup.{_HOME[name]}"), name)
    raise AttributeError(f"module 'dedup' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
