"""The training loop: steps of several kinds, drawn at random from one seed."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.encoder_training.batches import News, Pairs, Texts
from benchmarks.encoder_training.distillation import Taught
from benchmarks.encoder_training.losses import contrast, imitate, imitate_within
from benchmarks.encoder_training.table import Table

Float16s = npt.NDArray[np.float16]


_LONG = ("sent", "news", "halves", "taught_news")
_DISTILLED = "distilled"


@dataclass(frozen=True)
class Recipe:
    """How long and with what the encoder is trained.

    Args:
        steps: Number of steps.
        dim: Dimensions.
        batch: Pairs in a step of translations.
        news_batch: Items in a step of news.
        rate: Learning rate after warm-up; falls to 0 on a cosine.
        temperature: Of both losses.
        teacher_temperature: Of the teacher's similarities.
        warm_up: Steps until the rate is reached.
        dropped: Share of pieces left out of long texts at each step, so that no piece
            can rely on another one being there.
        mix: How often each kind of step is drawn: pairs by kind; title and lead of one
            news item; the two halves of a lead; title and lead with the English teacher;
            texts of all languages with the multilingual one.
        seed: Of everything random.
    """

    steps: int = 32_000
    dim: int = 256
    batch: int = 2048
    news_batch: int = 1024
    rate: float = 1.5e-2
    temperature: float = 0.05
    teacher_temperature: float = 0.05
    warm_up: int = 300
    dropped: float = 0.2
    mix: dict[str, float] = field(
        default_factory=lambda: {
            "sent": 0.62,
            "lex": 0.1,
            "name": 0.08,
            "name2": 0.04,
            "news": 0.08,
            "halves": 0.06,
            "taught_news": 0.06,
        }
    )
    seed: int = 1


DISTILLATION = Recipe(
    steps=10_000,
    news_batch=768,
    rate=3e-3,
    warm_up=50,
    mix={
        "sent": 0.417,
        "lex": 0.05,
        "name": 0.058,
        "name2": 0.042,
        "news": 0.05,
        "halves": 0.033,
        _DISTILLED: 0.35,
    },
)
"""How a table that knows translations learns from the multilingual teacher."""


@dataclass(frozen=True)
class Material:
    """All that the encoder is trained on.

    Args:
        pairs: Translations by kind.
        news: News items.
        taught_titles: Teacher's vectors of the English news titles.
        taught_leads: Teacher's vectors of the English news leads.
        taught: Texts of all languages with the multilingual teacher's vectors.
    """

    pairs: dict[str, Pairs]
    news: News
    taught_titles: Float16s
    taught_leads: Float16s
    taught: Taught


def train(recipe: Recipe, material: Material, table: Table) -> None:
    """Train the table in place; the losses are printed after every twentieth of the steps."""
    generator = np.random.default_rng(recipe.seed)
    kinds = generator.choice(
        list(recipe.mix),
        recipe.steps,
        p=np.array(list(recipe.mix.values())) / sum(recipe.mix.values()),
    )
    losses: dict[str, list[float]] = defaultdict(list)
    started = time.monotonic()
    for step, kind in enumerate(kinds.tolist()):
        progress = step / recipe.steps
        rate = (
            recipe.rate * min(1, (step + 1) / recipe.warm_up) * (1 + np.cos(np.pi * progress)) / 2
        )
        losses[kind].append(_step(kind, recipe, material, table, rate, generator))
        if (step + 1) % max(1, recipe.steps // 20) == 0:
            shown = " ".join(f"{k} {np.mean(v[-100:]):.3f}" for k, v in sorted(losses.items()))
            print(f"{step + 1:,} steps, {time.monotonic() - started:.0f} s: {shown}", flush=True)


def _step(
    kind: str,
    recipe: Recipe,
    material: Material,
    table: Table,
    rate: float,
    generator: np.random.Generator,
) -> float:
    if kind == _DISTILLED:
        return _distill(recipe, material.taught, table, rate, generator)
    taught = None
    if kind in material.pairs:
        pairs = material.pairs[kind]
        left, right = (pairs.texts.take(side) for side in pairs.draw(recipe.batch, generator))
    else:
        news = material.news
        count = len(news.english) if kind == "taught_news" else len(news.titles.offsets) - 1
        rows = generator.choice(count, recipe.news_batch, replace=False)
        if kind == "taught_news":
            taught = material.taught_titles[rows], material.taught_leads[rows]
            rows = news.english[rows]
        left, right = (
            news.leads.take(rows).halves()
            if kind == "halves"
            else (news.titles.take(rows), news.leads.take(rows))
        )
    if kind in _LONG:
        left, right = (side.thinned(recipe.dropped, generator) for side in (left, right))
    both = Texts(
        np.concatenate((left.rows, right.rows)),
        np.concatenate((left.offsets, right.offsets[1:] + left.offsets[-1])),
    )
    x, y = np.split(table.sums(both), 2)
    if taught is None:
        loss, *slopes = contrast(x, y, recipe.temperature)
    else:
        loss, *slopes = imitate(x, y, *taught, recipe.temperature, recipe.teacher_temperature)
    table.update(both, np.concatenate(slopes), rate)
    return loss


def _distill(
    recipe: Recipe, taught: Taught, table: Table, rate: float, generator: np.random.Generator
) -> float:
    chosen = taught.draw(generator)
    texts = taught.texts.take(chosen).thinned(recipe.dropped / 2, generator)
    loss, slopes = imitate_within(
        table.sums(texts),
        taught.vectors[chosen],
        recipe.temperature,
        recipe.teacher_temperature,
    )
    table.update(texts, slopes, rate)
    return loss
