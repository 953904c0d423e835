"""What there is to say of one article: it is a digest, a wall, of a series, a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dedup.output.wording import counted

WALL = "the headline stands for the article"
ONE_PAGE = "one page (same source and address)"
"""Words for a wall, and for what versions are of, wherever they are told."""

RemarkKind = Literal["digest", "wall", "series", "version"]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that there is to say of an article.

    Args:
        kind: What it is.
        sentence: What this means, with its figures.
    """

    kind: RemarkKind
    sentence: str


def remarks_on(
    id: str,
    *,
    is_digest: bool,
    is_wall: bool,
    template: str = "",
    versions: Sequence[str] = (),
) -> tuple[Remark, ...]:
    """All that there is to say of an article.

    Args:
        id: Its id.
        is_digest: Whether its text is a digest, see `CopyType`.
        is_wall: Whether its body is a wall.
        template: The template of its source that its text fills in, in words; empty if none.
        versions: Ids of the versions of its page, the latest last; none if there is only this one.

    >>> remarks_on("b", is_digest=False, is_wall=False, versions=["a", "b"])[0].sentence
    'It replaced 1 earlier version of one page (same source and address), which counts once.'
    """
    remarks: list[Remark] = []
    if is_digest:
        remarks.append(
            Remark(
                "digest",
                "It has whole texts in it that are no copies of each other, and represents none "
                "of them.",
            )
        )
    if is_wall:
        remarks.append(Remark("wall", f"Its body is a wall: {WALL}."))
    if template:
        template = f"{template[0].upper()}{template[1:]}"
        remarks.append(
            Remark(
                "series",
                f"{template}. They differ in names, numbers and days, and are no copies of each "
                "other.",
            )
        )
    if versions and versions[-1] == id:
        earlier = counted(len(versions) - 1, "earlier version")
        remarks.append(
            Remark("version", f"It replaced {earlier} of {ONE_PAGE}, which counts once.")
        )
    elif versions:
        remarks.append(
            Remark("version", f"A later version of {ONE_PAGE}, which counts once, replaced it.")
        )
    return tuple(remarks)
