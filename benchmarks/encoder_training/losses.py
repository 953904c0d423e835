"""The two losses, with their gradients.

Contrastive: of all texts of the other side of the batch, the translation is the nearest.
Source: van den Oord et al. 2018, "Representation Learning with Contrastive Predictive
Coding"; in both directions as in Radford et al. 2021 (CLIP).

Relational: the similarities within a batch are distributed as the teacher's are.
Source: Fang et al. 2021, "SEED: Self-supervised Distillation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

_NEVER = -1e4

Float16s = npt.NDArray[np.float16]
Float32s = npt.NDArray[np.float32]


def contrast(x: Float32s, y: Float32s, temperature: float) -> tuple[float, Float32s, Float32s]:
    """Loss over the pairs (x[i], y[i]), and its gradients by x and y, shape (n, dim)."""
    import torch

    sides = _Sides(x, y)
    logits = sides.cosines() / temperature
    by_row = torch.softmax(logits, 1)
    by_column = torch.softmax(logits, 0)
    there = by_row.diagonal().clamp_min(1e-12), by_column.diagonal().clamp_min(1e-12)
    loss = -float(there[0].log().mean() + there[1].log().mean()) / 2
    slope = by_row.add_(by_column)
    slope.diagonal().sub_(2)
    slope /= 2 * len(x) * temperature
    return loss, *sides.gradients(slope)


def imitate(
    x: Float32s,
    y: Float32s,
    taught_x: Float16s,
    taught_y: Float16s,
    temperature: float,
    teacher_temperature: float,
) -> tuple[float, Float32s, Float32s]:
    """Divergence of the similarities of x to y from the teacher's, and its gradients.

    y may be of other languages than the texts that the teacher saw for it.
    """
    import torch

    sides = _Sides(x, y)
    logits = sides.cosines() / temperature
    wanted = torch.from_numpy(taught_x).bfloat16() @ torch.from_numpy(taught_y).bfloat16().T
    wanted = wanted.float() / teacher_temperature
    slope = torch.zeros_like(logits)
    loss = 0.0
    for axis in (0, 1):
        target = torch.softmax(wanted, axis)
        log_made = torch.log_softmax(logits, axis)
        loss -= float((target * log_made).sum() / len(x)) / 2
        slope += log_made.exp_() - target
    slope /= 2 * len(x) * temperature
    return loss, *sides.gradients(slope)


def imitate_within(
    x: Float32s, taught: Float16s, temperature: float, teacher_temperature: float
) -> tuple[float, Float32s]:
    """Divergence of the similarities of texts to the others from the teacher's, and its gradient.

    Args:
        x: What is learned of n texts, float32 of shape (n, dim).
        taught: The teacher's vectors of them, float16 of shape (n, d).
        temperature: Of the similarities of x.
        teacher_temperature: Of those of the teacher.
    """
    import torch

    sides = _Sides(x, x)
    itself = torch.eye(len(x), dtype=torch.bool)
    logits = (sides.cosines() / temperature).masked_fill_(itself, _NEVER)
    vectors = torch.from_numpy(taught).float()
    wanted = (vectors @ vectors.T / teacher_temperature).masked_fill_(itself, _NEVER)
    target, log_made = torch.softmax(wanted, 1), torch.log_softmax(logits, 1)
    apart = target.clamp_min(1e-12).log() - log_made
    loss = float((target * apart).sum() / len(x))
    slope = ((log_made.exp_() - target) / (len(x) * temperature)).masked_fill_(itself, 0)
    by_rows, by_columns = sides.gradients(slope)
    return loss, by_rows + by_columns


class _Sides:
    """The two sides of a batch as unit vectors; products in bfloat16, twice as fast."""

    def __init__(self, x: Float32s, y: Float32s) -> None:
        self._a, self._a_length = _unit(x)
        self._b, self._b_length = _unit(y)

    def cosines(self) -> torch.Tensor:
        return (self._a.bfloat16() @ self._b.bfloat16().T).float()

    def gradients(self, slope: torch.Tensor) -> tuple[Float32s, Float32s]:
        """Gradients by x and y, from the gradient by the cosines."""
        half = slope.bfloat16()
        return (
            _through_unit((half @ self._b.bfloat16()).float(), self._a, self._a_length),
            _through_unit((half.T @ self._a.bfloat16()).float(), self._b, self._b_length),
        )


def _unit(rows: Float32s) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    vectors = torch.from_numpy(rows)
    length = vectors.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return vectors / length, length


def _through_unit(slope: torch.Tensor, unit: torch.Tensor, length: torch.Tensor) -> Float32s:
    """Gradient by a vector, from the gradient by its unit vector."""
    gradient: Float32s = ((slope - unit * (slope * unit).sum(1, keepdim=True)) / length).numpy()
    return gradient
