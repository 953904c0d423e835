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
    sides = _Sides(x, y)
    own = sides.own_logits(temperature)
    right = own.exp()
    # No softmax, which would need float32: e to the 20, the greatest value, is no great number.
    slope = sides.logits(temperature).exp_().fill_diagonal_(0)
    by_row, by_column = (slope.sum(axis, dtype=own.dtype) + right for axis in (1, 0))
    loss = float((by_row.log() + by_column.log()).mean() / 2 - own.mean())
    shares = by_row.reciprocal(), by_column.reciprocal()
    slope *= shares[0].bfloat16()[:, None] + shares[1].bfloat16()
    slope.diagonal().copy_(right * (shares[0] + shares[1]) - 2)
    scale = 2 * len(x) * temperature
    return loss, sides.by_left(slope) / scale, sides.by_right(slope) / scale


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
    logits = sides.logits(temperature).float()
    wanted = torch.from_numpy(taught_x).bfloat16() @ torch.from_numpy(taught_y).bfloat16().T
    wanted = wanted.float() / teacher_temperature
    slope = torch.zeros_like(logits)
    loss = 0.0
    for axis in (0, 1):
        target = torch.softmax(wanted, axis)
        log_made = torch.log_softmax(logits, axis)
        loss -= float((target * log_made).sum() / len(x)) / 2
        slope += log_made.exp_() - target
    slope = (slope / (2 * len(x) * temperature)).bfloat16()
    return loss, sides.by_left(slope), sides.by_right(slope)


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
    vectors = torch.from_numpy(taught).bfloat16()
    wanted = (vectors @ vectors.T).float() / teacher_temperature
    logs = (sides.logits(temperature).float(), wanted)
    log_made, log_target = (torch.log_softmax(each.fill_diagonal_(_NEVER), 1) for each in logs)
    target = log_target.exp()
    loss = float((target * (log_target - log_made)).sum() / len(x))
    slope = (log_made.exp_() - target) / (len(x) * temperature)
    # Each similarity stands twice in the matrix.
    return loss, sides.by_left((slope + slope.T).bfloat16())


class _Sides:
    """The two sides of a batch as unit vectors; products in bfloat16, twice as fast."""

    def __init__(self, x: Float32s, y: Float32s) -> None:
        self._a, self._a_length = _unit(x)
        self._b, self._b_length = _unit(y)

    def logits(self, temperature: float) -> torch.Tensor:
        return (self._a / temperature).bfloat16() @ self._b.bfloat16().T

    def own_logits(self, temperature: float) -> torch.Tensor:
        """Those of x[i] and y[i], in float32."""
        return (self._a * self._b).sum(1) / temperature

    def by_left(self, slope: torch.Tensor) -> Float32s:
        """Gradient by x, from that by the cosines in bfloat16."""
        return _through_unit((slope @ self._b.bfloat16()).float(), self._a, self._a_length)

    def by_right(self, slope: torch.Tensor) -> Float32s:
        """Gradient by y."""
        return _through_unit((slope.T @ self._a.bfloat16()).float(), self._b, self._b_length)


def _unit(rows: Float32s) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    vectors = torch.from_numpy(rows)
    length = vectors.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return vectors / length, length


def _through_unit(slope: torch.Tensor, unit: torch.Tensor, length: torch.Tensor) -> Float32s:
    """Gradient by a vector, from the gradient by its unit vector."""
    gradient: Float32s = ((slope - unit * (slope * unit).sum(1, keepdim=True)) / length).numpy()
    return gradient
