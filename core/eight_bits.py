"""Matrices in 8 bits: whole numbers with one scale a row, a quarter of the size of float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int8]
Scales = npt.NDArray[np.float32]


def pack_rows(matrix: Any) -> tuple[Codes, Scales]:
    """Codes in [-127, 127], shape (rows, columns), and scales, shape (rows, 1); their product is the matrix but for rounding."""
    scales = np.abs(matrix).max(axis=1, keepdims=True, initial=1e-12) / 127
    return np.round(matrix / scales).astype(np.int8), scales.astype(np.float32)


def unpack_rows(codes: Codes, scales: Scales) -> npt.NDArray[np.float32]:
    """The matrix that `pack_rows` packed, as float32."""
    matrix: npt.NDArray[np.float32] = codes.astype(np.float32) * scales
    return matrix
